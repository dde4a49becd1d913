/**
 * From 16 kHz to 8 kHz and back by one half-band low-pass: flat to 3.4 kHz, 60 dB down from 4.6 kHz on. Every second one
 * of its coefficients is zero and the middle one is a half, so each costs twelve multiplications a sample of 8 kHz.
 */
import { toSample } from './level.js';

/** Coefficients on each side of the middle that are not zero; they stand at 1, 3, 5 … samples from it. */
const PAIRS = 12;
/** How far what comes out is behind what went in, in samples of 16 kHz. */
export const DECIMATOR_DELAY_SAMPLES = 2 * PAIRS - 2;
export const INTERPOLATOR_DELAY_SAMPLES = 2 * PAIRS - 1;
/** Kaiser's window for 60 dB. */
const KAISER_BETA = 5.65;
/** Longer frames are filtered piece by piece. */
const BLOCK_SAMPLES = 160;

const HISTORY_SAMPLES = 4 * PAIRS - 2;

const COEFFICIENTS = coefficients();

/** One stream from 16 kHz to 8 kHz. */
export class HalfBandDecimator {
  /** What the filter still needs of the samples before, and a block behind it. */
  readonly #work = new Int16Array(HISTORY_SAMPLES + 2 * BLOCK_SAMPLES);

  /** Reads `2 * count` samples from `sourceOffset` on and writes `count` to the start of `target`, which may be `source`. */
  process(source: Int16Array, sourceOffset: number, count: number, target: Int16Array): void {
    const work = this.#work;
    for (let done = 0; done < count; done += BLOCK_SAMPLES) {
      const block = Math.min(BLOCK_SAMPLES, count - done);
      const from = sourceOffset + 2 * done;
      for (let index = 0; index < 2 * block; index += 1) work[HISTORY_SAMPLES + index] = source[from + index];
      for (let index = 0; index < block; index += 1) {
        // The newest sample that counts is the second one of its pair.
        const middle = 2 * index + 2 * PAIRS;
        let sum = 0.5 * work[middle];
        for (let pair = 0, apart = 1; pair < PAIRS; pair += 1, apart += 2) {
          sum += COEFFICIENTS[pair] * (work[middle - apart] + work[middle + apart]);
        }
        target[done + index] = toSample(sum);
      }
      work.copyWithin(0, 2 * block, 2 * block + HISTORY_SAMPLES);
    }
  }

  reset(): void {
    this.#work.fill(0);
  }
}

/** One stream from 8 kHz to 16 kHz. */
export class HalfBandInterpolator {
  readonly #work = new Int16Array(2 * PAIRS - 1 + BLOCK_SAMPLES);

  /** Reads `count` samples from the start of `source` and writes `2 * count` to the start of `target`, another array. */
  process(source: Int16Array, count: number, target: Int16Array): void {
    const work = this.#work;
    const history = 2 * PAIRS - 1;
    for (let done = 0; done < count; done += BLOCK_SAMPLES) {
      const block = Math.min(BLOCK_SAMPLES, count - done);
      for (let index = 0; index < block; index += 1) work[history + index] = source[done + index];
      for (let index = 0; index < block; index += 1) {
        let sum = 0;
        for (let pair = 0; pair < PAIRS; pair += 1) {
          sum += COEFFICIENTS[pair] * (work[index + PAIRS - 1 - pair] + work[index + PAIRS + pair]);
        }
        target[2 * (done + index)] = toSample(2 * sum);
        target[2 * (done + index) + 1] = work[index + PAIRS];
      }
      work.copyWithin(0, block, block + history);
    }
  }

  reset(): void {
    this.#work.fill(0);
  }
}

/** A windowed sinc, scaled so that both halves of the filter add up to a half. */
function coefficients(): Float64Array {
  const raw = Float64Array.from({ length: PAIRS }, (_, pair) => {
    const apart = 2 * pair + 1;
    const sinc = (pair % 2 === 0 ? 1 : -1) / (Math.PI * apart);
    return sinc * bessel(KAISER_BETA * Math.sqrt(1 - (apart / (2 * PAIRS)) ** 2));
  });
  const sum = raw.reduce((total, value) => total + value, 0);
  return raw.map((value) => value / (4 * sum));
}

/** Modified Bessel function of the first kind and order 0, by its series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 32; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
