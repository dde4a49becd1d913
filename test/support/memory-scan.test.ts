/**
 * The scanner against children that hold digits in known forms: it must find each of them, and nothing in a child that
 * held them and wiped them. A child works its digits out from a seed, so that none comes to it in a string.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { formsOf, patternsOf } from './digit-forms.js';
import { chooseQuiet, type Hit, scanBytes, scanFiles, scanProcess } from './memory-scan.js';
import { PeerProcess } from './peer-process.js';

const SEED = 27;
const CARD_NUMBER = { name: 'card number', digits: digitsOf(SEED, 16) };
const SECURITY_CODE = { name: 'security code', digits: digitsOf(SEED + 2, 4) };
const LIMIT_MS = 30_000;

/** The same sum as in the children. */
function digitOf(seed: number, index: number): number {
  return Math.floor(Math.abs(Math.sin(seed * (index + 1)) * 1e6)) % 10;
}

function digitsOf(seed: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_unused, index) => digitOf(seed, index));
}

const DIGIT_SOURCE =
  'const digit = (seed, i) => Math.floor(Math.abs(Math.sin(seed * (i + 1)) * 1e6)) % 10; const held = [];';

/** Each keeps its digits in a way of its own; `n` is the number of digits. */
const WAYS: Readonly<Record<string, string>> = {
  'a string':
    "let s = ''; for (let i = 0; i < n; i += 1) s += digit(seed, i); held.push(Buffer.from(s).toString('latin1'));",
  'a two-byte string':
    "let s = '\\u20ac'; for (let i = 0; i < n; i += 1) s += digit(seed, i); held.push(JSON.parse(JSON.stringify(s)));",
  'a string in groups':
    "let s = ''; for (let i = 0; i < n; i += 1) s += (i % 4 || !i ? '' : '-') + digit(seed, i); held.push(Buffer.from(s).toString('latin1'));",
  'a byte array': 'held.push(Uint8Array.from({ length: n }, (_, i) => digit(seed, i)));',
  'packed decimals':
    'held.push(Uint8Array.from({ length: n / 2 }, (_, i) => digit(seed, 2 * i) * 16 + digit(seed, 2 * i + 1)));',
  '16-bit elements': 'held.push(Uint16Array.from({ length: n }, (_, i) => digit(seed, i)));',
  '32-bit elements': 'held.push(Uint32Array.from({ length: n }, (_, i) => digit(seed, i)));',
  '64-bit elements': 'held.push(BigUint64Array.from({ length: n }, (_, i) => BigInt(digit(seed, i))));',
  'float64 elements': 'held.push(Float64Array.from({ length: n }, (_, i) => digit(seed, i)));',
  'an array of numbers': 'held.push(Array.from({ length: n }, (_, i) => digit(seed, i)));',
  'one number':
    'const o = { v: 0.5 }; for (let i = 0; i < n; i += 1) o.v = Math.floor(o.v) * 10 + digit(seed, i); held.push(o);',
  'base64 in a text':
    "held.push('x: ' + Buffer.from('{\"n\":' + Array.from({ length: n }, (_, i) => digit(seed, i)).join('') + '}').toString('base64'));",
  hexadecimal: "held.push(Buffer.from(Array.from({ length: n }, (_, i) => digit(seed, i)).join('')).toString('hex'));",
  'JSON of a buffer':
    'const json = JSON.stringify(Buffer.from(Uint8Array.from({ length: n }, (_, i) => digit(seed, i) + 48))); held.push(Buffer.from(json).toString("latin1"));',
};

const children: PeerProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) await child.stop(0, 'SIGKILL');
});

/** A Node process that ran `body` and says it is done. */
async function child(body: string): Promise<number> {
  const source = `${DIGIT_SOURCE} const seed = ${SEED}, n = 16; ${body}; console.log('done'); setInterval(() => held.length, 1e6);`;
  const args = ['--expose-gc', '-e', source];
  const peer = new PeerProcess({ command: process.execPath, args, limitMs: LIMIT_MS });
  children.push(peer);
  await peer.line(/^done$/, LIMIT_MS);
  return peer.pid;
}

