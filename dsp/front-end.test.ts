import { describe, expect, test } from '@jest/globals';
import { COLUMN_HZ, ROW_HZ, SAMPLE_RATE_HZ, TONE_HZ } from './dtmf-keys.js';
import { HALF_SAMPLES, HOP_SAMPLES, HopBank, UNITS_PER_SAMPLE, WINDOW_HOPS, WINDOW_SAMPLES } from './hop-bank.js';
import { amplitudeOfDbm0, dbm0OfPower, meanSquare, powerOfDbm0, toSample } from './level.js';
import { NotchBank } from './notch-bank.js';
import { GRAM_STRIDE, inverseGramTable } from './pair-gram.js';
import { SeededRandom } from './seeded-random.js';

const SEED = 24;

/** Correlation with `exp(-j·w·n)`, n counted from the centre of the samples. */
function correlation(samples: ArrayLike<number>, hz: number): { re: number; im: number } {
  let re = 0;
  let im = 0;
  for (let index = 0; index < samples.length; index += 1) {
    const radians = (2 * Math.PI * hz * (index - (samples.length - 1) / 2)) / SAMPLE_RATE_HZ;
    re += samples[index] * Math.cos(radians);
    im -= samples[index] * Math.sin(radians);
  }
  return { re, im };
}

describe('levels', () => {
  test('a full-scale sine is +3.14 dBm0', () => {
    expect(amplitudeOfDbm0(3.14)).toBeCloseTo(32_768, 6);
    const sine = Int16Array.from({ length: 8_000 }, (_, index) => 10_000 * Math.sin(index * 0.7));
    expect(dbm0OfPower(meanSquare(sine, 0, 8_000))).toBeCloseTo(3.14 + 20 * Math.log10(10_000 / 32_768), 1);
    expect(dbm0OfPower(powerOfDbm0(-31))).toBeCloseTo(-31, 9);
    expect(meanSquare(sine, 0, 0)).toBe(0);
  });

  test('samples are rounded to the nearest and saturated', () => {
    expect([0.4, 0.5, -0.5, -1.6, 32_767.4, 40_000, -32_768.2, -1e9].map(toSample)).toEqual([
      0, 1, -1, -2, 32_767, 32_767, -32_768, -32_768,
    ]);
  });
});

test(`halves of the hop bank are the direct correlations, seed ${SEED}`, () => {
  const random = new SeededRandom(SEED);
  const samples = Int16Array.from({ length: 10 * HOP_SAMPLES }, () => (random.nextInt32() >> 17) & ~1);
  const bank = new HopBank();
  for (let at = 0; at < samples.length; at += HOP_SAMPLES) bank.takeHop(samples, at);
  expect(bank.hopCount).toBe(10);
  const window = samples.subarray(samples.length - WINDOW_SAMPLES);
  const halves = [
    [bank.olderSlot, window.subarray(0, HALF_SAMPLES)],
    [bank.newestSlot, window.subarray(HALF_SAMPLES)],
  ] as const;
  for (const [slot, half] of halves) {
    TONE_HZ.forEach((hz, tone) => {
      const { re, im } = correlation(half, hz);
      // Tables of 14 bits: 72 dB below the sum of what is summed up.
      const bound = (half.reduce((sum, sample) => sum + Math.abs(sample), 0) / 4_000) * UNITS_PER_SAMPLE;
      expect(Math.abs(bank.halfRe[slot * 8 + tone] - re * UNITS_PER_SAMPLE)).toBeLessThan(bound);
      expect(Math.abs(bank.halfIm[slot * 8 + tone] - im * UNITS_PER_SAMPLE)).toBeLessThan(bound);
    });
  }
  expect(bank.windowEnergy / UNITS_PER_SAMPLE ** 2).toBeCloseTo(
    meanSquare(window, 0, WINDOW_SAMPLES) * WINDOW_SAMPLES,
    0,
  );
  expect(WINDOW_HOPS * HOP_SAMPLES).toBe(WINDOW_SAMPLES);
});

test.each([12, 48, 96, 160])('the inverse Gram blocks recover both amplitudes exactly over %i samples', (count) => {
  const table = inverseGramTable(count);
  for (let pair = 0; pair < 16; pair += 1) {
    const low = ROW_HZ[pair >> 2];
    const high = COLUMN_HZ[pair & 3];
    const wave = Float64Array.from({ length: count }, (_, index) => {
      const turns = (2 * Math.PI * (index - (count - 1) / 2)) / SAMPLE_RATE_HZ;
      return 3 * Math.cos(turns * low + 0.4) + 2 * Math.cos(turns * high - 1.1);
    });
    const first = correlation(wave, low);
    const second = correlation(wave, high);
    const at = pair * GRAM_STRIDE;
    const lowRe = table[at] * first.re + table[at + 1] * second.re;
    const lowIm = table[at + 3] * first.im + table[at + 4] * second.im;
    const highRe = table[at + 1] * first.re + table[at + 2] * second.re;
    const highIm = table[at + 4] * first.im + table[at + 5] * second.im;
    expect(Math.hypot(lowRe, lowIm)).toBeCloseTo(3, 6);
    expect(Math.atan2(lowIm, lowRe)).toBeCloseTo(0.4, 6);
    expect(Math.hypot(highRe, highIm)).toBeCloseTo(2, 6);
    expect(Math.atan2(highIm, highRe)).toBeCloseTo(-1.1, 6);
  }
});

describe.each([8_000, 16_000])('the notch bank at %i Hz', (sampleRateHz) => {
  const gainDb = (hz: number): number => {
    const notches = new NotchBank(sampleRateHz);
    const hop = new Float64Array(HOP_SAMPLES);
    let input = 0;
    let output = 0;
    for (let at = 0; at < sampleRateHz; at += HOP_SAMPLES) {
      for (let index = 0; index < HOP_SAMPLES; index += 1) {
        hop[index] = Math.sin((2 * Math.PI * hz * (at + index)) / sampleRateHz);
        if (2 * at >= sampleRateHz) input += hop[index] ** 2;
      }
      notches.process(hop, HOP_SAMPLES);
      if (2 * at >= sampleRateHz) for (const sample of hop) output += sample ** 2;
    }
    return 10 * Math.log10(output / input);
  };

  test.each(TONE_HZ)('takes out %i Hz, and 10 dB at 1.5 %% off', (hz) => {
    expect(gainDb(hz)).toBeLessThan(-60);
    expect(gainDb(hz * 1.015)).toBeLessThan(-7);
    expect(gainDb(hz * 0.985)).toBeLessThan(-7);
  });

  test.each([200, 400, 2_400, 3_000])('leaves %i Hz within 1 dB', (hz) => {
    expect(Math.abs(gainDb(hz))).toBeLessThan(1);
  });
});

test(`the random source is even and repeatable, seed ${SEED}`, () => {
  const random = new SeededRandom(SEED);
  const values = Array.from({ length: 20_000 }, () => random.next());
  expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  expect(new SeededRandom(SEED).next()).toBe(values[0]);
  expect(new SeededRandom(0).next()).not.toBe(new SeededRandom(1).next());
  const picked = new Set(Array.from({ length: 200 }, () => random.integer(3, 5)));
  expect([...picked].sort()).toEqual([3, 4, 5]);
});
