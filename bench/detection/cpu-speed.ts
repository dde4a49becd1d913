/** How fast something handles audio: seconds of audio in one second of CPU time. */
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';

/** A pass of a fast detector over a minute takes some milliseconds. */
export const PASSES_PER_ROUND = 12;

/** The best of all passes. */
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
