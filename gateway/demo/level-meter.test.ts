import { describe, expect, test } from '@jest/globals';
import { columnHzOfKey, rowHzOfKey } from '../../dsp/dtmf-keys.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { FRAME_SAMPLES, LevelMeter, SPECTRUM_BINS } from './level-meter.js';

const KEY = 5;

/** Two frames of silence, then two of a key. */
function silenceAndKey(): Int16Array {
  const audio = new Int16Array(4 * FRAME_SAMPLES);
  renderPress(audio, { key: KEY, startSample: 2 * FRAME_SAMPLES, lengthSamples: 2 * FRAME_SAMPLES, rampSamples: 1 });
  return audio;
}

/** The frequencies that stand out of a frame's spectrum, by the meter's own spacing. */
function peaksHz(spectrum: Uint8Array): readonly number[] {
  const loudest = Math.max(...spectrum);
  return [...spectrum].flatMap((value, bin) => {
    const isPeak = value > (spectrum[bin - 1] ?? 0) && value >= (spectrum[bin + 1] ?? 0) && value > 0.8 * loudest;
    return isPeak ? [450 + 50 * bin] : [];
  });
}

describe('the level meter', () => {
  test('tells silence from a key, in dBm0', () => {
    const { levelsDbm0 } = new LevelMeter().take(silenceAndKey());
    expect(levelsDbm0.slice(0, 2)).toEqual([-90, -90]);
    // Two tones of -10 dBm0 together are 3 dB more.
    for (const level of levelsDbm0.slice(2)) expect(level).toBeCloseTo(-7, 0);
  });

  test('shows the two tones of a key in its spectrum, and nothing in silence', () => {
    const { spectra } = new LevelMeter().take(silenceAndKey());
    expect(Math.max(...spectra.subarray(0, 2 * SPECTRUM_BINS))).toBe(0);
    const [low, high, ...more] = peaksHz(spectra.subarray(2 * SPECTRUM_BINS, 3 * SPECTRUM_BINS));
    expect(more).toEqual([]);
    expect(Math.abs((low ?? 0) - rowHzOfKey(KEY))).toBeLessThanOrEqual(30);
    expect(Math.abs((high ?? 0) - columnHzOfKey(KEY))).toBeLessThanOrEqual(30);
  });

  test('takes whole frames as the stream grows, each once', () => {
    const audio = silenceAndKey();
    const meter = new LevelMeter();
    const lengths = [100, 160, 170, 480, 640];
    const taken = lengths.map((length) => meter.take(audio.subarray(0, length)));
    expect(taken.map(({ levelsDbm0 }) => levelsDbm0.length)).toEqual([0, 1, 0, 2, 1]);
    expect(taken.map(({ startSample }) => startSample)).toEqual([0, 0, 160, 160, 480]);
  });

  test('leaves out what is long past, and no frame of the newest', () => {
    const { startSample, levelsDbm0 } = new LevelMeter().take(new Int16Array(1000 * FRAME_SAMPLES));
    expect(levelsDbm0).toHaveLength(100);
    expect(startSample).toBe(900 * FRAME_SAMPLES);
  });
});
