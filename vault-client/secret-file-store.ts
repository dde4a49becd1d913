import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import sodium from 'sodium-native';
import { VaultError } from './errors.js';

export const ENVELOPE_KEY_SIZE_BYTES = 32;
/** 256 bits, written as text so that an operator can hand it to the order system. */
const CREDENTIAL_SIZE_BYTES = 32;
const MIN_CREDENTIAL_LENGTH = 32;
const MAX_CREDENTIAL_LENGTH = 512;

/**
 * Reads the 32-byte key that wraps the data keys, into locked memory; makes the file if it is missing.
 * @throws VaultError `secret-file-mode`, `secret-file-content`, `secret-file-unavailable`; `envelope-key-missing` when
 *   the file is missing and `whenMissing` is `refuse`: a new key would open none of the tokens that exist.
 */
export function readEnvelopeKey(path: string, whenMissing: 'make' | 'refuse'): Buffer {
  const bytes = readSecret(path, () => {
    if (whenMissing === 'refuse') throw new VaultError('envelope-key-missing');
    return randomBytes(ENVELOPE_KEY_SIZE_BYTES);
  });
  if (bytes.length !== ENVELOPE_KEY_SIZE_BYTES) {
    bytes.fill(0);
    throw new VaultError('secret-file-content');
  }
  const key = sodium.sodium_malloc(ENVELOPE_KEY_SIZE_BYTES);
  bytes.copy(key);
  bytes.fill(0);
  return key;
}

/**
 * Reads the bearer credential of the redeem endpoint, one line of text; makes the file if it is missing.
 * @throws VaultError `secret-file-mode`, `secret-file-content`, `secret-file-unavailable`.
 */
export function readCredential(path: string): string {
  const bytes = readSecret(path, () => Buffer.from(`${randomBytes(CREDENTIAL_SIZE_BYTES).toString('base64url')}\n`));
  const credential = bytes.toString('latin1').trim();
  bytes.fill(0);
  // RFC 6750 §2.1: what a bearer token may consist of.
  const usable = /^[A-Za-z0-9._~+/-]+=*$/.test(credential);
  if (!usable || credential.length < MIN_CREDENTIAL_LENGTH || credential.length > MAX_CREDENTIAL_LENGTH) {
    throw new VaultError('secret-file-content');
  }
  return credential;
}

function readSecret(path: string, make: () => Buffer): Buffer {
  const descriptor = openExisting(path) ?? makeFile(path, make);
  try {
    const status = fstatSync(descriptor);
    const ours = status.uid === process.geteuid?.();
    if (!status.isFile() || !ours || (status.mode & 0o077) !== 0) throw new VaultError('secret-file-mode');
    const bytes = Buffer.alloc(MAX_CREDENTIAL_LENGTH + 2);
    const sizeBytes = readSync(descriptor, bytes, 0, bytes.length, 0);
    return bytes.subarray(0, sizeBytes);
  } finally {
    closeSync(descriptor);
  }
}

function openExisting(path: string): number | undefined {
  try {
    // Without O_NONBLOCK a FIFO put in the file's place would hold the vault up for ever.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new VaultError('secret-file-unavailable');
  }
}

/** The secret is on the disk, and its name in the directory, before anything is wrapped with it. */
function makeFile(path: string, make: () => Buffer): number {
  const secret = make();
  try {
    const descriptor = openSync(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    );
    fchmodSync(descriptor, 0o600);
    writeSync(descriptor, secret);
    fsyncSync(descriptor);
    const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
    fsyncSync(directory);
    closeSync(directory);
    return descriptor;
  } catch {
    throw new VaultError('secret-file-unavailable');
  } finally {
    secret.fill(0);
  }
}
