import type { DigitBuffer } from './digit-buffer.js';

/** RFC 4733 §3.2 event codes. */
export const STAR_KEY = 10;
export const POUND_KEY = 11;

/** The shown count of keys stops here: a caller who leans on a key must not make numbers grow for ever. */
export const MAX_COUNTED_KEYS = 99;

export type FieldCaptureInput =
  /** A key 0–15. One object may be used again for every key: nothing of it is kept. */
  | { readonly kind: 'key'; readonly key: number }
  /** A key was, or may have been, lost on its way: what has been keyed so far must not be taken for right. */
  | { readonly kind: 'key-lost' }
  | { readonly kind: 'time' };

export type FieldCaptureOutput =
  /** The first digit of the new entry: the value before it is wiped. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'counted' }
  /** The entry has become uncertain. */
  | { readonly kind: 'disturbed' }
  /** A key A–D. */
  | { readonly kind: 'ignored' }
  /** The entry is over and the buffer holds it, unless `spoiled` or `uncertain`. */
  | { readonly kind: 'ended'; readonly by: 'pound' | 'timeout' };

export type CaptureTimeouts = { readonly firstDigitTimeoutMs: number; readonly interDigitTimeoutMs: number };

/**
 * Collects one entry of one field into the field's buffer, from Capture to `#` or to a time-out. The entry is judged
 * elsewhere.
 *
 * | key        | effect                                                                                          |
 * | ---------- | ----------------------------------------------------------------------------------------------- |
 * | 0–9        | the first one wipes the field's previous value; one more than fits spoils the entry             |
 * | `*`        | clears a spoiled or uncertain entry too; no attempt is counted, and the first-digit time starts |
 * | `#`        | ends the entry, even an empty one                                                               |
 * | A–D        | ignored: no telephone of a caller has them, and no time-out starts anew for them                |
 * | a lost one | the entry's digits are wiped at once and it is uncertain to its end, or until `*`               |
 *
 * An entry longer than the field can be is never cut down to what fits: the digits are wiped at once and the entry is
 * spoiled, so `#` makes it an error. A time-out that is due is handled before a key that comes with it.
 */
export class FieldCapture {
  readonly #digits: DigitBuffer;
  readonly #timeouts: CaptureTimeouts;
  #keyCount = 0;
  #replaced = false;
  #spoiled = false;
  #uncertain = false;
  #deadlineMs: number;

  constructor(digits: DigitBuffer, timeouts: CaptureTimeouts, nowMs: number) {
    this.#digits = digits;
    this.#timeouts = timeouts;
    this.#deadlineMs = nowMs + timeouts.firstDigitTimeoutMs;
  }

  /** Infinity once the entry has ended. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  get keyCount(): number {
    return this.#keyCount;
  }

  /** Too many digits: whatever the buffer holds is not what the caller meant. */
  get spoiled(): boolean {
    return this.#spoiled;
  }

  /** A digit may have been lost on the line: nobody knows what the caller meant. */
  get uncertain(): boolean {
    return this.#uncertain;
  }

  /** The value that the field had before this capture is gone. */
  get replaced(): boolean {
    return this.#replaced;
  }

  handle(input: FieldCaptureInput, nowMs: number): readonly FieldCaptureOutput[] {
    if (this.#deadlineMs === Number.POSITIVE_INFINITY) return [];
    if (nowMs >= this.#deadlineMs) return this.#end('timeout');
    switch (input.kind) {
      case 'key':
        return this.#key(input.key, nowMs);
      case 'key-lost':
        return this.#lose();
      case 'time':
        return [];
    }
  }

  #key(key: number, nowMs: number): readonly FieldCaptureOutput[] {
    if (key === POUND_KEY) return this.#end('pound');
    if (key === STAR_KEY) return this.#clear(nowMs);
    if (key > POUND_KEY) return [{ kind: 'ignored' }];
    const replaced = this.#replace();
    if (!this.#spoiled && !this.#uncertain && !this.#digits.append(key)) {
      this.#digits.wipe();
      this.#spoiled = true;
    }
    this.#keyCount = Math.min(this.#keyCount + 1, MAX_COUNTED_KEYS);
    this.#deadlineMs = nowMs + this.#timeouts.interDigitTimeoutMs;
    return [...replaced, { kind: 'counted' }];
  }

  #clear(nowMs: number): readonly FieldCaptureOutput[] {
    if (this.#replaced) this.#digits.wipe();
    this.#keyCount = 0;
    this.#spoiled = false;
    this.#uncertain = false;
    this.#deadlineMs = nowMs + this.#timeouts.firstDigitTimeoutMs;
    return [{ kind: 'counted' }];
  }

  #lose(): readonly FieldCaptureOutput[] {
    // While no digit has come, the buffer holds the value before this entry, which a hole says nothing of.
    if (this.#replaced) this.#digits.wipe();
    if (this.#uncertain) return [];
    this.#uncertain = true;
    return [{ kind: 'disturbed' }];
  }

  #replace(): readonly FieldCaptureOutput[] {
    if (this.#replaced) return [];
    this.#replaced = true;
    this.#digits.wipe();
    return [{ kind: 'replaced' }];
  }

  #end(by: 'pound' | 'timeout'): readonly FieldCaptureOutput[] {
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    // An entry without a digit leaves nothing of the value before it either: it is judged as empty.
    return [...this.#replace(), { kind: 'ended', by }];
  }
}
