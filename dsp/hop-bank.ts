/**
 * The front end of detector and suppressor: every hop of 2 ms it correlates 16 samples with the eight tones and keeps the
 * sums of three hops ("halves", 6 ms). Two halves that touch make the 12 ms analysis window, so any number of overlapping
 * windows costs no more than the hops.
 *
 * Phases are counted from the centre of a hop, or of a half: `re + j·im` is the sum of `x[n]·exp(-j·w·n)` with n from there.
 */
import { SAMPLE_RATE_HZ, TONE_HZ } from './dtmf-keys.js';
import { powerOfDbm0 } from './level.js';

export const HOP_SAMPLES = 16;
export const HALF_SAMPLES = 48;
export const WINDOW_SAMPLES = 96;
export const WINDOW_HOPS = WINDOW_SAMPLES / HOP_SAMPLES;

/** The newest half and the three before it: what a window that ends now, or at one of the last hops, is made of. */
const HALF_SLOTS = 4;
const HOP_SLOTS = 4;

/**
 * Hops quieter than this are not correlated. It lies so far below the quietest window any decision is made on (-50 dBm0)
 * that such a hop cannot hold a part of a tone that matters.
 */
const HOP_GATE_ENERGY = HOP_SAMPLES * powerOfDbm0(-66);

/** Per tone eight cosines and eight sines at half-sample offsets 0.5 … 7.5 from the hop's centre. */
const TABLE_STRIDE = 16;
const HOP_TABLE = hopTable();
/** Rotations by one hop, to sum hops into a half: cosine and sine per tone. */
const HOP_ROTATION = rotationTable(HOP_SAMPLES);

export class HopBank {
  /** Indexed by `slot * 8 + tone`; see `newestSlot`. */
  readonly halfRe = new Float64Array(HALF_SLOTS * 8);
  readonly halfIm = new Float64Array(HALF_SLOTS * 8);
  readonly halfEnergy = new Float64Array(HALF_SLOTS);
  /** Slot of the half that ends with the newest hop. */
  newestSlot = 0;
  /** Slot of the half before it, which ends where the newest one begins. */
  olderSlot = 1;
  /** Energy of the newest hop, the sum of its squares. */
  hopEnergy = 0;

  readonly #hopRe = new Float64Array(HOP_SLOTS * 8);
  readonly #hopIm = new Float64Array(HOP_SLOTS * 8);
  readonly #hopEnergies = new Float64Array(HOP_SLOTS);
  #hopCount = 0;

  /** Hops seen since construction or reset. */
  get hopCount(): number {
    return this.#hopCount;
  }

  /** Energy of the 12 ms window that ends with the newest hop. */
  get windowEnergy(): number {
    return this.halfEnergy[this.newestSlot] + this.halfEnergy[this.olderSlot];
  }

  /** Takes the 16 samples at `offset`. */
  takeHop(samples: Int16Array, offset: number): void {
    const slot = this.#hopCount & 3;
    this.#hopCount += 1;
    this.newestSlot = slot;
    this.olderSlot = (slot + 1) & 3;
    this.#correlate(samples, offset, slot);
    this.#sumHalf(slot);
  }

  /** Wipes everything that could tell what was heard. */
  reset(): void {
    this.halfRe.fill(0);
    this.halfIm.fill(0);
    this.halfEnergy.fill(0);
    this.#hopRe.fill(0);
    this.#hopIm.fill(0);
    this.#hopEnergies.fill(0);
    this.#hopCount = 0;
    this.newestSlot = 0;
    this.olderSlot = 1;
    this.hopEnergy = 0;
  }

