/** What is left of presses: samples of their time that are not digital silence. */
import type { KnownPress } from '../../dsp/likelihood-listener.js';

const NARROW_RATE_HZ = 8_000;

export type Leak = {
  readonly presses: number;
  /** Presses of which any sample is left. */
  readonly leaky: number;
  /** Over all presses. */
  readonly meanMs: number;
  readonly maxMs: number;
  /** What is left in the time of presses against what was there. */
  readonly energyDb: number;
};

export function countLeak(
  before: Int16Array,
  after: Int16Array,
  presses: readonly KnownPress[],
  sampleRateHz = NARROW_RATE_HZ,
): Leak {
  const samplesPerMs = sampleRateHz / 1_000;
  let leaky = 0;
  let samples = 0;
  let most = 0;
  let energyBefore = 0;
  let energyAfter = 0;
  for (const { onsetSample, offsetSample } of presses) {
    let left = 0;
    for (let index = onsetSample; index < offsetSample; index += 1) {
      if (after[index] !== 0) left += 1;
      energyBefore += before[index] ** 2;
      energyAfter += after[index] ** 2;
    }
    if (left > 0) leaky += 1;
    samples += left;
    most = Math.max(most, left);
  }
  return {
    presses: presses.length,
    leaky,
    meanMs: samples / samplesPerMs / presses.length,
    maxMs: most / samplesPerMs,
    energyDb: 10 * Math.log10(energyAfter / energyBefore),
  };
}
