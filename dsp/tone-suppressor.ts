/**
 * Takes every trace of DTMF tones out of a stream while a secure window is open.
 *
 * Audio waits in a delay line. Every hop of 2 ms the newest 12 ms are asked whether they may hold a key's tones
 * (`early-flag.ts`); two yeses in a row mask the audio from 4 ms before the first of these windows to 12 ms after the last.
 * What leaves the line is muted where masked (2 ms fades inside the mask), passes the notches, and is filled up with
 * replacement audio. Masks belong to samples, not to the moment: closing a window never unmasks what still waits.
 *
 * ```
 *   4 ms guard     first window 12 ms     second, 2 ms on            12 ms guard
 *  |-----------|---------------------------------------|-----------------------------------|
 *  ^ oldest sample a flag can mask                      ^ decided up to here
 *  '------- 144 samples = least delay ------------------'
 * ```
 *
 * Invariant, checked for every chunk: a sample is released only after every window that could mask it has been decided.
 * It fails closed: after arming, a loss or a wipe everything is masked until a full window has been seen.
 */
import { mayHoldTones } from './early-flag.js';
import { HOP_SAMPLES, HopBank, WINDOW_HOPS, WINDOW_SAMPLES } from './hop-bank.js';
import { toSample } from './level.js';
import { NotchBank } from './notch-bank.js';
import { type Replacement, ReplacementAudio } from './replacement-audio.js';

const FLAG_HOPS = 2;
const GUARD_BEFORE_SAMPLES = 32;
const GUARD_AFTER_SAMPLES = 96;
/** How far before its own end a flagging window masks: itself, the window one hop earlier that flagged too, the guard. */
const LOOK_BACK_SAMPLES = WINDOW_SAMPLES + (FLAG_HOPS - 1) * HOP_SAMPLES + GUARD_BEFORE_SAMPLES;

/** 18 ms. One packet of 20 ms or more is enough; with packets of 10 ms the delay has to be two packets. */
export const minimumDelaySamples = LOOK_BACK_SAMPLES;
/** 120 ms: twice the longest usual packet. */
export const maximumDelaySamples = 960;

/** A power of two that holds the longest delay and one hop more. */
const LINE_SAMPLES = 1_024;
const LINE_MASK = LINE_SAMPLES - 1;
const LINE_HOPS = LINE_SAMPLES / HOP_SAMPLES;
const LINE_HOPS_MASK = LINE_HOPS - 1;

export type ToneSuppressorOptions = {
  /** A whole number of 2 ms hops from `minimumDelaySamples` to `maximumDelaySamples`; normally one packet. */
  readonly delaySamples: number;
  readonly replacement: Replacement;
};

export class ToneSuppressor {
  readonly #bank = new HopBank();
  readonly #notches = new NotchBank();
  readonly #replacement: ReplacementAudio;
  readonly #line = new Int16Array(LINE_SAMPLES);
  /** Per hop in the line: whether it is masked, and its energy. */
  readonly #masked = new Uint8Array(LINE_HOPS);
  readonly #energies = new Float64Array(LINE_HOPS);
  readonly #voice = new Float64Array(HOP_SAMPLES);
  readonly #filler = new Float64Array(HOP_SAMPLES);

  #delaySamples: number;
  /** Samples taken since arming. */
  #position = 0;
  /** Every window that ends at or before this position has been decided. */
  #decidedUpTo = 0;
  /** Hops that start before this position are masked as they come in. */
  #maskedUntil = WINDOW_SAMPLES;
  #flaggedHops = FLAG_HOPS - 1;
  #lastTone = 0;
  #lastFlag = Number.NEGATIVE_INFINITY;
  /** Gain at the start and at the end of the hop that is being released. */
  #gainFrom = 0;
  #gainTo = 0;
  #mutedSamples = 0;
  #mutesAll = false;

