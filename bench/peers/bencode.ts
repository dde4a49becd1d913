/** Bencoding as rtpengine's ng protocol speaks it: byte strings, integers, lists and dictionaries. */

export type BencodeValue = string | number | readonly BencodeValue[] | { readonly [key: string]: BencodeValue };

export type BencodeResult =
  | { readonly ok: true; readonly value: BencodeValue }
  | { readonly ok: false; readonly reason: 'cut-off' | 'malformed' | 'too-deep' | 'trailing-bytes' };

/** Replies of the protocol are a few levels deep. */
const MAX_DEPTH = 32;

/** Keys are written in byte order, as the format demands. Numbers must be whole. */
export function encodeBencode(value: BencodeValue): Buffer {
  return Buffer.from(text(value), 'latin1');
}

export function decodeBencode(bytes: Uint8Array): BencodeResult {
  const reader = new BencodeReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
  try {
    const value = reader.value(0);
    return reader.isAtEnd ? { ok: true, value } : { ok: false, reason: 'trailing-bytes' };
  } catch (error) {
    if (error instanceof BencodeFailure) return { ok: false, reason: error.reason };
    throw error;
  }
}

/** Text of one character a byte; strings go out as UTF-8. */
function text(value: BencodeValue): string {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value, 'utf8').toString('latin1');
    return `${bytes.length}:${bytes}`;
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError('bencode has whole numbers only');
    return `i${value}e`;
  }
  if (isList(value)) return `l${value.map(text).join('')}e`;
  const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `d${entries.map(([key, entry]) => text(key) + text(entry)).join('')}e`;
}

/** `Array.isArray` does not narrow a readonly array. */
function isList(value: object): value is readonly BencodeValue[] {
  return Array.isArray(value);
}

class BencodeFailure extends Error {
  readonly reason: 'cut-off' | 'malformed' | 'too-deep';

  constructor(reason: 'cut-off' | 'malformed' | 'too-deep') {
    super(reason);
    this.reason = reason;
  }
}

class BencodeReader {
  readonly #text: string;
  #at = 0;

  constructor(bytes: string) {
    this.#text = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  value(depth: number): BencodeValue {
    if (depth > MAX_DEPTH) throw new BencodeFailure('too-deep');
    const first = this.#text[this.#at];
    if (first === undefined) throw new BencodeFailure('cut-off');
    if (first >= '0' && first <= '9') return this.#string();
    this.#at += 1;
    if (first === 'i') return this.#integer('e');
    if (first === 'l') return this.#list(depth);
    if (first === 'd') return this.#dictionary(depth);
    throw new BencodeFailure('malformed');
  }

  #string(): string {
    const length = this.#integer(':');
    const end = this.#at + length;
    if (length < 0 || end > this.#text.length) throw new BencodeFailure('cut-off');
    const bytes = this.#text.slice(this.#at, end);
    this.#at = end;
    return Buffer.from(bytes, 'latin1').toString('utf8');
  }

  #integer(terminator: string): number {
    const end = this.#text.indexOf(terminator, this.#at);
    if (end < 0) throw new BencodeFailure('cut-off');
    const digits = this.#text.slice(this.#at, end);
    if (!/^(?:0|-?[1-9]\d{0,14})$/.test(digits)) throw new BencodeFailure('malformed');
    this.#at = end + 1;
    return Number(digits);
  }

  #list(depth: number): BencodeValue[] {
    const values: BencodeValue[] = [];
    while (!this.#takeEnd()) values.push(this.value(depth + 1));
    return values;
  }

  #dictionary(depth: number): Record<string, BencodeValue> {
    const entries: [string, BencodeValue][] = [];
    while (!this.#takeEnd()) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string') throw new BencodeFailure('malformed');
      entries.push([key, this.value(depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  #takeEnd(): boolean {
    if (this.#text[this.#at] !== 'e') return false;
    this.#at += 1;
    return true;
  }
}
