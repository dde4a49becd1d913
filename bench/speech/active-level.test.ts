import { describe, expect, test } from '@jest/globals';
import { dbm0OfPower, FULL_SCALE } from '../../dsp/level.js';
import { SpeechLike } from '../../dsp/speech-like.js';
import { activeSpeechPower } from './active-level.js';
import { leveled, SPEECH_LEVEL_DBM0 } from './leveling.js';

function sine(seconds: number, amplitude: number): Float32Array {
  return Float32Array.from({ length: seconds * 8_000 }, (_, index) => amplitude * Math.sin(index * 0.7));
}

function withFullScaleAtOne(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (sample) => sample / FULL_SCALE);
}

function activeSpeechDbm0(samples: Int16Array): number {
  const power = activeSpeechPower(withFullScaleAtOne(samples)) ?? Number.NaN;
  return dbm0OfPower(power * FULL_SCALE ** 2);
}

describe('the active level of speech', () => {
  test('of a steady signal is its mean power', () => {
    const power = activeSpeechPower(sine(5, 0.25)) ?? 0;
    expect(10 * Math.log10(power)).toBeCloseTo(10 * Math.log10(0.25 ** 2 / 2), 0);
  });

  test('does not fall with the pauses in between, as the mean does', () => {
    const talk = sine(4, 0.25);
    const withPause = new Float32Array(talk.length * 4);
    withPause.set(talk);
    const dbOf = (samples: Float32Array): number => 10 * Math.log10(activeSpeechPower(samples) ?? 0);
    expect(Math.abs(dbOf(withPause) - dbOf(talk))).toBeLessThan(0.6);
  });

  test('is not defined for silence', () => {
    expect(activeSpeechPower(new Float32Array(8_000))).toBeUndefined();
    expect(leveled(new Float32Array(8_000))).toBeUndefined();
  });

  test.each([-30, -20, -10])('of speech at %d dBm0 becomes the level wanted', (levelDbm0) => {
    const spoken = new Int16Array(80_000);
    new SpeechLike({ seed: 5, levelDbm0 }).render(spoken, spoken.length);
    const samples = leveled(withFullScaleAtOne(spoken)) ?? new Int16Array();
    expect(activeSpeechDbm0(samples)).toBeCloseTo(SPEECH_LEVEL_DBM0, 0);
    expect(Math.abs(activeSpeechDbm0(spoken) - levelDbm0)).toBeLessThan(3);
  });
});
