import { expect, test } from '@jest/globals';
import { FailureLimiter } from './failure-limiter.js';

const limit = { maxFailures: 3, windowMs: 1_000, maxKeys: 4 };

test('so many failures are let through, and the last one begins the wait', () => {
  const limiter = new FailureLimiter(limit);
  expect([0, 10, 20].map((atMs) => limiter.fail('a', atMs))).toEqual([1, 2, 3]);
  expect(limiter.blockedForMs('a', 20)).toBe(1_000);
  expect(limiter.blockedForMs('a', 1_019)).toBe(1);
  expect(limiter.blockedForMs('a', 1_020)).toBe(0);
  expect(limiter.blockedForMs('b', 20)).toBe(0);
});

test('counting goes on in the wait, and begins anew after it', () => {
  const limiter = new FailureLimiter(limit);
  const told = [0, 1, 2, 3, 2_000, 2_001, 2_002].map((atMs) => limiter.fail('a', atMs));
  expect(told).toEqual([1, 2, 3, 4, 1, 2, 3]);
});

test('failures far apart are none', () => {
  const limiter = new FailureLimiter(limit);
  expect([0, 1_000, 2_000, 3_000].map((atMs) => limiter.fail('a', atMs))).toEqual([1, 1, 1, 1]);
});

test('keys are bounded: the one that failed longest ago goes', () => {
  const limiter = new FailureLimiter(limit);
  for (const key of ['a', 'b', 'c', 'd', 'a', 'e']) limiter.fail(key, 0);
  expect(limiter.size).toBe(4);
  limiter.fail('a', 0);
  expect(limiter.blockedForMs('a', 0)).toBe(1_000);
});
