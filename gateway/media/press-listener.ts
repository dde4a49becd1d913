/**
 * What a caller presses, heard by all three ways at once: event packets, tones in the audio, SIP INFO. Each press is told
 * once. Pure; a part of the secure window.
 */

import { DtmfDetector, PRESS_BEGAN as TONE_BEGAN, PRESS_ENDED as TONE_ENDED } from '../../dsp/dtmf-detector.js';
import { SAMPLES_PER_MS } from '../../dsp/dtmf-keys.js';
import { PressMerger, type PressVerdict } from './press-merger.js';
import type { SenderClock } from './sender-clock.js';
import { PRESS_BEGAN, PRESS_ENDED, PREVIOUS_ENDED, TelephoneEventDecoder } from './telephone-event.js';

/**
 * The detector's windows have 12 ms: all tones that begin in the first 4 ms, or before them, look alike to it, give or
 * take another 4. Of those the first 2 ms tell which: a tone that sounds there as loudly as later had begun already.
 */
const UNSURE_ONSET_SAMPLES = 64;
const HEAD_SAMPLES = 16;
/** Inside any tone that the detector confirms and whose onset is unsure: 16 ms. */
const BODY_FROM_SAMPLE = 96;
const BODY_TO_SAMPLE = 224;
/** 6 dB: two tones beat, and a telephone's fade in. */
const SOUNDING_SHARE = 0.25;
/** The detector reports a press' end when the tone has been gone for so long. */
const TONE_END_LAG_MS = 28;

export interface PressPort {
  /** A press was heard in this way; what it means for a key is told next. */
  beginEvent(beganMs: number): void;
  /** `onsetSample` counts what was heard since listening started, as `heardSamples` does. */
  beginTone(onsetSample: number): void;
  hearInfo(): void;
  /** A key was pressed, each press once. */
  pressKey(key: number): void;
  /** The same press was heard by a second way. */
  countMerged(): void;
}

export class PressListener {
  /** Follows the caller's events all the time: it has to know of a press that is under way when a window opens. */
  readonly events = new TelephoneEventDecoder();
  readonly #port: PressPort;
  readonly #senderClock: SenderClock;
  readonly #detector = new DtmfDetector();
  readonly #merger = new PressMerger();
  #isListening = false;
  #sinceMs = 0;
  #isToneUnderWay = false;
  #headEnergy = 0;
  #bodyEnergy = 0;

  constructor(port: PressPort, senderClock: SenderClock) {
    this.#port = port;
    this.#senderClock = senderClock;
  }

  /**
   * Presses from now on are told. One that is under way is a leftover: nobody's key, and neither is its tail of tone. It is
   * masked to its end all the same. Of a tone, what counts is the audio: a press is a leftover when it sounded in what was
   * heard before, a part of which has passed; one before which as much as a millisecond was heard without it is whole in
   * the window and counts. Of an event, what counts is the time it says it has lasted.
   */
  start(nowMs: number): void {
    this.#isListening = true;
    this.#sinceMs = nowMs;
    this.#forget();
    if (this.events.underWay) this.#merger.beginEvent(this.events.key, this.events.beganAtMs);
  }

  stop(): void {
    this.#isListening = false;
    this.#forget();
  }

