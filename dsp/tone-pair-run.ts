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
import { LONG_RUN_HOPS, RUN_HOPS, type Run } from './press-debounce.js';
import { MEASUREMENT_LENGTH } from './tone-analysis.js';
import type { TonePairFit } from './tone-pair-fit.js';

/** Q.24 wants 1.5 % + 2 Hz and 1.8 % (NTT) accepted, 3.0 % (NTT) and 3.5 % refused. */
const LARGEST_OFFSET_SHARE = 0.0245;
/**
 * How well the run is explained: the share of its energy that the pair explains, corrected for its offset, and the
 * coherence of the less coherent tone, whose phase advance a pure tone repeats and speech does not (1 and a little more, for
 * the run begins and ends in windows that the tone does not fill). Measured on presses at all limits of Q.24 and on nine
 * hours of speech:
 *
 * | what                                      | share  | coherence | sum            |
 * | ----------------------------------------- | ------ | --------- | -------------- |
 * | 15 dB of noise, or all limits at once     | > .91  | > .95     | > 1.89         |
 * | mains hum 7 dB below the tones            | > .87  | > 1.00    | > 1.87         |
 * | speech that is a key by all other limits  | .86-.93 | .95-1.00 | < 1.885        |
 * | the same after four hops more             | .86-.95 | .74-.99  | < 1.86         |
 */
export const RUN_LEAST_QUALITY = 1.888;
export const EARLY_RUN_LEAST_QUALITY = 1.9;
/** Asked of a run of `LONG_RUN_HOPS`, which speech seldom comes to. */
export const LONG_RUN_LEAST_QUALITY = 1.87;
export const RUN_LEAST_SHARE = 0.86;
/** 1 dB: the newest window of an early run is no weaker than this against the strongest, or the tone may be over. */
export const EARLY_RUN_LEAST_STEADINESS = 0.8;
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
  #newest = 0;
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
    this.#newest = low + high;
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
    const lowAdvance = this.#sizeOfExcess(0);
    const highAdvance = this.#sizeOfExcess(2);
    const low = this.#lowSquares / windowGain(this.#excess[0] / lowAdvance);
    const high = this.#highSquares / windowGain(this.#excess[2] / highAdvance);
    const share = ((low + high) * (WINDOW_SAMPLES / 2)) / this.#energy;
    const spans = this.hops / (this.hops - LAG_HOPS);
    const lowCoherence = (lowAdvance / this.#lowSquares) * spans;
    const highCoherence = (highAdvance / this.#highSquares) * spans;
    const quality = share + Math.min(lowCoherence, highCoherence);
    if (!(share >= RUN_LEAST_SHARE && quality >= this.#leastQuality())) return false;
    if (this.hops < RUN_HOPS && this.#newest < EARLY_RUN_LEAST_STEADINESS * this.#largest) return false;
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
    this.#newest = 0;
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

  #leastQuality(): number {
    if (this.hops < RUN_HOPS) return EARLY_RUN_LEAST_QUALITY;
    return this.hops < LONG_RUN_HOPS ? RUN_LEAST_QUALITY : LONG_RUN_LEAST_QUALITY;
  }

  #sizeOfExcess(at: number): number {
    const re = this.#excess[at];
    const im = this.#excess[at + 1];
    return Math.sqrt(re * re + im * im);
  }

  #standsOut(tone: number, groupStart: number): boolean {
    for (let other = groupStart; other < groupStart + 4; other += 1) {
      if (other !== tone && this.#tonePowers[other] * RUN_LEAST_GROUP_RATIO > this.#tonePowers[tone]) return false;
    }
    return true;
  }
}

/**
 * Share of its power that a tone off its frequency keeps when it is correlated over the window with the nominal one:
 * the square of sin(a) / a, where `a` is the excess advance (the lag is half the window), by its cosine. By Viète's product,
 * sin(a) / a = cos(a/2)·cos(a/4)·cos(a/8)…
 */
function windowGain(cosineOfExcess: number): number {
  let cosine = cosineOfExcess;
  let gain = 1;
  for (let factor = 0; factor < SINC_FACTORS; factor += 1) {
    const square = (1 + cosine) / 2;
    gain *= square;
    cosine = Math.sqrt(square);
  }
  return gain;
}
