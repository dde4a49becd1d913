import { describe, expect, test } from '@jest/globals';
import { renderPress } from '../../dsp/tone-generator.js';
import { ASTERISK_RULES, squelchByRules } from './asterisk-rules.js';
import { GOERTZEL_NORMALISED, GOERTZEL_README } from './goertzel-baseline.js';

const PRESS_SAMPLES = 800;
/** The middle of a packet. */
const PHASE_SAMPLES = 80;

function startOf(key: number): number {
  return (2 * key + 1) * PRESS_SAMPLES + PHASE_SAMPLES;
}

/** All sixteen keys, 100 ms on and 100 ms off. */
function allKeys(lowLevelDbm0: number): Int16Array {
  const samples = new Int16Array((2 * 16 + 1) * PRESS_SAMPLES);
  for (let key = 0; key < 16; key += 1) {
    const startSample = startOf(key);
    renderPress(samples, { key, startSample, lengthSamples: PRESS_SAMPLES, lowLevelDbm0 });
  }
  return samples;
}

const ALL = Array.from({ length: 16 }, (_, key) => key);

async function keysFound(detector: typeof ASTERISK_RULES, samples: Int16Array): Promise<readonly number[]> {
  const detection = await detector.detect(samples);
  return detection.kind === 'timed' ? detection.reports.map(({ key }) => key) : detection.keys;
}

describe('on clean tones', () => {
  test.each([
    [ASTERISK_RULES, -10],
    [GOERTZEL_NORMALISED, -10],
    [GOERTZEL_NORMALISED, -20],
  ])('%j finds all keys at %d dBm0', async (detector, level) => {
    expect(await keysFound(detector, allKeys(level))).toEqual(ALL);
  });

  test('goertzel as its readme has it finds none, for they are no full-scale sines', async () => {
    expect(await keysFound(GOERTZEL_README, allKeys(-10))).toEqual([]);
  });
});

test('the squelch mutes most of each press, but not the beginning of most', () => {
  const output = squelchByRules(allKeys(-10));
  const left = ALL.map((key) => {
    const press = output.subarray(startOf(key), startOf(key) + PRESS_SAMPLES);
    return press.reduce((count, sample) => count + (sample === 0 ? 0 : 1), 0);
  });
  expect(Math.max(...left)).toBeLessThan(PRESS_SAMPLES / 2);
  expect(left.filter((count) => count > 0).length).toBeGreaterThan(ALL.length / 2);
});
