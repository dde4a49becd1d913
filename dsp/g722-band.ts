/**
 * One sub-band of ITU-T G.722 as encoder and decoder share it: the adaptive step size of the quantizer and the adaptive
 * predictor of two poles and six zeros (blocks 3 and 4 of §6.2.1 and §6.2.2). Both sides keep it in step because both
 * feed it with nothing but what is on the wire, so the state of a decoder is that of the encoder it listens to.
 *
 * Arithmetic is that of the Recommendation: 16-bit words that saturate, products cut to 15 fractional bits.
 */

export type BandConstants = {
  /** Scale factor after reset. */
  readonly resetStep: number;
  /** Largest logarithmic scale factor, in 1/2048 of an octave. */
  readonly largestLogStep: number;
  /** How the quantizer's code moves the logarithmic scale factor, by code. */
  readonly logStepChanges: Int16Array;
  /** The octave at which a table entry of `INVERSE_LOG` is the scale factor. */
  readonly octaveShift: number;
};

/** Mantissas of 32 steps an octave (table ILB). */
const INVERSE_LOG = Int16Array.of(
  ...[2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543],
  ...[2_599, 2_656, 2_714, 2_774, 2_834, 2_896, 2_960, 3_025, 3_091, 3_158, 3_228],
  ...[3_298, 3_371, 3_444, 3_520, 3_597, 3_676, 3_756, 3_838, 3_922, 4_008],
);

/** Words of the state, by the Recommendation's names. */
const LOG_STEP = 0; // NB
const STEP = 1; // DET
const PREDICTION = 2; // S
const ZERO_PREDICTION = 3; // SZ
const RECONSTRUCTED = 4; // RLT1
const PARTIAL_1 = 5; // PLT1
const PARTIAL_2 = 6; // PLT2
const POLE_1 = 7; // AL1
const POLE_2 = 8; // AL2
const ZEROS = 9; // BL1 … BL6
const DIFFERENCES = 15; // DLT1 … DLT6, the newest first
const STATE_WORDS = 21;

/** Limits of the poles, in 1/16384: 0.75, and 1 - 2⁻⁴ less the second one. */
const LARGEST_POLE_2 = 12_288;
const POLE_1_MARGIN = 15_360;

export class G722Band {
  readonly #constants: BandConstants;
  readonly #state = new Int16Array(STATE_WORDS);

  constructor(constants: BandConstants) {
    this.#constants = constants;
    this.reset();
  }

  /** Scale factor of the quantizer for the next code. */
  get step(): number {
    return this.#state[STEP];
  }

  /** Predicted value of the next sample. */
  get prediction(): number {
    return this.#state[PREDICTION];
  }

  /** As after the reset of a codec; nothing is left of what was heard. */
  reset(): void {
    this.#state.fill(0);
    this.#state[STEP] = this.#constants.resetStep;
  }

  copyFrom(other: G722Band): void {
    this.#state.set(other.#state);
  }

  /** Takes the code that was sent and the difference it stands for; step and prediction are then those of the next sample. */
  adapt(code: number, difference: number): void {
    this.#predict(difference);
    this.#scale(code);
  }

