import { expect, test } from '@jest/globals';
import {
  crowdedDelayMs,
  isCrowded,
  isFinal,
  livenessVerdict,
  refusedDelayMs,
  registrationDelayMs,
  retryDelayMs,
} from './reconnection-policy.js';

test('the first two tries fall within a second, however the dice fall', () => {
  expect(retryDelayMs(0, 0.999) + retryDelayMs(1, 0.999)).toBeLessThan(1000);
});

test('after any outage the next try falls within a second, however the dice fall', () => {
  for (let failures = 0; failures < 1000; failures += 1) expect(retryDelayMs(failures, 0.999)).toBeLessThan(1000);
});

test.each([
  [retryDelayMs, 700],
  [registrationDelayMs, 5000],
])('delays grow to a bound and differ between pages: %p, %d ms', (delayOf, boundMs) => {
  const delays = Array.from({ length: 50 }, (_, failures) => delayOf(failures, 0.5));
  expect(delays).toEqual([...delays].sort((a, b) => a - b));
  expect(Math.max(...delays)).toBe(boundMs);
  expect(delayOf(3, 0)).not.toBe(delayOf(3, 0.9));
});

test('who was one too many tries seldom', () => {
  expect(crowdedDelayMs(0)).not.toBe(crowdedDelayMs(0.9));
  expect(crowdedDelayMs(0)).toBeGreaterThan(5000);
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
  expect(livenessVerdict({ heardAtMs: 0, pingedAtMs: undefined }, 2_000)).toBe('alive');
  expect(livenessVerdict({ heardAtMs: 0, pingedAtMs: undefined }, 2_600)).toBe('ask');
  expect(livenessVerdict({ heardAtMs: 0, pingedAtMs: 5_500 }, 7_900)).toBe('alive');
  expect(livenessVerdict({ heardAtMs: 0, pingedAtMs: 5_500 }, 8_100)).toBe('dead');
  expect(livenessVerdict({ heardAtMs: 5_600, pingedAtMs: 5_500 }, 8_000)).toBe('alive');
});

test('a timer that slept for an hour asks before it judges', () => {
  expect(livenessVerdict({ heardAtMs: 0, pingedAtMs: undefined }, 3_600_000)).toBe('ask');
});

test('a refused token and an account without events end the tries, too many make them rare', () => {
  for (const code of [4401, 4403]) expect([isFinal(code), isCrowded(code)]).toEqual([true, false]);
  for (const code of [4429, 4430]) expect([isFinal(code), isCrowded(code)]).toEqual([false, true]);
  for (const code of [1000, 1001, 1006, 1011, 1013, 4000, 4408]) {
    expect([isFinal(code), isCrowded(code)]).toEqual([false, false]);
  }
});
