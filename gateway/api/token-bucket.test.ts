import { expect, test } from '@jest/globals';
import { fullBucket, take, waitMs } from './token-bucket.js';

const rate = { burst: 3, perSecond: 2 };

test('a burst at once, then the rate', () => {
  let bucket = fullBucket(rate, 0);
  const granted: boolean[] = [];
  for (const atMs of [0, 0, 0, 0, 499, 500, 500, 1000]) {
    const taken = take(bucket, rate, atMs);
    bucket = taken.bucket;
    granted.push(taken.granted);
  }
  expect(granted).toEqual([true, true, true, false, false, true, false, true]);
});

test('never more than the burst, however long the rest', () => {
  expect(take(fullBucket(rate, 0), rate, 1e9).bucket.level).toBe(2);
});

test('a clock that goes back gives nothing', () => {
  expect(take({ level: 0, atMs: 1000 }, rate, 0).granted).toBe(false);
});

test('the wait is the time to the next one', () => {
  expect(waitMs({ level: 0, atMs: 0 }, rate)).toBe(500);
  expect(waitMs({ level: 1, atMs: 0 }, rate)).toBe(0);
});
