/** Presses whose one property goes up step by step: where does a detector stop reading them? */

import { amplitudeOfDbm0, toSample } from '../../dsp/level.js';
import type { KnownPress } from '../../dsp/likelihood-listener.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { renderPress, type ToneShape } from '../../dsp/tone-generator.js';
import type { Report } from './detector.js';
import { reportedOnce } from './score.js';

const SAMPLES_PER_MS = 8;
const PAUSE_SAMPLES = 50 * SAMPLES_PER_MS;
/** One packet. */
const PHASES_SAMPLES = 160;

export type SweepPress = ToneShape & { readonly key: number; readonly onMs: number };

export type Sweep = {
  /** By step, the presses of it. */
  readonly steps: readonly (readonly SweepPress[])[];
  /** White noise below everything; none if left out. */
  readonly noiseDbm0?: number;
  readonly seed: number;
};

export type DetectTimed = (samples: Int16Array) => Promise<readonly Report[]>;

/** How many presses of each step were read, once and rightly. */
export async function readPerStep(sweep: Sweep, detect: DetectTimed): Promise<number[]> {
  const presses: KnownPress[] = [];
  const stepOfPress = new Map<number, number>();
  const random = new SeededRandom(sweep.seed);
  let at = PAUSE_SAMPLES;
  for (const [step, planned] of sweep.steps.entries()) {
    for (const { key, onMs } of planned) {
      // Any phase against packets and blocks.
      const onsetSample = at + random.integer(0, PHASES_SAMPLES - 1);
      const offsetSample = onsetSample + Math.round(onMs * SAMPLES_PER_MS);
      presses.push({ key, onsetSample, offsetSample });
      stepOfPress.set(onsetSample, step);
      at = offsetSample + PAUSE_SAMPLES;
    }
  }
  const samples = new Int16Array(at + PAUSE_SAMPLES);
  if (sweep.noiseDbm0 !== undefined) {
    const deviation = amplitudeOfDbm0(sweep.noiseDbm0) / Math.SQRT2;
    for (let index = 0; index < samples.length; index += 1) samples[index] = toSample(deviation * random.gaussian());
  }
  for (const [index, press] of sweep.steps.flat().entries()) {
    const { key, onsetSample, offsetSample } = presses[index];
    const phases = { lowPhaseRadians: random.between(0, 6.28), highPhaseRadians: random.between(0, 6.28) };
    const lengthSamples = offsetSample - onsetSample;
    renderPress(samples, { ...press, ...phases, key, startSample: onsetSample, lengthSamples });
  }
  const read = sweep.steps.map(() => 0);
  for (const { press } of reportedOnce(await detect(samples), presses)) {
    read[stepOfPress.get(press.onsetSample) ?? 0] += 1;
  }
  return read;
}

/** Steps from the first one on of which all presses were read, without a gap. */
export function stepsWithoutMiss(read: readonly number[], steps: readonly (readonly SweepPress[])[]): number {
  const first = read.findIndex((count, step) => count < steps[step].length);
  return first < 0 ? read.length : first;
}
