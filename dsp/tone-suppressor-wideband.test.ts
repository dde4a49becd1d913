/** What `tone-suppressor.test.ts` asks of the suppressor at 8 kHz, asked at 16 kHz, of tones that came as G.722. */
import { describe, expect, test } from '@jest/globals';
import { Q24_SECTIONS, renderSection } from '../bench/q24-set.js';
import { G722Decoder, G722Encoder } from './g722.js';
import {
  DECIMATOR_DELAY_SAMPLES,
  HalfBandDecimator,
  HalfBandInterpolator,
  INTERPOLATOR_DELAY_SAMPLES,
} from './half-band.js';
import { dbm0OfPower, meanSquare } from './level.js';
import { countFound, type KnownPress } from './likelihood-listener.js';
import type { Replacement } from './replacement-audio.js';
import { SeededRandom } from './seeded-random.js';
import { SpeechLike } from './speech-like.js';
import { renderPress } from './tone-generator.js';
import { maximumDelaySamples, minimumDelaySamples, ToneSuppressor } from './tone-suppressor.js';

const SEED = 722;
const RATE_HZ = 16_000;
const DELAY_SAMPLES = 320;
/** The codec's two mirror filters. */
const CODEC_DELAY_SAMPLES = 22;
/** From a sample of 8 kHz to where it is heard at 16 kHz, twice its place and this on. */
const WAY_IN_SAMPLES = INTERPOLATOR_DELAY_SAMPLES + CODEC_DELAY_SAMPLES;

type Setting = { readonly packetSamples: number; readonly delaySamples: number; readonly replacement: Replacement };

const BY_TWENTIES: Setting = { packetSamples: 320, delaySamples: DELAY_SAMPLES, replacement: 'silence' };

/** As a telephone would send it: 16 kHz of the same sound, through G.722. */
function overG722(narrow: Int16Array): Int16Array {
  const wide = new Int16Array(2 * narrow.length);
  new HalfBandInterpolator().process(narrow, narrow.length, wide);
  return throughCodec(wide);
}

function throughCodec(wide: Int16Array): Int16Array {
  const octets = new Uint8Array(wide.length >> 1);
  const heard = new Int16Array(wide.length);
  new G722Encoder().encode(wide, octets, 0, octets.length);
  new G722Decoder().decode(octets, 0, heard, octets.length);
  return heard;
}

function heardPresses(presses: readonly KnownPress[], cut = 0): readonly KnownPress[] {
  return presses.map(({ key, onsetSample, offsetSample }) => ({
    key,
    onsetSample: 2 * onsetSample + WAY_IN_SAMPLES - cut,
    offsetSample: 2 * offsetSample + WAY_IN_SAMPLES - cut,
  }));
}

function suppressed(samples: Int16Array, setting: Setting = BY_TWENTIES): Int16Array {
  const { packetSamples, delaySamples, replacement } = setting;
  const suppressor = new ToneSuppressor({ sampleRateHz: RATE_HZ, delaySamples, replacement });
  const packets = Math.ceil((samples.length + delaySamples) / packetSamples);
  const input = new Int16Array(packets * packetSamples);
  input.set(samples);
  const output = new Int16Array(input.length);
  for (let at = 0; at < input.length; at += packetSamples) {
    const end = at + packetSamples;
    suppressor.process(input.subarray(at, end), packetSamples, output.subarray(at, end));
  }
  return output.slice(delaySamples, delaySamples + samples.length);
}

/** Presses of which at least one sample left unmuted; the replacement is silence, so anything else is a leak. */
function leakyPresses(output: Int16Array, presses: readonly KnownPress[]): number {
  return presses.filter(({ onsetSample, offsetSample }) =>
    output.subarray(onsetSample, offsetSample).some((sample) => sample !== 0),
  ).length;
}

/** As a listener of 8 kHz hears it after one more G.722. */
function listenedTo(wide: Int16Array, presses: readonly KnownPress[]) {
  const heard = throughCodec(wide);
  const narrow = new Int16Array(heard.length >> 1);
  new HalfBandDecimator().process(heard, 0, narrow.length, narrow);
  const late = CODEC_DELAY_SAMPLES + DECIMATOR_DELAY_SAMPLES;
  return countFound(
    narrow,
    presses.map(({ key, onsetSample, offsetSample }) => ({
      key,
      onsetSample: (onsetSample + late) >> 1,
      offsetSample: (offsetSample + late) >> 1,
    })),
  );
}

