/**
 * The wideband codec of ITU-T G.722 in its mode 1, 64 kbit/s: two 16 kHz samples make one octet. Two quadrature mirror
 * filters split the signal into a lower and a higher sub-band of 8 kHz each; an ADPCM of 6 bits codes the lower one, of
 * 2 bits the higher one.
 *
 * ```
 *  0   1   2   3   4   5   6   7
 * +---+---+---+---+---+---+---+---+
 * |  high |          low          |
 * +---+---+---+---+---+---+---+---+
 * ```
 *
 * Samples are 16-bit as gateways and telephones have them, so that a level here is the same level in G.711. Both codecs
 * have a state that follows the signal: one object a stream, every octet in its order. Any octets decode to something
 * within range. `reset` leaves nothing of what was heard.
 */
import { type BandConstants, between, G722Band, saturate } from './g722-band.js';

/** RFC 3551 §4.5.2: an octet counts as one unit of an 8 kHz RTP clock, though it holds two samples. */
export const G722_SAMPLES_PER_OCTET = 2;
export const G722_SAMPLE_RATE_HZ = 16_000;

/** Decision levels of the 60-level quantizer of the lower band (table Q6), above the first one, which is zero. */
const LOW_DECISIONS = Int16Array.of(
  ...[35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786],
  ...[858, 940, 1_023, 1_121, 1_219, 1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919],
);
/** Output values of the quantizers of 60, 15 and 4 levels, by code (tables QM6, QM4, QM2); the first four of 60 are no code. */
const LOW_OUTPUTS = Int16Array.of(
  ...[-136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704, -14_984, -13_512, -12_280, -11_192, -10_232],
  ...[-9_360, -8_576, -7_856, -7_192, -6_576, -6_000, -5_456, -4_944, -4_464, -4_008, -3_576, -3_168, -2_776],
  ...[-2_400, -2_032, -1_688, -1_360, -1_040, -728, 24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280],
  ...[11_192, 10_232, 9_360, 8_576, 7_856, 7_192, 6_576, 6_000, 5_456, 4_944, 4_464, 4_008, 3_576, 3_168],
  ...[2_776, 2_400, 2_032, 1_688, 1_360, 1_040, 728, 432, 136, -432, -136],
);
const LOW_COARSE_OUTPUTS = Int16Array.of(
  ...[0, -20_456, -12_896, -8_968, -6_288, -4_240, -2_584, -1_200],
  ...[20_456, 12_896, 8_968, 6_288, 4_240, 2_584, 1_200, 0],
);
const HIGH_OUTPUTS = Int16Array.of(-7_408, -1_616, 7_408, 1_616);
/** Q2: the one decision level of the higher band. */
const HIGH_DECISION = 564;

/** By the four upper bits of a code: WL by way of RL42. */
const LOW_LOG_CHANGES = Int16Array.of(
  ...[-60, 3_042, 1_198, 538, 334, 172, 58, -30],
  ...[3_042, 1_198, 538, 334, 172, 58, -30, -60],
);
/** By code: WH by way of RH2. */
const HIGH_LOG_CHANGES = Int16Array.of(798, -214, 798, -214);

const LOW_BAND: BandConstants = {
  resetStep: 32,
  largestLogStep: 18_432,
  logStepChanges: LOW_LOG_CHANGES,
  octaveShift: 8,
};
const HIGH_BAND: BandConstants = {
  resetStep: 8,
  largestLogStep: 22_528,
  logStepChanges: HIGH_LOG_CHANGES,
  octaveShift: 10,
};

/** The 24 symmetric coefficients of the mirror filters, every other one (table 11): the rest are these in reverse. */
const MIRROR = Int16Array.of(3, -11, 12, 32, -210, 951, 3_876, -805, 362, -156, 53, -11);
const TAPS = MIRROR.length;
/** History of one filter arm twice over, so that the newest TAPS values always lie in a row. */
const ARM_WORDS = 2 * TAPS;

/** The two arms of a mirror filter: values go in by pairs, and come out as the two arms' sums. */
class MirrorArms {
  readonly #history = new Int16Array(2 * ARM_WORDS);
  #at = 0;
  /** Sum of the arm whose coefficients run forward, and of the one whose coefficients run in reverse. */
  forward = 0;
  reverse = 0;

  take(first: number, second: number): void {
    const history = this.#history;
    const at = this.#at;
    history[at] = first;
    history[at + TAPS] = first;
    history[at + ARM_WORDS] = second;
    history[at + ARM_WORDS + TAPS] = second;
    this.#at = at + 1 === TAPS ? 0 : at + 1;
    // From the oldest value to the newest.
    const oldest = at + 1;
    let forward = 0;
    let reverse = 0;
    for (let tap = 0; tap < TAPS; tap += 1) {
      forward += history[oldest + tap] * MIRROR[tap];
      reverse += history[oldest + ARM_WORDS + tap] * MIRROR[TAPS - 1 - tap];
    }
    this.forward = forward;
    this.reverse = reverse;
  }

