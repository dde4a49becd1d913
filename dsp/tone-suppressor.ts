/**
 * Takes every trace of DTMF tones out of a stream while a secure window is open.
 *
 * Audio waits in a delay line. Every hop of 2 ms the newest 12 ms are asked whether they may hold a key's tones
 * (`early-flag.ts`); two yeses in a row mask the audio from 4 ms before the first of these windows to 10 ms after the last.
 * What leaves the line is muted where masked (2 ms fades inside the mask), passes the notches, and is filled up with
 * replacement audio. Masks belong to samples, not to the moment: closing a window never unmasks what still waits.
 *
 * ```
 *   4 ms guard     first window 12 ms     second, 2 ms on            10 ms guard
 *  |-----------|---------------------------------------|-----------------------------------|
 *  ^ oldest sample a flag can mask                      ^ decided up to here
 *  '------- 144 samples = least delay ------------------'
 * ```
 *
 * At 16 kHz line, notches and replacement run at that rate, so that voice stays wideband; what is asked for tones is the
 * line brought down to 8 kHz. That filter makes a decision 1.4 ms late, so a flag reaches one hop further back.
 *
 * Invariant, checked for every chunk: a sample is released only after every window that could mask it has been decided.
 * It fails closed: after arming, a loss or a wipe everything is masked until a full window has been seen.
 */
import { SAMPLE_RATE_HZ } from './dtmf-keys.js';
import { DECIMATOR_DELAY_SAMPLES, HalfBandDecimator } from './half-band.js';
import { HOP_SAMPLES, WINDOW_HOPS } from './hop-bank.js';
import { toSample } from './level.js';
import { NotchBank } from './notch-bank.js';
import { type Replacement, ReplacementAudio } from './replacement-audio.js';
import { MAY_HOLD_TONES } from './tone-analysis.js';
import { openToneAnalysis } from './tone-kernel.js';

export type SuppressorRateHz = 8_000 | 16_000;

const FLAG_HOPS = 2;
/** 4 ms and 10 ms. */
const GUARD_BEFORE_HOPS = 2;
const GUARD_AFTER_HOPS = 5;
/** How far before its own end a flagging window masks: itself, the window one hop earlier that flagged too, the guard. */
const LOOK_BACK_HOPS = WINDOW_HOPS + FLAG_HOPS - 1 + GUARD_BEFORE_HOPS;
/** At 16 kHz the newest hop is heard so much later. */
const FILTER_HOPS = Math.ceil(DECIMATOR_DELAY_SAMPLES / (2 * HOP_SAMPLES));
/** 120 ms: twice the longest usual packet. */
const MAXIMUM_DELAY_HOPS = 60;

/** A power of two that holds the longest delay and one hop more. */
const LINE_HOPS = 64;
const LINE_HOPS_MASK = LINE_HOPS - 1;

/**
 * 18 ms, and 20 ms at 16 kHz. One packet of 20 ms or more is enough; with packets of 10 ms the delay has to be two
 * packets.
 */
export function minimumDelaySamples(sampleRateHz: SuppressorRateHz): number {
  return hopSamples(sampleRateHz) * lookBackHops(sampleRateHz);
}

export function maximumDelaySamples(sampleRateHz: SuppressorRateHz): number {
  return hopSamples(sampleRateHz) * MAXIMUM_DELAY_HOPS;
}

export type ToneSuppressorOptions = {
  readonly sampleRateHz: SuppressorRateHz;
  /** A whole number of 2 ms hops from `minimumDelaySamples` to `maximumDelaySamples`; normally one packet. */
  readonly delaySamples: number;
  readonly replacement: Replacement;
};

export class ToneSuppressor {
  readonly #analysis = openToneAnalysis();
  readonly #notches: NotchBank;
  readonly #replacement: ReplacementAudio;
  /** At 16 kHz: brings each hop down to what the bank takes. */
  readonly #decimator: HalfBandDecimator | undefined;
  readonly #narrowHop = new Int16Array(HOP_SAMPLES);
  /** A hop of the line: 2 ms at its own rate. */
  readonly #hopSamples: number;
  readonly #lookBackSamples: number;
  readonly #line: Int16Array;
  readonly #lineMask: number;
  /** Per hop in the line: whether it is masked, and its mean square. */
  readonly #masked = new Uint8Array(LINE_HOPS);
  readonly #powers = new Float64Array(LINE_HOPS);
  readonly #voice: Float64Array;
  readonly #filler: Float64Array;

