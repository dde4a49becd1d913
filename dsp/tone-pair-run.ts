/**
 * A run of windows with the same pair, examined as a whole. Averaging over 24 ms makes measurements sharp that are loose
 * in one window: each tone's frequency comes out to about 1 Hz, from its phase advance over 6 ms.
 *
 * Angles are compared by their tangents and cosines, not computed, so that additions, multiplications, divisions and
 * square roots are all there is: those come out the same on every machine, in the kernel as here.
 */

import { SAMPLE_RATE_HZ, TONE_HZ } from './dtmf-keys.js';
import { HALF_SAMPLES, UNITS_PER_SAMPLE, WINDOW_SAMPLES } from './hop-bank.js';
import { powerOfDbm0 } from './level.js';
import type { Run } from './press-debounce.js';
import { MEASUREMENT_LENGTH } from './tone-analysis.js';
import type { TonePairFit } from './tone-pair-fit.js';

/** Q.24 wants 1.5 % + 2 Hz and 1.8 % (NTT) accepted, 3.0 % (NTT) and 3.5 % refused. */
const LARGEST_OFFSET_SHARE = 0.0245;
/** Share of the run's energy the pair explains, corrected for its offset; mains hum and 15 dB of noise stay above. */
export const RUN_LEAST_SHARE = 0.86;
/** Q.24 (AT&T): +4 to -8 dB, NTT ±5 dB, and what 15 dB of noise adds to the measurement. */
export const RUN_LARGEST_TWIST_RATIO = 10 ** 0.65;
export const RUN_LEAST_TWIST_RATIO = 10 ** -0.95;
/** Per tone. Between AT&T's -25 dBm0 to accept and -55 to refuse; NTT's -29 "shall not" is not met, on purpose. */
const LEAST_TONE_POWER = powerOfDbm0(-31);
/** The square of the least amplitude, in square units. */
export const RUN_LEAST_SQUARE = 2 * LEAST_TONE_POWER * UNITS_PER_SAMPLE * UNITS_PER_SAMPLE;
/** 4.5 dB within a run. A rising tone starts the run anew, so slow ramps only delay it; a falling one fails it. */
export const RUN_LARGEST_RIPPLE_RATIO = 10 ** 0.45;
/** 5 dB over every other tone of its group. */
export const RUN_LEAST_GROUP_RATIO = 10 ** 0.5;

/** Windows three hops apart: unambiguous to ±83 Hz. */
export const LAG_HOPS = 3;
const RADIANS_PER_HZ = (2 * Math.PI * HALF_SAMPLES) / SAMPLE_RATE_HZ;
/** Windows count phases from their own centre, so a tone at its nominal frequency too advances by this between them. */
export const LAG_COSINES = Float64Array.from(TONE_HZ, (hz) => Math.cos(RADIANS_PER_HZ * hz));
export const LAG_SINES = Float64Array.from(TONE_HZ, (hz) => Math.sin(RADIANS_PER_HZ * hz));
/** The largest offset of each tone is 40 Hz, whose advance is still less than a quarter turn. */
export const LARGEST_OFFSET_TANGENTS = Float64Array.from(TONE_HZ, (hz) =>
  Math.tan(RADIANS_PER_HZ * LARGEST_OFFSET_SHARE * hz),
);
/** Each halving of the angle brings the product nearer to the sinc by a factor of four; eight leave an error of 4e-6. */
const SINC_FACTORS = 8;

export class TonePairRun implements Run {
  hops = 0;
  /** Of the run that was a key last, as `ToneAnalysis.readMeasurement` tells it. */
  readonly measurement = new Float64Array(MEASUREMENT_LENGTH);
  readonly #fit: TonePairFit;
  /** Complex amplitudes of the last three hops: low and high tone, real and imaginary part. */
  readonly #recent = new Float64Array(LAG_HOPS * 4);
  /** Sum of the phase advances, as complex numbers: low tone, then high tone. */
  readonly #advance = new Float64Array(4);
  /** The same beyond the nominal advances. */
  readonly #excess = new Float64Array(4);
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
    const isRising = low + high > this.#least * RUN_LARGEST_RIPPLE_RATIO;
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
    if (!this.#isOnFrequency(0, row) || !this.#isOnFrequency(2, column)) return false;
    const low = this.#lowSquares / this.#windowGain(0);
    const high = this.#highSquares / this.#windowGain(2);
    if ((low + high) * (WINDOW_SAMPLES / 2) < RUN_LEAST_SHARE * this.#energy) return false;
    if (high > low * RUN_LARGEST_TWIST_RATIO || high < low * RUN_LEAST_TWIST_RATIO) return false;
    if (low < RUN_LEAST_SQUARE * this.hops || high < RUN_LEAST_SQUARE * this.hops) return false;
    if (this.#largest > this.#least * RUN_LARGEST_RIPPLE_RATIO) return false;
    if (!this.#standsOut(row, 0) || !this.#standsOut(column, 4)) return false;
    this.measurement[0] = this.#lowSquares / this.hops;
    this.measurement[1] = this.#highSquares / this.hops;
    this.measurement.set(this.#excess, 2);
    return true;
  }

  /** Wipes the last measurement too. */
  forget(): void {
    this.measurement.fill(0);
    this.reset();
  }

  reset(): void {
    this.hops = 0;
    this.#recent.fill(0);
    this.#advance.fill(0);
    this.#excess.fill(0);
    this.#tonePowers.fill(0);
    this.#energy = 0;
    this.#lowSquares = 0;
    this.#highSquares = 0;
    this.#least = Number.POSITIVE_INFINITY;
    this.#largest = 0;
  }

  /** Turns the tone's advance back by the nominal one; what is left tells how far off its frequency is. */
  #isOnFrequency(at: number, tone: number): boolean {
    const re = this.#advance[at] * LAG_COSINES[tone] + this.#advance[at + 1] * LAG_SINES[tone];
    const im = this.#advance[at + 1] * LAG_COSINES[tone] - this.#advance[at] * LAG_SINES[tone];
    this.#excess[at] = re;
    this.#excess[at + 1] = im;
    return re > 0 && Math.abs(im) <= re * LARGEST_OFFSET_TANGENTS[tone];
  }

  /**
   * Share of its power that a tone off its frequency keeps when it is correlated over the window with the nominal one:
   * the square of sin(a) / a, where `a` is the excess advance, for the lag is half the window. By Viète's product,
   * sin(a) / a = cos(a/2)·cos(a/4)·cos(a/8)…
   */
  #windowGain(at: number): number {
    const re = this.#excess[at];
    const im = this.#excess[at + 1];
    let cosine = re / Math.sqrt(re * re + im * im);
    let gain = 1;
    for (let factor = 0; factor < SINC_FACTORS; factor += 1) {
      const square = (1 + cosine) / 2;
      gain *= square;
      cosine = Math.sqrt(square);
    }
    return gain;
  }

  #standsOut(tone: number, groupStart: number): boolean {
    for (let other = groupStart; other < groupStart + 4; other += 1) {
      if (other !== tone && this.#tonePowers[other] * RUN_LEAST_GROUP_RATIO > this.#tonePowers[tone]) return false;
    }
    return true;
  }
}
