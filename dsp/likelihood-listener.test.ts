import { describe, expect, test } from '@jest/globals';
import { decodeG711, encodeG711, type G711Encoding } from './g711.js';
import { meanSquare, powerOfDbm0, toSample } from './level.js';
import { countFound, listen } from './likelihood-listener.js';
import { SeededRandom } from './seeded-random.js';
import { SpeechLike } from './speech-like.js';
import { renderPress } from './tone-generator.js';

const SEED = 1_899;
const PRESSES = 192;

function throughG711(samples: Int16Array, encoding: G711Encoding): Int16Array {
  const codes = new Uint8Array(samples.length);
  encodeG711(encoding, samples, codes, 0, samples.length);
  decodeG711(encoding, codes, 0, samples, samples.length);
  return samples;
}

function noise(random: SeededRandom, count: number, levelDbm0: number): Int16Array {
  const deviation = Math.sqrt(powerOfDbm0(levelDbm0));
  return Int16Array.from({ length: count }, () => toSample(deviation * random.gaussian()));
}

/** A stretch in which the voice really speaks, at this level. */
function spoken(voice: SpeechLike, count: number, levelDbm0: number): Int16Array {
  const samples = new Int16Array(count);
  do voice.render(samples, count);
  while (meanSquare(samples, 0, count) < powerOfDbm0(-35));
  const gain = Math.sqrt(powerOfDbm0(levelDbm0) / meanSquare(samples, 0, count));
  return samples.map((sample) => toSample(gain * sample));
}

function pressOver(background: Int16Array, random: SeededRandom, key: number, levelDbm0: number): Int16Array {
  renderPress(background, {
    key,
    startSample: 0,
    lengthSamples: background.length,
    lowLevelDbm0: levelDbm0,
    twistDb: random.between(-2, 2),
    lowOffsetPercent: random.between(-1.8, 1.8),
    highOffsetPercent: random.between(-1.8, 1.8),
    lowPhaseRadians: random.between(0, 6),
    highPhaseRadians: random.between(0, 6),
  });
  return background;
}

describe(`what is there is found, seed ${SEED}`, () => {
  test.each([-3, -10, -25])('tones of 40 ms at %i dBm0 on a quiet line', (levelDbm0) => {
    const random = new SeededRandom(SEED);
    for (let round = 0; round < PRESSES / 3; round += 1) {
      const samples = throughG711(
        pressOver(noise(random, 320, -60), random, round & 15, levelDbm0),
        round & 1 ? 'PCMU' : 'PCMA',
      );
      const { key, confident } = listen(samples, 0, 320);
      expect({ round, key, confident }).toEqual({ round, key: round & 15, confident: true });
    }
  });

  test('tones of 100 ms that are 6 dB over speech', () => {
    const random = new SeededRandom(SEED);
    const voice = new SpeechLike({ seed: SEED });
    for (let round = 0; round < PRESSES / 3; round += 1) {
      const samples = throughG711(pressOver(spoken(voice, 800, -13), random, round & 15, -10), 'PCMA');
      const { key, confident } = listen(samples, 0, 800);
      expect({ round, key, confident }).toEqual({ round, key: round & 15, confident: true });
    }
  });

  test('5 ms that slipped through guess the key', () => {
    const random = new SeededRandom(SEED);
    let right = 0;
    for (let round = 0; round < 64; round += 1) {
      const samples = noise(random, 800, -60);
      samples.set(pressOver(new Int16Array(40), random, round & 15, -10), 300);
      if (listen(throughG711(samples, 'PCMU'), 0, 800).key === (round & 15)) right += 1;
    }
    expect(right).toBeGreaterThanOrEqual(60);
  });
});

describe(`what is not there is not found, seed ${SEED}`, () => {
  const random = new SeededRandom(SEED);
  const voice = new SpeechLike({ seed: SEED });
  const backgrounds: readonly (readonly [string, (count: number) => Int16Array])[] = [
    ['comfort noise at -60 dBm0', (count) => noise(random, count, -60)],
    ['comfort noise at -72 dBm0', (count) => noise(random, count, -72)],
    ['speech', (count) => spoken(voice, count, -18)],
  ];

  test.each(backgrounds)('%s', (_, background) => {
    let found = 0;
    let guessedRight = 0;
    for (let round = 0; round < PRESSES; round += 1) {
      const count = random.integer(320, 1_600);
      const samples = throughG711(background(count), 'PCMA');
      const press = { key: round & 15, onsetSample: 0, offsetSample: count };
      const heard = countFound(samples, [press]);
      found += heard.found;
      guessedRight += heard.guessedRight;
    }
    // Calibrated to under one in a thousand; one in these is already unlikely.
    expect(found).toBeLessThanOrEqual(1);
    expect(guessedRight / PRESSES).toBeLessThan(0.13);
  });

  test('digital silence has no key at all', () => {
    expect(listen(new Int16Array(1_000), 100, 500).key).toBe(-1);
    expect(listen(new Int16Array(1_000), 100, 500).confident).toBe(false);
  });

  test('a range outside the samples, or shorter than any window, has no key', () => {
    const samples = new Int16Array(1_000).fill(100);
    expect(listen(samples, 5_000, 6_000).key).toBe(-1);
    expect(listen(samples, 100, 108).key).toBe(-1);
    expect(listen(samples, 600, 400).key).toBe(-1);
  });
});

test('a margin finds a press that came later than told', () => {
  const samples = new Int16Array(2_000);
  renderPress(samples, { key: 3, startSample: 900, lengthSamples: 400 });
  const late = [{ key: 3, onsetSample: 300, offsetSample: 700 }];
  expect(countFound(samples, late).found).toBe(0);
  expect(countFound(samples, late, { searchMarginSamples: 400 })).toEqual({ found: 1, guessedRight: 1, of: 1 });
});