  #delaySamples: number;
  /** Samples taken since arming. */
  #position = 0;
  /** Every window that ends at or before this position has been decided. */
  #decidedUpTo = 0;
  /** Hops that start before this position are masked as they come in. */
  #maskedUntil: number;
  #flaggedHops = FLAG_HOPS - 1;
  #lastTone = 0;
  #lastFlag = Number.NEGATIVE_INFINITY;
  /** Gain at the start and at the end of the hop that is being released. */
  #gainFrom = 0;
  #gainTo = 0;
  #mutedSamples = 0;
  #mutesAll = false;

  constructor(options: ToneSuppressorOptions) {
    const { sampleRateHz } = options;
    this.#hopSamples = hopSamples(sampleRateHz);
    this.#lookBackSamples = this.#hopSamples * lookBackHops(sampleRateHz);
    this.#line = new Int16Array(LINE_HOPS * this.#hopSamples);
    this.#lineMask = this.#line.length - 1;
    this.#voice = new Float64Array(this.#hopSamples);
    this.#filler = new Float64Array(this.#hopSamples);
    this.#decimator = sampleRateHz === SAMPLE_RATE_HZ ? undefined : new HalfBandDecimator();
    this.#notches = new NotchBank(sampleRateHz);
    this.#replacement = new ReplacementAudio(options.replacement, sampleRateHz);
    this.#delaySamples = checkedDelay(options);
    this.#maskedUntil = this.#firstWindowSamples;
  }

  get delaySamples(): number {
    return this.#delaySamples;
  }

  /** Samples of input since the last one that was flagged or masked by order; counted from arming if there was none. */
  get samplesSinceTone(): number {
    return Math.max(0, this.#position - this.#lastTone);
  }

  /** Samples of input since the last flag alone, Infinity when there was none: what the audio itself has shown. */
  get samplesSinceFlag(): number {
    return this.#position - this.#lastFlag;
  }

  /** Samples of output, since arming, in which the caller was muted, the first `delaySamples` among them. */
  get mutedSamples(): number {
    return this.#mutedSamples;
  }

  /** The first window, from which on something is known. */
  get #firstWindowSamples(): number {
    return WINDOW_HOPS * this.#hopSamples;
  }

