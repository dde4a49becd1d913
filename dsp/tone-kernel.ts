/**
 * The tone analysis in WebAssembly (`assembly/tone-kernel.ts`): one instance for all streams of a process, a channel of
 * its memory for each. Where WebAssembly or its vectors are not to be had, and for streams beyond its channels, the
 * reference does the same more slowly.
 */
import { EARLY_LARGEST_TWIST_RATIO, EARLY_LEAST_ENERGY, EARLY_LEAST_SHARE, HALF_INVERSE } from './early-flag.js';
import { HOP_COSINES, HOP_GATE_ENERGY, HOP_ROTATION, HOP_SAMPLES, HOP_SINES, UNIT_ENERGY } from './hop-bank.js';
import { largestExplainedShare } from './pair-gram.js';
import { EARLY_RUN_HOPS, END_HOPS, LONG_RUN_HOPS, RUN_HOPS, TOLERATED_BAD_HOPS } from './press-debounce.js';
import { ReferenceAnalysis } from './reference-analysis.js';
import { MAX_HOPS, MEASUREMENT_LENGTH, type ToneAnalysis } from './tone-analysis.js';
import { TONE_KERNEL_BYTES } from './tone-kernel-bytes.js';
import { FIT_LEAST_ENERGY, FIT_LEAST_SHARE, HALF_ROTATION, WINDOW_INVERSE } from './tone-pair-fit.js';
import {
  EARLY_RUN_LEAST_QUALITY,
  EARLY_RUN_LEAST_STEADINESS,
  LAG_COSINES,
  LAG_SINES,
  LARGEST_OFFSET_TANGENTS,
  LONG_RUN_LEAST_QUALITY,
  RUN_LARGEST_RIPPLE_RATIO,
  RUN_LARGEST_TWIST_RATIO,
  RUN_LEAST_GROUP_RATIO,
  RUN_LEAST_QUALITY,
  RUN_LEAST_SHARE,
  RUN_LEAST_SQUARE,
  RUN_LEAST_TWIST_RATIO,
} from './tone-pair-run.js';

/** What of the standard object is used here; TypeScript has its types only together with a browser's. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: object };
};

/** Addresses in the kernel's memory, in bytes, as in its source. */
const HOP_TABLE = 1_024;
const HOP_TURNS = 1_280;
const TABLES = 1_408;
const HOP_COUNTS_AT = 3_408;
const SAMPLES = 4_096;
const FLAGS = 5_120;
const CHANNELS = 8_192;
const CHANNEL_SIZE_BYTES = 1_536;
const PRESS_PAIR = 1_216;
const PRESS_START_HOP = 1_224;
const MEASUREMENT = 1_240;

/** In the order of the kernel's memory. */
const NUMBERS: readonly (readonly number[] | Float64Array)[] = [
  HALF_ROTATION,
  LAG_COSINES,
  LAG_SINES,
  LARGEST_OFFSET_TANGENTS,
  HALF_INVERSE,
  WINDOW_INVERSE,
  [
    HOP_GATE_ENERGY,
    UNIT_ENERGY,
    EARLY_LEAST_ENERGY,
    EARLY_LARGEST_TWIST_RATIO,
    EARLY_LEAST_SHARE,
    FIT_LEAST_ENERGY,
    FIT_LEAST_SHARE,
    RUN_LEAST_SHARE,
    RUN_LARGEST_TWIST_RATIO,
    RUN_LEAST_TWIST_RATIO,
    RUN_LEAST_SQUARE,
    RUN_LARGEST_RIPPLE_RATIO,
    RUN_LEAST_GROUP_RATIO,
    largestExplainedShare(HALF_INVERSE),
    EARLY_RUN_LEAST_QUALITY,
    RUN_LEAST_QUALITY,
    LONG_RUN_LEAST_QUALITY,
    EARLY_RUN_LEAST_STEADINESS,
  ],
];
const HOP_COUNTS = Int32Array.of(EARLY_RUN_HOPS, RUN_HOPS, LONG_RUN_HOPS, TOLERATED_BAD_HOPS, END_HOPS);

type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer };
  takeHops(channel: number, count: number): number;
  reset(channel: number): void;
};

