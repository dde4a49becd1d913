import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** 256 bits: nobody guesses it, whatever is tried. */
export const SECRET_SIZE_BYTES = 32;
/** A token or key in a file is a line; something larger is another file. */
const MAX_SECRET_FILE_BYTES = 4096;

export type SecretFileCode = 'not-private' | 'not-ours' | 'not-a-file' | 'unreadable' | 'empty';

const ERROR_TEXTS: Readonly<Record<SecretFileCode, string>> = {
  'not-private': 'is open to other users: make its mode 0600, and take a new secret, as this one may be known',
  'not-ours': 'belongs to another user',
  'not-a-file': 'is not a file that holds one secret',
  unreadable: 'cannot be read or made',
  empty: 'holds no secret',
};

/** Never holds the secret itself. */
export class SecretFileError extends Error {
  override readonly name = 'SecretFileError';
  readonly code: SecretFileCode;

  constructor(code: SecretFileCode, path: string) {
    super(`${path}: ${ERROR_TEXTS[code]}`);
    this.code = code;
  }
}

/** 256 random bits in base64url, as a bearer token is. */
function newToken(): string {
  return randomBytes(SECRET_SIZE_BYTES).toString('base64url');
}

/**
 * The secret in the file at `path`, without the space around it. A missing file is made with mode 0600.
 * @param make the secret of a new file
 * @throws SecretFileError when the file is open to others or holds nothing
 */
export function readOrCreateSecret(path: string, make: () => string = newToken): string {
  createIfMissing(path, make);
  return readSecretFile(path);
}

/** @throws SecretFileError when the file is missing, open to others or holds nothing */
export function readSecretFile(path: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    throw new SecretFileError('unreadable', path);
  }
  try {
    return readSecret(descriptor, path);
  } finally {
    closeSync(descriptor);
  }
}

function createIfMissing(path: string, make: () => string): void {
  let descriptor: number;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    descriptor = openSync(path, 'wx', 0o600);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST') return;
    throw new SecretFileError('unreadable', path);
  }
  try {
    writeSync(descriptor, `${make()}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Looks at the file that is open, not at its name, which may lead elsewhere a moment later. */
function readSecret(descriptor: number, path: string): string {
  const status = fstatSync(descriptor);
  if (!status.isFile() || status.size > MAX_SECRET_FILE_BYTES) throw new SecretFileError('not-a-file', path);
  if ((status.mode & 0o077) !== 0) throw new SecretFileError('not-private', path);
  const user = process.getuid?.();
  if (user !== undefined && status.uid !== user && status.uid !== 0) throw new SecretFileError('not-ours', path);
  const secret = readFileSync(descriptor, 'utf8').trim();
  if (secret === '') throw new SecretFileError('empty', path);
  return secret;
}
