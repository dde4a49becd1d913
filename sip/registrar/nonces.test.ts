import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { MAX_SPENT_NONCES, NONCE_LIFETIME_MS, Nonces } from './nonces.js';

const SOURCE = '192.0.2.1';

test('a nonce is good for rising counts, each once', () => {
  const nonces = new Nonces(randomBytes);
  const nonce = nonces.issue(SOURCE, 1_000);
  const tries = [1, 1, 2, 5, 4, 5, 6].map((count) => nonces.spend(nonce, count, SOURCE, 2_000));
  expect(tries).toEqual([true, false, true, true, false, false, true]);
});

test('a count of nothing is not taken', () => {
  const nonces = new Nonces(randomBytes);
  expect(nonces.spend(nonces.issue(SOURCE, 0), 0, SOURCE, 0)).toBe(false);
});

test('it is good to its last moment, and not after', () => {
  const nonces = new Nonces(randomBytes);
  const nonce = nonces.issue(SOURCE, 1_000);
  expect(nonces.spend(nonce, 1, SOURCE, 1_000 + NONCE_LIFETIME_MS)).toBe(true);
  expect(nonces.spend(nonce, 2, SOURCE, 1_001 + NONCE_LIFETIME_MS)).toBe(false);
});

test('it is good for whom it was given to, and from whom it came', () => {
  const nonces = new Nonces(randomBytes);
  const nonce = nonces.issue(SOURCE, 0);
  expect(nonces.spend(nonce, 1, '192.0.2.2', 0)).toBe(false);
  expect(new Nonces(randomBytes).spend(nonce, 1, SOURCE, 0)).toBe(false);
  expect(nonces.spend(nonce, 1, SOURCE, 0)).toBe(true);
});

test.each([0, 11, 12, 23, 24, 55])('one that was changed at letter %i is nobody’s', (at) => {
  const nonces = new Nonces(randomBytes);
  const nonce = nonces.issue(SOURCE, 123_456);
  const changed = `${nonce.slice(0, at)}${nonce[at] === 'a' ? 'b' : 'a'}${nonce.slice(at + 1)}`;
  expect(nonces.spend(changed, 1, SOURCE, 123_456)).toBe(false);
  expect(nonces.spend(nonce, 1, SOURCE, 123_456)).toBe(true);
});

test.each(['', 'a', 'z'.repeat(56), 'a'.repeat(57), 'ä'.repeat(56)])('%j is none', (text) => {
  expect(new Nonces(randomBytes).spend(text, 1, SOURCE, 0)).toBe(false);
});

test('two of one moment for one source differ: their counts are apart', () => {
  const nonces = new Nonces(randomBytes);
  const [one, other] = [nonces.issue(SOURCE, 0), nonces.issue(SOURCE, 0)];
  expect([nonces.spend(one, 1, SOURCE, 0), nonces.spend(other, 1, SOURCE, 0)]).toEqual([true, true]);
});

test('giving them out costs no memory; used ones are bounded, and a forgotten one is not good a second time', () => {
  const nonces = new Nonces(randomBytes);
  for (let index = 0; index < 100; index += 1) nonces.issue(SOURCE, 0);
  expect(nonces.size).toBe(0);
  const first = nonces.issue(SOURCE, 0);
  expect(nonces.spend(first, 1, SOURCE, 0)).toBe(true);
  for (let index = 0; index < MAX_SPENT_NONCES; index += 1) {
    nonces.spend(nonces.issue(SOURCE, 1), 1, SOURCE, 1);
  }
  expect(nonces.size).toBe(MAX_SPENT_NONCES);
  expect(nonces.spend(first, 1, SOURCE, 2)).toBe(false);
  expect(nonces.spend(first, 2, SOURCE, 2)).toBe(false);
  expect(nonces.spend(nonces.issue(SOURCE, 2), 1, SOURCE, 2)).toBe(true);
});

test('what has run out is forgotten', () => {
  const nonces = new Nonces(randomBytes);
  nonces.spend(nonces.issue(SOURCE, 0), 1, SOURCE, 0);
  const laterMs = NONCE_LIFETIME_MS + 1;
  nonces.spend(nonces.issue(SOURCE, laterMs), 1, SOURCE, laterMs);
  expect(nonces.size).toBe(1);
});
