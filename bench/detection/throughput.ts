/** How fast detectors are: seconds of audio in one second of CPU time, in turns with libspandsp in the same minute. */
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { SpeechLike } from '../../dsp/speech-like.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { median } from '../media-statistics.js';
import { detectGoertzel } from '../peers/goertzel-baseline.js';
import type { SpandspPeer } from '../peers/spandsp-process.js';
import { detectPackets, packetsOf } from './own-detector.js';

const MATERIAL_SAMPLES = 60 * SAMPLE_RATE_HZ;
const ROUNDS = 9;
/** A pass takes some milliseconds; the first rounds warm the compiler up and count as any other, so the median decides. */
const PASSES_PER_ROUND = 12;
const BASELINE_PASSES = 1;

export type Throughput = {
  /** Medians over the rounds. */
  readonly own: number;
  readonly spandsp: number | undefined;
  /** Median of the rounds' ratios, not ratio of the medians: what a round's minute did to one it did to the other. */
  readonly ratio: number | undefined;
  readonly goertzel: number;
};

export async function measureThroughput(seed: number, spandsp: SpandspPeer | undefined): Promise<Throughput> {
  const samples = throughputMaterial(seed);
  const packets = packetsOf(samples);
  const own: number[] = [];
  const peer: number[] = [];
  const ratios: number[] = [];
  const goertzel: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const ours = fastest(samples, PASSES_PER_ROUND, () => detectPackets(packets));
    own.push(ours);
    goertzel.push(fastest(samples, BASELINE_PASSES, detectGoertzel));
    if (spandsp === undefined) continue;
    const theirs = await spandsp.speed(samples, PASSES_PER_ROUND);
    peer.push(theirs);
    ratios.push(ours / theirs);
  }
  return {
    own: median(own) ?? Number.NaN,
    spandsp: median(peer),
    ratio: median(ratios),
    goertzel: median(goertzel) ?? Number.NaN,
  };
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

/** Seconds of audio handled in one second of CPU time, the best of all passes. */
export function fastest(samples: Int16Array, passes: number, handle: (samples: Int16Array) => void): number {
  let best = 0;
  for (let pass = 0; pass < passes; pass += 1) {
    const before = process.cpuUsage();
    handle(samples);
    const used = process.cpuUsage(before);
    best = Math.max(best, samples.length / SAMPLE_RATE_HZ / ((used.user + used.system) / 1e6));
  }
  return best;
}