  constructor(options: ToneSuppressorOptions) {
    this.#replacement = new ReplacementAudio(options.replacement);
    this.#delaySamples = checkedDelay(options.delaySamples);
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

  /** Takes `count` samples and writes `count`: the input of `delaySamples` ago, suppressed. Both arrays may be one. */
  process(input: Int16Array, count: number, output: Int16Array): void {
    for (let done = 0; done < count; ) {
      const phase = this.#position & (HOP_SAMPLES - 1);
      const chunk = Math.min(HOP_SAMPLES - phase, count - done);
      const at = this.#position & LINE_MASK;
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
    if (this.#lastTone + GUARD_AFTER_SAMPLES >= this.#position) this.#lastTone = this.#position + count;
    this.#maskHeld();
    this.#maskedUntil = Math.max(this.#maskedUntil, this.#position + count + GUARD_AFTER_SAMPLES);
    for (let done = 0; done < count; ) {
      const phase = this.#position & (HOP_SAMPLES - 1);
      const chunk = Math.min(HOP_SAMPLES - phase, count - done);
      const at = this.#position & LINE_MASK;
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
    this.#maskedUntil = Math.max(this.#maskedUntil, this.#position + lengthSamples + HOP_SAMPLES);
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
    this.#maskedUntil = Math.max(this.#maskedUntil, this.#position + HOP_SAMPLES);
  }

  /** Overwrites every sample and measurement with zeros and arms anew. */
  wipe(): void {
    this.#bank.reset();
    this.#notches.reset();
    this.#replacement.reset();
    this.#line.fill(0);
    this.#masked.fill(0);
    this.#energies.fill(0);
    this.#voice.fill(0);
    this.#filler.fill(0);
    this.#position = 0;
    this.#decidedUpTo = 0;
    this.#maskedUntil = WINDOW_SAMPLES;
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
    const phase = this.#position & (HOP_SAMPLES - 1);
    if (phase === 0) {
      this.#masked[this.#hopIndex(this.#position)] = this.#mutesAll || this.#position < this.#maskedUntil ? 1 : 0;
    }
    const releaseFrom = this.#position - this.#delaySamples;
    this.#position += chunk;
    if (phase + chunk === HOP_SAMPLES) this.#decide();
    this.#assertDecided(releaseFrom + chunk);
    if (phase === 0) this.#startReleasedHop(releaseFrom);
    this.#release(releaseFrom, chunk, output, outputOffset);
  }

  /** Analyses the hop that ends at the newest sample and flags what it has to. */
  #decide(): void {
    const hopStart = this.#position - HOP_SAMPLES;
    this.#bank.takeHop(this.#line, hopStart & LINE_MASK);
    this.#energies[this.#hopIndex(hopStart)] = this.#bank.hopEnergy;
    this.#decidedUpTo = this.#position;
    if (this.#bank.hopCount < WINDOW_HOPS) return;
    if (!mayHoldTones(this.#bank)) {
      this.#flaggedHops = 0;
      return;
    }
    this.#flaggedHops += 1;
    if (this.#flaggedHops < FLAG_HOPS) return;
    const oldest = Math.max(0, this.#position - LOOK_BACK_SAMPLES);
    for (let hop = oldest; hop < this.#position; hop += HOP_SAMPLES) this.#masked[this.#hopIndex(hop)] = 1;
    this.#maskedUntil = Math.max(this.#maskedUntil, this.#position + GUARD_AFTER_SAMPLES);
    this.#lastTone = Math.max(this.#lastTone, this.#position);
    this.#lastFlag = this.#position;
  }

  /** Masks everything not yet released, and mutes at once. */
  #maskHeld(): void {
    this.#masked.fill(1);
    this.#gainFrom = 0;
    this.#gainTo = 0;
  }

  #hopIndex(position: number): number {
    return (position >> 4) & LINE_HOPS_MASK;
  }

  #assertDecided(releasedUpTo: number): void {
    if (releasedUpTo + LOOK_BACK_SAMPLES > this.#decidedUpTo + HOP_SAMPLES) {
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
      this.#replacement.learn(this.#energies[index]);
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
    const slope = (this.#gainTo - gainFrom) / HOP_SAMPLES;
    const phase = position & (HOP_SAMPLES - 1);
    const at = position & LINE_MASK;
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

function checkedDelay(delaySamples: number): number {
  const fits = delaySamples >= minimumDelaySamples && delaySamples <= maximumDelaySamples;
  if (!fits || delaySamples % HOP_SAMPLES !== 0) {
    throw new RangeError(
      `a suppressor delays by whole 2 ms hops, ${minimumDelaySamples} to ${maximumDelaySamples} samples`,
    );
  }
  return delaySamples;
}
