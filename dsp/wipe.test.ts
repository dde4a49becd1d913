/**
 * After `wipe` or `reset` no typed array within a detector or a suppressor holds anything of what was heard.
 */
import { describe, expect, test } from '@jest/globals';
import { allElements, nonZeroElements } from '../test/support/typed-arrays.js';
import { DtmfDetector } from './dtmf-detector.js';
import { G722Decoder, G722Encoder } from './g722.js';
import { HalfBandDecimator, HalfBandInterpolator } from './half-band.js';
import { ReferenceAnalysis } from './reference-analysis.js';
import { SeededRandom } from './seeded-random.js';
import { MEASUREMENT_LENGTH, type ToneAnalysis } from './tone-analysis.js';
import { renderPress } from './tone-generator.js';
import { openToneAnalysis } from './tone-kernel.js';
import { ToneSuppressor } from './tone-suppressor.js';

function busyAudio(): Int16Array {
  const random = new SeededRandom(6);
  const samples = Int16Array.from({ length: 4_005 }, () => 20 * random.gaussian());
  renderPress(samples, { key: 11, startSample: 3_000, lengthSamples: 1_000 });
  return samples;
}

const sum = (counts: Map<string, number>) => [...counts.values()].reduce((total, count) => total + count, 0);

/** Counts before anything was heard: the constants of the kernel, and marks of the kind "no pair". */
test.each([8_000, 16_000] as const)('a wiped suppressor of %i Hz holds what a new one does', (sampleRateHz) => {
  const samples = busyAudio();
  const delaySamples = sampleRateHz / 50;
  const suppressor = new ToneSuppressor({ sampleRateHz, delaySamples, replacement: 'comfort-noise' });
  const fresh = nonZeroElements(suppressor);
  suppressor.process(samples, samples.length, new Int16Array(samples.length));
  const used = nonZeroElements(suppressor);
  expect(used.size).toBeGreaterThanOrEqual(10);
  expect(used.get('#line')).toBeGreaterThan(500);
  expect(fresh.get('#line')).toBe(0);
  expect(sum(used)).toBeGreaterThan(sum(fresh) + 1_000);
  suppressor.wipe();
  expect(nonZeroElements(suppressor)).toEqual(fresh);
});

test('a reset detector holds what a new one does', () => {
  const samples = busyAudio();
  const detector = new DtmfDetector();
  const fresh = nonZeroElements(detector);
  detector.process(samples, samples.length);
  const used = nonZeroElements(detector);
  expect([...used.keys()].some((path) => path.endsWith('doubles'))).toBe(true);
  expect(sum(used)).toBeGreaterThan(sum(fresh) + 100);
  detector.reset();
  expect(nonZeroElements(detector)).toEqual(fresh);
});

test('a reset reference analysis holds only zeros', () => {
  const samples = busyAudio();
  const analysis = new ReferenceAnalysis();
  for (let at = 0; at + 160 <= samples.length; at += 160) analysis.takeHops(samples, at, 10);
  const used = nonZeroElements(analysis);
  expect(used.size).toBeGreaterThanOrEqual(12);
  expect(sum(used)).toBeGreaterThan(100);
  analysis.reset();
  const after = nonZeroElements(analysis);
  expect([...after.keys()]).toEqual([...used.keys()]);
  expect(sum(after)).toBe(0);
});

test('a reset G.722 codec holds nothing but the two step sizes it starts from', () => {
  const samples = busyAudio();
  const octets = new Uint8Array(samples.length >> 1);
  const encoder = new G722Encoder();
  const decoder = new G722Decoder();
  encoder.encode(samples, octets, 0, octets.length);
  decoder.decode(octets, 0, new Int16Array(samples.length), octets.length);
  for (const codec of [encoder, decoder]) {
    const fresh = sum(nonZeroElements(codec === encoder ? new G722Encoder() : new G722Decoder()));
    expect(sum(nonZeroElements(codec))).toBeGreaterThan(80);
    codec.reset();
    expect(sum(nonZeroElements(codec))).toBe(fresh);
  }
});

test('a reset filter between 8 and 16 kHz holds only zeros', () => {
  const samples = busyAudio();
  const decimator = new HalfBandDecimator();
  const interpolator = new HalfBandInterpolator();
  decimator.process(samples, 0, samples.length >> 1, new Int16Array(samples.length));
  interpolator.process(samples, samples.length >> 1, new Int16Array(samples.length));
  for (const filter of [decimator, interpolator]) {
    expect(sum(nonZeroElements(filter))).toBeGreaterThan(20);
    filter.reset();
    expect(sum(nonZeroElements(filter))).toBe(0);
  }
});

describe('when a press is over, and nobody has wiped anything yet', () => {
  const press = new Int16Array(3_200);
  renderPress(press, { key: 9, startSample: 480, lengthSamples: 800 });
  const hear = (analysis: ToneAnalysis, from: number, end: number): void => {
    for (let at = from; at < end; at += 160) analysis.takeHops(press, at, 10);
  };
  const withoutMeasurement = (counts: Map<string, number>) =>
    new Map([...counts].filter(([path]) => !path.endsWith('measurement')));

  test('the reference holds nothing but how strong, twisted and far off its tones were', () => {
    const analysis = new ReferenceAnalysis();
    hear(analysis, 0, 1_120);
    expect(sum(withoutMeasurement(nonZeroElements(analysis)))).toBeGreaterThan(60);
    hear(analysis, 1_120, press.length);
    expect(sum(withoutMeasurement(nonZeroElements(analysis)))).toBe(0);
  });

  test('nor does the kernel', () => {
    const analysis = openToneAnalysis();
    const doubles = () => [...nonZeroElements(analysis)].find(([path]) => path.endsWith('doubles'))?.[1] ?? 0;
    const fresh = doubles();
    hear(analysis, 0, 1_120);
    expect(doubles()).toBeGreaterThan(fresh + 60);
    hear(analysis, 1_120, press.length);
    // The six numbers of the measurement, and counters of hops, two in a double.
    expect(doubles()).toBeLessThanOrEqual(fresh + MEASUREMENT_LENGTH + 6);
  });
});

test('neither grows with what it hears', () => {
  const suppressor = new ToneSuppressor({ sampleRateHz: 16_000, delaySamples: 320, replacement: 'comfort-noise' });
  const detector = new DtmfDetector();
  const sizes = [allElements(suppressor), allElements(detector)];
  const samples = busyAudio();
  for (let round = 0; round < 200; round += 1) {
    suppressor.process(samples, samples.length, new Int16Array(samples.length));
    suppressor.conceal(round, new Int16Array(round));
    suppressor.maskNewest(round * 100);
    detector.process(samples, samples.length - round);
  }
  expect([allElements(suppressor), allElements(detector)]).toEqual(sizes);
  expect(sum(sizes[0])).toBeGreaterThan(1_000);
});
