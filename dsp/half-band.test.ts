import { describe, expect, test } from '@jest/globals';
import {
  DECIMATOR_DELAY_SAMPLES,
  HalfBandDecimator,
  HalfBandInterpolator,
  INTERPOLATOR_DELAY_SAMPLES,
} from './half-band.js';
import { meanSquare } from './level.js';

const WIDE_HZ = 16_000;
const NARROW_HZ = 8_000;
const AMPLITUDE = 10_000;

function sine(hz: number, rateHz: number, lengthSamples: number, delaySamples = 0): Int16Array {
  return Int16Array.from({ length: lengthSamples }, (_, at) =>
    Math.round(AMPLITUDE * Math.sin((2 * Math.PI * hz * (at - delaySamples)) / rateHz)),
  );
}

function decimated(samples: Int16Array): Int16Array {
  const target = new Int16Array(samples.length / 2);
  new HalfBandDecimator().process(samples, 0, target.length, target);
  return target;
}

function interpolated(samples: Int16Array): Int16Array {
  const target = new Int16Array(samples.length * 2);
  new HalfBandInterpolator().process(samples, samples.length, target);
  return target;
}

/** Level of what comes out for a tone, in dB. */
function gainDb(heard: Int16Array): number {
  return 10 * Math.log10(meanSquare(heard, 400, heard.length - 400) / (AMPLITUDE ** 2 / 2));
}

function largestDifference(one: Int16Array, other: Int16Array, from: number): number {
  return one.subarray(from).reduce((most, sample, at) => Math.max(most, Math.abs(sample - other[from + at])), 0);
}

describe('the half-band filter', () => {
  test.each([100, 697, 941, 1_633, 3_000, 3_400])('brings %i Hz down as it is, delayed as promised', (hz) => {
    const heard = decimated(sine(hz, WIDE_HZ, 8_000));
    expect(Math.abs(gainDb(heard))).toBeLessThan(0.05);
    const expected = sine(hz, NARROW_HZ, heard.length, DECIMATOR_DELAY_SAMPLES / 2);
    expect(largestDifference(heard, expected, 400)).toBeLessThan(AMPLITUDE / 200);
  });

  test.each([4_600, 5_300, 6_367, 7_303, 7_900])('keeps %i Hz from folding into the voice', (hz) => {
    expect(gainDb(decimated(sine(hz, WIDE_HZ, 8_000)))).toBeLessThan(-55);
  });

  test.each([100, 697, 1_633, 3_000, 3_400])('brings %i Hz up as it is, delayed as promised', (hz) => {
    const heard = interpolated(sine(hz, NARROW_HZ, 4_000));
    expect(Math.abs(gainDb(heard))).toBeLessThan(0.05);
    const expected = sine(hz, WIDE_HZ, heard.length, INTERPOLATOR_DELAY_SAMPLES);
    expect(largestDifference(heard, expected, 400)).toBeLessThan(AMPLITUDE / 200);
  });

  test('frames of any length give the same output, and source and target may be one', () => {
    const samples = Int16Array.from({ length: 2_000 }, (_, index) => Math.imul(index + 1, 0x9e3779b1) >> 17);
    const down = decimated(samples);
    const up = interpolated(samples);
    for (const frame of [1, 7, 80, 333]) {
      const decimator = new HalfBandDecimator();
      const interpolator = new HalfBandInterpolator();
      const target = new Int16Array(4 * frame);
      for (let at = 0; at < 1_000; at += frame) {
        const count = Math.min(frame, 1_000 - at);
        decimator.process(samples, 2 * at, count, target);
        expect(target.subarray(0, count)).toEqual(down.subarray(at, at + count));
        interpolator.process(samples.subarray(at), count, target);
        expect(target.subarray(0, 2 * count)).toEqual(up.subarray(2 * at, 2 * (at + count)));
      }
    }
    const shared = samples.slice();
    new HalfBandDecimator().process(shared, 0, 1_000, shared);
    expect(shared.subarray(0, 1_000)).toEqual(down);
  });

  test('full scale saturates, and a filter that was reset is as new', () => {
    const square = Int16Array.from({ length: 1_600 }, (_, index) => ((index >> 4) & 1 ? 32_767 : -32_768));
    const decimator = new HalfBandDecimator();
    const target = new Int16Array(800);
    decimator.process(square, 0, 800, target);
    expect([Math.min(...target), Math.max(...target)]).toEqual([-32_768, 32_767]);
    decimator.reset();
    decimator.process(new Int16Array(100), 0, 50, target);
    expect([...target.subarray(0, 50)]).toEqual(Array(50).fill(0));
    const interpolator = new HalfBandInterpolator();
    interpolator.process(square, 100, target);
    interpolator.reset();
    interpolator.process(new Int16Array(50), 50, target);
    expect([...target.subarray(0, 100)]).toEqual(Array(100).fill(0));
  });
});
