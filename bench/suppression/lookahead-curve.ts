/**
 * How much would leak with less delay: from when the suppressor flagged, which its count of samples since the last tone
 * tells. A flag masks what lies up to 18 ms before it and 10 ms behind it; with a shorter delay the oldest of that
 * would have left already.
 */
import type { KnownPress } from '../../dsp/likelihood-listener.js';
import { minimumDelaySamples, ToneSuppressor } from '../../dsp/tone-suppressor.js';
import type { CurvePoint } from './leak-figures.js';

const HOP_SAMPLES = 16;
const SAMPLES_PER_MS = 8;
const GUARD_AFTER_SAMPLES = 80;
const LONGEST_REACH_SAMPLES = minimumDelaySamples(8_000);
const NEVER = -1_000_000;

export function ownLookaheadCurve(
  samples: Int16Array,
  presses: readonly KnownPress[],
  lookaheadsMs: readonly number[],
): readonly CurvePoint[] {
  const flags = flagPositions(samples);
  return lookaheadsMs.map((lookaheadMs) => {
    const leaky = presses.filter((press) => wouldLeak(press, flags, lookaheadMs * SAMPLES_PER_MS)).length;
    return { lookaheadMs, leakyShare: leaky / presses.length };
  });
}

/** By hop, where the newest flag was raised when that hop was in. */
function flagPositions(samples: Int16Array): Int32Array {
  const suppressor = new ToneSuppressor({
    sampleRateHz: 8_000,
    delaySamples: LONGEST_REACH_SAMPLES,
    replacement: 'silence',
  });
  const hop = new Int16Array(HOP_SAMPLES);
  const flags = new Int32Array(Math.floor(samples.length / HOP_SAMPLES));
  let newest = NEVER;
  for (let index = 0; index < flags.length; index += 1) {
    for (let at = 0; at < HOP_SAMPLES; at += 1) hop[at] = samples[index * HOP_SAMPLES + at];
    suppressor.process(hop, HOP_SAMPLES, hop);
    if (suppressor.samplesSinceTone === 0) newest = (index + 1) * HOP_SAMPLES;
    flags[index] = newest;
  }
  return flags;
}

function wouldLeak(press: KnownPress, flags: Int32Array, lookaheadSamples: number): boolean {
  const reach = Math.min(lookaheadSamples, LONGEST_REACH_SAMPLES);
  for (let sample = press.onsetSample; sample < press.offsetSample; sample += 1) {
    // The last hop that was whole when this sample's hop had to leave.
    const hopEnd = (Math.floor(sample / HOP_SAMPLES) + 1) * HOP_SAMPLES;
    const lastHop = Math.min(flags.length - 1, Math.floor((hopEnd - HOP_SAMPLES + reach) / HOP_SAMPLES) - 1);
    if (lastHop < 0 || sample >= flags[lastHop] + GUARD_AFTER_SAMPLES) return true;
  }
  return false;
}
