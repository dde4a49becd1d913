/** The keys of a telephone among what is typed at a terminal in raw mode, byte by byte as it is read. Pure. */
import { KEYPAD } from './key-transport.js';

export type Typed = {
  /** Key codes (RFC 4733 §3.2), in the memory of the bytes they were read from: who wipes those wipes these. */
  readonly keys: Uint8Array;
  /** Ctrl-C: a terminal in raw mode makes no signal of it. */
  readonly isEnd: boolean;
};

const KEYPAD_BYTES = Buffer.from(KEYPAD, 'latin1');
const CTRL_C = 0x03;
const ESCAPE = 0x1b;

/**
 * Function and arrow keys send ECMA-48 sequences, some with digits in them that nobody typed: F5 is `ESC [ 1 5 ~`.
 *
 * | state      | byte           | next       |
 * |------------|----------------|------------|
 * | text       | ESC            | escape     |
 * | escape     | `[`            | sequence   |
 * | escape     | `O`            | last       |
 * | escape     | any other      | text, read as text |
 * | sequence   | 0x20 to 0x3f   | sequence   |
 * | sequence   | any other      | text       |
 * | last       | any            | text       |
 */
type State = 'text' | 'escape' | 'sequence' | 'last';

export class TypedKeys {
  #state: State = 'text';

  /** @param bytes as they were read; the keys take the place of the first of them */
  take(bytes: Uint8Array): Typed {
    let count = 0;
    let isEnd = false;
    for (const byte of bytes) {
      if (byte === CTRL_C) isEnd = true;
      if (!this.#isText(byte)) continue;
      const key = KEYPAD_BYTES.indexOf(byte);
      if (key < 0) continue;
      // Never ahead of the byte that is read.
      bytes[count] = key;
      count += 1;
    }
    return { keys: bytes.subarray(0, count), isEnd };
  }

  #isText(byte: number): boolean {
    const before = this.#state;
    this.#state = next(before, byte);
    return this.#state === 'text' && (before === 'text' || before === 'escape');
  }
}

function next(state: State, byte: number): State {
  if (byte === ESCAPE) return 'escape';
  switch (state) {
    case 'text':
      return 'text';
    case 'escape':
      if (byte === '['.charCodeAt(0)) return 'sequence';
      return byte === 'O'.charCodeAt(0) ? 'last' : 'text';
    case 'sequence':
      return byte >= 0x20 && byte <= 0x3f ? 'sequence' : 'text';
    case 'last':
      return 'text';
  }
}
