import { describe, expect, test } from '@jest/globals';
import { latenciesSamples, NO_SCORE, scoreOf, sumOf } from './score.js';

const PRESSES = [
  { key: 1, onsetSample: 1_000, offsetSample: 1_400 },
  { key: 2, onsetSample: 2_000, offsetSample: 2_400 },
  { key: 2, onsetSample: 3_000, offsetSample: 3_400 },
];

describe('reports with times', () => {
  test('are right once a press', () => {
    const reports = [
      { key: 1, sample: 1_280 },
      { key: 2, sample: 2_320 },
      { key: 2, sample: 3_300 },
    ];
    expect(scoreOf({ kind: 'timed', reports }, PRESSES)).toEqual({ right: 3, extra: 0, presses: 3 });
    expect(latenciesSamples(reports, PRESSES)).toEqual([280, 320, 300]);
  });

  test('of another key are extra, and the press is missed', () => {
    const reports = [{ key: 7, sample: 1_280 }];
    expect(scoreOf({ kind: 'timed', reports }, PRESSES)).toEqual({ right: 0, extra: 1, presses: 3 });
  });

  test('that split a press spoil it', () => {
    const reports = [
      { key: 2, sample: 2_300 },
      { key: 2, sample: 2_600 },
    ];
    expect(scoreOf({ kind: 'timed', reports }, PRESSES)).toEqual({ right: 0, extra: 2, presses: 3 });
  });

  test('before the first press are extra', () => {
    const reports = [{ key: 1, sample: 500 }];
    expect(scoreOf({ kind: 'timed', reports }, PRESSES)).toEqual({ right: 0, extra: 1, presses: 3 });
  });
});

describe('keys without times', () => {
  test.each([
    [[1, 2, 2], 3, 0],
    [[1, 2], 2, 0],
    [[1, 1, 2, 2], 3, 1],
    [[2, 2, 1], 2, 1],
    [[], 0, 0],
  ])('%j: %d right, %d extra', (keys, right, extra) => {
    expect(scoreOf({ kind: 'sequence', keys }, PRESSES)).toEqual({ right, extra, presses: 3 });
  });
});

test('scores add up', () => {
  expect(sumOf([])).toEqual(NO_SCORE);
  const scores = [
    { right: 1, extra: 2, presses: 3 },
    { right: 4, extra: 5, presses: 6 },
  ];
  expect(sumOf(scores)).toEqual({ right: 5, extra: 7, presses: 9 });
});
