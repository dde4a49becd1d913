import { describe, expect, test } from '@jest/globals';
import { SpeechLike } from '../../dsp/speech-like.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { addedDelay } from './added-delay.js';
import { countLeak } from './leak-count.js';
import { joined, lostPackets, withSilentLosses } from './line-audio.js';
import { ownLookaheadCurve } from './lookahead-curve.js';
import { OWN_NOISE, OWN_SILENCE, OWN_TONE, silenceSpans, suppressOwn, UNTREATED } from './pipelines.js';
import { countMuted } from './speech-cost.js';
import { chancePercent, foundPercent, guessedPercent, spyOn, spyOnWideband } from './spies.js';
import { tonesOverSpeech } from './tones-over-speech.js';
import { countChangedBytes } from './untouched.js';
import { narrowed, WIDEBAND_NOISE, WIDEBAND_SILENCE, WIDEBAND_UNTREATED, widebandOf } from './wideband-line.js';

const PRESS_SAMPLES = 640;

/** Sixteen keys in silence, none on a packet's edge. */
function keysInSilence() {
  const parts = Array.from({ length: 16 }, (_, key) => {
    const samples = new Int16Array(2_003);
    renderPress(samples, { key, startSample: 900, lengthSamples: PRESS_SAMPLES });
    return { samples, presses: [{ key, onsetSample: 900, offsetSample: 900 + PRESS_SAMPLES }] };
  });
  return joined(parts);
}

function loudestOf(samples: Int16Array): number {
  return samples.reduce((best, sample, at) => (Math.abs(sample) > Math.abs(samples[best]) ? at : best), 0);
}

describe('what is left of a press', () => {
  const before = new Int16Array(400).fill(100);
  const presses = [
    { key: 1, onsetSample: 0, offsetSample: 80 },
    { key: 2, onsetSample: 200, offsetSample: 280 },
  ];

  test('is every sample of its time that is not zero', () => {
    const after = new Int16Array(400);
    after.fill(100, 64, 240);
    expect(countLeak(before, after, presses)).toMatchObject({ presses: 2, leaky: 2, meanMs: 3.5, maxMs: 5 });
    expect(countLeak(before, after, presses).energyDb).toBeCloseTo(10 * Math.log10(56 / 160));
  });

  test('is nothing in silence', () => {
    const after = new Int16Array(400);
    expect(countLeak(before, after, presses)).toMatchObject({ leaky: 0, maxMs: 0, energyDb: Number.NEGATIVE_INFINITY });
  });
});

describe('material in a row', () => {
  test('keeps each press where it sounds', () => {
    const { samples, presses } = keysInSilence();
    for (const { onsetSample, offsetSample } of presses) {
      expect(samples.subarray(onsetSample - 20, onsetSample).every((sample) => sample === 0)).toBe(true);
      expect(samples.subarray(onsetSample, offsetSample).some((sample) => sample !== 0)).toBe(true);
    }
  });

  test('loses packets only where it is told to', () => {
    const audio = { ...keysInSilence(), loss: { fromSample: 8_000, endSample: 24_000, share: 0.5, seed: 1 } };
    const lost = lostPackets(audio, 160).flatMap((isLost, packet) => (isLost ? [packet] : []));
    expect(lost.length).toBeGreaterThan(20);
    expect(Math.min(...lost)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...lost)).toBeLessThan(150);
    const other = lostPackets({ ...audio, loss: { ...audio.loss, seed: 2 } }, 160);
    expect(other.flatMap((isLost, packet) => (isLost ? [packet] : []))).not.toEqual(lost);
    const [first] = lost;
    const heard = withSilentLosses(audio);
    expect(heard.subarray(first * 160, first * 160 + 160).every((sample) => sample === 0)).toBe(true);
  });
});

describe('pipelines', () => {
  test('lie on their input: what is no tone comes out where it went in', () => {
    const samples = new Int16Array(16_000);
    samples[12_345] = 20_000;
    const output = suppressOwn({ samples, presses: [], loss: undefined }, { replacement: 'silence' });
    expect(output).toHaveLength(samples.length);
    expect(loudestOf(output)).toBe(12_345);
  });

  test.each([80, 160, 240, 320, 480])('ours leaves nothing of clean keys in packets of %d samples', (packetSamples) => {
    const audio = keysInSilence();
    const output = suppressOwn(audio, { replacement: 'silence', packetSamples });
    expect(countLeak(audio.samples, output, audio.presses).leaky).toBe(0);
  });

  test('one that waits for a receiver silences whole packets around what that reported', () => {
    const output = silenceSpans(new Int16Array(1_600).fill(7), [{ startSample: 480, endSample: 800 }], 160);
    const silent = Array.from(
      { length: 10 },
      (_, packet) => output[packet * 160] === 0 && output[packet * 160 + 159] === 0,
    );
    expect(silent).toEqual([false, false, true, true, true, true, true, false, false, false]);
  });

  test('are listened to: all keys untreated, none behind ours', async () => {
    const audio = keysInSilence();
    expect(guessedPercent(await spyOn(UNTREATED, audio, []))).toBe(100);
    expect(await spyOn(OWN_SILENCE, audio, [])).toMatchObject({ guessedRight: 0, found: 0 });
    expect(await spyOn(OWN_NOISE, audio, [])).toMatchObject({ found: 0 });
  });
});

