/**
 * The front end of detector and suppressor: every hop of 2 ms it correlates 16 samples with the eight tones and keeps the
 * sums of three hops ("halves", 6 ms). Two halves that touch make the 12 ms analysis window, so any number of overlapping
 * windows costs no more than the hops.
 *
 * Phases are counted from the centre of a hop, or of a half: `re + j·im` is the sum of `x[n]·exp(-j·w·n)` with n from there.
 *
 * Samples are halved, which costs decoded G.711 nothing (its steps are even) and G.722 a bit far below its noise, and the
 * tables are whole numbers, so that the sums of a hop are exact in 32 bits and come out the same whoever adds them up in
 * whatever order. Halves are single precision, of which the kernel (`assembly/tone-kernel.ts`) does four at a time, and
 * `Math.fround` stands at every operation here, for this is its specification; all that follows is double. Amplitudes are
 * in units of 1 / `UNITS_PER_SAMPLE` of a sample.
 */
import { SAMPLE_RATE_HZ, TONE_HZ } from './dtmf-keys.js';
import { powerOfDbm0 } from './level.js';

export const HOP_SAMPLES = 16;
export const HALF_SAMPLES = 48;
export const WINDOW_SAMPLES = 96;
export const WINDOW_HOPS = WINDOW_SAMPLES / HOP_SAMPLES;

/** Eight products of a 16-bit sum of two samples with it still fit 32 bits. */
const TABLE_SCALE = 8_191;
export const UNITS_PER_SAMPLE = TABLE_SCALE / 2;
/** Of an energy of halved samples, in the square of units. */
export const UNIT_ENERGY = 4 * UNITS_PER_SAMPLE * UNITS_PER_SAMPLE;

/** The newest half and the three before it: what a window that ends now, or at one of the last hops, is made of. */
const SLOTS = 4;

/**
 * Hops quieter than this are not correlated. It lies so far below the quietest window any decision is made on (-50 dBm0)
 * that such a hop cannot hold a part of a tone that matters.
 */
export const HOP_GATE_ENERGY = Math.round((HOP_SAMPLES * powerOfDbm0(-66)) / 4);

const HALF_HOP = HOP_SAMPLES / 2;
/** Per tone eight cosines, and as many sines, at half-sample offsets 0.5 … 7.5 from the hop's centre. */
export const HOP_COSINES = hopTable(Math.cos);
export const HOP_SINES = hopTable(Math.sin);
/** Rotations by one hop, to sum hops into a half: cosine and sine per tone. */
export const HOP_ROTATION = Float32Array.from(rotationTable(HOP_SAMPLES));
const { fround } = Math;

export class HopBank {
  /** Indexed by `slot * 8 + tone`; see `newestSlot`. */
  readonly halfRe = new Float32Array(SLOTS * 8);
  readonly halfIm = new Float32Array(SLOTS * 8);
  /** Squared sizes of the halves' correlations, and energies, in square units. */
  readonly halfPower = new Float32Array(SLOTS * 8);
  readonly halfEnergy = new Float64Array(SLOTS);
  /** Slot of the half that ends with the newest hop. */
  newestSlot = 0;
  /** Slot of the half before it, which ends where the newest one begins. */
  olderSlot = 1;

  readonly #hopRe = new Float32Array(SLOTS * 8);
  readonly #hopIm = new Float32Array(SLOTS * 8);
  readonly #hopEnergy = new Float64Array(SLOTS);
  #hopCount = 0;

  /** Hops seen since construction or reset. */
  get hopCount(): number {
    return this.#hopCount;
  }

