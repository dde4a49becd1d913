/**
 * The kernel and its specification agree on every hop, to the last bit. Held on all that either branches on: Q.24 presses
 * and what is none, speech-like audio, noise at all levels, full scale, silence, and any bytes at all.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Q24_SECTIONS, renderSection } from '../bench/q24-set.js';
import { HOP_SAMPLES } from './hop-bank.js';
import { ReferenceAnalysis } from './reference-analysis.js';
import { SeededRandom } from './seeded-random.js';
import { SpeechLike } from './speech-like.js';
import {
  MAX_HOPS,
  MAY_HOLD_TONES,
  MEASUREMENT_LENGTH,
  PRESS_BEGAN,
  PRESS_ENDED,
  type ToneAnalysis,
} from './tone-analysis.js';
import { renderPress } from './tone-generator.js';
import { openToneAnalysis } from './tone-kernel.js';

const SEED = 20_266;
const FRAME_HOPS = 10;
const FRAME_SAMPLES = FRAME_HOPS * HOP_SAMPLES;

/** All that an analysis says of the hops it took last. */
function told(analysis: ToneAnalysis, all: number, hops: number): readonly number[] {
  const measurement = new Float64Array(MEASUREMENT_LENGTH);
  analysis.readMeasurement(measurement);
  const perHop = Array.from({ length: hops }, (_, hop) => analysis.flagsOf(hop));
  return [all, analysis.pressPair, analysis.pressStartHop, ...perHop, ...measurement];
}

/** Hops by flag, after both have heard all of it and said the same. */
function compare(samples: Int16Array, kernel: ToneAnalysis, reference: ToneAnalysis): Map<number, number> {
  const counts = new Map<number, number>();
  for (let at = 0; at + FRAME_SAMPLES <= samples.length; at += FRAME_SAMPLES) {
    const ours = told(kernel, kernel.takeHops(samples, at, FRAME_HOPS), FRAME_HOPS);
    const theirs = told(reference, reference.takeHops(samples, at, FRAME_HOPS), FRAME_HOPS);
    // One comparison for the whole frame: jest's own costs a hundred times the analysis.
    if (!ours.every((number, index) => Object.is(number, theirs[index])))
      expect({ at, told: ours }).toEqual({ at, told: theirs });
    for (let hop = 0; hop < FRAME_HOPS; hop += 1) {
      for (const flag of [PRESS_BEGAN, PRESS_ENDED, MAY_HOLD_TONES]) {
        if ((reference.flagsOf(hop) & flag) !== 0) counts.set(flag, (counts.get(flag) ?? 0) + 1);
      }
    }
  }
  return counts;
}

/** A second of one kind of audio each: what a random test of bytes alone would never come to. */
function mixedAudio(seed: number, seconds: number): Int16Array {
  const random = new SeededRandom(seed);
  const speech = new SpeechLike({ seed });
  const second = new Int16Array(8_000);
  const samples = new Int16Array(seconds * 8_000);
  for (let index = 0; index < seconds; index += 1) {
    const kind = random.integer(0, 5);
    const level = 2 ** random.between(0, 14);
    if (kind === 0) for (let at = 0; at < 8_000; at += 1) second[at] = random.nextInt32();
    else if (kind === 1) for (let at = 0; at < 8_000; at += 1) second[at] = level * random.gaussian();
    else if (kind === 2) second.fill(random.pick([0, 1, -1, 32_767, -32_768, 1_000]));
    else if (kind === 3)
      for (let at = 0; at < 8_000; at += 1) second[at] = (at / random.integer(1, 9)) & 1 ? 32_767 : -32_768;
    else speech.render(second, 8_000);
    for (let press = random.integer(0, 8); press > 0; press -= 1) {
      const lengthSamples = random.integer(80, 1_600);
      // Half of them are keys to a detector, as far as what else sounds lets them.
      const reach = random.pick([1, 3]);
      renderPress(second, {
        key: random.integer(0, 15),
        startSample: random.integer(0, 8_000 - lengthSamples),
        lengthSamples,
        lowLevelDbm0: random.between(-12 - 9 * reach, 1 * reach),
        twistDb: random.between(-5 * reach, 5 * reach),
        lowOffsetPercent: random.between(-1.3 * reach, 1.3 * reach),
        highOffsetPercent: random.between(-1.3 * reach, 1.3 * reach),
        rampSamples: random.integer(1, 60),
      });
    }
    samples.set(second, index * 8_000);
  }
  return samples;
}

test(`10,000 frames of all kinds of audio, seed ${SEED}`, () => {
  const counts = compare(mixedAudio(SEED, 200), openToneAnalysis(), new ReferenceAnalysis());
  // Two hundred seconds in which every flag went up, and none was always up.
  expect(counts.get(PRESS_BEGAN)).toBeGreaterThan(100);
  expect(counts.get(PRESS_ENDED)).toBeGreaterThan(100);
  expect(counts.get(MAY_HOLD_TONES)).toBeGreaterThan(5_000);
  expect(counts.get(MAY_HOLD_TONES)).toBeLessThan(50_000);
});

test(`the presses of Q.24, and what is none, seed ${SEED}`, () => {
  const reference = new ReferenceAnalysis();
  const kernel = openToneAnalysis();
  for (const [index, section] of Q24_SECTIONS.entries()) {
    const encoding = index % 2 === 0 ? 'PCMU' : 'PCMA';
    compare(renderSection(section, { seed: SEED + index, rounds: 1, encoding }).samples, kernel, reference);
  }
  const counts = compare(mixedAudio(SEED + 1, 10), kernel, reference);
  expect(counts.get(MAY_HOLD_TONES)).toBeGreaterThan(0);
});

