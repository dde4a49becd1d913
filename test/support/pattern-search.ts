/** Finds many byte patterns, and digits at a fixed distance from each other, in one chunk of memory. */
import type { Pattern } from './digit-forms.js';

export type Found = { readonly pattern: Pattern; readonly offset: number };

const POINT = 0x2e;
/** 128 bits, the least that a random identifier or a digest has. */
const MIN_DIGEST_LETTERS = 32;

type Anchored = { readonly pattern: Pattern; readonly anchor: number };

/**
 * Looks at every pair of neighbouring bytes once: a table tells which patterns have that pair as their anchor, and only
 * those are compared. One pass for all patterns, whatever their number.
 */
export class PatternSearch {
  readonly longestBytes: number;
  readonly #groups: Anchored[][] = [];
  /** For each pair of bytes the number of its group plus one, or 0. */
  readonly #groupOfPair = new Uint16Array(65_536);

  constructor(patterns: readonly Pattern[]) {
    this.longestBytes = patterns.reduce((most, pattern) => Math.max(most, pattern.bytes.length), 0);
    for (const pattern of patterns) {
      const anchor = anchorOf(pattern.bytes);
      const pair = (pattern.bytes[anchor] << 8) | pattern.bytes[anchor + 1];
      if (this.#groupOfPair[pair] === 0) this.#groupOfPair[pair] = this.#groups.push([]);
      this.#groups[this.#groupOfPair[pair] - 1].push({ pattern, anchor });
    }
  }

  search(chunk: Buffer): readonly Found[] {
    const found: Found[] = [];
    const groupOfPair = this.#groupOfPair;
    let pair = chunk[0] ?? 0;
    for (let index = 1; index < chunk.length; index += 1) {
      pair = ((pair << 8) | chunk[index]) & 0xffff;
      const group = groupOfPair[pair];
      if (group !== 0) this.#compare(chunk, index - 1, this.#groups[group - 1], found);
    }
    return found;
  }

  #compare(chunk: Buffer, position: number, group: readonly Anchored[], found: Found[]): void {
    for (const { pattern, anchor } of group) {
      const offset = position - anchor;
      if (
        offset >= 0 &&
        equals(chunk, offset, pattern.bytes) &&
        (!pattern.isolated || isAlone(chunk, offset, pattern))
      ) {
        found.push({ pattern, offset });
      }
    }
  }
}

/** Two neighbouring bytes that are rare in memory: neither of them zero if there are such. */
function anchorOf(bytes: Buffer): number {
  for (let index = 0; index + 1 < bytes.length; index += 1) {
    if (bytes[index] !== 0 && bytes[index + 1] !== 0) return index;
  }
  return 0;
}

function equals(chunk: Buffer, offset: number, bytes: Buffer): boolean {
  if (offset + bytes.length > chunk.length) return false;
  for (let index = 0; index < bytes.length; index += 1) {
    if (chunk[offset + index] !== bytes[index]) return false;
  }
  return true;
}

/** Digits of a longer number, of its fraction, or of a digest stand there by chance. */
function isAlone(chunk: Buffer, offset: number, pattern: Pattern): boolean {
  const end = offset + pattern.bytes.length;
  if (isDigit(chunk[offset - 1]) || isDigit(chunk[end])) return false;
  if (chunk[offset - 1] === POINT && isDigit(chunk[offset - 2])) return false;
  return hexadecimalAround(chunk, offset, end) < MIN_DIGEST_LETTERS;
}