  /** Blocks 3L and 3H: LOGSCL, SCALEL; LOGSCH, SCALEH. */
  #scale(code: number): void {
    const { logStepChanges, largestLogStep, octaveShift } = this.#constants;
    const moved = ((this.#state[LOG_STEP] * 127) >> 7) + logStepChanges[code];
    const logStep = between(moved, 0, largestLogStep);
    const mantissa = INVERSE_LOG[(logStep >> 6) & 31];
    const shift = octaveShift - (logStep >> 11);
    this.#state[LOG_STEP] = logStep;
    this.#state[STEP] = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
  }

  /** Blocks 4L and 4H: PARREC, RECONS, UPPOL2, UPPOL1, UPZERO, DELAYA, FILTEP, FILTEZ, PREDIC. */
  #predict(difference: number): void {
    const state = this.#state;
    const partial = saturate(difference + state[ZERO_PREDICTION]);
    const reconstructed = saturate(state[PREDICTION] + difference);

    const sameAsLast = (partial ^ state[PARTIAL_1]) >= 0;
    const sameAsBefore = (partial ^ state[PARTIAL_2]) >= 0;
    const fourPole1 = saturate(state[POLE_1] << 2);
    // Taken from 0, for the negative of 0 would be -0, which V8 keeps in a box.
    const turn = sameAsLast ? saturate(0 - fourPole1) : fourPole1;
    const secondMoved = (sameAsBefore ? 128 : -128) + (turn >> 7) + ((state[POLE_2] * 32_512) >> 15);
    const pole2 = between(secondMoved, -LARGEST_POLE_2, LARGEST_POLE_2);
    const firstMoved = (sameAsLast ? 192 : -192) + ((state[POLE_1] * 32_640) >> 15);
    // The poles stay within the triangle in which the predictor is stable.
    const pole1 = between(firstMoved, pole2 - POLE_1_MARGIN, POLE_1_MARGIN - pole2);

    const move = difference === 0 ? 0 : 128;
    const d1 = state[DIFFERENCES];
    const d2 = state[DIFFERENCES + 1];
    const d3 = state[DIFFERENCES + 2];
    const d4 = state[DIFFERENCES + 3];
    const d5 = state[DIFFERENCES + 4];
    const d6 = state[DIFFERENCES + 5];
    const b1 = movedZero(state[ZEROS], d1 ^ difference, move);
    const b2 = movedZero(state[ZEROS + 1], d2 ^ difference, move);
    const b3 = movedZero(state[ZEROS + 2], d3 ^ difference, move);
    const b4 = movedZero(state[ZEROS + 3], d4 ^ difference, move);
    const b5 = movedZero(state[ZEROS + 4], d5 ^ difference, move);
    const b6 = movedZero(state[ZEROS + 5], d6 ^ difference, move);
    state[ZEROS] = b1;
    state[ZEROS + 1] = b2;
    state[ZEROS + 2] = b3;
    state[ZEROS + 3] = b4;
    state[ZEROS + 4] = b5;
    state[ZEROS + 5] = b6;
    state[DIFFERENCES] = difference;
    state[DIFFERENCES + 1] = d1;
    state[DIFFERENCES + 2] = d2;
    state[DIFFERENCES + 3] = d3;
    state[DIFFERENCES + 4] = d4;
    state[DIFFERENCES + 5] = d5;
    const zeroSum =
      ((b1 * saturate(difference << 1)) >> 15) +
      ((b2 * saturate(d1 << 1)) >> 15) +
      ((b3 * saturate(d2 << 1)) >> 15) +
      ((b4 * saturate(d3 << 1)) >> 15) +
      ((b5 * saturate(d4 << 1)) >> 15) +
      ((b6 * saturate(d5 << 1)) >> 15);
    const zeroPrediction = saturate(zeroSum);
    const polePrediction = saturate(
      ((pole1 * saturate(reconstructed << 1)) >> 15) + ((pole2 * saturate(state[RECONSTRUCTED] << 1)) >> 15),
    );

    state[PARTIAL_2] = state[PARTIAL_1];
    state[PARTIAL_1] = partial;
    state[RECONSTRUCTED] = reconstructed;
    state[POLE_1] = pole1;
    state[POLE_2] = pole2;
    state[ZERO_PREDICTION] = zeroPrediction;
    state[PREDICTION] = saturate(polePrediction + zeroPrediction);
  }
}

/** UPZERO: towards where the new difference has the sign of the one that this zero weighs, and always a little to 0. */
function movedZero(zero: number, signs: number, move: number): number {
  return (signs >= 0 ? move : -move) + ((zero * 32_640) >> 15);
}

/** Not by `Math`, which this is too often called for wherever that is looked up, in tests for one. */
export function between(value: number, least: number, most: number): number {
  if (value > most) return most;
  if (value < least) return least;
  return value;
}

/** To a 16-bit word, as every addition of the Recommendation does. */
export function saturate(value: number): number {
  return between(value, -32_768, 32_767);
}
