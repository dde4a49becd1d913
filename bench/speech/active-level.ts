/**
 * Active speech level after ITU-T P.56 method B: the level of the speech without its pauses. The envelope is smoothed
 * twice, activity is counted against a row of thresholds one bit (6 dB) apart, and the active level is where it lies a
 * margin of 15.9 dB above its own threshold.
 */
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';

const SMOOTHING_S = 0.03;
const HANGOVER_SAMPLES = 0.2 * SAMPLE_RATE_HZ;
const MARGIN_DB = 15.9;
const THRESHOLDS = Float64Array.from({ length: 15 }, (_, bit) => 2 ** (bit - 15));

/** Mean square of the active speech, where full scale is 1; undefined if there is no speech to measure. */
export function activeSpeechPower(samples: Float32Array): number | undefined {
  const keep = Math.exp(-1 / (SAMPLE_RATE_HZ * SMOOTHING_S));
  const activeCounts = new Float64Array(THRESHOLDS.length);
  const hangovers = new Float64Array(THRESHOLDS.length).fill(HANGOVER_SAMPLES);
  let energy = 0;
  let once = 0;
  let twice = 0;
  for (let at = 0; at < samples.length; at += 1) {
    const sample = samples[at];
    energy += sample * sample;
    once = keep * once + (1 - keep) * Math.abs(sample);
    twice = keep * twice + (1 - keep) * once;
    for (let index = 0; index < THRESHOLDS.length; index += 1) {
      if (twice >= THRESHOLDS[index]) {
        hangovers[index] = 0;
      } else if (hangovers[index] < HANGOVER_SAMPLES) {
        hangovers[index] += 1;
      } else {
        // What is below this threshold, and out of its hangover, is so for all that are higher.
        break;
      }
      activeCounts[index] += 1;
    }
  }
  return levelAtMargin(energy, activeCounts);
}

function levelAtMargin(energy: number, activeCounts: Float64Array): number | undefined {
  let previous: { readonly activeDb: number; readonly excessDb: number } | undefined;
  for (const [index, count] of activeCounts.entries()) {
    if (count === 0) return undefined;
    const activeDb = 10 * Math.log10(energy / count);
    const excessDb = activeDb - 20 * Math.log10(THRESHOLDS[index]) - MARGIN_DB;
    if (excessDb <= 0) {
      if (previous === undefined) return undefined;
      const share = previous.excessDb / (previous.excessDb - excessDb);
      return 10 ** ((previous.activeDb + share * (activeDb - previous.activeDb)) / 10);
    }
    previous = { activeDb, excessDb };
  }
  return undefined;
}