  /**
   * One pass with everything in locals: cosines are even and sines odd about the centre, so sums and differences of
   * mirrored samples halve the multiplications.
   */
  #correlate(x: Int16Array, at: number, slot: number): void {
    const a0 = x[at + 7];
    const b0 = x[at + 8];
    const a1 = x[at + 6];
    const b1 = x[at + 9];
    const a2 = x[at + 5];
    const b2 = x[at + 10];
    const a3 = x[at + 4];
    const b3 = x[at + 11];
    const a4 = x[at + 3];
    const b4 = x[at + 12];
    const a5 = x[at + 2];
    const b5 = x[at + 13];
    const a6 = x[at + 1];
    const b6 = x[at + 14];
    const a7 = x[at];
    const b7 = x[at + 15];
    const energy =
      a0 * a0 +
      b0 * b0 +
      (a1 * a1 + b1 * b1) +
      (a2 * a2 + b2 * b2) +
      (a3 * a3 + b3 * b3) +
      (a4 * a4 + b4 * b4) +
      (a5 * a5 + b5 * b5) +
      (a6 * a6 + b6 * b6) +
      (a7 * a7 + b7 * b7);
    const re = this.#hopRe;
    const im = this.#hopIm;
    const base = slot * 8;
    this.hopEnergy = energy;
    this.#hopEnergies[slot] = energy;
    if (energy < HOP_GATE_ENERGY) {
      re.fill(0, base, base + 8);
      im.fill(0, base, base + 8);
      return;
    }
    const e0 = b0 + a0;
    const e1 = b1 + a1;
    const e2 = b2 + a2;
    const e3 = b3 + a3;
    const e4 = b4 + a4;
    const e5 = b5 + a5;
    const e6 = b6 + a6;
    const e7 = b7 + a7;
    const o0 = a0 - b0;
    const o1 = a1 - b1;
    const o2 = a2 - b2;
    const o3 = a3 - b3;
    const o4 = a4 - b4;
    const o5 = a5 - b5;
    const o6 = a6 - b6;
    const o7 = a7 - b7;
    const t = HOP_TABLE;
    for (let tone = 0, row = 0; tone < 8; tone += 1, row += TABLE_STRIDE) {
      re[base + tone] =
        e0 * t[row] +
        e1 * t[row + 1] +
        (e2 * t[row + 2] + e3 * t[row + 3]) +
        (e4 * t[row + 4] + e5 * t[row + 5] + (e6 * t[row + 6] + e7 * t[row + 7]));
      im[base + tone] =
        o0 * t[row + 8] +
        o1 * t[row + 9] +
        (o2 * t[row + 10] + o3 * t[row + 11]) +
        (o4 * t[row + 12] + o5 * t[row + 13] + (o6 * t[row + 14] + o7 * t[row + 15]));
    }
  }

  #sumHalf(slot: number): void {
    const re = this.#hopRe;
    const im = this.#hopIm;
    const energies = this.#hopEnergies;
    const middle = ((slot + 3) & 3) * 8;
    const first = ((slot + 2) & 3) * 8;
    const base = slot * 8;
    const rotation = HOP_ROTATION;
    const halfRe = this.halfRe;
    const halfIm = this.halfIm;
    for (let tone = 0; tone < 8; tone += 1) {
      const cosine = rotation[tone];
      const sine = rotation[8 + tone];
      const firstRe = re[first + tone];
      const firstIm = im[first + tone];
      const lastRe = re[base + tone];
      const lastIm = im[base + tone];
      // The first hop's centre lies one hop before the half's, the last one's a hop after it.
      halfRe[base + tone] = re[middle + tone] + cosine * (firstRe + lastRe) + sine * (lastIm - firstIm);
      halfIm[base + tone] = im[middle + tone] + cosine * (firstIm + lastIm) + sine * (firstRe - lastRe);
    }
    this.halfEnergy[slot] = energies[(slot + 2) & 3] + energies[(slot + 3) & 3] + energies[slot];
  }
}

/** Cosines and sines of the eight tones' phase over `samples`: eight cosines, then eight sines. */
export function rotationTable(samples: number): Float64Array {
  return Float64Array.from({ length: 16 }, (_, index) => {
    const radians = (2 * Math.PI * TONE_HZ[index & 7] * samples) / SAMPLE_RATE_HZ;
    return index < 8 ? Math.cos(radians) : Math.sin(radians);
  });
}

function hopTable(): Float64Array {
  return Float64Array.from({ length: 8 * TABLE_STRIDE }, (_, index) => {
    const radians = (2 * Math.PI * TONE_HZ[index >> 4]) / SAMPLE_RATE_HZ;
    const position = (index & 7) + 0.5;
    return (index & 15) < 8 ? Math.cos(radians * position) : Math.sin(radians * position);
  });
}