  get #guardAfterSamples(): number {
    return GUARD_AFTER_HOPS * this.#hopSamples;
  }

  /** Takes `count` samples and writes `count`: the input of `delaySamples` ago, suppressed. Both arrays may be one. */
  process(input: Int16Array, count: number, output: Int16Array): void {
    for (let done = 0; done < count; ) {
      const phase = this.#position & (this.#hopSamples - 1);
      const chunk = Math.min(this.#hopSamples - phase, count - done);
      const at = this.#position & this.#lineMask;
      for (let index = 0; index < chunk; index += 1) this.#line[at + index] = input[done + index];
      this.#advance(chunk, output, done);
      done += chunk;
    }
  }

  /**
   * A packet of `count` samples that never came. What waits in the line cannot be decided without it, so all of that
   * is masked, and a tone that was going on is taken to go on for 12 ms after the hole.
   */
  conceal(count: number, output: Int16Array): void {
    if (this.#lastTone + this.#guardAfterSamples >= this.#position) this.#lastTone = this.#position + count;
    this.#maskHeld();
    // Until a window lies wholly behind the hole.
    this.#maskedUntil = Math.max(this.#maskedUntil, this.#position + count + this.#firstWindowSamples);
    for (let done = 0; done < count; ) {
      const phase = this.#position & (this.#hopSamples - 1);
      const chunk = Math.min(this.#hopSamples - phase, count - done);
      const at = this.#position & this.#lineMask;
      this.#line.fill(0, at, at + chunk);
      this.#advance(chunk, output, done);
      done += chunk;
    }
    // The first window after the hole decides alone.
    this.#flaggedHops = Math.max(this.#flaggedHops, FLAG_HOPS - 1);
  }

  /**
   * Masks all that waits in the line and the next `lengthSamples` of input: a telephone-event is under way, and the same
   * press may sound as a tone before and after it. Takes effect at once, without a fade.
   */
  maskNewest(lengthSamples: number): void {
    this.#maskHeld();
    // One hop more, for the fade at a mask's end lies inside it.
    this.#maskedUntil = Math.max(this.#maskedUntil, this.#position + lengthSamples + this.#hopSamples);
    this.#lastTone = Math.max(this.#lastTone, this.#position + lengthSamples);
  }

  /** Masks all that waits in the line and, until `stopMutingAll`, all that comes, tone or not. Without a fade. */
  muteAll(): void {
    this.#maskHeld();
    this.#mutesAll = true;
  }

  /** What came in until now stays masked; what comes is masked where it may hold a tone. */
  stopMutingAll(): void {
    if (!this.#mutesAll) return;
    this.#mutesAll = false;
    // One hop more, for the fade at a mask's end lies inside it.
    this.#maskedUntil = Math.max(this.#maskedUntil, this.#position + this.#hopSamples);
  }

  /** Overwrites every sample and measurement with zeros and arms anew. */
  wipe(): void {
    this.#analysis.reset();
    this.#notches.reset();
    this.#replacement.reset();
    this.#line.fill(0);
    this.#masked.fill(0);
    this.#narrowHop.fill(0);
    this.#decimator?.reset();
    this.#powers.fill(0);
    this.#voice.fill(0);
    this.#filler.fill(0);
    this.#position = 0;
    this.#decidedUpTo = 0;
    this.#maskedUntil = this.#firstWindowSamples;
    this.#flaggedHops = FLAG_HOPS - 1;
    this.#lastTone = 0;
    this.#lastFlag = Number.NEGATIVE_INFINITY;
    this.#gainFrom = 0;
    this.#gainTo = 0;
    this.#mutedSamples = 0;
    this.#mutesAll = false;
  }

  /** The line has `chunk` new samples, all of one hop: decide if the hop is whole, then release as many. */
  #advance(chunk: number, output: Int16Array, outputOffset: number): void {
    const phase = this.#position & (this.#hopSamples - 1);
    if (phase === 0) {
      this.#masked[this.#hopIndex(this.#position)] = this.#mutesAll || this.#position < this.#maskedUntil ? 1 : 0;
    }
    const releaseFrom = this.#position - this.#delaySamples;
    this.#position += chunk;
    if (phase + chunk === this.#hopSamples) this.#decide();
    this.#assertDecided(releaseFrom + chunk);
    if (phase === 0) this.#startReleasedHop(releaseFrom);
    this.#release(releaseFrom, chunk, output, outputOffset);
  }

  /** Analyses the hop that ends at the newest sample and flags what it has to. */
  #decide(): void {
    const hopStart = this.#position - this.#hopSamples;
    const flags = this.#hearHop(hopStart & this.#lineMask);
    this.#measurePower(hopStart);
    this.#decidedUpTo = this.#position;
    if ((flags & MAY_HOLD_TONES) === 0) {
      this.#flaggedHops = 0;
      return;
    }
    this.#flaggedHops += 1;
    if (this.#flaggedHops < FLAG_HOPS) return;
    const oldest = Math.max(0, this.#position - this.#lookBackSamples);
    for (let hop = oldest; hop < this.#position; hop += this.#hopSamples) this.#masked[this.#hopIndex(hop)] = 1;
    this.#maskedUntil = Math.max(this.#maskedUntil, this.#position + this.#guardAfterSamples);
    this.#lastTone = Math.max(this.#lastTone, this.#position);
    this.#lastFlag = this.#position;
  }

  /** The hop's mean square, put where it belongs: handed back, it would come in a box, one each hop. */
  #measurePower(hopStart: number): void {
    const line = this.#line;
    const from = hopStart & this.#lineMask;
    let sum = 0;
    for (let at = from; at < from + this.#hopSamples; at += 1) sum += line[at] * line[at];
    this.#powers[this.#hopIndex(hopStart)] = sum / this.#hopSamples;
  }

  /** Has the hop at this place of the line analysed, at the rate that the analysis takes. Returns its flags. */
  #hearHop(at: number): number {
    if (this.#decimator === undefined) return this.#analysis.takeHops(this.#line, at, 1);
    this.#decimator.process(this.#line, at, HOP_SAMPLES, this.#narrowHop);
    return this.#analysis.takeHops(this.#narrowHop, 0, 1);
  }

  /** Masks everything not yet released, and mutes at once. */
  #maskHeld(): void {
    this.#masked.fill(1);
    this.#gainFrom = 0;
    this.#gainTo = 0;
  }

  #hopIndex(position: number): number {
    return Math.floor(position / this.#hopSamples) & LINE_HOPS_MASK;
  }

  #assertDecided(releasedUpTo: number): void {
    if (releasedUpTo + this.#lookBackSamples > this.#decidedUpTo + this.#hopSamples) {
      throw new Error('tone suppressor: audio would leave before it was decided');
    }
  }

  /** Chooses the fade of the hop that starts at this position: into a mask at its first hop, out of it at its last. */
  #startReleasedHop(position: number): void {
    this.#gainFrom = this.#gainTo;
    if (position < 0) return;
    const index = this.#hopIndex(position);
    if (this.#masked[index] === 0) {
      this.#gainTo = 1;
      this.#replacement.learn(this.#powers, index);
      return;
    }
    const endsHere = this.#masked[(index + 1) & LINE_HOPS_MASK] === 0;
    this.#gainTo = endsHere && this.#gainFrom === 0 ? 1 : 0;
  }

  /** Writes `chunk` samples that begin at `position` (negative: before arming) and lie in one hop. */
  #release(position: number, chunk: number, output: Int16Array, outputOffset: number): void {
    const voice = this.#voice;
    const filler = this.#filler;
    const gainFrom = this.#gainFrom;
    if (gainFrom === 0 && this.#gainTo === 0) {
      // Nothing of what is masked may linger in the filters.
      this.#notches.reset();
      this.#replacement.render(filler, chunk);
      for (let index = 0; index < chunk; index += 1) output[outputOffset + index] = toSample(filler[index]);
      this.#mutedSamples += chunk;
      return;
    }
    const slope = (this.#gainTo - gainFrom) / this.#hopSamples;
    const phase = position & (this.#hopSamples - 1);
    const at = position & this.#lineMask;
    for (let index = 0; index < chunk; index += 1) {
      voice[index] = this.#line[at + index] * (gainFrom + slope * (phase + index + 0.5));
    }
    this.#notches.process(voice, chunk);
    if (slope !== 0) {
      this.#replacement.render(filler, chunk);
      for (let index = 0; index < chunk; index += 1) {
        voice[index] += filler[index] * (1 - gainFrom - slope * (phase + index + 0.5));
      }
      this.#mutedSamples += chunk;
    }
    for (let index = 0; index < chunk; index += 1) output[outputOffset + index] = toSample(voice[index]);
  }
}

function hopSamples(sampleRateHz: SuppressorRateHz): number {
  return (HOP_SAMPLES * sampleRateHz) / SAMPLE_RATE_HZ;
}

function lookBackHops(sampleRateHz: SuppressorRateHz): number {
  return sampleRateHz === SAMPLE_RATE_HZ ? LOOK_BACK_HOPS : LOOK_BACK_HOPS + FILTER_HOPS;
}

function checkedDelay({ sampleRateHz, delaySamples }: ToneSuppressorOptions): number {
  const minimum = minimumDelaySamples(sampleRateHz);
  const maximum = maximumDelaySamples(sampleRateHz);
  if (delaySamples < minimum || delaySamples > maximum || delaySamples % hopSamples(sampleRateHz) !== 0) {
    throw new RangeError(`a suppressor delays by whole 2 ms hops, ${minimum} to ${maximum} samples`);
  }
  return delaySamples;
}
