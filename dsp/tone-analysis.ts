/**
 * What every hop of audio says of DTMF: whether it may hold a key's tones (for the suppressor), and where presses begin
 * and end (for the detector). One analysis follows one stream.
 *
 * There are two of them that agree to the last bit: `ReferenceAnalysis`, which is the specification, and
 * `KernelAnalysis`, which does it in WebAssembly at several times the speed.
 */

/** Flags of a hop. */
export const PRESS_BEGAN = 1;
export const PRESS_ENDED = 2;
/** The last 12 ms may hold a key's tones. */
export const MAY_HOLD_TONES = 4;

/** So many hops can be analysed in one go: 64 ms. */
export const MAX_HOPS = 32;

/** Numbers in a measurement, see `readMeasurement`. */
export const MEASUREMENT_LENGTH = 6;

export interface ToneAnalysis {
  /**
   * Takes `count` hops of 16 samples from `offset` on. Returns the flags of all hops together.
   * @throws RangeError when there are more than MAX_HOPS: a mistake of ours.
   */
  takeHops(samples: Int16Array, offset: number, count: number): number;
  /** Flags of one of the hops taken last, counted from 0. */
  flagsOf(hop: number): number;
  /** `row * 4 + column` of the press that is going on, -1 if none is. */
  readonly pressPair: number;
  /** The hop with which the newest press' run of windows began, counted from 1 with the first whole window. */
  readonly pressStartHop: number;
  /**
   * What made the newest press a key: mean squared amplitudes of the low and the high tone (in units of
   * `UNITS_PER_SAMPLE`, not corrected for the offset), and the phase advances of both over 6 ms beyond the nominal ones,
   * as complex numbers.
   */
  readMeasurement(target: Float64Array): void;
  /** Wipes everything that could tell what was heard, and begins anew. */
  reset(): void;
}