describe(`Q.24 presses over G.722, seed ${SEED}`, () => {
  const random = new SeededRandom(SEED);
  const accepted = Q24_SECTIONS.filter(({ verdict }) => verdict === 'accept').map((section, index) => {
    const { samples, presses } = renderSection(section, { seed: SEED + index, rounds: 1, encoding: 'PCMU' });
    return { name: section.name, wide: overG722(samples), presses };
  });

  test.each([
    [10, 160, 320],
    [20, 320, 320],
    [30, 480, 480],
    [60, 960, 960],
  ])('no sample leaks with packets of %i ms', (_, packetSamples, delaySamples) => {
    // All of them by packets of 20 ms, every third one by others.
    const tried = accepted.filter((_section, index) => packetSamples === 320 || index % 3 === 0);
    for (const { name, wide, presses } of tried) {
      const cut = random.integer(0, 960);
      const output = suppressed(wide.subarray(cut), { packetSamples, delaySamples, replacement: 'silence' });
      expect({ name, leaky: leakyPresses(output, heardPresses(presses, cut)) }).toEqual({ name, leaky: 0 });
    }
  });

  test.each(['tone of 10 ms', 'tone of 20 ms', 'tone of 23 ms', 'low 3.5 %', 'high -3.5 %'])(
    'what is no key to the detector does not leak either: %s',
    (name) => {
      const section = Q24_SECTIONS.find((candidate) => candidate.name === name);
      if (section === undefined) throw new Error(`no section ${name}`);
      const { samples, presses } = renderSection(section, { seed: SEED, rounds: 2, encoding: 'PCMA' });
      expect(leakyPresses(suppressed(overG722(samples)), heardPresses(presses))).toBe(0);
    },
  );

  test('the listener reads every press before, and none with confidence after', () => {
    let right = 0;
    let all = 0;
    for (const { name, wide, presses } of accepted.filter((_, index) => index % 6 === 0)) {
      const heard = heardPresses(presses);
      const before = listenedTo(wide, heard);
      const after = listenedTo(suppressed(wide, { ...BY_TWENTIES, replacement: 'comfort-noise' }), heard);
      expect({ name, before: before.found, after: after.found }).toEqual({ name, before: before.of, after: 0 });
      right += after.guessedRight;
      all += after.of;
    }
    // One in sixteen by chance; three standard deviations above it at this number of presses.
    expect(right / all).toBeLessThan(1 / 16 + 3 * Math.sqrt(((1 / 16) * (15 / 16)) / all));
  });
});

test.each([15, 10, 6, 3, 0])('tones %i dB over speech are not read', (overDb) => {
  const speech = new Int16Array(80_000);
  new SpeechLike({ seed: SEED, levelDbm0: -13 - overDb }).render(speech, speech.length);
  const presses: KnownPress[] = [];
  for (let onsetSample = 800; onsetSample + 2_400 < speech.length; onsetSample += 2_437) {
    const press = { key: presses.length % 16, onsetSample, offsetSample: onsetSample + 1_200 };
    renderPress(speech, { key: press.key, startSample: onsetSample, lengthSamples: 1_200, lowLevelDbm0: -16 });
    presses.push(press);
  }
  const output = suppressed(overG722(speech), { ...BY_TWENTIES, replacement: 'comfort-noise' });
  expect(listenedTo(output, heardPresses(presses)).found).toBe(0);
});

test('voice stays wideband: what is above 4 kHz passes at its level', () => {
  const samples = Int16Array.from(
    { length: 32_000 },
    (_, at) => 4_000 * Math.sin((2 * Math.PI * 5_800 * at) / RATE_HZ) * Math.sin((2 * Math.PI * 3 * at) / RATE_HZ),
  );
  const output = suppressed(samples);
  const [before, after] = [samples, output].map((audio) => dbm0OfPower(meanSquare(audio, 3_200, 28_000)));
  expect(Math.abs(after - before)).toBeLessThan(0.5);
});

test('speech passes, and is rarely flagged', () => {
  const narrow = new Int16Array(160_000);
  new SpeechLike({ seed: SEED, levelDbm0: -18 }).render(narrow, narrow.length);
  const samples = overG722(narrow);
  const suppressor = new ToneSuppressor({
    sampleRateHz: RATE_HZ,
    delaySamples: DELAY_SAMPLES,
    replacement: 'silence',
  });
  const output = new Int16Array(320);
  let passedIn = 0;
  let passedOut = 0;
  for (let at = 320; at < samples.length; at += 320) {
    const mutedBefore = suppressor.mutedSamples;
    suppressor.process(samples.subarray(at, at + 320), 320, output);
    if (suppressor.mutedSamples > mutedBefore) continue;
    passedIn += meanSquare(samples, at - 320, 320);
    passedOut += meanSquare(output, 0, 320);
  }
  expect(dbm0OfPower(passedIn) - dbm0OfPower(passedOut)).toBeLessThan(2);
  expect(suppressor.mutedSamples / samples.length).toBeLessThan(0.015);
});

