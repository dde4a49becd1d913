/**
 * What has been answered under an idempotency key, so that a client may repeat a request whose answer it never got
 * (draft-ietf-httpapi-idempotency-key-header-07). A machine without I/O.
 *
 * | the key is               | the request is | outcome                                          |
 * | ------------------------ | -------------- | ------------------------------------------------ |
 * | new                      |                | `new`: carry it out, then `finish`               |
 * | known, answered          | the same       | `replay`: the first answer once more (§2.6)      |
 * | known, being carried out | the same       | refused, `idempotency-in-flight` (§2.7: 409)     |
 * | known                    | another one    | refused, `idempotency-key-reused` (§2.7: 422)    |
 * | new, all being carried out |              | refused, `too-many-requests`                     |
 *
 * In memory only: after a restart every call and session is another one anyway.
 */
import { createHash } from 'node:crypto';

export const KEY_LIFETIME_MS = 86_400_000;
/** Keys of one account at a time: a day of an integration that makes a payment every minute and a half. About 2 MB. */
export const MAX_KEYS_PER_ACCOUNT = 1024;

export type IdempotentRequest = {
  /** Whose keys these are: nobody meets another's. */
  readonly scope: string;
  readonly key: string;
  /** Of all that makes it the same request, see `fingerprintOf`. */
  readonly fingerprint: string;
};

type RefusalCode = 'idempotency-in-flight' | 'idempotency-key-reused' | 'too-many-requests';

export type BeginResult<Answer> =
  | { readonly kind: 'new' }
  | { readonly kind: 'replay'; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly code: RefusalCode };

type Entry<Answer> = { readonly fingerprint: string; readonly begunAtMs: number; answer: Answer | undefined };

/** @typeParam Answer what is kept of an answer, never `undefined` */
export class IdempotencyTable<Answer> {
  readonly #scopes = new Map<string, Map<string, Entry<Answer>>>();

  begin({ scope, key, fingerprint }: IdempotentRequest, nowMs: number): BeginResult<Answer> {
    const entries = this.#entriesOf(scope, nowMs);
    const known = entries.get(key);
    if (known === undefined) {
      if (!makeRoom(entries)) return { kind: 'refused', code: 'too-many-requests' };
      entries.set(key, { fingerprint, begunAtMs: nowMs, answer: undefined });
      return { kind: 'new' };
    }
    if (known.fingerprint !== fingerprint) return { kind: 'refused', code: 'idempotency-key-reused' };
    if (known.answer === undefined) return { kind: 'refused', code: 'idempotency-in-flight' };
    return { kind: 'replay', answer: known.answer };
  }

  /** Without an answer to keep, the key is new again: what failed on our side may be tried once more. */
  finish({ scope, key }: IdempotentRequest, answer: Answer | undefined): void {
    const entries = this.#scopes.get(scope);
    const entry = entries?.get(key);
    if (entry === undefined) return;
    if (answer === undefined) entries?.delete(key);
    else entry.answer = answer;
  }

  keysOf(scope: string): number {
    return this.#scopes.get(scope)?.size ?? 0;
  }

  /** Without those that are over. There are as many scopes as accounts. */
  #entriesOf(scope: string, nowMs: number): Map<string, Entry<Answer>> {
    const found = this.#scopes.get(scope) ?? new Map<string, Entry<Answer>>();
    this.#scopes.set(scope, found);
    for (const [key, { begunAtMs }] of found) {
      // In order of age: the first that is still good ends the search.
      if (nowMs - begunAtMs < KEY_LIFETIME_MS) break;
      found.delete(key);
    }
    return found;
  }
}

/** The oldest that has been answered goes. One that is being carried out stays; when all are, there is no room. */
function makeRoom(entries: Map<string, Entry<unknown>>): boolean {
  if (entries.size < MAX_KEYS_PER_ACCOUNT) return true;
  for (const [key, { answer }] of entries) {
    if (answer !== undefined) return entries.delete(key);
  }
  return false;
}

export function fingerprintOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

/** The draft's key is a string of RFC 8941 §3.3.3, in quotes; most clients send it bare. Undefined for anything else. */
export function parseIdempotencyKey(header: string): string | undefined {
  return /^"([\x21\x23-\x5b\x5d-\x7e]{1,128})"$|^([\x21\x23-\x5b\x5d-\x7e]{1,128})$/
    .exec(header)
    ?.slice(1)
    .find(Boolean);
}
