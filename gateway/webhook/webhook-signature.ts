/**
 * Signatures of Standard Webhooks (https://www.standardwebhooks.com), scheme v1. Pure.
 *
 * ```
 * webhook-id:        msg_…                                   the same on every try
 * webhook-timestamp: seconds since 1970                      of this try
 * webhook-signature: v1,base64( HMAC-SHA256( key, id "." timestamp "." body ) )
 * ```
 *
 * The receiver checks the signature over the bytes it got, refuses a timestamp more than five minutes off, and
 * remembers the ids it has seen: whoever replays a message gets nowhere.
 */
import { createHmac } from 'node:crypto';

export const SECRET_PREFIX = 'whsec_';
/** As the specification wants them. */
const MIN_KEY_SIZE_BYTES = 24;
const MAX_KEY_SIZE_BYTES = 64;

/** The key of a `whsec_…` secret; undefined when it is none. */
export function parseSecret(secret: string): Buffer | undefined {
  const encoded = secret.slice(SECRET_PREFIX.length);
  if (!secret.startsWith(SECRET_PREFIX) || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const key = Buffer.from(encoded, 'base64');
  return key.length >= MIN_KEY_SIZE_BYTES && key.length <= MAX_KEY_SIZE_BYTES ? key : undefined;
}

export type SignedMessage = { readonly id: string; readonly timestampS: number; readonly body: string };

export function signatureOf({ id, timestampS, body }: SignedMessage, key: Buffer): string {
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`;
}

export function headersOf(message: SignedMessage, key: Buffer): Readonly<Record<string, string>> {
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampS),
    'webhook-signature': signatureOf(message, key),
  };
}
