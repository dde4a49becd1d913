/**
 * Exact least squares of a window on one row and one column tone.
 *
 * The model is `a·cos + b·sin` of both frequencies. With phases counted from the centre of the window, cosines (even) and
 * sines (odd) are orthogonal, so the 4×4 normal equations fall into two 2×2 blocks whose inverses depend only on the pair
 * and the window's length. Reading correlations without them would let one tone leak into the other (±12 % at 10 ms).
 */
import { COLUMN_HZ, ROW_HZ, SAMPLE_RATE_HZ } from './dtmf-keys.js';

/** Numbers per pair in a table: the inverse cosine block (row-row, row-column, column-column), then the sine block. */
export const GRAM_STRIDE = 6;

/** Inverse blocks of all 16 pairs, indexed by `(row * 4 + column) * GRAM_STRIDE`. */
export function inverseGramTable(windowSamples: number): Float64Array {
  const table = new Float64Array(16 * GRAM_STRIDE);
  for (let row = 0; row < 4; row += 1) {
    for (let column = 0; column < 4; column += 1) {
      const low = (2 * Math.PI * ROW_HZ[row]) / SAMPLE_RATE_HZ;
      const high = (2 * Math.PI * COLUMN_HZ[column]) / SAMPLE_RATE_HZ;
      const difference = centredCosineSum(high - low, windowSamples) / 2;
      const sum = centredCosineSum(high + low, windowSamples) / 2;
      const lowDouble = centredCosineSum(2 * low, windowSamples) / 2;
      const highDouble = centredCosineSum(2 * high, windowSamples) / 2;
      const half = windowSamples / 2;
      const at = (row * 4 + column) * GRAM_STRIDE;
      writeInverse(table, at, half + lowDouble, difference + sum, half + highDouble);
      writeInverse(table, at + 3, half - lowDouble, difference - sum, half - highDouble);
    }
  }
  return table;
}

/** Sum of `cos(radians · m)` over a window with its centre at m = 0. */
function centredCosineSum(radians: number, windowSamples: number): number {
  return Math.sin((radians * windowSamples) / 2) / Math.sin(radians / 2);
}

function writeInverse(table: Float64Array, at: number, first: number, cross: number, second: number): void {
  const determinant = first * second - cross * cross;
  table[at] = second / determinant;
  table[at + 1] = -cross / determinant;
  table[at + 2] = first / determinant;
}

/**
 * What a pair explains of a window is never more than this times the squared correlations with both its tones: the largest
 * eigenvalue of all inverse blocks, and a little for rounding.
 */
export function largestExplainedShare(inverse: Float64Array): number {
  let largest = 0;
  for (let at = 0; at < inverse.length; at += GRAM_STRIDE / 2) {
    const mean = (inverse[at] + inverse[at + 2]) / 2;
    const spread = (inverse[at] - inverse[at + 2]) / 2;
    largest = Math.max(largest, mean + Math.sqrt(spread * spread + inverse[at + 1] * inverse[at + 1]));
  }
  return largest * (1 + 1e-9);
}

/**
 * Energy of a window that its best fit with `pair` explains.
 *
 * @param inverse - the table of the window's length.
 * @param re - correlations with the eight tones from `base` on, and `im`, their phases counted from the window's centre.
 */
export function explainedEnergy(
  inverse: Float64Array,
  pair: number,
  re: Float32Array | Float64Array,
  im: Float32Array | Float64Array,
  base: number,
): number {
  const row = base + (pair >> 2);
  const column = base + 4 + (pair & 3);
  const lowRe = re[row];
  const lowIm = im[row];
  const highRe = re[column];
  const highIm = im[column];
  const at = pair * GRAM_STRIDE;
  return (
    lowRe * (inverse[at] * lowRe + 2 * inverse[at + 1] * highRe) +
    inverse[at + 2] * highRe * highRe +
    lowIm * (inverse[at + 3] * lowIm + 2 * inverse[at + 4] * highIm) +
    inverse[at + 5] * highIm * highIm
  );
}
