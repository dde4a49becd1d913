import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import sodium from 'sodium-native';

declare module 'sodium-native' {
  /** Missing from the published types. Wipes the memory, gives it back and empties every view of it. */
  export function sodium_free(buffer: Buffer): void;
}

/** ISO/IEC 7812: a card number has at most 19 digits. */
export const CARD_NUMBER_CAPACITY = 19;
/** MMYY. */
export const EXPIRATION_DATE_CAPACITY = 4;
/** The longest security code of any brand. */
export const SECURITY_CODE_CAPACITY = 4;

const ASCII_ZERO = 0x30;
const NOTHING = '[digits]';

/**
 * Digits keyed by a caller, as ASCII bytes in memory that is locked, never swapped and absent from core dumps
 * (`sodium_malloc`). It never grows, and it prints, clones and serialises as nothing: the bytes sit in a private
 * field, which `JSON.stringify`, `structuredClone`, `util.inspect` and template strings cannot reach.
 *
 * The digits are lent, not handed out: a reader gets a view that is good until it returns.
 */
export class DigitBuffer {
  #bytes: Buffer;
  #length = 0;
  #released = false;

  private constructor(capacity: number) {
    this.#bytes = sodium.sodium_malloc(capacity);
    this.#bytes.fill(0);
  }

  static allocate(capacity: number): DigitBuffer {
    return new DigitBuffer(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Takes a key 0–9; false, and nothing taken, when the buffer is full or released. */
  append(key: number): boolean {
    if (!Number.isInteger(key) || key < 0 || key > 9) throw new RangeError('not a digit key');
    if (this.#released || this.#length === this.#bytes.length) return false;
    this.#bytes[this.#length] = ASCII_ZERO + key;
    this.#length += 1;
    return true;
  }

  /** Calls `read` with a view of the ASCII digits; `read` keeps neither the view nor a string made of it. */
  lend<T>(read: (digits: Uint8Array) => T): T {
    return read(this.#bytes.subarray(0, this.#length));
  }

  wipe(): void {
    if (this.#released) return;
    sodium.sodium_memzero(this.#bytes);
    this.#length = 0;
  }

  /** Wipes and gives the locked memory back; the buffer stays empty for ever. Doing it twice is harmless. */
  release(): void {
    if (this.#released) return;
    this.wipe();
    this.#released = true;
    sodium.sodium_free(this.#bytes);
    this.#bytes = Buffer.alloc(0);
  }

  toString(): string {
    return NOTHING;
  }

  toJSON(): undefined {
    return undefined;
  }

  [inspect.custom](): string {
    return NOTHING;
  }
}
