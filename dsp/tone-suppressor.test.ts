import { describe, expect, test } from '@jest/globals';
import { Q24_SECTIONS, renderSection } from '../bench/q24-set.js';
import { decodeG711, encodeG711 } from './g711.js';
import { dbm0OfPower, meanSquare, toSample } from './level.js';
import { countFound, type KnownPress } from './likelihood-listener.js';
import type { Replacement } from './replacement-audio.js';
import { SeededRandom } from './seeded-random.js';
import { SpeechLike } from './speech-like.js';
import { renderPress } from './tone-generator.js';
import { maximumDelaySamples, minimumDelaySamples, ToneSuppressor } from './tone-suppressor.js';

const SEED = 711;
const DELAY_SAMPLES = 160;

type Setting = { readonly packetSamples: number; readonly delaySamples: number; readonly replacement: Replacement };

const BY_TWENTIES: Setting = { packetSamples: 160, delaySamples: DELAY_SAMPLES, replacement: 'silence' };

/** What leaves the suppressor for `samples`, moved back by the delay so that positions agree. */
function suppressed(samples: Int16Array, setting: Setting = BY_TWENTIES): Int16Array {
  const { packetSamples, delaySamples, replacement } = setting;
  const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples, replacement });
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

function throughG711(samples: Int16Array): Int16Array {
  const codes = new Uint8Array(samples.length);
  const decoded = new Int16Array(samples.length);
  encodeG711('PCMU', samples, codes, 0, samples.length);
  decodeG711('PCMU', codes, 0, decoded, samples.length);
  return decoded;
}

describe(`Q.24 presses, seed ${SEED}`, () => {
  const random = new SeededRandom(SEED);
  const accepted = Q24_SECTIONS.filter(({ verdict }) => verdict === 'accept').map((section, index) => ({
    name: section.name,
    ...renderSection(section, { seed: SEED + index, rounds: 1, encoding: index % 2 ? 'PCMU' : 'PCMA' }),
  }));

  test.each([
    [10, 80, 160],
    [20, 160, 160],
    [30, 240, 240],
    [40, 320, 320],
    [60, 480, 480],
  ])('no sample leaks with packets of %i ms', (_, packetSamples, delaySamples) => {
    for (const { name, samples, presses } of accepted) {
      // Any phase of the presses against the packets.
      const cut = random.integer(0, 480);
      const output = suppressed(samples.subarray(cut), { packetSamples, delaySamples, replacement: 'silence' });
      const moved = presses.map((press) => ({
        ...press,
        onsetSample: press.onsetSample - cut,
        offsetSample: press.offsetSample - cut,
      }));
      expect({ name, leaky: leakyPresses(output, moved) }).toEqual({ name, leaky: 0 });
    }
  });

  test.each(['tone of 10 ms', 'tone of 20 ms', 'tone of 23 ms', 'low 3.5 %', 'high -3.5 %'])(
    'what is no key to the detector does not leak either: %s',
    (name) => {
      const section = Q24_SECTIONS.find((candidate) => candidate.name === name);
      if (section === undefined) throw new Error(`no section ${name}`);
      const { samples, presses } = renderSection(section, { seed: SEED, rounds: 2, encoding: 'PCMA' });
      expect(leakyPresses(suppressed(samples), presses)).toBe(0);
    },
  );

  test('the listener reads every press before, and none with confidence after', () => {
    let right = 0;
    let all = 0;
    for (const { name, samples, presses } of accepted.filter((_, index) => index % 3 === 0)) {
      const before = countFound(samples, presses);
      const output = throughG711(suppressed(samples, { ...BY_TWENTIES, replacement: 'comfort-noise' }));
      const after = countFound(output, presses);
      expect({ name, before: before.found, after: after.found }).toEqual({ name, before: before.of, after: 0 });
      right += after.guessedRight;
      all += after.of;
    }
    // One in sixteen by chance; three standard deviations above it at this number of presses.
    expect(right / all).toBeLessThan(1 / 16 + 3 * Math.sqrt(((1 / 16) * (15 / 16)) / all));
  });
});

