import { expect, test } from '@jest/globals';
import { isFinal, livenessVerdict, refusedDelayMs, retryDelayMs } from './reconnection-policy.js';

test('the first two tries fall within a second, however the dice fall', () => {
  expect(retryDelayMs(0, 0.999) + retryDelayMs(1, 0.999)).toBeLessThan(1000);
});

test('delays grow to a bound and differ between panels', () => {
  const delays = Array.from({ length: 50 }, (_, failures) => retryDelayMs(failures, 0.5));
  expect(delays).toEqual([...delays].sort((a, b) => a - b));
  expect(Math.max(...delays)).toBe(5000);
  expect(retryDelayMs(3, 0)).not.toBe(retryDelayMs(3, 0.9));
});

test.each([
  [0, undefined, 30_000],
  [0, 10_000, 30_000],
  [0, 60_000, 60_000],
  [1, undefined, 60_000],
  [3, undefined, 300_000],
  [99, undefined, 300_000],
  [0, 86_400_000, 600_000],
])('after refusal %d, asked to wait %s ms, it is %d ms', (refusals, retryAfterMs, delayMs) => {
  expect(refusedDelayMs(refusals, retryAfterMs)).toBe(delayMs);
});

test('a quiet connection is asked, an unanswered question is death, an answer is life', () => {
  expect(livenessVerdict({ heardAtMs: 0, pingedAtMs: undefined }, 4_000)).toBe('alive');
  expect(livenessVerdict({ heardAtMs: 0, pingedAtMs: undefined }, 5_500)).toBe('ask');
  expect(livenessVerdict({ heardAtMs: 0, pingedAtMs: 5_500 }, 7_000)).toBe('alive');
  expect(livenessVerdict({ heardAtMs: 0, pingedAtMs: 5_500 }, 9_600)).toBe('dead');
  expect(livenessVerdict({ heardAtMs: 5_600, pingedAtMs: 5_500 }, 9_600)).toBe('alive');
});

test('a timer that slept for an hour asks before it judges', () => {
  expect(livenessVerdict({ heardAtMs: 0, pingedAtMs: undefined }, 3_600_000)).toBe('ask');
});

test('only a refused token ends the tries', () => {
  expect(isFinal(4401)).toBe(true);
  for (const code of [1000, 1001, 1006, 1011, 1013, 4000, 4408, 4429, 4430]) expect(isFinal(code)).toBe(false);
});