/** The length of the hexadecimal word that holds the bytes from `offset` to `end`, up to that of a digest. */
function hexadecimalAround(chunk: Buffer, offset: number, end: number): number {
  let from = offset;
  while (end - from < MIN_DIGEST_LETTERS && isHexadecimal(chunk[from - 1])) from -= 1;
  let to = end;
  while (to - from < MIN_DIGEST_LETTERS && isHexadecimal(chunk[to])) to += 1;
  return to - from;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isHexadecimal(byte: number | undefined): boolean {
  return isDigit(byte) || (byte !== undefined && byte >= 0x61 && byte <= 0x66);
}

export const MIN_RUN_DIGITS = 8;
/** Left-over packets lie at the distance of the allocator's chunks: every distance up to here is tried. */
const MAX_STRIDE_BYTES = 512;
/** And the distances of common ring slots and packet buffers beyond it. */
const SLOT_SIZES_BYTES = [640, 768, 1024, 1280, 1500, 1536, 2048, 4096];
/** Elements of arrays and strings. */
const ELEMENT_SIZES_BYTES = [1, 2, 4, 8];

/** How one digit may stand in one byte, and at which distances such bytes are looked for. */
const BYTE_CODES = [
  { name: 'bytes', codeOf: (digit: number) => digit, nearBytes: MAX_STRIDE_BYTES, strides: SLOT_SIZES_BYTES },
  { name: 'ASCII', codeOf: (digit: number) => digit + 0x30, nearBytes: 0, strides: ELEMENT_SIZES_BYTES },
  { name: 'doubled bytes', codeOf: (digit: number) => digit << 1, nearBytes: 0, strides: ELEMENT_SIZES_BYTES },
] as const;

export type FoundRun = {
  readonly form: string;
  readonly offset: number;
  readonly strideBytes: number;
  readonly lengthDigits: number;
};

/** How far a run may reach; chunks overlap by this. */
export function longestRunBytes(digits: readonly number[]): number {
  return digits.length * Math.max(...SLOT_SIZES_BYTES);
}

/**
 * Whether eight digits in a row are telling. Memory is full of zeros and of small numbers that repeat: measured on idle
 * Node processes, windows like 88888888 are found thousands of times, and windows of five different digits hardly ever.
 */
function isTelling(digits: readonly number[]): boolean {
  return digits.filter((digit) => digit !== 0).length >= 5 && new Set(digits).size >= 5;
}

/** First indexes of the telling windows of eight digits; none for numbers like 4242 4242 4242 4242. */
export function tellingWindows(digits: readonly number[]): readonly number[] {
  const starts = Array.from({ length: Math.max(0, digits.length - MIN_RUN_DIGITS + 1) }, (_unused, start) => start);
  return starts.filter((start) => isTelling(digits.slice(start, start + MIN_RUN_DIGITS)));
}

/**
 * Runs of at least eight consecutive digits at one fixed distance. Every window of eight contains two neighbouring
 * digits of which the first is the rarest in this chunk; from each of its places the near places of the second give
 * the distances worth a look.
 */
export function findRuns(chunk: Buffer, digits: readonly number[]): readonly FoundRun[] {
  const counts = histogram(chunk);
  return BYTE_CODES.flatMap((code) => {
    const codes = digits.map(code.codeOf);
    const windows = tellingWindows(digits);
    const pairs = new Set(windows.map((start) => rarestPair(codes, start, counts)));
    return [...pairs].flatMap((pair) => runsThrough(chunk, codes, pair, { ...code, counts, windows }));
  });
}

function histogram(chunk: Buffer): Uint32Array {
  const counts = new Uint32Array(256);
  for (let index = 0; index < chunk.length; index += 1) counts[chunk[index]] += 1;
  return counts;
}

/** Index of the first digit of the pair. */
function rarestPair(codes: readonly number[], start: number, counts: Uint32Array): number {
  let best = start;
  for (let index = start; index < start + MIN_RUN_DIGITS - 1; index += 1) {
    if (counts[codes[index]] < counts[codes[best]]) best = index;
  }
  return best;
}

type RunSearch = {
  readonly name: string;
  readonly nearBytes: number;
  readonly strides: readonly number[];
  readonly counts: Uint32Array;
  readonly windows: readonly number[];
};

function runsThrough(chunk: Buffer, codes: readonly number[], pair: number, search: RunSearch): readonly FoundRun[] {
  const found: FoundRun[] = [];
  const { nearBytes, strides, counts } = search;
  const firsts = placesOf(chunk, codes[pair], counts);
  const seconds = nearBytes > 0 ? placesOf(chunk, codes[pair + 1], counts) : new Uint32Array(0);
  const look = (at: number, stride: number): void => {
    const run = extend(chunk, codes, { pair, at, stride });
    const lastStart = run.start + run.length - MIN_RUN_DIGITS;
    if (!search.windows.some((start) => start >= run.start && start <= lastStart)) return;
    const form = `${run.length} digits as ${search.name}, ${stride} bytes apart`;
    found.push({ form, offset: at - (pair - run.start) * stride, strideBytes: stride, lengthDigits: run.length });
  };
  let nearest = 0;
  for (const at of firsts) {
    while (nearest < seconds.length && seconds[nearest] <= at) nearest += 1;
    for (let index = nearest; index < seconds.length && seconds[index] <= at + nearBytes; index += 1) {
      look(at, seconds[index] - at);
    }
    for (const stride of strides) {
      if (chunk[at + stride] === codes[pair + 1]) look(at, stride);
    }
  }
  return found;
}

/** Ascending. */
function placesOf(chunk: Buffer, code: number, counts: Uint32Array): Uint32Array {
  const places = new Uint32Array(counts[code]);
  let at = -1;
  for (let index = 0; index < places.length; index += 1) {
    at = chunk.indexOf(code, at + 1);
    places[index] = at;
  }
  return places;
}

type Place = { readonly pair: number; readonly at: number; readonly stride: number };

function extend(chunk: Buffer, codes: readonly number[], place: Place): { start: number; length: number } {
  const byteOf = (digit: number): number | undefined => chunk[place.at + (digit - place.pair) * place.stride];
  let start = place.pair;
  while (start > 0 && byteOf(start - 1) === codes[start - 1]) start -= 1;
  let end = place.pair + 2;
  while (end < codes.length && byteOf(end) === codes[end]) end += 1;
  return { start, length: end - start };
}