describe('tones over speech', () => {
  test.each([15, 10, 6, 3, 0])('tones %i dB over the speech are not read', (overDb) => {
    const speech = new Int16Array(80_000);
    new SpeechLike({ seed: SEED, levelDbm0: -13 - overDb }).render(speech, speech.length);
    const presses: KnownPress[] = [];
    for (let onsetSample = 800; onsetSample + 2_400 < speech.length; onsetSample += 2_437) {
      const press = { key: presses.length % 16, onsetSample, offsetSample: onsetSample + 1_200 };
      renderPress(speech, { key: press.key, startSample: onsetSample, lengthSamples: 1_200, lowLevelDbm0: -16 });
      presses.push(press);
    }
    const after = countFound(
      throughG711(suppressed(speech, { ...BY_TWENTIES, replacement: 'comfort-noise' })),
      presses,
    );
    expect(after.found).toBe(0);
  });
});

test('speech passes at its level where it is not flagged, and is rarely flagged', () => {
  const samples = new Int16Array(480_000);
  new SpeechLike({ seed: SEED, levelDbm0: -18 }).render(samples, samples.length);
  const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: DELAY_SAMPLES, replacement: 'silence' });
  const output = new Int16Array(160);
  let passedIn = 0;
  let passedOut = 0;
  for (let at = 160; at < samples.length; at += 160) {
    const mutedBefore = suppressor.mutedSamples;
    suppressor.process(samples.subarray(at, at + 160), 160, output);
    if (suppressor.mutedSamples > mutedBefore) continue;
    passedIn += meanSquare(samples, at - 160, 160);
    passedOut += meanSquare(output, 0, 160);
  }
  // The notches take .2 to 1.6 dB from recorded speech; this one is flatter and loses a little more.
  expect(dbm0OfPower(passedIn) - dbm0OfPower(passedOut)).toBeLessThan(2);
  expect(passedIn).toBeGreaterThan(passedOut);
  expect(suppressor.mutedSamples / samples.length).toBeLessThan(0.015);
});

test('frames of any length give the same output', () => {
  const samples = new Int16Array(8_000);
  new SpeechLike({ seed: SEED, levelDbm0: -20 }).render(samples, samples.length);
  for (let key = 0; key < 8; key += 1) renderPress(samples, { key, startSample: key * 900 + 333, lengthSamples: 400 });
  const reference = suppressed(samples, { packetSamples: 16, delaySamples: 160, replacement: 'comfort-noise' });
  for (const packetSamples of [1, 7, 33, 80, 160, 161, 240, 480]) {
    expect(suppressed(samples, { packetSamples, delaySamples: 160, replacement: 'comfort-noise' })).toEqual(reference);
  }
});

test('input and output may be one array', () => {
  const samples = new Int16Array(3_200);
  new SpeechLike({ seed: SEED, levelDbm0: -20 }).render(samples, samples.length);
  const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'comfort-noise' });
  const expected = new Int16Array(3_200);
  suppressor.process(samples, samples.length, expected);
  new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'comfort-noise' }).process(
    samples,
    samples.length,
    samples,
  );
  expect(samples).toEqual(expected);
});

describe('arming', () => {
  test('a press that was going on before does not leak its rest', () => {
    const random = new SeededRandom(SEED);
    for (let round = 0; round < 64; round += 1) {
      const samples = new Int16Array(1_600);
      const press = { key: round % 16, onsetSample: 0, offsetSample: random.integer(1, 900) };
      const startSample = -random.integer(1, 2_000);
      renderPress(samples, {
        key: press.key,
        startSample,
        lengthSamples: press.offsetSample - startSample,
        lowLevelDbm0: -20,
      });
      expect({ round, leaky: leakyPresses(suppressed(samples), [press]) }).toEqual({ round, leaky: 0 });
    }
  });

  test('the first delay is replacement audio, and so is everything until a window has been seen', () => {
    const samples = new Int16Array(1_600).fill(5_000);
    const output = new Int16Array(1_600);
    const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'silence' });
    suppressor.process(samples, 1_600, output);
    expect(output.subarray(0, 160 + 80).every((sample) => sample === 0)).toBe(true);
    expect(output.subarray(160 + 96).every((sample) => sample !== 0)).toBe(true);
    expect(suppressor.mutedSamples).toBe(160 + 96);
  });

  test.each([0, 80, minimumDelaySamples(8_000) - 16, 161, maximumDelaySamples(8_000) + 16, Number.NaN])(
    'a delay of %d is refused',
    (delaySamples) => {
      expect(() => new ToneSuppressor({ sampleRateHz: 8_000, delaySamples, replacement: 'silence' })).toThrow(
        RangeError,
      );
    },
  );
});

