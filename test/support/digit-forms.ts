/** The shapes in which digits can lie in memory or in a file, as byte patterns to search for. */

export type Secret = {
  /** Named in hits, for instance `card number`. */
  readonly name: string;
  readonly digits: readonly number[];
};

export type Pattern = {
  readonly secret: string;
  readonly form: string;
  readonly bytes: Buffer;
  /** The pattern is text of decimal digits and counts only where it is no part of a longer number or of a digest. */
  readonly isolated: boolean;
};

export type PatternSet = {
  readonly patterns: readonly Pattern[];
  /** Forms too short to mean anything where they are found. */
  readonly notSearched: readonly string[];
};

/** Shorter patterns turn up by chance in hundreds of megabytes. */
const MIN_PATTERN_BYTES = 8;
/** Four digits as text are searched for all the same when nothing but digits would make them longer. */
const MIN_ISOLATED_BYTES = 4;

export function patternsOf(secrets: readonly Secret[]): PatternSet {
  const patterns: Pattern[] = [];
  const notSearched: string[] = [];
  for (const { name, digits } of secrets) {
    for (const [form, raw] of formsOf(digits)) {
      const core = withoutOuterZeros(raw);
      const bytes = core.length >= MIN_PATTERN_BYTES ? core : raw;
      const isolated = form === 'ASCII' && bytes.length < MIN_PATTERN_BYTES;
      if (bytes.length >= (isolated ? MIN_ISOLATED_BYTES : MIN_PATTERN_BYTES)) {
        patterns.push({ secret: name, form, bytes, isolated });
      } else {
        notSearched.push(`${name} as ${form}`);
      }
    }
  }
  return { patterns, notSearched };
}

/** Zero bytes at the ends say nothing and are everywhere: what is left is searched for. */
function withoutOuterZeros(bytes: Buffer): Buffer {
  let start = 0;
  let end = bytes.length;
  while (start < end && bytes[start] === 0) start += 1;
  while (end > start && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(start, end);
}

export function formsOf(digits: readonly number[]): ReadonlyArray<readonly [string, Buffer]> {
  const text = digits.join('');
  const ascii = Buffer.from(text, 'latin1');
  const octets = Buffer.from(digits);
  const forms: Array<readonly [string, Buffer]> = [
    ['ASCII', ascii],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['one byte a digit', octets],
    ['packed BCD', Buffer.from(digits.length % 2 === 0 ? text : `0${text}`, 'hex')],
    ['packed BCD, filled up', Buffer.from(digits.length % 2 === 0 ? text : `${text}f`, 'hex')],
    ['packed BCD, low digit first', swapped(digits)],
    ['16-bit integers', elements(digits, 2, (bytes, digit, at) => bytes.writeUInt16LE(digit, at))],
    ['32-bit integers', elements(digits, 4, (bytes, digit, at) => bytes.writeUInt32LE(digit, at))],
    ['64-bit integers', elements(digits, 8, (bytes, digit, at) => bytes.writeUInt32LE(digit, at))],
    ['float64 numbers', elements(digits, 8, (bytes, digit, at) => bytes.writeDoubleLE(digit, at))],
    // V8's small integers: in the upper half of a word, or doubled where pointers are compressed.
    ['small integers', elements(digits, 8, (bytes, digit, at) => bytes.writeUInt32LE(digit, at + 4))],
    ['small integers, compressed', elements(digits, 4, (bytes, digit, at) => bytes.writeUInt32LE(digit << 1, at))],
    ['hexadecimal of ASCII', Buffer.from(ascii.toString('hex'), 'latin1')],
    ['hexadecimal of bytes', Buffer.from(octets.toString('hex'), 'latin1')],
    ['digits between commas', Buffer.from(digits.join(','), 'latin1')],
    ['character codes between commas', Buffer.from([...ascii].join(','), 'latin1')],
    ...[' ', '-'].flatMap((separator) => grouped(text, separator)),
    ...base64Of('ASCII', ascii),
    ...base64Of('bytes', octets),
  ];
  if (digits.length >= 12) {
    forms.push([
      'one float64 number',
      elements([Number(text)], 8, (bytes, value, at) => bytes.writeDoubleLE(value, at)),
    ]);
    forms.push([
      'one 64-bit integer',
      elements([BigInt(text)], 8, (bytes, value, at) => bytes.writeBigUInt64LE(value, at)),
    ]);
  }
  return forms;
}

function elements<T>(values: readonly T[], sizeBytes: number, write: (bytes: Buffer, value: T, at: number) => void) {
  const bytes = Buffer.alloc(values.length * sizeBytes);
  values.forEach((value, index) => {
    write(bytes, value, index * sizeBytes);
  });
  return bytes;
}

function swapped(digits: readonly number[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(digits.length / 2));
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = (digits[2 * index] ?? 0) | ((digits[2 * index + 1] ?? 0xf) << 4);
  }
  return bytes;
}

/** As people write card numbers: in fours, or 4-6-5 for fifteen digits. */
function grouped(text: string, separator: string): ReadonlyArray<readonly [string, Buffer]> {
  const groups = text.length === 15 ? /^(.{4})(.{6})(.{5})$/.exec(text)?.slice(1) : text.match(/.{1,4}/g);
  if (groups === null || groups === undefined || groups.length < 2) return [];
  const written = groups.join(separator);
  const name = separator === ' ' ? 'spaces' : 'hyphens';
  return [
    [`ASCII in groups with ${name}`, Buffer.from(written, 'latin1')],
    [`UTF-16 in groups with ${name}`, Buffer.from(written, 'utf16le')],
  ];
}

/** Within a longer text the digits may start at any of three places of a base64 group; shared outer letters fall away. */
function base64Of(of: string, bytes: Buffer): ReadonlyArray<readonly [string, Buffer]> {
  return [0, 1, 2].map((shift) => {
    const letters = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const first = Math.ceil((shift * 8) / 6);
    const whole = Math.floor(((shift + bytes.length) * 8) / 6);
    return [`base64 of ${of}, shifted by ${shift}`, Buffer.from(letters.slice(first, whole), 'latin1')] as const;
  });
}
