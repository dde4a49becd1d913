import { createHash } from 'node:crypto';

/** By which vault and control speak of a token. Tokens are random, so it gives none of them away. */
export function tokenDigestOf(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('base64url');
}

/** The prefix and 24 of the 128 random bits. */
const TOKEN_HINT_LENGTH = 8;

/** As much of a token as a log may know. */
export function tokenHintOf(token: string): string {
  return token.slice(0, TOKEN_HINT_LENGTH);
}
