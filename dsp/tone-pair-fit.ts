/** The coherent fit of one 12 ms window with its strongest row and column tone. */
import { HALF_SAMPLES, type HopBank, rotationTable, UNITS_PER_SAMPLE, WINDOW_SAMPLES } from './hop-bank.js';
import { powerOfDbm0 } from './level.js';
import { GRAM_STRIDE, inverseGramTable } from './pair-gram.js';

/** A hop counts for a pair when the pair explains this share of the window. A pair 1.8 % off at 15 dB S/N reaches .70. */
export const FIT_LEAST_SHARE = 0.62;
/** Two tones at the least level of -31 dBm0 each, in a window which they fill to two thirds. */
export const FIT_LEAST_ENERGY = WINDOW_SAMPLES * powerOfDbm0(-31.5) * UNITS_PER_SAMPLE * UNITS_PER_SAMPLE;

export const WINDOW_INVERSE = inverseGramTable(WINDOW_SAMPLES);
/** The halves' centres lie half a half's length from the window's. */
export const HALF_ROTATION = rotationTable(HALF_SAMPLES / 2);

export class TonePairFit {
  /** `row * 4 + column` of the strongest pair in the newest window. */
  pair = 0;
  energy = 0;
  /** Complex amplitudes of both tones by least squares; their squared size is the square of the tone's peak. */
  lowRe = 0;
  lowIm = 0;
  highRe = 0;
  highIm = 0;
  /** Squared correlation of each of the eight tones with the window, rows first. */
  readonly tonePowers = new Float64Array(8);

  readonly #re = new Float64Array(8);
  readonly #im = new Float64Array(8);

  /** Measures the newest window; true when its strongest pair explains enough of it to count. */
  measure(bank: HopBank): boolean {
    const energy = bank.windowEnergy;
    this.energy = energy;
    if (energy < FIT_LEAST_ENERGY) return false;
    const column = this.#strongest(bank, 4);
    const row = this.#strongest(bank, 0);
    const lowRe = this.#re[row];
    const lowIm = this.#im[row];
    const highRe = this.#re[4 + column];
    const highIm = this.#im[4 + column];
    const g = WINDOW_INVERSE;
    const at = (row * 4 + column) * GRAM_STRIDE;
    this.pair = row * 4 + column;
    this.lowRe = g[at] * lowRe + g[at + 1] * highRe;
    this.highRe = g[at + 1] * lowRe + g[at + 2] * highRe;
    this.lowIm = g[at + 3] * lowIm + g[at + 4] * highIm;
    this.highIm = g[at + 4] * lowIm + g[at + 5] * highIm;
    const explained = lowRe * this.lowRe + highRe * this.highRe + lowIm * this.lowIm + highIm * this.highIm;
    return explained >= FIT_LEAST_SHARE * energy;
  }

  reset(): void {
    this.pair = 0;
    this.energy = 0;
    this.lowRe = 0;
    this.lowIm = 0;
    this.highRe = 0;
    this.highIm = 0;
    this.tonePowers.fill(0);
    this.#re.fill(0);
    this.#im.fill(0);
  }

  /** Sums the halves of four tones into the window's correlations and returns the strongest tone's index among them. */
  #strongest(bank: HopBank, firstTone: number): number {
    const newest = bank.newestSlot * 8;
    const older = bank.olderSlot * 8;
    const re = bank.halfRe;
    const im = bank.halfIm;
    const windowRe = this.#re;
    const windowIm = this.#im;
    const powers = this.tonePowers;
    let best = 0;
    let bestPower = -1;
    for (let index = 0; index < 4; index += 1) {
      const tone = firstTone + index;
      const cosine = HALF_ROTATION[tone];
      const sine = HALF_ROTATION[8 + tone];
      const olderRe = re[older + tone];
      const olderIm = im[older + tone];
      const newestRe = re[newest + tone];
      const newestIm = im[newest + tone];
      const sumRe = cosine * (olderRe + newestRe) + sine * (newestIm - olderIm);
      const sumIm = cosine * (olderIm + newestIm) + sine * (olderRe - newestRe);
      const power = sumRe * sumRe + sumIm * sumIm;
      windowRe[tone] = sumRe;
      windowIm[tone] = sumIm;
      powers[tone] = power;
      if (power > bestPower) {
        bestPower = power;
        best = index;
      }
    }
    return best;
  }
}
