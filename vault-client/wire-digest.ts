import { createHash } from 'node:crypto';

/** By which vault and control speak of a token. Tokens are random, so it gives none of them away. */
export function tokenDigestOf(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('base64url');
}