  /** Energy of the 12 ms window that ends with the newest hop, in square units. */
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
    for (const numbers of [this.halfRe, this.halfIm, this.halfPower, this.halfEnergy]) numbers.fill(0);
    for (const numbers of [this.#hopRe, this.#hopIm, this.#hopEnergy]) numbers.fill(0);
    this.#hopCount = 0;
    this.newestSlot = 0;
    this.olderSlot = 1;
  }

  /** One pass with everything in locals. Cosines are even and sines odd about the centre, which halves the products. */
  #correlate(x: Int16Array, at: number, slot: number): void {
    const a0 = x[at + 7] >> 1;
    const b0 = x[at + 8] >> 1;
    const a1 = x[at + 6] >> 1;
    const b1 = x[at + 9] >> 1;
    const a2 = x[at + 5] >> 1;
    const b2 = x[at + 10] >> 1;
    const a3 = x[at + 4] >> 1;
    const b3 = x[at + 11] >> 1;
    const a4 = x[at + 3] >> 1;
    const b4 = x[at + 12] >> 1;
    const a5 = x[at + 2] >> 1;
    const b5 = x[at + 13] >> 1;
    const a6 = x[at + 1] >> 1;
    const b6 = x[at + 14] >> 1;
    const a7 = x[at] >> 1;
    const b7 = x[at + 15] >> 1;
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
    this.#hopEnergy[slot] = energy;
    if (energy < HOP_GATE_ENERGY) {
      re.fill(0, base, base + 8);
      im.fill(0, base, base + 8);
      return;
    }
    for (let tone = 0, row = 0; tone < 8; tone += 1, row += HALF_HOP) {
      re[base + tone] =
        (a0 + b0) * HOP_COSINES[row] +
        (a1 + b1) * HOP_COSINES[row + 1] +
        ((a2 + b2) * HOP_COSINES[row + 2] + (a3 + b3) * HOP_COSINES[row + 3]) +
        ((a4 + b4) * HOP_COSINES[row + 4] + (a5 + b5) * HOP_COSINES[row + 5]) +
        ((a6 + b6) * HOP_COSINES[row + 6] + (a7 + b7) * HOP_COSINES[row + 7]);
      im[base + tone] =
        (a0 - b0) * HOP_SINES[row] +
        (a1 - b1) * HOP_SINES[row + 1] +
        ((a2 - b2) * HOP_SINES[row + 2] + (a3 - b3) * HOP_SINES[row + 3]) +
        ((a4 - b4) * HOP_SINES[row + 4] + (a5 - b5) * HOP_SINES[row + 5]) +
        ((a6 - b6) * HOP_SINES[row + 6] + (a7 - b7) * HOP_SINES[row + 7]);
    }
  }

  #sumHalf(slot: number): void {
    const re = this.#hopRe;
    const im = this.#hopIm;
    const middleSlot = (slot + 3) & 3;
    const firstSlot = (slot + 2) & 3;
    const middle = middleSlot * 8;
    const first = firstSlot * 8;
    const base = slot * 8;
    for (let tone = 0; tone < 8; tone += 1) {
      const cosine = HOP_ROTATION[tone];
      const sine = HOP_ROTATION[8 + tone];
      const firstRe = re[first + tone];
      const firstIm = im[first + tone];
      const lastRe = re[base + tone];
      const lastIm = im[base + tone];
      // The first hop's centre lies one hop before the half's, the last one's a hop after it.
      const sumRe = sumOf(re[middle + tone], cosine, fround(firstRe + lastRe), sine, fround(lastIm - firstIm));
      const sumIm = sumOf(im[middle + tone], cosine, fround(firstIm + lastIm), sine, fround(firstRe - lastRe));
      this.halfRe[base + tone] = sumRe;
      this.halfIm[base + tone] = sumIm;
      this.halfPower[base + tone] = fround(fround(sumRe * sumRe) + fround(sumIm * sumIm));
    }
    const energies = this.#hopEnergy;
    this.halfEnergy[slot] = UNIT_ENERGY * (energies[firstSlot] + energies[middleSlot] + energies[slot]);
  }
}

/** In single precision: `middle` and both products added to it, one after the other. */
function sumOf(middle: number, cosine: number, even: number, sine: number, odd: number): number {
  return fround(fround(middle + fround(cosine * even)) + fround(sine * odd));
}

/** Cosines and sines of the eight tones' phase over `samples`: eight cosines, then eight sines. */
export function rotationTable(samples: number): Float64Array {
  return Float64Array.from({ length: 16 }, (_, index) => {
    const radians = (2 * Math.PI * TONE_HZ[index & 7] * samples) / SAMPLE_RATE_HZ;
    return index < 8 ? Math.cos(radians) : Math.sin(radians);
  });
}

/** Whole numbers, kept as what they are multiplied as. */
function hopTable(wave: (radians: number) => number): Float64Array {
  return Float64Array.from({ length: 8 * HALF_HOP }, (_, index) => {
    const radians = (2 * Math.PI * TONE_HZ[index >> 3] * ((index & 7) + 0.5)) / SAMPLE_RATE_HZ;
    return Math.round(TABLE_SCALE * wave(radians));
  });
}
