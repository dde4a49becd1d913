/** What takes a key's place never varies with the key: judged by the most likely listener and by the spectrum. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { columnHzOfKey, rowHzOfKey, SAMPLE_RATE_HZ, TONE_HZ } from './dtmf-keys.js';
import { decodeG711, encodeG711 } from './g711.js';
import { countFound, type KnownPress } from './likelihood-listener.js';
import type { Replacement } from './replacement-audio.js';
import { SeededRandom } from './seeded-random.js';
import { renderPress } from './tone-generator.js';
import { ToneSuppressor } from './tone-suppressor.js';

const SEED = 4_400;
const PRESSES = 192;
const PRESS_SAMPLES = 640;
const PACKET_SAMPLES = 160;

/** Each key twelve times, the keys in no order, on a line that is never quite silent. */
function pressesInNoise(): { readonly samples: Int16Array; readonly presses: readonly KnownPress[] } {
  const random = new SeededRandom(SEED);
  const keys = Array.from({ length: PRESSES }, (_, index) => index & 15);
  for (let at = keys.length - 1; at > 0; at -= 1) {
    const other = random.integer(0, at);
    [keys[at], keys[other]] = [keys[other], keys[at]];
  }
  const samples = new Int16Array(PACKET_SAMPLES * Math.ceil((keys.length * 1_200 + 1_600) / PACKET_SAMPLES));
  for (let at = 0; at < samples.length; at += 1) samples[at] = Math.round(8 * random.gaussian());
  const presses = keys.map((key, index) => {
    const onsetSample = 800 + index * 1_200 + random.integer(0, PACKET_SAMPLES);
    const phases = { lowPhaseRadians: random.between(0, 6.28), highPhaseRadians: random.between(0, 6.28) };
    renderPress(samples, { key, startSample: onsetSample, lengthSamples: PRESS_SAMPLES, ...phases });
    return { key, onsetSample, offsetSample: onsetSample + PRESS_SAMPLES };
  });
  return { samples: throughG711(samples), presses };
}

function throughG711(samples: Int16Array): Int16Array {
  const codes = new Uint8Array(samples.length);
  const decoded = new Int16Array(samples.length);
  encodeG711('PCMU', samples, codes, 0, samples.length);
  decodeG711('PCMU', codes, 0, decoded, samples.length);
  return decoded;
}

/** As an agent hears it, one packet later. */
function heardBy(samples: Int16Array, replacement: Replacement): Int16Array {
  const suppressor = new ToneSuppressor({ sampleRateHz: SAMPLE_RATE_HZ, delaySamples: PACKET_SAMPLES, replacement });
  const output = new Int16Array(samples.length);
  for (let at = 0; at < samples.length; at += PACKET_SAMPLES) {
    const end = at + PACKET_SAMPLES;
    suppressor.process(samples.subarray(at, end), PACKET_SAMPLES, output.subarray(at, end));
  }
  return throughG711(output).subarray(PACKET_SAMPLES);
}

/** Mean power at each of the eight tones during presses: of keys that have the tone over keys that do not; the largest. */
function ownOverOthersDb(samples: Int16Array, presses: readonly KnownPress[]): number {
  const ratios = TONE_HZ.map((hz) => {
    const own: number[] = [];
    const others: number[] = [];
    for (const { key, onsetSample, offsetSample } of presses) {
      const hasTone = rowHzOfKey(key) === hz || columnHzOfKey(key) === hz;
      (hasTone ? own : others).push(powerAt(samples, onsetSample, offsetSample, hz));
    }
    return 10 * Math.log10(meanOf(own) / meanOf(others));
  });
  return Math.max(...ratios);
}

/** One square unit more, so that silence over silence is 0 dB. */
function meanOf(powers: readonly number[]): number {
  return 1 + powers.reduce((sum, power) => sum + power, 0) / powers.length;
}

const COSINES = Float64Array.from({ length: SAMPLE_RATE_HZ }, (_, index) =>
  Math.cos((2 * Math.PI * index) / SAMPLE_RATE_HZ),
);
const HANN = Float64Array.from({ length: PRESS_SAMPLES }, (_, index) => {
  return 1 - Math.cos((2 * Math.PI * (index + 0.5)) / PRESS_SAMPLES);
});

/** Square of the amplitude at a frequency of whole hertz. */
function powerAt(samples: Int16Array, from: number, end: number, hz: number): number {
  let re = 0;
  let im = 0;
  for (let at = from; at < end; at += 1) {
    const value = samples[at] * HANN[at - from];
    re += value * COSINES[(at * hz) % SAMPLE_RATE_HZ];
    im += value * COSINES[(at * hz + SAMPLE_RATE_HZ / 4) % SAMPLE_RATE_HZ];
  }
  return (4 * (re * re + im * im)) / PRESS_SAMPLES ** 2;
}

const untreated = pressesInNoise();

test('control: untreated, the listener reads every key, and the spectrum shows its tones', () => {
  const { samples, presses } = untreated;
  expect(countFound(samples, presses)).toMatchObject({ found: PRESSES, of: PRESSES });
  expect(ownOverOthersDb(samples, presses)).toBeGreaterThan(30);
});

describe.each(['comfort-noise', 'tone', 'silence'] as const)('where a key was, %s', (replacement) => {
  const { presses } = untreated;
  let heard: Int16Array;

  beforeAll(() => {
    heard = heardBy(untreated.samples, replacement);
  });

  test.each([0, 160])('tells the listener no key, nor does what lies %i samples around it', (searchMarginSamples) => {
    const { found, guessedRight } = countFound(heard, presses, { searchMarginSamples });
    expect(found).toBe(0);
    // One in sixteen, and three standard deviations.
    expect(guessedRight).toBeLessThan(PRESSES / 16 + 3 * Math.sqrt((PRESSES / 16) * (15 / 16)));
  });

  test('holds no more of the tones of the key than of all others', () => {
    // What is left of either is chance: twelve presses a key do not average better than this.
    expect(ownOverOthersDb(heard, presses)).toBeLessThan(3);
  });
});