function formsIn(hits: readonly Hit[]): readonly string[] {
  return [...new Set(hits.map((hit) => hit.form))].sort();
}

/**
 * What is found of the card number in each of two processes that do the same. Eight or nine digits stand in one of them by
 * chance, about once in a hundred searches; what the program leaves behind is in both.
 */
async function formsInBoth(body: string, leastBytes = 20 << 20): Promise<readonly string[]> {
  const found: (readonly string[])[] = [];
  for (let count = 0; count < 2; count += 1) {
    const report = await scanProcess(await child(body), [CARD_NUMBER, SECURITY_CODE]);
    expect(report.scannedBytes).toBeGreaterThan(leastBytes);
    found.push(formsIn(report.hits.filter(({ secret }) => secret === CARD_NUMBER.name)));
    // What is in both is in the first.
    if (found[0].length === 0) return [];
  }
  return found[0].filter((form) => found[1].includes(form));
}

describe('a scan of another process', () => {
  const expected: Readonly<Record<string, string>> = {
    'a string': 'ASCII',
    'a two-byte string': 'UTF-16',
    'a string in groups': 'ASCII in groups with hyphens',
    'a byte array': 'one byte a digit',
    'packed decimals': 'packed BCD',
    '16-bit elements': '16-bit integers',
    '32-bit elements': '32-bit integers',
    '64-bit elements': '64-bit integers',
    'float64 elements': 'float64 numbers',
    'an array of numbers': 'small integers',
    'one number': 'one float64 number',
    'base64 in a text': 'base64 of ASCII, shifted by 2',
    hexadecimal: 'hexadecimal of ASCII',
    'JSON of a buffer': 'character codes between commas',
  };

  test.each(Object.keys(WAYS))('finds %s', async (way) => {
    const report = await scanProcess(await child(WAYS[way] ?? ''), [CARD_NUMBER]);
    expect(formsIn(report.hits)).toContain(expected[way]);
  });

  test('finds nothing in a process that never held the digits, or held and wiped them', async () => {
    const wiped =
      'const b = Buffer.alloc(n); for (let i = 0; i < n; i += 1) b[i] = digit(seed, i); b.fill(0); held.push(b)';
    for (const body of ['', wiped]) expect(await formsInBoth(body)).toEqual([]);
  });

  test.each([3, 48, 212, 512, 2048])('finds eight digits %i bytes apart, and not seven', async (strideBytes) => {
    const spread = (count: number) =>
      `const b = Buffer.alloc(65536, 0xee); for (let i = 0; i < ${count}; i += 1) b[100 + i * ${strideBytes}] = digit(seed, i + 5); held.push(b)`;
    expect(await formsInBoth(spread(8))).toEqual([`8 digits as bytes, ${strideBytes} bytes apart`]);
    expect(await formsInBoth(spread(7))).toEqual([]);
  });

  test('finds a security code as text of its own', async () => {
    const text = "let s = ''; for (let i = 0; i < 4; i += 1) s += digit(seed + 2, i);";
    const report = await scanProcess(await child(`${text} held.push(Buffer.from('code ' + s + '.'))`), [SECURITY_CODE]);
    expect(formsIn(report.hits)).toContain('ASCII');
  });

  test('of 200 MB goes through all of it', async () => {
    const body =
      'const b = Buffer.alloc(200 << 20, 1); for (let i = 0; i < b.length; i += 1) b[i] = (i * 2654435761) >>> 11; held.push(b)';
    expect(await formsInBoth(body, 200 << 20)).toEqual([]);
  }, 60_000);

  test('chooses the candidate that is not there yet', async () => {
    const pid = await child(WAYS['a byte array'] ?? '');
    // One of them may be there by chance; hardly all.
    const others = [1, 3, 5, 6].map((more) => ({ name: 'card number', digits: digitsOf(SEED + more, 16) }));
    expect(others).toContain(await chooseQuiet([pid], [CARD_NUMBER, ...others]));
    await expect(chooseQuiet([pid], [CARD_NUMBER])).rejects.toThrow('every candidate');
  });

  test('refuses a card number that chance could imitate', async () => {
    const digits = Array.from({ length: 16 }, (_unused, index) => (index % 2 === 0 ? 4 : 2));
    await expect(scanProcess(process.pid, [{ name: 'card number', digits }])).rejects.toThrow(
      'too few different digits',
    );
  });

  test('of a process that is gone is an error, not a clean report', async () => {
    const pid = await child('');
    for (const gone of children.splice(0)) await gone.stop(0, 'SIGKILL');
    await expect(scanProcess(pid, [CARD_NUMBER])).rejects.toThrow('ENOENT');
  });
});

