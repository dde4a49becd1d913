import { expect, test } from '@jest/globals';
import { BlockDebounce } from './block-debounce.js';

/** A digit is a hit with that key, a point is none; the result has the keys that began. */
function began(pattern: string, blocksToEnd: number): string {
  const debounce = new BlockDebounce({ blocksToBegin: 2, blocksToEnd });
  return [...pattern].filter((symbol) => debounce.take(symbol === '.' ? -1 : Number(symbol))).join('');
}

test.each([
  ['.1.', 3, ''],
  ['.11.', 3, '1'],
  ['.1111.', 3, '1'],
  ['1111..1111', 3, '1'],
  ['1111...11', 3, '11'],
  ['11.11', 1, '11'],
  ['1122', 3, '12'],
  ['1212', 3, ''],
])('%s with %d misses to the end begins %s', (pattern, blocksToEnd, keys) => {
  expect(began(pattern, blocksToEnd)).toBe(keys);
});
