import { describe, expect, test } from '@jest/globals';
import { Q24_SECTIONS, renderSection } from '../bench/q24-set.js';
import { DtmfDetector, PRESS_BEGAN, PRESS_ENDED } from './dtmf-detector.js';
import { columnHzOfKey, KEY_COUNT, rowHzOfKey } from './dtmf-keys.js';
import type { KnownPress } from './likelihood-listener.js';
import { SeededRandom } from './seeded-random.js';
import { SpeechLike } from './speech-like.js';
import { renderPress } from './tone-generator.js';

const SEED = 20_261;

type Report = { readonly key: number; readonly onsetSample: number };

function detect(samples: Int16Array, frameSamples = 160): Report[] {
  const detector = new DtmfDetector();
  const reports: Report[] = [];
  for (let at = 0; at < samples.length; at += frameSamples) {
    const frame = samples.subarray(at, at + frameSamples);
    if ((detector.process(frame, frame.length) & PRESS_BEGAN) === 0) continue;
    reports.push({ key: detector.takeKey(), onsetSample: detector.onsetSample });
  }
  return reports;
}

/** Presses reported exactly once with their key, and reports that belong to none. */
function score(reports: readonly Report[], presses: readonly KnownPress[]): { right: number; extra: number } {
  let right = 0;
  for (const press of presses) {
    const own = reports.filter(
      ({ onsetSample }) => onsetSample >= press.onsetSample - 96 && onsetSample < press.offsetSample,
    );
    if (own.length === 1 && own[0].key === press.key) right += 1;
  }
  return { right, extra: reports.length - right };
}

describe(`Q.24 material, seed ${SEED}`, () => {
  test('at least 99.9 % of the presses within the limits are reported, each once', () => {
    let presses = 0;
    let right = 0;
    const faults: string[] = [];
    Q24_SECTIONS.forEach((section, index) => {
      if (section.verdict !== 'accept') return;
      const rendered = renderSection(section, { seed: SEED + index, rounds: 2, encoding: index % 2 ? 'PCMU' : 'PCMA' });
      const result = score(detect(rendered.samples), rendered.presses);
      presses += rendered.presses.length;
      right += result.right;
      if (result.extra > 0 || result.right < rendered.presses.length) faults.push(section.name);
      expect({ section: section.name, extra: result.extra }).toEqual({ section: section.name, extra: 0 });
    });
    expect({ isEnough: right >= 0.999 * presses, faults: right >= 0.999 * presses ? [] : faults }).toEqual({
      isEnough: true,
      faults: [],
    });
  });

  test.each(
    Q24_SECTIONS.filter((section) => section.verdict === 'reject').map((section) => [section.name, section] as const),
  )('nothing is reported for: %s', (_, section) => {
    for (const encoding of ['PCMU', 'PCMA'] as const) {
      expect(detect(renderSection(section, { seed: SEED, rounds: 2, encoding }).samples)).toEqual([]);
    }
  });
});

