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

  readonly #giveBack: () => void;

  private constructor(bytes: Buffer, giveBack: () => void) {
    this.#bytes = bytes;
    this.#giveBack = giveBack;
  }

  static allocate(capacity: number): DigitBuffer {
    return DigitBuffer.allocateTogether({ only: capacity }).only;
  }

  /**
   * Buffers that share one locked page, which is given back with the last of them: what a process may lock is counted in
   * pages (8 MiB by default are some 2000), and beyond it memory is handed out unlocked without a word.
   */
  static allocateTogether<Name extends string>(
    capacities: Readonly<Record<Name, number>>,
  ): Readonly<Record<Name, DigitBuffer>> {
    const entries = Object.entries<number>(capacities);
    const memory = sodium.sodium_malloc(entries.reduce((sizeBytes, [, capacity]) => sizeBytes + capacity, 0));
    memory.fill(0);
    let held = entries.length;
    const giveBack = (): void => {
      held -= 1;
      if (held === 0) sodium.sodium_free(memory);
    };
    let at = 0;
    const buffers = entries.map(([name, capacity]) => {
      at += capacity;
      return [name, new DigitBuffer(memory.subarray(at - capacity, at), giveBack)];
    });
    return Object.fromEntries(buffers);
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

  /** Wipes, and gives the locked memory back when nobody shares it; the buffer stays empty for ever. Doing it twice is harmless. */
  release(): void {
    if (this.#released) return;
    this.wipe();
    this.#released = true;
    this.#bytes = Buffer.alloc(0);
    this.#giveBack();
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
