import { describe, expect, test } from '@jest/globals';
import { type BencodeValue, decodeBencode, encodeBencode } from './bencode.js';

function decode(text: string): ReturnType<typeof decodeBencode> {
  return decodeBencode(Buffer.from(text, 'latin1'));
}

describe('bencode', () => {
  test.each<[string, BencodeValue]>([
    ['4:spam', 'spam'],
    ['0:', ''],
    ['i0e', 0],
    ['i-42e', -42],
    ['l4:spami7ee', ['spam', 7]],
    ['de', {}],
    ['d3:cow3:moo4:spaml1:a1:bee', { cow: 'moo', spam: ['a', 'b'] }],
  ])('%s reads as it is written', (bytes, value) => {
    expect(encodeBencode(value).toString('latin1')).toBe(bytes);
    expect(decode(bytes)).toEqual({ ok: true, value });
  });

  test('writes keys in byte order and lengths in bytes', () => {
    expect(encodeBencode({ b: 1, a: 'é' }).toString('latin1')).toBe('d1:a2:\u00c3\u00a91:bi1ee');
    expect(decodeBencode(encodeBencode({ a: 'é' }))).toEqual({ ok: true, value: { a: 'é' } });
  });

  test('writes whole numbers only', () => {
    expect(() => encodeBencode(1.5)).toThrow(RangeError);
  });

  test.each([
    ['', 'cut-off'],
    ['5:spam', 'cut-off'],
    ['i4', 'cut-off'],
    ['l4:spam', 'cut-off'],
    ['d3:cow', 'cut-off'],
    ['99999999999999999999:a', 'malformed'],
    ['i04e', 'malformed'],
    ['ie', 'malformed'],
    ['x', 'malformed'],
    ['di1ei2ee', 'malformed'],
    ['i1ei2e', 'trailing-bytes'],
    ['l'.repeat(1000), 'too-deep'],
  ])('refuses %s as %s', (bytes, reason) => {
    expect(decode(bytes)).toEqual({ ok: false, reason });
  });

  test('a key named __proto__ is a key like others', () => {
    const result = decode('d9:__proto__d1:ai1eee');
    expect(result.ok && Object.hasOwn(result.value as object, '__proto__')).toBe(true);
  });
});