describe('single presses', () => {
  test.each(Array.from({ length: KEY_COUNT }, (_, key) => key))('key %i is reported once, onset within 4 ms', (key) => {
    const samples = new Int16Array(2_400);
    renderPress(samples, { key, startSample: 805, lengthSamples: 400 });
    const [report, ...others] = detect(samples);
    expect(others).toEqual([]);
    expect(report.key).toBe(key);
    expect(Math.abs(report.onsetSample - 805)).toBeLessThanOrEqual(32);
  });

  test('the same key again after a pause of 30 ms is a second press', () => {
    const samples = new Int16Array(2_400);
    for (const startSample of [400, 960]) renderPress(samples, { key: 1, startSample, lengthSamples: 320 });
    expect(detect(samples).map(({ key }) => key)).toEqual([1, 1]);
  });

  test('a break of just under 20 ms does not make two presses of one', () => {
    const samples = new Int16Array(2_400);
    for (const startSample of [400, 955]) renderPress(samples, { key: 8, startSample, lengthSamples: 400 });
    expect(detect(samples).map(({ key }) => key)).toEqual([8]);
  });

  test('a press ends about 30 ms after its tone', () => {
    const samples = new Int16Array(2_400);
    renderPress(samples, { key: 4, startSample: 400, lengthSamples: 800 });
    const detector = new DtmfDetector();
    let endedAt = 0;
    for (let at = 0; at < samples.length; at += 16) {
      const flags = detector.process(samples.subarray(at, at + 16), 16);
      if ((flags & PRESS_ENDED) !== 0) endedAt = detector.position;
    }
    expect(endedAt - 1_200).toBeGreaterThan(160);
    expect(endedAt - 1_200).toBeLessThan(320);
  });

  test('a key is handed out once', () => {
    const samples = new Int16Array(1_600);
    renderPress(samples, { key: 15, startSample: 100, lengthSamples: 800 });
    const detector = new DtmfDetector();
    detector.process(samples, samples.length);
    expect([detector.takeKey(), detector.takeKey()]).toEqual([15, -1]);
  });

  test('a press under way at a reset is forgotten, and found anew if it goes on', () => {
    const samples = new Int16Array(1_600);
    renderPress(samples, { key: 2, startSample: 0, lengthSamples: 1_600 });
    const detector = new DtmfDetector();
    detector.process(samples, 800);
    detector.reset();
    expect([detector.takeKey(), detector.position, detector.onsetSample]).toEqual([-1, 0, 0]);
    expect(detector.process(samples.subarray(800), 800)).toBe(PRESS_BEGAN);
    expect(detector.takeKey()).toBe(2);
  });
});

describe('what is measured of a press', () => {
  test.each([
    { lowLevelDbm0: -10, twistDb: 0, lowOffsetPercent: 0, highOffsetPercent: 0 },
    { lowLevelDbm0: -24, twistDb: 4, lowOffsetPercent: 1.5, highOffsetPercent: -1.5 },
    { lowLevelDbm0: -3, twistDb: -8, lowOffsetPercent: -1.8, highOffsetPercent: 1.8 },
  ])('is what it was: %o', (shape) => {
    for (let key = 0; key < KEY_COUNT; key += 1) {
      const samples = new Int16Array(2_400);
      renderPress(samples, { ...shape, key, startSample: 400, lengthSamples: 800 });
      const detector = new DtmfDetector();
      detector.process(samples, samples.length);
      const measured = detector.measure();
      if (measured === undefined) throw new Error('nothing was measured');
      expect(Math.abs(measured.lowLevelDbm0 - shape.lowLevelDbm0)).toBeLessThan(1.2);
      expect(Math.abs(measured.twistDb - shape.twistDb)).toBeLessThan(0.3);
      expect(Math.abs(measured.lowOffsetHz - (rowHzOfKey(key) * shape.lowOffsetPercent) / 100)).toBeLessThan(1.5);
      expect(Math.abs(measured.highOffsetHz - (columnHzOfKey(key) * shape.highOffsetPercent) / 100)).toBeLessThan(1.5);
      expect(Math.abs(detector.onsetSample - 400)).toBeLessThanOrEqual(32);
      expect(Math.abs(detector.endSample - 1_200)).toBeLessThanOrEqual(32);
    }
  });
});

test('frames of any length give the same reports', () => {
  const section = Q24_SECTIONS.filter(({ name }) => name.startsWith('all limits at once'))[1];
  const { samples } = renderSection(section, { seed: SEED, rounds: 1, encoding: 'PCMU' });
  const reference = detect(samples, 16);
  expect(reference.length).toBeGreaterThanOrEqual(15);
  for (const frameSamples of [1, 7, 15, 17, 80, 160, 161, 240, 320, 333, 480]) {
    expect(detect(samples, frameSamples)).toEqual(reference);
  }
});

test('speech-like audio at -15 dBm0 is not taken for a key in five minutes', () => {
  const samples = new Int16Array(480_000);
  for (let seed = SEED; seed < SEED + 5; seed += 1) {
    new SpeechLike({ seed, levelDbm0: -15 }).render(samples, samples.length);
    expect({ seed, reports: detect(samples) }).toEqual({ seed, reports: [] });
  }
});

/** Of 1 for full scale. */
function clipped(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
}