describe('lost packets', () => {
  test('a press with any packets missing does not leak', () => {
    const random = new SeededRandom(SEED);
    for (let round = 0; round < 200; round += 1) {
      const samples = new Int16Array(3_200);
      for (let index = 0; index < samples.length; index += 1) samples[index] = Math.round(4 * random.gaussian());
      const press = { key: random.integer(0, 15), onsetSample: random.integer(400, 700), offsetSample: 0 };
      press.offsetSample = press.onsetSample + random.integer(320, 1_600);
      renderPress(samples, {
        key: press.key,
        startSample: press.onsetSample,
        lengthSamples: press.offsetSample - press.onsetSample,
        lowLevelDbm0: random.between(-25, -3),
      });
      const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'silence' });
      const output = new Int16Array(samples.length);
      for (let at = 0; at < samples.length; at += 160) {
        const target = output.subarray(at, at + 160);
        if (random.next() < 0.2) suppressor.conceal(160, target);
        else suppressor.process(samples.subarray(at, at + 160), 160, target);
      }
      const leaky = leakyPresses(output.slice(160), [press]);
      expect({ round, leaky }).toEqual({ round, leaky: 0 });
    }
  });

  test('what waited for the lost packet is masked, and the mask is held after it', () => {
    const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'silence' });
    const packet = new Int16Array(160).fill(3_000);
    const output = new Int16Array(160);
    const isMute = () => output.every((sample) => sample === 0);
    for (let index = 0; index < 4; index += 1) suppressor.process(packet, 160, output);
    expect(isMute()).toBe(false);
    suppressor.conceal(160, output);
    expect(isMute()).toBe(true);
    suppressor.process(packet, 160, output);
    expect(isMute()).toBe(true);
    suppressor.process(packet, 160, output);
    expect([output[0], output[79]]).toEqual([0, 0]);
    expect(output[159]).not.toBe(0);
  });
});

describe('masking by order', () => {
  test('mutes at once what waits and what comes, then lets speech through', () => {
    const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'silence' });
    const packet = new Int16Array(160).fill(3_000);
    const output = new Int16Array(160);
    for (let index = 0; index < 4; index += 1) suppressor.process(packet, 160, output);
    expect(suppressor.samplesSinceTone).toBe(640);
    suppressor.maskNewest(320);
    expect(suppressor.samplesSinceTone).toBe(0);
    for (let index = 0; index < 3; index += 1) {
      suppressor.process(packet, 160, output);
      expect(output.every((sample) => sample === 0)).toBe(true);
    }
    expect(suppressor.samplesSinceTone).toBe(160);
    suppressor.process(packet, 160, output);
    expect(output[159]).not.toBe(0);
  });

  test('muting all lets nothing out of what waits or comes, learns nothing, and is over when told', () => {
    const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'silence' });
    const speech = new Int16Array(160).map((_sample, index) => (index & 8 ? 4_000 : -4_000));
    const output = new Int16Array(160);
    for (let packet = 0; packet < 5; packet += 1) suppressor.process(speech, 160, output);
    expect(output.some((sample) => sample !== 0)).toBe(true);
    suppressor.muteAll();
    for (let packet = 0; packet < 5; packet += 1) {
      suppressor.process(speech, 160, output);
      expect(output.every((sample) => sample === 0)).toBe(true);
    }
    expect(suppressor.samplesSinceTone).toBe(1_600);
    suppressor.stopMutingAll();
    suppressor.process(speech, 160, output);
    expect(output.every((sample) => sample === 0)).toBe(true);
    suppressor.process(speech, 160, output);
    expect(output.some((sample) => sample !== 0)).toBe(true);
  });

  test('a flag counts from the audio alone, not from masks by order', () => {
    const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'silence' });
    const samples = new Int16Array(1_600);
    renderPress(samples, { key: 6, startSample: 0, lengthSamples: 800 });
    expect(suppressor.samplesSinceFlag).toBe(Number.POSITIVE_INFINITY);
    suppressor.process(samples, 1_600, new Int16Array(1_600));
    suppressor.maskNewest(800);
    expect(suppressor.samplesSinceTone).toBe(0);
    expect(Math.abs(suppressor.samplesSinceFlag - 800)).toBeLessThan(96);
  });

  test('a tone counts from its last flag', () => {
    const samples = new Int16Array(4_000);
    renderPress(samples, { key: 6, startSample: 800, lengthSamples: 800 });
    const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'silence' });
    suppressor.process(samples, 1_200, new Int16Array(1_200));
    expect(suppressor.samplesSinceTone).toBeLessThan(16);
    suppressor.process(samples.subarray(1_200), 2_800, new Int16Array(2_800));
    expect(Math.abs(suppressor.samplesSinceTone - 2_400)).toBeLessThan(96);
  });
});

