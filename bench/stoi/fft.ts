/** Power spectra by a radix-2 fast Fourier transform of one size; tables are made once. */

export class PowerSpectrum {
  readonly size: number;
  /** From 0 Hz to half the sample rate. */
  readonly binCount: number;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;
  readonly #reversed: Uint32Array;

  /** `size` is a power of two. */
  constructor(size: number) {
    const bits = Math.log2(size);
    if (!Number.isInteger(bits)) throw new RangeError('a transform has a power of two as its size');
    this.size = size;
    this.binCount = size / 2 + 1;
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
    this.#cosines = Float64Array.from({ length: size / 2 }, (_, index) => Math.cos((2 * Math.PI * index) / size));
    this.#sines = Float64Array.from({ length: size / 2 }, (_, index) => -Math.sin((2 * Math.PI * index) / size));
    this.#reversed = Uint32Array.from({ length: size }, (_, index) => reverseBits(index, bits));
  }

  /** Squared magnitudes of `samples` from `start` on, times `window`, filled up with zeros, into `power`. */
  measure(samples: ArrayLike<number>, start: number, window: Float64Array, power: Float64Array): void {
    this.#re.fill(0);
    this.#im.fill(0);
    for (let index = 0; index < window.length; index += 1) {
      this.#re[this.#reversed[index]] = (samples[start + index] ?? 0) * window[index];
    }
    this.#transform();
    for (let bin = 0; bin < this.binCount; bin += 1) power[bin] = this.#re[bin] ** 2 + this.#im[bin] ** 2;
  }

  #transform(): void {
    const re = this.#re;
    const im = this.#im;
    for (let half = 1; half < this.size; half *= 2) {
      const stride = this.size / (2 * half);
      for (let block = 0; block < this.size; block += 2 * half) {
        for (let index = 0; index < half; index += 1) {
          const cosine = this.#cosines[index * stride];
          const sine = this.#sines[index * stride];
          const low = block + index;
          const high = low + half;
          const turnedRe = re[high] * cosine - im[high] * sine;
          const turnedIm = re[high] * sine + im[high] * cosine;
          re[high] = re[low] - turnedRe;
          im[high] = im[low] - turnedIm;
          re[low] += turnedRe;
          im[low] += turnedIm;
        }
      }
    }
  }
}

/** Hann's window without the zeros at its ends. */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 1)) / (length + 1)));
}

function reverseBits(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit += 1) reversed |= ((value >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}
