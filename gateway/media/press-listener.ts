/**
 * What a caller presses, heard by all three ways at once: event packets, tones in the audio, SIP INFO. Each press is told
 * once. Pure; a part of the secure window.
 */

import { DtmfDetector, PRESS_BEGAN as TONE_BEGAN, PRESS_ENDED as TONE_ENDED } from '../../dsp/dtmf-detector.js';
import { SAMPLES_PER_MS } from '../../dsp/dtmf-keys.js';
import { PressMerger, type PressVerdict } from './press-merger.js';
import { PRESS_BEGAN, PRESS_ENDED, PREVIOUS_ENDED, TelephoneEventDecoder } from './telephone-event.js';

/** A tone that starts within the listener's first moments began before it listened. */
const LEFTOVER_TONE_SAMPLES = 64;
/** The detector reports a press' end when the tone has been gone for so long. */
const TONE_END_LAG_MS = 28;

export interface PressPort {
  /** A key was pressed, each press once. */
  pressKey(key: number): void;
  /** The same press was heard by a second way. */
  countMerged(): void;
}

export class PressListener {
  /** Follows the caller's events all the time: it has to know of a press that is under way when a window opens. */
  readonly events = new TelephoneEventDecoder();
  readonly #port: PressPort;
  readonly #detector = new DtmfDetector();
  readonly #merger = new PressMerger();
  #isListening = false;
  #sinceMs = 0;

  constructor(port: PressPort) {
    this.#port = port;
  }

  /** Presses from now on are told. One that is under way is a leftover: nobody's key, and neither is its tail of tone. */
  start(nowMs: number): void {
    this.#isListening = true;
    this.#sinceMs = nowMs;
    this.#detector.reset();
    this.#merger.wipe();
    if (this.events.underWay) this.#merger.beginEvent(this.events.key, this.events.beganAtMs);
  }

  stop(): void {
    this.#isListening = false;
    this.#detector.reset();
    this.#merger.wipe();
  }

  /** `outcome` is what `events` made of a packet, or of its clock, which is asked every 20 ms. */
  hearEvent(outcome: number, nowMs: number): void {
    if (!this.#isListening) return;
    this.#merger.forget(nowMs);
    if ((outcome & PREVIOUS_ENDED) !== 0) this.#merger.endEvent(nowMs);
    if ((outcome & PRESS_BEGAN) !== 0) {
      const { key, beganAtMs } = this.events;
      this.#tell(key, this.#merger.beginEvent(key, beganAtMs), beganAtMs < this.#sinceMs);
    }
    if ((outcome & PRESS_ENDED) !== 0) this.#merger.endEvent(nowMs);
  }

  /** The next `count` samples of the caller's audio. */
  hearAudio(samples: Int16Array, count: number, nowMs: number): void {
    if (!this.#isListening) return;
    const flags = this.#detector.process(samples, count);
    if ((flags & TONE_ENDED) !== 0) this.#merger.endTone(nowMs - TONE_END_LAG_MS);
    if ((flags & TONE_BEGAN) === 0) return;
    const key = this.#detector.takeKey();
    const { position, onsetSample } = this.#detector;
    const beganMs = nowMs - (position - onsetSample) / SAMPLES_PER_MS;
    this.#tell(key, this.#merger.beginTone(key, beganMs), onsetSample < LEFTOVER_TONE_SAMPLES);
  }

  hearInfo(key: number, nowMs: number): void {
    if (this.#isListening) this.#tell(key, this.#merger.hearInfo(key, nowMs), false);
  }

  /** Overwrites everything from which a key could be told. */
  wipe(): void {
    this.#detector.reset();
    this.#merger.wipe();
    this.events.wipe();
  }

  #tell(key: number, verdict: PressVerdict, isLeftover: boolean): void {
    if (verdict === 'same-press') this.#port.countMerged();
    else if (!isLeftover) this.#port.pressKey(key);
  }
}