describe('replacement', () => {
  test.each(['comfort-noise', 'tone', 'silence'] as const)(
    '%s during a press does not depend on the key',
    (replacement) => {
      const during = Array.from({ length: 16 }, (_, key) => {
        const samples = new Int16Array(3_200);
        renderPress(samples, { key, startSample: 1_000, lengthSamples: 800, lowLevelDbm0: -8 });
        const output = suppressed(samples, { ...BY_TWENTIES, replacement });
        return output.slice(1_000, 1_800);
      });
      const levels = during.map((part) => dbm0OfPower(meanSquare(part, 0, part.length)));
      // The mask's edge falls on one hop or the next, which moves the noise by 2 ms; its level stays.
      for (const level of levels) expect(level === levels[0] || Math.abs(level - levels[0]) < 1).toBe(true);
    },
  );

  test('comfort noise follows the floor of the call, not the tones', () => {
    const levels = [-66, -50].map((noiseDbm0) => {
      const samples = new Int16Array(80_000);
      new SpeechLike({ seed: 3, levelDbm0: -20, noiseDbm0 }).render(samples, samples.length);
      const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'comfort-noise' });
      const output = new Int16Array(80_000);
      suppressor.process(samples, samples.length, output);
      suppressor.maskNewest(1_600);
      suppressor.process(samples, 1_600, output);
      return dbm0OfPower(meanSquare(output, 0, 1_600));
    });
    expect(levels[0]).toBeGreaterThan(-72);
    expect(levels[0]).toBeLessThan(-60);
    expect(levels[1]).toBeGreaterThan(-56);
    expect(levels[1]).toBeLessThan(-44);
  });
});

test.each([
  ['full-scale direct current', () => 32_767],
  ['negative full scale', () => -32_768],
  ['square wave', (index: number) => (index & 8 ? 32_767 : -32_768)],
  ['random samples', (index: number) => Math.imul(index + 1, 0x9e3779b1) >> 16],
  ['digital silence', () => 0],
  ['NaN: the bytes of quiet floats that are no number', (index: number) => (index & 1 ? 0x7fc0 : 0)],
  ['NaN: the bytes of floats with all bits set', () => -1],
  [
    'a clipped full-scale key',
    (index: number) =>
      toSample(
        200_000 * (Math.sin((2 * Math.PI * 770 * index) / 8_000) + Math.sin((2 * Math.PI * 1_336 * index) / 8_000)),
      ),
  ],
])('%s leaves finite audio, and speech passes afterwards', (_, signal: (index: number) => number) => {
  const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples: 160, replacement: 'silence' });
  const hostile = Int16Array.from({ length: 16_000 }, (_value, index) => signal(index));
  suppressor.process(hostile, hostile.length, new Int16Array(16_000));
  const speech = new Int16Array(8_000);
  new SpeechLike({ seed: 1, levelDbm0: -20 }).render(speech, speech.length);
  const output = new Int16Array(8_000);
  suppressor.process(speech, speech.length, output);
  const levelDifference = dbm0OfPower(meanSquare(output, 1_600, 6_400)) - dbm0OfPower(meanSquare(speech, 1_440, 6_400));
  expect(Math.abs(levelDifference)).toBeLessThan(2);
});
