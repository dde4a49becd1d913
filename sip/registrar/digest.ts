/** Digest authentication as a server sees it (RFC 3261 §22, RFC 7616, RFC 8760): `qop=auth` and nothing weaker. Pure. */
import { createHash } from 'node:crypto';
import { endOfQuotedString, isToken } from '../characters.js';
import { skipBlanks, skipToken } from '../parameters.js';

export type DigestAlgorithm = 'MD5' | 'SHA-256';

/** What the client proves its password with. */
export type DigestCredentials = {
  readonly algorithm: DigestAlgorithm;
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly cnonce: string;
  /** Eight hexadecimal digits, as written: they go into the hash. */
  readonly nonceCount: string;
  /** In lower case. */
  readonly response: string;
};

export type DigestSecret = Omit<DigestCredentials, 'response'> & { readonly password: string; readonly method: string };

/** More parameters than RFC 7616 §3.4 knows is no answer to a challenge of ours. */
const MAX_PARAMETERS = 16;

const hashNames: Readonly<Record<DigestAlgorithm, string>> = { MD5: 'md5', 'SHA-256': 'sha256' };

/** @returns `undefined` where the value of an Authorization header is no digest, or not one that we asked for. */
export function parseDigestCredentials(value: string): DigestCredentials | undefined {
  const params = parseDigestParameters(value);
  // RFC 2617 §3.2.1: without `algorithm` it is MD5.
  const algorithm = algorithmNamed(params?.get('algorithm') ?? 'MD5');
  const username = params?.get('username');
  const realm = params?.get('realm');
  const nonce = params?.get('nonce');
  const uri = params?.get('uri');
  const cnonce = params?.get('cnonce');
  const nonceCount = params?.get('nc');
  const response = params?.get('response')?.toLowerCase();
  const isWhole =
    username !== undefined &&
    realm !== undefined &&
    nonce !== undefined &&
    uri !== undefined &&
    cnonce !== undefined &&
    nonceCount !== undefined &&
    response !== undefined;
  if (!isWhole || algorithm === undefined || params?.get('qop')?.toLowerCase() !== 'auth') {
    return undefined;
  }
  return /^[0-9A-Fa-f]{8}$/.test(nonceCount) && /^[0-9a-f]+$/.test(response)
    ? { algorithm, username, realm, nonce, uri, cnonce, nonceCount, response }
    : undefined;
}

/** RFC 7616 §3.4.1 with `qop=auth`, in lower-case hexadecimal. */
export function digestResponse(secret: DigestSecret): string {
  const { algorithm, username, realm, password, method, uri, nonce, nonceCount, cnonce } = secret;
  const hash = (text: string): string => createHash(hashNames[algorithm]).update(text, 'utf8').digest('hex');
  const who = hash(`${username}:${realm}:${password}`);
  const what = hash(`${method}:${uri}`);
  return hash(`${who}:${nonce}:${nonceCount}:${cnonce}:auth:${what}`);
}

/** Value of one WWW-Authenticate header; several go out in the order in which we like them (RFC 8760 §2.2). */
export function digestChallenge(challenge: {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  readonly isStale: boolean;
}): string {
  const { realm, nonce, algorithm, isStale } = challenge;
  const stale = isStale ? ', stale=true' : '';
  return `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale}`;
}

function algorithmNamed(name: string): DigestAlgorithm | undefined {
  switch (name.toUpperCase()) {
    case 'MD5':
      return 'MD5';
    case 'SHA-256':
      return 'SHA-256';
    default:
      return undefined;
  }
}

/** `Digest` and a comma list of `name=token` and `name="quoted"` (RFC 3261 §25.1 `credentials`); names once each. */
function parseDigestParameters(value: string): ReadonlyMap<string, string> | undefined {
  const scheme = /^[ \t]*Digest[ \t]+/i.exec(value);
  if (scheme === null) {
    return undefined;
  }
  const params = new Map<string, string>();
  let index = scheme[0].length;
  while (index < value.length) {
    const nameEnd = skipToken(value, index);
    const name = value.slice(index, nameEnd).toLowerCase();
    const equals = skipBlanks(value, nameEnd);
    if (!isToken(name) || value[equals] !== '=' || params.has(name) || params.size >= MAX_PARAMETERS) {
      return undefined;
    }
    const start = skipBlanks(value, equals + 1);
    const isQuoted = value[start] === '"';
    const end = isQuoted ? endOfQuotedString(value, start) + 1 : skipToken(value, start);
    if (end <= start) {
      return undefined;
    }
    params.set(name, isQuoted ? value.slice(start + 1, end - 1).replace(/\\(.)/gs, '$1') : value.slice(start, end));
    index = skipBlanks(value, end);
    if (index < value.length && value[index] !== ',') {
      return undefined;
    }
    index = skipBlanks(value, index + 1);
  }
  return params;
}
