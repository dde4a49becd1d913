/** Broken messages from sound ones, the same for the same seed. */

/** xorshift32. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)];
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)));
  }
}

const SPLINTERS = ['\r\n', '\r\n ', '\n', '\0', ':', ';', ',', '"', '\\', '<', '>', '%', '@', '[', ']', '=', ' ', 'é'];
const PHRASES = [
  'Content-Length: 5\r\n',
  'Via: ',
  ';tag=x',
  'SIP/2.0 ',
  '%00',
  '9'.repeat(40),
  'a'.repeat(5_000),
  '::',
];
const MAX_CHANGES = 5;

/** One to five changes: something put in, taken out, repeated or exchanged. */
export function mutated(sound: Buffer, random: SeededRandom): Buffer {
  let bytes = sound;
  for (let change = random.below(MAX_CHANGES); change >= 0; change -= 1) {
    const at = random.below(bytes.length + 1);
    const until = Math.min(bytes.length, at + random.below(20));
    const repeatedFrom = random.below(bytes.length + 1);
    const inserted = [
      Buffer.from(random.pick(SPLINTERS)),
      Buffer.from(random.pick(PHRASES)),
      random.bytes(1),
      bytes.subarray(repeatedFrom, repeatedFrom + random.below(60)),
      Buffer.alloc(0),
    ][random.below(5)];
    const rest = bytes.subarray(random.below(3) === 0 ? until : at);
    bytes = Buffer.concat([bytes.subarray(0, at), inserted, rest]);
  }
  return bytes;
}