describe('hostile audio', () => {
  const random = new SeededRandom(SEED);
  const signals: readonly (readonly [string, (index: number) => number])[] = [
    ['digital silence', () => 0],
    ['full-scale direct current', () => 32_767],
    ['negative full scale', () => -32_768],
    ['full-scale square wave', (index) => (index & 8 ? 32_767 : -32_768)],
    ['square wave at a row frequency', (index) => (Math.floor((index * 697 * 2) / 8_000) & 1 ? 32_767 : -32_768)],
    ['alternating samples', (index) => (index & 1 ? 32_767 : -32_768)],
    ['random samples', () => random.nextInt32() >> 16],
    ['single clicks', (index) => (index % 997 === 0 ? 32_767 : 0)],
    ['ones', () => 1],
    // 0x7fc00000 and 0xffffffff, little-endian.
    ['NaN: the bytes of quiet floats that are no number', (index) => (index & 1 ? 0x7fc0 : 0)],
    ['NaN: the bytes of floats with all bits set', () => -1],
    ['a clipped full-scale tone', (index) => clipped(8 * Math.sin((2 * Math.PI * 1_004 * index) / 8_000))],
    ['clipped full-scale noise', () => clipped(8 * random.gaussian())],
  ];

  test.each(signals)('%s gives no key, and the next press is heard', (_, signal) => {
    const samples = Int16Array.from({ length: 16_000 }, (_value, index) => signal(index));
    const after = new Int16Array(1_600);
    renderPress(after, { key: 9, startSample: 400, lengthSamples: 800 });
    const detector = new DtmfDetector();
    expect(detector.process(samples, samples.length)).toBe(0);
    expect(detector.process(after, after.length) & PRESS_BEGAN).toBe(PRESS_BEGAN);
    expect(detector.takeKey()).toBe(9);
    expect(Number.isFinite(detector.onsetSample)).toBe(true);
  });

  test.each(signals)('%s leaves no measurement, and the next press, clipped or with it, a finite one', (_, signal) => {
    const detector = new DtmfDetector();
    expect(detector.measure()).toBeUndefined();
    const samples = Int16Array.from({ length: 8_000 }, (_value, index) => signal(index));
    detector.process(samples, samples.length);
    expect(detector.measure()).toBeUndefined();
    let measured = 0;
    // Far over full scale, at it, and at the least level; over the signal at a thousandth, a tenth and all of its level.
    for (const lowLevelDbm0 of [24, 12, 3, -25]) {
      for (const share of [0.001, 0.1, 1]) {
        const mixed = Int16Array.from({ length: 1_600 }, (_value, index) => Math.round(share * signal(index)));
        renderPress(mixed, { key: 6, startSample: 400, lengthSamples: 800, lowLevelDbm0 });
        detector.reset();
        const found = detector.process(mixed, mixed.length);
        const measurement = detector.measure();
        expect(measurement !== undefined).toBe((found & PRESS_BEGAN) !== 0);
        if (measurement === undefined) continue;
        measured += 1;
        expect(Object.values(measurement).filter((value) => !Number.isFinite(value))).toEqual([]);
        expect(Math.abs(measurement.lowLevelDbm0)).toBeLessThan(60);
      }
    }
    expect(measured).toBeGreaterThan(2);
  });

  test('any bytes at all leave a finite measurement or none', () => {
    const bytes = new Uint8Array(2 * 4_000);
    let measured = 0;
    for (let round = 0; round < 300; round += 1) {
      for (let at = 0; at < bytes.length; at += 1) bytes[at] = random.integer(0, 255);
      const samples = new Int16Array(bytes.buffer.slice(0));
      // Random bytes alone are no press: quietened here and there, so that some of the time a press stands out of them.
      const share = random.pick([0, 0.001, 0.01, 0.1, 1]);
      for (let at = 0; at < samples.length; at += 1) samples[at] = Math.round(share * samples[at]);
      renderPress(samples, {
        key: random.integer(0, 15),
        startSample: random.integer(0, 2_000),
        lengthSamples: random.integer(1, 2_000),
        lowLevelDbm0: random.between(-60, 30),
        twistDb: random.between(-20, 20),
      });
      const detector = new DtmfDetector();
      detector.process(samples, samples.length);
      const measurement = detector.measure();
      if (measurement === undefined) continue;
      measured += 1;
      expect(Object.values(measurement).every((value) => Number.isFinite(value))).toBe(true);
    }
    expect(measured).toBeGreaterThan(20);
  });
});