describe('over G.722', () => {
  test.each([
    { pipeline: WIDEBAND_UNTREATED, at: 12_345 },
    { pipeline: WIDEBAND_SILENCE, at: 12_345 },
    { pipeline: WIDEBAND_NOISE, at: 12_346 },
  ])('what is no tone comes out of $pipeline.name where it went in', ({ pipeline, at }) => {
    const samples = new Int16Array(16_000);
    samples[at] = 20_000;
    const wide = widebandOf({ samples, presses: [], loss: undefined });
    expect(wide.samples).toHaveLength(2 * samples.length);
    const output = pipeline.run(wide.samples);
    expect(output).toHaveLength(2 * samples.length);
    expect(loudestOf(output)).toBe(2 * at);
    expect(narrowed(output)).toHaveLength(samples.length);
    expect(loudestOf(narrowed(output))).toBe(at);
  });

  test('all keys are read untreated, and none behind ours', async () => {
    const audio = keysInSilence();
    const wide = widebandOf(audio);
    const untreated = await spyOnWideband(WIDEBAND_UNTREATED, wide, audio.presses, []);
    expect(untreated).toMatchObject({ found: 16, leak: { presses: 16, leaky: 16 } });
    expect(untreated.leak.maxMs).toBeCloseTo(80, 0);
    const silent = await spyOnWideband(WIDEBAND_SILENCE, wide, audio.presses, []);
    expect(silent).toMatchObject({ found: 0, guessedRight: 0, leak: { leaky: 0 } });
    expect(await spyOnWideband(WIDEBAND_NOISE, wide, audio.presses, [])).toMatchObject({ found: 0 });
  });
});

test('with less lookahead more leaks, with all of it nothing', () => {
  const { samples, presses } = keysInSilence();
  const shares = ownLookaheadCurve(samples, presses, [0, 6, 8, 10, 14, 20]).map(({ leakyShare }) => leakyShare);
  expect([...shares].sort((a, b) => b - a)).toEqual(shares);
  expect(shares[0]).toBe(1);
  expect(shares[shares.length - 1]).toBe(0);
});

test('muting is counted by how long and how often', () => {
  const samples = new Int16Array(40_000);
  for (const startSample of [8_000, 24_000])
    renderPress(samples, { key: 5, startSample, lengthSamples: PRESS_SAMPLES });
  const { muted, episodes } = countMuted(samples);
  expect(episodes).toBe(2);
  expect(muted).toBeGreaterThan(2 * PRESS_SAMPLES);
  expect(countMuted(new Int16Array(40_000))).toEqual({ muted: 0, episodes: 0 });
});

test('tones over speech sound where somebody speaks', () => {
  const speech = new Int16Array(80_000);
  new SpeechLike({ seed: 2, levelDbm0: -25 }).render(speech, speech.length);
  const { samples, presses } = tonesOverSpeech(speech, 20, 1);
  expect(presses.length).toBeGreaterThan(10);
  for (const { onsetSample, offsetSample } of presses) {
    const power = (of: Int16Array): number =>
      of.subarray(onsetSample, offsetSample).reduce((sum, sample) => sum + sample * sample, 0);
    expect(10 * Math.log10(power(samples) / power(speech))).toBeGreaterThan(17);
  }
});

test('the media core changes no byte outside a window, and many inside', async () => {
  expect(await countChangedBytes(1, 'closed')).toMatchObject({ changed: 0, lostPackets: 0 });
  expect((await countChangedBytes(1, 'open')).changed).toBeGreaterThan(100_000);
});

test.each([10, 20, 30, 40, 60])(
  'packets of %i ms are passed on at once, and within a window 20 ms later',
  async (packetMs) => {
    expect(await addedDelay(packetMs)).toEqual({ packetMs, closedMs: 0, openMs: 20 });
  },
);

describe('what takes the place of keys', () => {
  test('leaves a guess right as often as chance does in 999 of 1000 runs', () => {
    expect(chancePercent(2_944)).toBeCloseTo(7.63, 2);
    expect(chancePercent(100)).toBeCloseTo(13.73, 2);
  });

  test('is never read, be it noise or a flat tone', async () => {
    const audio = keysInSilence();
    expect(await spyOn(OWN_TONE, audio, [])).toMatchObject({ found: 0, guessedRight: 1, leak: { presses: 16 } });
    expect(foundPercent(await spyOn(UNTREATED, audio, []))).toBe(100);
  });
});
