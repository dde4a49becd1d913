/** How fast detectors are: seconds of audio in one second of CPU time, all in turns, so that they share good and bad minutes. */
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { SpeechLike } from '../../dsp/speech-like.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { median } from '../media-statistics.js';
import { nameOf } from './contenders.js';
import type { Contender } from './detector.js';

const MATERIAL_SAMPLES = 60 * SAMPLE_RATE_HZ;
const ROUNDS = 9;

/** By a contender's name, its speed in each round; nothing of those that are missing or not timed. */
export type Throughput = ReadonlyMap<string, readonly number[]>;

/** The first rounds warm the compiler up and count as any other, so the median decides. */
export async function measureThroughput(contenders: readonly Contender[], seed: number): Promise<Throughput> {
  const samples = throughputMaterial(seed);
  const speeds = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const contender of contenders) {
      if (contender.kind === 'missing' || contender.detector.speed === undefined) continue;
      const name = nameOf(contender);
      speeds.set(name, [...(speeds.get(name) ?? []), await contender.detector.speed(samples)]);
    }
  }
  return speeds;
}

/** Median of the rounds' ratios, not ratio of the medians: what a round's minute did to one it did to the other. */
export function speedRatio(throughput: Throughput, name: string, otherName: string): number | undefined {
  const others = throughput.get(otherName);
  const own = throughput.get(name);
  if (own === undefined || others === undefined) return undefined;
  return median(own.map((speed, round) => speed / others[round]));
}

/** A minute of speech-like audio with a press a second. */
export function throughputMaterial(seed: number): Int16Array {
  const samples = new Int16Array(MATERIAL_SAMPLES);
  new SpeechLike({ seed }).render(samples, samples.length);
  for (let press = 0; press < 60; press += 1) {
    renderPress(samples, { key: press & 15, startSample: press * SAMPLE_RATE_HZ + 777, lengthSamples: 800 });
  }
  return samples;
}