test('frames of any length give the same output', () => {
  const samples = new Int16Array(8_000);
  new SpeechLike({ seed: SEED, levelDbm0: -20 }).render(samples, samples.length);
  for (let key = 0; key < 8; key += 1) renderPress(samples, { key, startSample: key * 900 + 333, lengthSamples: 400 });
  const wide = overG722(samples);
  const reference = suppressed(wide, { packetSamples: 32, delaySamples: 320, replacement: 'comfort-noise' });
  for (const packetSamples of [1, 7, 33, 160, 320, 321, 960]) {
    expect(suppressed(wide, { packetSamples, delaySamples: 320, replacement: 'comfort-noise' })).toEqual(reference);
  }
});

test('the delay is at least one packet of 20 ms', () => {
  expect([minimumDelaySamples(RATE_HZ), maximumDelaySamples(RATE_HZ)]).toEqual([320, 1_920]);
  for (const delaySamples of [0, 160, 288, 321, 1_952, Number.NaN]) {
    expect(() => new ToneSuppressor({ sampleRateHz: RATE_HZ, delaySamples, replacement: 'silence' })).toThrow(
      RangeError,
    );
  }
});

test('a press that was going on before arming does not leak its rest', () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 64; round += 1) {
    const samples = new Int16Array(3_000);
    const offsetSample = 1_000 + random.integer(1, 900);
    const startSample = -random.integer(1, 1_000);
    renderPress(samples, {
      key: round % 16,
      startSample,
      lengthSamples: offsetSample - startSample,
      lowLevelDbm0: -20,
    });
    // Armed at sample 1000 of 8 kHz, in the middle of the press.
    const wide = overG722(samples).subarray(2_000);
    const press = { key: round % 16, onsetSample: 0, offsetSample: 2 * (offsetSample - 1_000) + WAY_IN_SAMPLES };
    expect({ round, leaky: leakyPresses(suppressed(wide), [press]) }).toEqual({ round, leaky: 0 });
  }
});

test('a press with any packets missing does not leak', () => {
  const random = new SeededRandom(SEED);
  for (let round = 0; round < 50; round += 1) {
    const samples = new Int16Array(3_200);
    for (let index = 0; index < samples.length; index += 1) samples[index] = Math.round(4 * random.gaussian());
    const onsetSample = random.integer(400, 700);
    const press = { key: random.integer(0, 15), onsetSample, offsetSample: onsetSample + random.integer(320, 1_600) };
    renderPress(samples, {
      key: press.key,
      startSample: onsetSample,
      lengthSamples: press.offsetSample - onsetSample,
      lowLevelDbm0: random.between(-25, -3),
    });
    const wide = overG722(samples);
    const suppressor = new ToneSuppressor({ sampleRateHz: RATE_HZ, delaySamples: 320, replacement: 'silence' });
    const output = new Int16Array(wide.length);
    for (let at = 0; at < wide.length; at += 320) {
      const target = output.subarray(at, at + 320);
      if (random.next() < 0.2) suppressor.conceal(320, target);
      else suppressor.process(wide.subarray(at, at + 320), 320, target);
    }
    expect({ round, leaky: leakyPresses(output.slice(320), heardPresses([press])) }).toEqual({ round, leaky: 0 });
  }
});

test('masking by order mutes at once, and comfort noise follows the floor of the call', () => {
  const levels = [-66, -50].map((noiseDbm0) => {
    const narrow = new Int16Array(80_000);
    new SpeechLike({ seed: 3, levelDbm0: -20, noiseDbm0 }).render(narrow, narrow.length);
    const wide = overG722(narrow);
    const suppressor = new ToneSuppressor({ sampleRateHz: RATE_HZ, delaySamples: 320, replacement: 'comfort-noise' });
    const output = new Int16Array(wide.length);
    suppressor.process(wide, wide.length, output);
    suppressor.maskNewest(3_200);
    expect(suppressor.samplesSinceTone).toBe(0);
    suppressor.process(wide, 3_200, output);
    return dbm0OfPower(meanSquare(output, 0, 3_200));
  });
  expect(Math.abs(levels[0] + 66)).toBeLessThan(6);
  expect(Math.abs(levels[1] + 50)).toBeLessThan(6);
});