  /**
   * `outcome` is what `events` made of a packet, or of its clock, which is asked every 20 ms. The press has lasted
   * from `beganAheadUnits` to `endedAheadUnits` after the end of the audio heard last, where the sender's clock tells.
   */
  hearEvent(outcome: number, nowMs: number, beganAheadUnits?: number, endedAheadUnits?: number): void {
    if (!this.#isListening) return;
    this.#merger.forget(nowMs);
    if ((outcome & PREVIOUS_ENDED) !== 0) this.#merger.endEvent(nowMs);
    if ((outcome & PRESS_BEGAN) !== 0) {
      const { key, beganAtMs } = this.events;
      this.#port.beginEvent(beganAtMs);
      const beganSenderMs = beganAheadUnits === undefined ? Number.NaN : this.#senderClock.msAt(beganAheadUnits);
      this.#tell(key, this.#merger.beginEvent(key, beganAtMs, beganSenderMs), beganAtMs < this.#sinceMs);
    }
    if ((outcome & PRESS_ENDED) === 0) return;
    this.#merger.endEvent(nowMs, endedAheadUnits === undefined ? Number.NaN : this.#senderClock.msAt(endedAheadUnits));
  }

  /** The next `count` samples of the caller's audio, to whose end the sender's clock has been advanced. */
  hearAudio(samples: Int16Array, count: number, nowMs: number): void {
    this.#hear(samples, count, nowMs, true);
  }

  /** `count` samples in place of what did not come; the last of them was due `agoSamples` before now. */
  hearFill(samples: Int16Array, count: number, nowMs: number, agoSamples = 0): void {
    this.#hear(samples, count, nowMs, false, agoSamples);
  }

  #hear(samples: Int16Array, count: number, nowMs: number, isSent: boolean, agoSamples = 0): void {
    if (!this.#isListening) return;
    this.#measureBeginning(samples, count);
    const flags = this.#detector.process(samples, count);
    if (flags === 0) return;
    const heardMs = nowMs - agoSamples / SAMPLES_PER_MS;
    const senderMs = isSent ? this.#senderClock.msAt(0) : Number.NaN;
    if ((flags & TONE_ENDED) !== 0) this.#merger.endTone(heardMs - TONE_END_LAG_MS, senderMs - TONE_END_LAG_MS);
    this.#isToneUnderWay = (flags & TONE_BEGAN) !== 0;
    if ((flags & TONE_BEGAN) === 0) return;
    const key = this.#detector.takeKey();
    const { position, onsetSample } = this.#detector;
    const toneMs = (position - onsetSample) / SAMPLES_PER_MS;
    this.#port.beginTone(onsetSample);
    const isLeftover = onsetSample < UNSURE_ONSET_SAMPLES && this.#hasSoundedFromTheFirst();
    this.#tell(key, this.#merger.beginTone(key, heardMs - toneMs, senderMs - toneMs), isLeftover);
  }

  hearInfo(key: number, nowMs: number): void {
    if (!this.#isListening) return;
    this.#port.hearInfo();
    this.#tell(key, this.#merger.hearInfo(key, nowMs), false);
  }

  /** Overwrites everything from which a key could be told. */
  wipe(): void {
    this.#forget();
    this.events.wipe();
  }

  /** A press by tone has been confirmed and has not ended. */
  get isToneUnderWay(): boolean {
    return this.#isToneUnderWay;
  }

  get heardSamples(): number {
    return this.#detector.position;
  }

  #measureBeginning(samples: Int16Array, count: number): void {
    const { position } = this.#detector;
    if (position >= BODY_TO_SAMPLE) return;
    for (let index = 0; index < count; index += 1) {
      const at = position + index;
      const energy = samples[index] * samples[index];
      if (at < HEAD_SAMPLES) this.#headEnergy += energy;
      else if (at >= BODY_FROM_SAMPLE && at < BODY_TO_SAMPLE) this.#bodyEnergy += energy;
    }
  }

  #hasSoundedFromTheFirst(): boolean {
    const bodySamples = BODY_TO_SAMPLE - BODY_FROM_SAMPLE;
    return this.#headEnergy / HEAD_SAMPLES >= (SOUNDING_SHARE * this.#bodyEnergy) / bodySamples;
  }

  #forget(): void {
    this.#headEnergy = 0;
    this.#bodyEnergy = 0;
    this.#detector.reset();
    this.#merger.wipe();
    this.#isToneUnderWay = false;
  }

  #tell(key: number, verdict: PressVerdict, isLeftover: boolean): void {
    if (verdict === 'same-press') this.#port.countMerged();
    else if (!isLeftover) this.#port.pressKey(key);
  }
}