  reset(): void {
    this.#history.fill(0);
    this.#at = 0;
    this.forward = 0;
    this.reverse = 0;
  }
}

export class G722Encoder {
  readonly #arms = new MirrorArms();
  readonly #low = new G722Band(LOW_BAND);
  readonly #high = new G722Band(HIGH_BAND);

  /** Writes `octets` codes from twice as many samples. The caller sees to it that both arrays are long enough. */
  encode(source: Int16Array, target: Uint8Array, targetOffset: number, octets: number): void {
    const arms = this.#arms;
    for (let index = 0; index < octets; index += 1) {
      // §5.2.1: sums of the two arms make the lower band, their difference the higher one; halved to 15 bits.
      arms.take(source[2 * index], source[2 * index + 1]);
      const low = saturate((arms.reverse + arms.forward) >> 14);
      const high = saturate((arms.reverse - arms.forward) >> 14);
      target[targetOffset + index] = (this.#encodeHigh(high) << 6) | this.#encodeLow(low);
    }
  }

  /**
   * Goes on where the sender of what `decoder` heard left off, so that whoever decodes that sender's octets and then these
   * hears no seam. The filter begins in silence: nothing of what was heard gets into what is encoded.
   */
  follow(decoder: G722Decoder): void {
    this.#arms.reset();
    this.#low.copyFrom(decoder.low);
    this.#high.copyFrom(decoder.high);
  }

  reset(): void {
    this.#arms.reset();
    this.#low.reset();
    this.#high.reset();
  }

  /** Blocks 1L and 2L of §6.2.1: QUANTL, INVQAL. */
  #encodeLow(sample: number): number {
    const band = this.#low;
    const { step } = band;
    const difference = saturate(sample - band.prediction);
    const code = lowCode(difference, step);
    band.adapt(code >> 2, (step * LOW_COARSE_OUTPUTS[code >> 2]) >> 15);
    return code;
  }

  /** Blocks 1H and 2H of §6.2.2: QUANTH, INVQAH. */
  #encodeHigh(sample: number): number {
    const band = this.#high;
    const { step } = band;
    const difference = saturate(sample - band.prediction);
    const isOuter = magnitudeOf(difference) >= (HIGH_DECISION * step) >> 12;
    const code = (difference < 0 ? 0 : 2) + (isOuter ? 0 : 1);
    band.adapt(code, (step * HIGH_OUTPUTS[code]) >> 15);
    return code;
  }
}

export class G722Decoder {
  readonly #arms = new MirrorArms();
  /** For an encoder that is to go on where this one is. */
  readonly low = new G722Band(LOW_BAND);
  readonly high = new G722Band(HIGH_BAND);

  /** Writes two samples for each of `octets` codes. The caller sees to it that both arrays are long enough. */
  decode(source: Uint8Array, sourceOffset: number, target: Int16Array, octets: number): void {
    const { low, high } = this;
    const arms = this.#arms;
    for (let index = 0; index < octets; index += 1) {
      const octet = source[sourceOffset + index];
      const lowCode = octet & 0x3f;
      const highCode = octet >> 6;
      // Blocks 5L and 6L, LIMIT, of §6.2.1: heard with all six bits, adapted to with four.
      const lowSample = limit(low.prediction + ((low.step * LOW_OUTPUTS[lowCode]) >> 15));
      low.adapt(lowCode >> 2, (low.step * LOW_COARSE_OUTPUTS[lowCode >> 2]) >> 15);
      const highDifference = (high.step * HIGH_OUTPUTS[highCode]) >> 15;
      const highSample = limit(high.prediction + highDifference);
      high.adapt(highCode, highDifference);
      // §5.2.2.
      arms.take(lowSample + highSample, lowSample - highSample);
      target[2 * index] = saturate(arms.reverse >> 11);
      target[2 * index + 1] = saturate(arms.forward >> 11);
    }
  }

  reset(): void {
    this.#arms.reset();
    this.low.reset();
    this.high.reset();
  }
}

/** Codes of the lower band count from the outside in: 4 to 31 and 62, 63 below zero, 32 to 61 above it (ILN, ILP). */
function lowCode(difference: number, step: number): number {
  const magnitude = magnitudeOf(difference);
  let from = 0;
  let to = LOW_DECISIONS.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (magnitude < (LOW_DECISIONS[middle] * step) >> 12) to = middle;
    else from = middle + 1;
  }
  if (difference >= 0) return 61 - from;
  return from < 2 ? 63 - from : 33 - from;
}

/** Of a negative number one less: so both signs have as many values. */
function magnitudeOf(difference: number): number {
  return difference < 0 ? ~difference : difference;
}

/** LIMIT: to the 15 bits of a sub-band. */
function limit(value: number): number {
  return between(value, -16_384, 16_383);
}