/** The instance and the views of its memory, which never grows. */
class ToneKernel {
  readonly exports: Exports;
  readonly bytes: Uint8Array;
  readonly shorts: Int16Array;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly #freeChannels: number[] = [];
  readonly #capacity: number;
  #usedChannels = 0;
  /**
   * Streams do not say when they end; their owners wipe them then, and here it is done once more. There are channels for
   * all calls of a process and for nearly as many that have ended and not been collected; beyond that the reference serves.
   */
  readonly #abandoned = new FinalizationRegistry<number>((channel) => {
    this.exports.reset(channel);
    this.#freeChannels.push(channel);
  });

  constructor(bytes: Uint8Array) {
    // The module exports what its source exports.
    this.exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
    const { buffer } = this.exports.memory;
    this.bytes = new Uint8Array(buffer);
    this.shorts = new Int16Array(buffer);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.#capacity = Math.floor((buffer.byteLength - CHANNELS) / CHANNEL_SIZE_BYTES);
    this.#writeConstants();
  }

  /** An analysis with a channel of its own; undefined if all are in use. */
  open(): ToneAnalysis | undefined {
    const channel = this.#freeChannels.pop() ?? this.#nextChannel();
    if (channel === undefined) return undefined;
    const analysis = new KernelAnalysis(this, channel);
    this.#abandoned.register(analysis, channel);
    return analysis;
  }

  #nextChannel(): number | undefined {
    if (this.#usedChannels === this.#capacity) return undefined;
    this.#usedChannels += 1;
    return this.#usedChannels - 1;
  }

  #writeConstants(): void {
    for (let pair = 0; pair < 4; pair += 1) {
      for (let lane = 0; lane < 16; lane += 1) {
        const at = HOP_TABLE / 2 + pair * 32 + lane * 2;
        const table = lane < 8 ? HOP_COSINES : HOP_SINES;
        const tone = lane & 7;
        this.shorts[at] = table[tone * 8 + 2 * pair];
        this.shorts[at + 1] = table[tone * 8 + 2 * pair + 1];
      }
    }
    new Float32Array(this.exports.memory.buffer).set(HOP_ROTATION, HOP_TURNS / 4);
    let at = TABLES / 8;
    for (const numbers of NUMBERS) {
      this.doubles.set(numbers, at);
      at += numbers.length;
    }
    if (at * 8 !== HOP_COUNTS_AT) throw new Error('tone kernel: its numbers are not where it looks for them');
    // It gives a window up without saying what the pair explains as soon as that is too little for a fit.
    if (EARLY_LEAST_SHARE < FIT_LEAST_SHARE) throw new Error('tone kernel: a flag has to ask no less than a fit');
    this.words.set(HOP_COUNTS, HOP_COUNTS_AT / 4);
  }
}

class KernelAnalysis implements ToneAnalysis {
  readonly #kernel: ToneKernel;
  readonly #channel: number;
  readonly #takeHops: Exports['takeHops'];
  readonly #input: Int16Array;
  /** The kernel tells all channels' flags in one place. */
  readonly #flags = new Uint8Array(MAX_HOPS);
  #hasFlags = false;

  constructor(kernel: ToneKernel, channel: number) {
    this.#kernel = kernel;
    this.#channel = channel;
    this.#takeHops = kernel.exports.takeHops;
    this.#input = kernel.shorts;
    this.reset();
  }

  get pressPair(): number {
    return this.#kernel.words[(this.#state() + PRESS_PAIR) / 4];
  }

  get pressStartHop(): number {
    return this.#kernel.words[(this.#state() + PRESS_START_HOP) / 4];
  }

  takeHops(samples: Int16Array, offset: number, count: number): number {
    if (count > MAX_HOPS) throw new RangeError('tone analysis: too many hops at a time');
    const length = count * HOP_SAMPLES;
    // A whole packet in one go; of a part, a view would have to be made each time.
    if (offset === 0 && length === samples.length) this.#input.set(samples, SAMPLES / 2);
    else for (let index = 0; index < length; index += 1) this.#input[SAMPLES / 2 + index] = samples[offset + index];
    const all = this.#takeHops(this.#channel, count);
    this.#hasFlags = all !== 0;
    if (this.#hasFlags) for (let hop = 0; hop < count; hop += 1) this.#flags[hop] = this.#kernel.bytes[FLAGS + hop];
    return all;
  }

  flagsOf(hop: number): number {
    return this.#hasFlags ? this.#flags[hop] : 0;
  }

  readMeasurement(target: Float64Array): void {
    const at = (this.#state() + MEASUREMENT) / 8;
    for (let index = 0; index < MEASUREMENT_LENGTH; index += 1) target[index] = this.#kernel.doubles[at + index];
  }

  reset(): void {
    this.#kernel.exports.reset(this.#channel);
    this.#flags.fill(0);
    this.#hasFlags = false;
  }

  #state(): number {
    return CHANNELS + this.#channel * CHANNEL_SIZE_BYTES;
  }
}

let kernel: ToneKernel | 'none' | undefined;

/** A new analysis: the kernel's if it can be, else the reference. */
export function openToneAnalysis(): ToneAnalysis {
  kernel ??= startKernel();
  return (kernel === 'none' ? undefined : kernel.open()) ?? new ReferenceAnalysis();
}

/** `none` without WebAssembly (`--jitless`), without its vectors (old processors) or without memory for it. */
function startKernel(): ToneKernel | 'none' {
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(TONE_KERNEL_BYTES)) return 'none';
  try {
    return new ToneKernel(TONE_KERNEL_BYTES);
  } catch (error) {
    if (error instanceof RangeError) return 'none';
    throw error;
  }
}
