import { expect, test } from '@jest/globals';
import { type Typed, TypedKeys } from './typed-keys.js';

const NO_KEYS: readonly number[] = [];

function typed(...texts: readonly string[]): { readonly keys: readonly number[]; readonly isEnd: boolean } {
  const terminal = new TypedKeys();
  const all: Typed[] = texts.map((text) => terminal.take(Buffer.from(text, 'utf8')));
  return { keys: all.flatMap(({ keys }) => [...keys]), isEnd: all.some(({ isEnd }) => isEnd) };
}

test('digits, star and pound are keys by their RFC 4733 codes, and nothing else is', () => {
  expect(typed('0123456789*#')).toEqual({ keys: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], isEnd: false });
  expect(typed('A1b\r2\n \t3é４\u007f\u0004')).toEqual({ keys: [1, 2, 3], isEnd: false });
});

test('Ctrl-C is the end, and what was typed before it still counts', () => {
  expect(typed('12\u0003')).toEqual({ keys: [1, 2], isEnd: true });
  expect(typed('\u001b[1\u0003')).toEqual({ keys: NO_KEYS, isEnd: true });
});

test.each([
  ['arrow up', '\u001b[A'],
  ['F1', '\u001bOP'],
  ['F1 of the Linux console', '\u001b[[A'],
  ['F5', '\u001b[15~'],
  ['Ctrl and F5', '\u001b[15;5~'],
  ['Delete', '\u001b[3~'],
  ['the keypad’s 5 in application mode', '\u001bOu'],
  ['a position asked for', '\u001b[12;40R'],
])('%s is no digit, whole or in pieces', (_name, sequence) => {
  expect(typed(`${sequence}7`)).toEqual({ keys: [7], isEnd: false });
  expect(typed(...sequence, '7')).toEqual({ keys: [7], isEnd: false });
});

test('Escape alone, or Alt with a digit, leaves the digit a key', () => {
  expect(typed('\u001b5', '\u001b', '6', '\u001b\u001b8')).toEqual({ keys: [5, 6, 8], isEnd: false });
});

test('keys are in the memory of what was read: wiping that wipes them', () => {
  const read = Buffer.from('x4x2');
  const { keys } = new TypedKeys().take(read);
  expect([...keys]).toEqual([4, 2]);
  read.fill(0);
  expect([...keys]).toEqual([0, 0]);
});
