/**
 * A run of windows with the same pair, examined as a whole. Averaging over 26 ms makes measurements sharp that are loose
 * in one window: each tone's frequency comes out to about 1 Hz, from its phase advance over 6 ms.
 */

import { SAMPLE_RATE_HZ, TONE_HZ } from './dtmf-keys.js';
import { HALF_SAMPLES, WINDOW_SAMPLES } from './hop-bank.js';
import { powerOfDbm0 } from './level.js';
import type { Run } from './press-debounce.js';
import type { TonePairFit } from './tone-pair-fit.js';

/** Q.24 wants 1.5 % + 2 Hz and 1.8 % (NTT) accepted, 3.0 % (NTT) and 3.5 % refused. */
const LARGEST_OFFSET_SHARE = 0.0245;
/** Share of the run's energy the pair explains, corrected for its offset; mains hum and 15 dB of noise stay above. */
const LEAST_SHARE = 0.86;
/** Q.24 (AT&T): +4 to -8 dB, NTT ±5 dB, and what 15 dB of noise adds to the measurement. */
const LARGEST_TWIST_RATIO = 10 ** 0.65;
const LEAST_TWIST_RATIO = 10 ** -0.95;
/** Per tone. Between AT&T's -25 dBm0 to accept and -55 to refuse; NTT's -29 "shall not" is not met, on purpose. */
const LEAST_TONE_POWER = powerOfDbm0(-31);
/** 4.5 dB within a run. A rising tone starts the run anew, so slow ramps only delay it; a falling one fails it. */
const LARGEST_RIPPLE_RATIO = 10 ** 0.45;
/** 5 dB over every other tone of its group. */
const LEAST_GROUP_RATIO = 10 ** 0.5;

/** Windows three hops apart: unambiguous to ±83 Hz. */
const LAG_HOPS = 3;
const LAG_SAMPLES = HALF_SAMPLES;
const LAG_PHASES = TONE_HZ.map((hz) => (2 * Math.PI * hz * LAG_SAMPLES) / SAMPLE_RATE_HZ);

export class TonePairRun implements Run {
  hops = 0;
  readonly #fit: TonePairFit;
  /** Complex amplitudes of the last three hops: low and high tone, real and imaginary part. */
  readonly #recent = new Float64Array(LAG_HOPS * 4);
  /** Sum of the phase advances, as complex numbers: low tone, then high tone. */
  readonly #advance = new Float64Array(4);
  readonly #tonePowers = new Float64Array(8);
  #energy = 0;
  #lowSquares = 0;
  #highSquares = 0;
  #least = Number.POSITIVE_INFINITY;
  #largest = 0;

  constructor(fit: TonePairFit) {
    this.#fit = fit;
  }

  /** Adds the newest hop, whose pair is the run's; says `restarted` if those before it were too quiet to count. */
  add(): 'added' | 'restarted' {
    const fit = this.#fit;
    const low = fit.lowRe * fit.lowRe + fit.lowIm * fit.lowIm;
    const high = fit.highRe * fit.highRe + fit.highIm * fit.highIm;
    const isRising = low + high > this.#least * LARGEST_RIPPLE_RATIO;
    if (isRising) this.reset();
    const recent = this.#recent;
    const at = (this.hops % LAG_HOPS) * 4;
    if (this.hops >= LAG_HOPS) {
      this.#advance[0] += fit.lowRe * recent[at] + fit.lowIm * recent[at + 1];
      this.#advance[1] += fit.lowIm * recent[at] - fit.lowRe * recent[at + 1];
      this.#advance[2] += fit.highRe * recent[at + 2] + fit.highIm * recent[at + 3];
      this.#advance[3] += fit.highIm * recent[at + 2] - fit.highRe * recent[at + 3];
    }
    recent[at] = fit.lowRe;
    recent[at + 1] = fit.lowIm;
    recent[at + 2] = fit.highRe;
    recent[at + 3] = fit.highIm;
    for (let tone = 0; tone < 8; tone += 1) this.#tonePowers[tone] += fit.tonePowers[tone];
    this.#lowSquares += low;
    this.#highSquares += high;
    this.#energy += fit.energy;
    if (low + high < this.#least) this.#least = low + high;
    if (low + high > this.#largest) this.#largest = low + high;
    this.hops += 1;
    return isRising ? 'restarted' : 'added';
  }

  /** Whether the run is a press of this pair (`row * 4 + column`). */
  isKey(pair: number): boolean {
    const row = pair >> 2;
    const column = 4 + (pair & 3);
    const lowHz = this.#offsetHz(0, row);
    const highHz = this.#offsetHz(2, column);
    if (Math.abs(lowHz) > LARGEST_OFFSET_SHARE * TONE_HZ[row]) return false;
    if (Math.abs(highHz) > LARGEST_OFFSET_SHARE * TONE_HZ[column]) return false;
    const low = this.#lowSquares / windowGain(lowHz);
    const high = this.#highSquares / windowGain(highHz);
    if (((low + high) * WINDOW_SAMPLES) / 2 < LEAST_SHARE * this.#energy) return false;
    if (high > low * LARGEST_TWIST_RATIO || high < low * LEAST_TWIST_RATIO) return false;
    if (Math.min(low, high) / 2 / this.hops < LEAST_TONE_POWER) return false;
    if (this.#largest > this.#least * LARGEST_RIPPLE_RATIO) return false;
    return this.#standsOut(row, 0) && this.#standsOut(column, 4);
  }

  reset(): void {
    this.hops = 0;
    this.#recent.fill(0);
    this.#advance.fill(0);
    this.#tonePowers.fill(0);
    this.#energy = 0;
    this.#lowSquares = 0;
    this.#highSquares = 0;
    this.#least = Number.POSITIVE_INFINITY;
    this.#largest = 0;
  }

  /** How far the tone lies from its nominal frequency. */
  #offsetHz(advanceAt: number, tone: number): number {
    const advance = Math.atan2(this.#advance[advanceAt + 1], this.#advance[advanceAt]);
    // Windows count phases from their own centre, so the nominal tone too advances between them.
    const excess = advance - LAG_PHASES[tone];
    const wrapped = excess - 2 * Math.PI * Math.round(excess / (2 * Math.PI));
    return (wrapped * SAMPLE_RATE_HZ) / (2 * Math.PI * LAG_SAMPLES);
  }

  #standsOut(tone: number, groupStart: number): boolean {
    for (let other = groupStart; other < groupStart + 4; other += 1) {
      if (other !== tone && this.#tonePowers[other] * LEAST_GROUP_RATIO > this.#tonePowers[tone]) return false;
    }
    return true;
  }
}

/** Share of its power that a tone keeps when it is correlated over the window with one this far off. */
function windowGain(offsetHz: number): number {
  const radians = (Math.PI * offsetHz * WINDOW_SAMPLES) / SAMPLE_RATE_HZ;
  if (Math.abs(radians) < 1e-6) return 1;
  const loss = Math.sin(radians) / radians;
  return loss * loss;
}
