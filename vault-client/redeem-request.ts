import type { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { type RedeemRequest, TOKEN_PATTERN } from './embedded-vault-store.js';

/** What an order system may call an order; it comes back in the answer and is kept with the token. */
const ORDER_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;

/** The body of `POST /v1/redeem`: `{"token": …, "orderId": …, "reveal": true?}` and nothing else. */
export function parseRedeemRequest(body: Buffer): RedeemRequest | undefined {
  const fields = parseObject(body);
  if (fields === undefined) return undefined;
  const { token, orderId, reveal = false, ...unknown } = fields;
  if (Object.keys(unknown).length > 0 || typeof reveal !== 'boolean') return undefined;
  if (typeof token !== 'string' || !TOKEN_PATTERN.test(token)) return undefined;
  if (typeof orderId !== 'string' || !ORDER_ID_PATTERN.test(orderId)) return undefined;
  return { token, orderId, reveal };
}

/** RFC 6750 §2.1. Both sides are hashed first, so neither length nor content shows in the time it takes. */
export function isAuthorized(authorization: string | undefined, credential: string): boolean {
  const given = /^Bearer ([^ ]+)$/i.exec(authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digestOf(given), digestOf(credential));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function parseObject(body: Buffer): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}
