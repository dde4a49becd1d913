import { describe, expect, test } from '@jest/globals';
import { detectOwn } from './own-detector.js';
import { readPerStep, type SweepPress, stepsWithoutMiss } from './tone-sweep.js';

const PLAIN: SweepPress = { key: 5, onMs: 50, lowLevelDbm0: -15 };

describe('a sweep', () => {
  test('counts what is read of each step', async () => {
    const steps = [[PLAIN, { ...PLAIN, key: 7 }], [PLAIN, { ...PLAIN, lowLevelDbm0: -60 }], [{ ...PLAIN, onMs: 5 }]];
    const read = await readPerStep({ steps, seed: 1 }, (samples) => Promise.resolve(detectOwn(samples)));
    expect(read).toEqual([2, 1, 0]);
    expect(stepsWithoutMiss(read, steps)).toBe(1);
  });

  test('with more noise than tone reads nothing', async () => {
    const sweep = { steps: [[PLAIN]], seed: 1, noiseDbm0: -5 };
    expect(await readPerStep(sweep, (samples) => Promise.resolve(detectOwn(samples)))).toEqual([0]);
  });
});

test.each([
  [[1, 1, 1], 3],
  [[1, 0, 1], 1],
  [[0, 1, 1], 0],
])('%j of one press a step: %d steps without a miss', (read, steps) => {
  const presses = read.map(() => [PLAIN]);
  expect(stepsWithoutMiss(read, presses)).toBe(steps);
});
