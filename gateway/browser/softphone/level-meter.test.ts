import { expect, test } from '@jest/globals';
import { barOf } from './level-meter.js';

const sine = (peak: number): Float32Array => Float32Array.from({ length: 1024 }, (_, at) => peak * Math.sin(at / 5));

test('the bar is empty in silence, full when it is loud, and grows in between', () => {
  expect(barOf(new Float32Array(1024))).toBe(0);
  expect(barOf(sine(1))).toBe(1);
  const bars = [0.003, 0.01, 0.05, 0.2].map((peak) => barOf(sine(peak)));
  expect(bars.toSorted((a, b) => a - b)).toEqual(bars);
  expect(bars[0]).toBeGreaterThan(0);
  expect(bars[3]).toBeLessThan(1);
});
