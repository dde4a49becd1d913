import { describe, expect, test } from '@jest/globals';
import { gapViewsOf, ticksOf } from './recording-gaps.js';

const startedAt = '2026-11-23T12:00:00.000Z';
const window = { kind: 'paused', reason: 'window', startedAt, endedAt: startedAt } as const;

describe('gaps', () => {
  test('lie where they are, in parts of the whole, and say why', () => {
    const gaps = [
      { ...window, startSample: 16_000, endSample: 32_000 },
      { ...window, kind: 'masked', startSample: 40_000, endSample: 48_000 },
      { ...window, reason: 'manual', startSample: 60_000, endSample: 64_000 },
    ] as const;
    expect(gapViewsOf({ gaps, sampleRateHz: 8000 }, 80_000)).toMatchObject([
      { left: 0.2, width: 0.2, from: '0:02.0', to: '0:04.0', length: '0:02.0', text: 'Payment: recording paused' },
      { left: 0.5, width: 0.1, text: 'Payment: recorded with keys hidden' },
      { left: 0.75, width: 0.05, text: 'Paused by the agent', label: 'Pause' },
    ]);
  });

  test('an open gap runs to the end, and none runs beyond it', () => {
    const gaps = [
      { ...window, startSample: 60_000, endSample: null, endedAt: null },
      { ...window, startSample: 70_000, endSample: 99_000 },
      { ...window, startSample: 90_000, endSample: 99_000 },
    ];
    const views = gapViewsOf({ gaps, sampleRateHz: 8000 }, 80_000);
    expect(views.map(({ startSample, endSample }) => [startSample, endSample])).toEqual([
      [60_000, 80_000],
      [70_000, 80_000],
      [80_000, 80_000],
    ]);
    expect(gapViewsOf({ gaps, sampleRateHz: 8000 }, 0)).toMatchObject([{ left: 0, width: 0 }, {}, {}]);
  });
});

test.each([
  [0, []],
  [4_000, ['0:00', '0:01', '0:02', '0:03', '0:04']],
  [65_000, ['0:00', '0:10', '0:20', '0:30', '0:40', '0:50', '1:00']],
  [7_200_000, ['0:00', '15:00', '30:00', '45:00', '1:00:00', '1:15:00', '1:30:00', '1:45:00', '2:00:00']],
])('an axis of %d ms has round steps', (lengthMs, texts) => {
  expect(ticksOf(lengthMs, 8).map(({ text }) => text)).toEqual(texts);
});

test('an axis of days is not full of ticks', () => {
  expect(ticksOf(200 * 3_600_000, 8).length).toBeLessThanOrEqual(9);
});
