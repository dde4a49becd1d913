import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { SpeechLike } from '../../dsp/speech-like.js';
import { hannWindow, PowerSpectrum } from './fft.js';
import { to10kHz } from './resample.js';
import { stoi } from './stoi.js';

const SPEECH = new Int16Array(10 * 8_000);
new SpeechLike({ seed: 3 }).render(SPEECH, SPEECH.length);

function withNoise(deviation: number): Int16Array {
  const random = new SeededRandom(9);
  return SPEECH.map((sample) => sample + deviation * random.gaussian());
}

describe('intelligibility', () => {
  test('of the same speech is 1, at any level', () => {
    expect(stoi(SPEECH, SPEECH)).toBeCloseTo(1, 9);
    expect(
      stoi(
        SPEECH,
        SPEECH.map((sample) => sample * 0.25),
      ),
    ).toBeGreaterThan(0.99);
  });

  test('falls with every step of noise', () => {
    const values = [0, 30, 100, 300, 1_000, 3_000, 10_000].map((deviation) => stoi(SPEECH, withNoise(deviation)) ?? -1);
    for (let step = 1; step < values.length; step += 1) expect(values[step]).toBeLessThan(values[step - 1]);
    expect(values[0]).toBeGreaterThan(0.99);
    expect(values[values.length - 1]).toBeLessThan(0.45);
  });

  test('of noise instead of speech, and of silence, is next to nothing', () => {
    const random = new SeededRandom(4);
    const noise = SPEECH.map(() => 2_000 * random.gaussian());
    expect(stoi(SPEECH, noise)).toBeLessThan(0.3);
    expect(stoi(SPEECH, new Int16Array(SPEECH.length))).toBe(0);
  });

  test('is undefined with less speech than one segment', () => {
    expect(stoi(SPEECH.subarray(0, 800), SPEECH.subarray(0, 800))).toBeUndefined();
  });
});

function sine(hz: number, rateHz: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, index) => 8_000 * Math.sin((2 * Math.PI * hz * index) / rateHz));
}

test.each([200, 1_000, 2_500])('resampling leaves a sine of %d Hz what it is', (hz) => {
  const output = to10kHz(Int16Array.from(sine(hz, 8_000, 4_000)));
  const wanted = sine(hz, 10_000, output.length);
  for (let index = 100; index < output.length - 100; index += 1) {
    expect(Math.abs(output[index] - wanted[index])).toBeLessThan(80);
  }
});

test('a spectrum has the power of a sine at its frequency', () => {
  const spectrum = new PowerSpectrum(512);
  const power = new Float64Array(spectrum.binCount);
  spectrum.measure(sine(1_250, 8_000, 512), 0, hannWindow(512), power);
  expect(power.indexOf(Math.max(...power))).toBe(80);
  expect(power[80] / power[200]).toBeGreaterThan(1e6);
});