describe('a channel', () => {
  test('knows nothing of the others', () => {
    const audio = Array.from({ length: 16 }, (_, channel) => mixedAudio(SEED + channel, 4));
    const kernels = audio.map(() => openToneAnalysis());
    const references = audio.map(() => new ReferenceAnalysis());
    const histories = audio.map(() => '');
    for (let at = 0; at + FRAME_SAMPLES <= audio[0].length; at += FRAME_SAMPLES) {
      for (const [channel, samples] of audio.entries()) {
        compare(samples.subarray(at, at + FRAME_SAMPLES), kernels[channel], references[channel]);
        histories[channel] += told(references[channel], 0, FRAME_HOPS).join();
      }
    }
    expect(new Set(histories).size).toBe(16);
  });

  test('begins anew after a reset, as one just opened', () => {
    const [before, after] = [mixedAudio(SEED, 3), mixedAudio(SEED + 9, 3)];
    const used = openToneAnalysis();
    compare(before, used, new ReferenceAnalysis());
    used.reset();
    expect(compare(after, used, new ReferenceAnalysis())).toEqual(
      compare(after, openToneAnalysis(), new ReferenceAnalysis()),
    );
  });

  test('takes any number of hops at a time', () => {
    const samples = mixedAudio(SEED, 5);
    const [one, many] = [openToneAnalysis(), openToneAnalysis()];
    const flags = (analysis: ToneAnalysis, hops: number): number[] => {
      const all: number[] = [];
      for (let at = 0; at + MAX_HOPS * HOP_SAMPLES <= samples.length; at += hops * HOP_SAMPLES) {
        analysis.takeHops(samples, at, hops);
        for (let hop = 0; hop < hops; hop += 1) all.push(analysis.flagsOf(hop));
      }
      return all;
    };
    const single = flags(one, 1);
    expect(flags(many, MAX_HOPS).slice(0, single.length)).toEqual(single);
    expect(single.some((hop) => hop !== 0)).toBe(true);
  });
});

describe('what is said of hops', () => {
  test('is good until the same analysis takes more, whatever others take meanwhile', () => {
    const tone = new Int16Array(1_600);
    renderPress(tone, { key: 5, startSample: 0, lengthSamples: 1_600 });
    const silence = new Int16Array(FRAME_SAMPLES);
    for (const open of [openToneAnalysis, () => new ReferenceAnalysis()]) {
      const [hearsTone, hearsSilence] = [open(), open()];
      hearsTone.takeHops(tone, 0, FRAME_HOPS);
      hearsTone.takeHops(tone, FRAME_SAMPLES, FRAME_HOPS);
      hearsSilence.takeHops(silence, 0, FRAME_HOPS);
      expect([hearsTone.flagsOf(3), hearsSilence.flagsOf(3)]).toEqual([MAY_HOLD_TONES, 0]);
    }
  });

  test('more hops than there is room for are refused, and the next channel is left alone', () => {
    const samples = mixedAudio(SEED, 2);
    for (const open of [openToneAnalysis, () => new ReferenceAnalysis()]) {
      expect(() => open().takeHops(samples, 0, MAX_HOPS + 1)).toThrow(RangeError);
      expect(() => open().takeHops(samples, 0, MAX_HOPS)).not.toThrow();
    }
  });
});

/** Runs a line of a program against this build; `openToneAnalysis` and `ReferenceAnalysis` are there. Returns what it prints. */
function runApart(flags: readonly string[], program: string): string {
  const url = (name: string) => pathToFileURL(join(import.meta.dirname, name)).href;
  const imports =
    `import { openToneAnalysis } from '${url('tone-kernel.js')}';` +
    `import { ReferenceAnalysis } from '${url('reference-analysis.js')}';` +
    'const isReference = (analysis) => analysis instanceof ReferenceAnalysis;';
  const args = [...flags, '--input-type=module', '--eval', imports + program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
  return stdout === '' ? stderr : stdout;
}

describe('the reference serves', () => {
  test('where there is no WebAssembly', () => {
    const program = 'process.stdout.write(String(isReference(openToneAnalysis())));';
    expect(runApart(['--jitless'], program)).toBe('true');
    expect(runApart([], program)).toBe('false');
  });

  test('when more than 6,000 channels are in use, three for each of 2,000 calls; those of ended calls come back', () => {
    const program = `
      const held = [];
      while (held.length < 20_000 && !isReference(held.at(-1))) held.push(openToneAnalysis());
      const channels = held.length - 1;
      held.length = 0;
      for (let turn = 0; turn < 50 && isReference(openToneAnalysis()); turn += 1) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      process.stdout.write(JSON.stringify({ channels, comeBack: !isReference(openToneAnalysis()) }));`;
    const { channels, comeBack } = JSON.parse(runApart(['--expose-gc'], program));
    expect(channels).toBeGreaterThanOrEqual(6_000);
    expect(channels).toBeLessThan(20_000);
    expect(comeBack).toBe(true);
  });
});

test('the kernel in use is WebAssembly, compiled from the source beside it', () => {
  expect(openToneAnalysis()).not.toBeInstanceOf(ReferenceAnalysis);
  const built = spawnSync(process.execPath, ['dsp/assembly/build.mjs', '--check'], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect({ status: built.status, said: built.stderr }).toEqual({ status: 0, said: '' });
});
