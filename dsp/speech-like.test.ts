import { expect, test } from '@jest/globals';
import { dbm0OfPower, meanSquare, powerOfDbm0 } from './level.js';
import { SpeechLike } from './speech-like.js';

const MINUTE_SAMPLES = 480_000;

function speech(seed: number, levelDbm0: number, count = MINUTE_SAMPLES): Int16Array {
  const samples = new Int16Array(count);
  new SpeechLike({ seed, levelDbm0 }).render(samples, count);
  return samples;
}

test('one seed gives one stream, however it is cut', () => {
  const whole = speech(4, -20, 16_000);
  const cut = new Int16Array(16_000);
  const voice = new SpeechLike({ seed: 4, levelDbm0: -20 });
  for (let at = 0; at < cut.length; at += 160) voice.render(cut.subarray(at, at + 160), 160);
  expect(cut).toEqual(whole);
  expect(speech(5, -20, 16_000)).not.toEqual(whole);
});

test.each([1, 2, 3])('seed %i speaks at its level, with pauses', (seed) => {
  const samples = speech(seed, -20);
  const powers: number[] = [];
  for (let at = 0; at < samples.length; at += 160) powers.push(meanSquare(samples, at, 160));
  const active = powers.filter((power) => power > powerOfDbm0(-40));
  const activeDbm0 = dbm0OfPower(active.reduce((sum, power) => sum + power, 0) / active.length);
  expect(activeDbm0).toBeGreaterThan(-23);
  expect(activeDbm0).toBeLessThan(-17);
  const pauseShare = powers.filter((power) => power < powerOfDbm0(-55)).length / powers.length;
  expect(pauseShare).toBeGreaterThan(0.08);
  expect(pauseShare).toBeLessThan(0.6);
});
