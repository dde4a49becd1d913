import { describe, expect, test } from '@jest/globals';
import { median, quantile, spreadOf } from './media-statistics.js';

describe('statistics of a bench', () => {
  test('a quantile is the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(quantile(hundred, 0.5)).toBe(50);
    expect(quantile(hundred, 0.99)).toBe(99);
    expect(quantile(hundred, 1)).toBe(100);
    expect(quantile(hundred, 0)).toBe(1);
    expect(quantile([7], 0.99)).toBe(7);
  });

  test('a spread sorts as numbers, and there is none of nothing', () => {
    expect(spreadOf(Float64Array.of(10, 9, 100, 1))).toEqual({ p50Ms: 9, p99Ms: 100, maxMs: 100 });
    expect(spreadOf(new Float64Array(0))).toBeUndefined();
  });

  test('a median of an even number lies between the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([10, 9, 1, 100])).toBe(9.5);
    expect(median([])).toBeUndefined();
  });
});