describe('a scan of bytes', () => {
  test.each(formsOf(CARD_NUMBER.digits))('finds %s wherever it stands', (form, bytes) => {
    const around = Buffer.concat([Buffer.alloc(4_097, 0xee), bytes, Buffer.alloc(33, 0xee)]);
    expect(formsIn(scanBytes(around, [CARD_NUMBER]).hits)).toContain(form);
  });

  test('finds the number at the very start and the very end', () => {
    const text = Buffer.from(CARD_NUMBER.digits.join(''));
    const report = scanBytes(Buffer.concat([text, Buffer.from(' and '), text]), [CARD_NUMBER]);
    expect(report.hits.filter((hit) => hit.form === 'ASCII').map((hit) => hit.offset)).toEqual([0, text.length + 5]);
  });

  test('says what was too short to be searched for', () => {
    expect(scanBytes(Buffer.alloc(1), [SECURITY_CODE]).notSearched).toContain('security code as packed BCD');
    expect(patternsOf([CARD_NUMBER]).notSearched).toEqual([]);
  });

  test('finds a short code as a number of its own and not inside a longer one', () => {
    const code = SECURITY_CODE.digits.join('');
    expect(formsIn(scanBytes(Buffer.from(`code ${code}.`), [SECURITY_CODE]).hits)).toEqual(['ASCII']);
    expect(scanBytes(Buffer.from(`at 1${code} and ${code}1 ms`), [SECURITY_CODE]).hits).toEqual([]);
  });

  test('leaves out a short code that is a part of a fraction or of a digest', () => {
    const code = SECURITY_CODE.digits.join('');
    const found = (text: string) => scanBytes(Buffer.from(text), [SECURITY_CODE]).hits.length;
    const digest = (length: number) => `a${code}${'f'.repeat(length - code.length - 1)}`;
    expect([`after 12.${code} ms`, `"${digest(32)}"`, digest(64)].map(found)).toEqual([0, 0, 0]);
    expect([`It is .${code}`, `a.${code}`, `decade${code}`, digest(31)].map(found)).toEqual([1, 1, 1, 1]);
  });

  test('is not misled by masked values', () => {
    const last4 = CARD_NUMBER.digits.slice(-4).join('');
    expect(scanBytes(Buffer.from(`**** **** **** ${last4}`), [CARD_NUMBER]).hits).toEqual([]);
  });
});

describe('a scan of files', () => {
  test('goes through folders and over the borders of its chunks', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tonegate-scan-'));
    try {
      mkdirSync(join(directory, 'below'));
      const text = CARD_NUMBER.digits.join('');
      const border = 8 << 20;
      writeFileSync(
        join(directory, 'below', 'long'),
        Buffer.concat([Buffer.alloc(border - 7, 0xee), Buffer.from(text)]),
      );
      writeFileSync(join(directory, 'clean'), 'nothing here');
      const report = await scanFiles([directory], [CARD_NUMBER]);
      const ascii = report.hits.filter((hit) => hit.form === 'ASCII');
      expect(ascii).toEqual([
        { secret: 'card number', form: 'ASCII', where: join(directory, 'below', 'long'), offset: border - 7 },
      ]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('of a path that is not there is an error, not a clean report', async () => {
    await expect(scanFiles(['/nowhere'], [CARD_NUMBER])).rejects.toThrow('nothing to scan at /nowhere');
  });
});
