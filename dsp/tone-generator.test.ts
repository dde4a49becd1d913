import { expect, test } from '@jest/globals';
import { columnHzOfKey, KEY_COUNT, rowHzOfKey, SAMPLE_RATE_HZ } from './dtmf-keys.js';
import { dbm0OfPower } from './level.js';
import { renderPress } from './tone-generator.js';

/** Level of one frequency in the samples, by correlation. */
function levelAtDbm0(samples: Int16Array, hz: number): number {
  let re = 0;
  let im = 0;
  for (let index = 0; index < samples.length; index += 1) {
    re += samples[index] * Math.cos((2 * Math.PI * hz * index) / SAMPLE_RATE_HZ);
    im += samples[index] * Math.sin((2 * Math.PI * hz * index) / SAMPLE_RATE_HZ);
  }
  return dbm0OfPower((2 * (re * re + im * im)) / samples.length ** 2);
}

test.each(Array.from({ length: KEY_COUNT }, (_, key) => key))(
  'key %i sounds with its two tones at their levels',
  (key) => {
    const samples = new Int16Array(8_000);
    renderPress(samples, { key, startSample: 0, lengthSamples: 8_000, lowLevelDbm0: -12, twistDb: 3, rampSamples: 1 });
    expect(levelAtDbm0(samples, rowHzOfKey(key))).toBeCloseTo(-12, 1);
    expect(levelAtDbm0(samples, columnHzOfKey(key))).toBeCloseTo(-9, 1);
  },
);

test('frequencies are off by percent and by hertz', () => {
  const samples = new Int16Array(8_000);
  const offsets = { lowOffsetPercent: 1.5, lowOffsetHz: 2, highOffsetPercent: -1.5, highOffsetHz: -2 };
  renderPress(samples, { key: 5, startSample: 0, lengthSamples: 8_000, rampSamples: 1, ...offsets });
  expect(levelAtDbm0(samples, 770 * 1.015 + 2)).toBeCloseTo(-10, 0);
  expect(levelAtDbm0(samples, 1_336 * 0.985 - 2)).toBeCloseTo(-10, 0);
});

test('a press is added to what is there, cut at the edges and saturated', () => {
  const samples = new Int16Array(100).fill(30_000);
  renderPress(samples, { key: 1, startSample: -50, lengthSamples: 100, lowLevelDbm0: 0 });
  expect(Math.max(...samples)).toBe(32_767);
  expect([...samples.subarray(50)].every((sample) => sample === 30_000)).toBe(true);
  renderPress(samples, { key: 1, startSample: 90, lengthSamples: 100, lowLevelDbm0: -20 });
  expect(samples.length).toBe(100);
});
