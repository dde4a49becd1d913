/**
 * Nonces of digest challenges (RFC 7616 §3.3). Giving one out costs no memory: it is its own time and some random bits,
 * signed with whom it was given to. Only one that was used with the right password is remembered, for its count.
 *
 *    time 6 bytes | random 6 bytes | HMAC-SHA-256 over both and the source, first 16 bytes
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { lettersOf, type RandomSource } from '../random-identifiers.js';

/** After this a client is asked again, with `stale=true`: its user hears nothing of it. */
export const NONCE_LIFETIME_MS = 300_000;

/** Two each minute for a thousand users, for as long as they live. */
export const MAX_SPENT_NONCES = 10_000;

const TIME_BYTES = 6;
const RANDOM_BYTES = 6;
const PROOF_BYTES = 16;
const TEXT_LENGTH = 2 * (TIME_BYTES + RANDOM_BYTES + PROOF_BYTES);

type Spent = { readonly issuedMs: number; count: number };

export class Nonces {
  readonly #random: RandomSource;
  readonly #secret: Buffer;
  /** In the order of first use. */
  readonly #spent = new Map<string, Spent>();
  /** Counts of nonces as old as this may have been forgotten. */
  #forgottenMs = -1;

  constructor(random: RandomSource) {
    this.#random = random;
    this.#secret = random(32);
  }

  /** Those whose count is remembered. */
  get size(): number {
    return this.#spent.size;
  }

  issue(source: string, nowMs: number): string {
    const head = Buffer.alloc(TIME_BYTES + RANDOM_BYTES);
    head.writeUIntBE(Math.max(0, Math.floor(nowMs)), 0, TIME_BYTES);
    this.#random(RANDOM_BYTES).copy(head, TIME_BYTES);
    return lettersOf(Buffer.concat([head, this.#proofOf(head, source)]));
  }

  /** Whether it was given to that source not long ago: whoever has it can be answered where he says he is. */
  isFresh(nonce: string, source: string, nowMs: number): boolean {
    return this.#freshMsOf(nonce, source, nowMs) !== undefined;
  }

  /**
   * To be asked once the password is known to be right. True only if the nonce is fresh and the count is above all before
   * it: a request that somebody sends again is not.
   */
  spend(nonce: string, count: number, source: string, nowMs: number): boolean {
    const issuedMs = this.#freshMsOf(nonce, source, nowMs);
    if (issuedMs === undefined || count < 1) {
      return false;
    }
    const spent = this.#spent.get(nonce);
    if (spent === undefined) {
      if (issuedMs <= this.#forgottenMs) {
        return false;
      }
      this.#remember(nonce, { issuedMs, count }, nowMs);
      return true;
    }
    if (count <= spent.count) {
      return false;
    }
    spent.count = count;
    return true;
  }

  /** When it was given out, if it still is good. */
  #freshMsOf(nonce: string, source: string, nowMs: number): number | undefined {
    const issuedMs = this.#issuedMsOf(nonce, source);
    return issuedMs === undefined || nowMs - issuedMs > NONCE_LIFETIME_MS ? undefined : issuedMs;
  }

  #remember(nonce: string, spent: Spent, nowMs: number): void {
    for (const [oldest, { issuedMs }] of this.#spent) {
      const isOver = nowMs - issuedMs > NONCE_LIFETIME_MS;
      if (!isOver && this.#spent.size < MAX_SPENT_NONCES) {
        break;
      }
      this.#spent.delete(oldest);
      if (!isOver) {
        this.#forgottenMs = Math.max(this.#forgottenMs, issuedMs);
      }
    }
    this.#spent.set(nonce, spent);
  }

  /** `undefined` where it is not one of ours, or was given to somebody else. */
  #issuedMsOf(nonce: string, source: string): number | undefined {
    const bytes = bytesOf(nonce);
    if (bytes === undefined) {
      return undefined;
    }
    const head = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES);
    const isOurs = timingSafeEqual(bytes.subarray(head.length), this.#proofOf(head, source));
    return isOurs ? head.readUIntBE(0, TIME_BYTES) : undefined;
  }

  #proofOf(head: Buffer, source: string): Buffer {
    return createHmac('sha256', this.#secret).update(head).update(source).digest().subarray(0, PROOF_BYTES);
  }
}

/** The other way round than `lettersOf`. */
function bytesOf(text: string): Buffer | undefined {
  if (text.length !== TEXT_LENGTH || !/^[a-p]+$/.test(text)) {
    return undefined;
  }
  const nibble = (index: number): number => text.charCodeAt(index) - 0x61;
  return Buffer.from(Array.from({ length: text.length / 2 }, (_, at) => (nibble(2 * at) << 4) | nibble(2 * at + 1)));
}
