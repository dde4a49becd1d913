/**
 * Finds the holes in a caller's stream: which packets are missing by their sequence numbers, and how much of the sender's
 * time with them. What a hole means for a capture is the watch's to say (`hole-watch.ts`). Pure; a part of the secure
 * window, whose streams it does not touch.
 */
import { SAMPLES_PER_MS } from '../../dsp/dtmf-keys.js';
import { HoleWatch } from './hole-watch.js';
import type { PressListener } from './press-listener.js';
import { sequenceDistance, timestampDistance } from './rtp-header.js';
import { DOUBTFUL_PRESS, NOT_A_KEY, PRESS_BEGAN, PRESS_ENDED } from './telephone-event.js';

/** A packet that comes no later than this behind its time has not been silent. */
const RESTART_JITTER_MS = 40;
/** RFC 4733 §2.5.1.4: a sender that repeats its end packets sends three. */
const END_PACKETS = 3;
/** The copies of an end packet come 20 to 50 ms apart. */
const END_COPIES_WITHIN_MS = 110;
/** What a sender is taken to send until it has sent audio. */
const USUAL_FRAME_MS = 20;
const UNHEARD = -1;

/** An event's time in the audio's clock; undefined where it has another one. */
export type EventSpan = { readonly timestamp: number; readonly durationUnits: number } | undefined;

export type HoleFinderOptions = {
  readonly presses: PressListener;
  /** Asked at a hole alone. */
  readonly line: { readonly unitsSinceFlag: number };
  /** See `HoleWatch`. */
  readonly disturbed: () => boolean;
};

export class HoleFinder {
  readonly watch: HoleWatch;
  readonly #presses: PressListener;
  readonly #line: HoleFinderOptions['line'];
  /** Of the last packet used. */
  #lastSequence = UNHEARD;
  /** Packets since then that arrived and were of no use: they are not lost. */
  #unusedPackets = 0;
  /** Lost ones that no audio packet has been found behind yet. */
  #lostPackets = 0;
  /** Caller's timestamp of the end of what was heard last, audio or event, and when that was. */
  #heardUpTo = UNHEARD;
  #heardAtMs = UNHEARD;
  #lastEventMs = Number.NEGATIVE_INFINITY;
  /** As of the packets judged so far: the decoder is a packet ahead while an audio packet that waited is used. */
  #isEventUnderWay = false;
  /** Of the press that ended last. */
  #endPackets = 0;
  #sendsEndCopies = false;
  #frameMs = USUAL_FRAME_MS;

  constructor({ presses, line, disturbed }: HoleFinderOptions) {
    this.#presses = presses;
    this.#line = line;
    this.watch = new HoleWatch(disturbed);
  }

  /**
   * The stream begins, or begins anew: nothing before its next packet can be missed. Whose it is is not known, so nothing of
   * the habits of a sender before counts: what one is known to repeat, another may never send.
   */
  begin(): void {
    this.#lastSequence = UNHEARD;
    this.#unusedPackets = 0;
    this.#lostPackets = 0;
    this.#heardUpTo = UNHEARD;
    this.#heardAtMs = UNHEARD;
    this.#lastEventMs = Number.NEGATIVE_INFINITY;
    this.#endPackets = 0;
    this.#sendsEndCopies = false;
    this.#frameMs = USUAL_FRAME_MS;
    this.#isEventUnderWay = this.#presses.events.underWay;
  }

  /** The stream has a new source or new numbers: what was said since the last packet of the old ones is not known. */
  restart(nowMs: number): void {
    this.#judgeSilence(nowMs);
    this.begin();
  }

  /** The caller's source speaks under another SSRC, which is not believed in a window: what it says goes unheard. */
  dropForeign(nowMs: number): void {
    this.#judgeSilence(nowMs);
  }

  /** Does what no packet comes to do. */
  sweep(nowMs: number): void {
    this.#isEventUnderWay = this.#presses.events.underWay;
    this.watch.sweep(nowMs);
  }

  /** A packet of no use arrived, such as comfort noise that was not negotiated. */
  passOver(sequence: number): void {
    if (this.#lastSequence !== UNHEARD && sequenceDistance(this.#lastSequence, sequence) > 0) this.#unusedPackets += 1;
  }

  /**
   * An audio packet of `units` is used next; `fillUnits` are put in front of it. Numbers in a row: an object of them would be
   * one a packet.
   */
  beforeAudio(
    packet: { readonly sequence: number; readonly timestamp: number },
    units: number,
    fillUnits: number,
    nowMs: number,
  ): void {
    const lostPackets = this.#lostPackets + this.#takeLost(packet.sequence);
    this.#lostPackets = 0;
    const lengthMs = units / SAMPLES_PER_MS;
    if (lostPackets > 0) {
      const gapMs = this.#gapMsBefore(packet.timestamp);
      // A clock that stands still during events does not count what was lost: the time of arrival does.
      const missingMs = gapMs >= 0 ? gapMs : this.#silentMs(nowMs) - RESTART_JITTER_MS;
      this.watch.judge({
        lostPackets,
        otherPackets: Math.max(0, lostPackets - Math.round(Math.max(0, gapMs) / this.#frameMs)),
        missingMs: Math.max(0, missingMs),
        endMs: nowMs - lengthMs,
        endSample: this.#presses.heardSamples + Math.max(0, fillUnits),
        sinceToneMs: this.#line.unitsSinceFlag / SAMPLES_PER_MS,
        isToneUnderWay: this.#presses.isToneUnderWay,
        isEventUnderWay: this.#isEventUnderWay,
        dueEndPackets: this.#dueEndPackets(nowMs),
      });
    }
    this.#heardUpTo = (packet.timestamp + units) >>> 0;
    this.#heardAtMs = nowMs;
    if (lengthMs > 0) this.#frameMs = lengthMs;
  }

  /** An event packet was handed to the decoder, with this outcome, and is used next. */
  beforeEvent(sequence: number, outcome: number, span: EventSpan, nowMs: number): void {
    const lostPackets = this.#takeLost(sequence);
    const isBeginning = (outcome & PRESS_BEGAN) !== 0;
    const isOfKnownPress = !isBeginning && (outcome & NOT_A_KEY) === 0;
    const isEndCopy = isOfKnownPress && !this.#presses.events.underWay && (outcome & PRESS_ENDED) === 0;
    if (isOfKnownPress) this.watch.continueEvent(isEndCopy ? 'end-copy' : 'update');
    if (isBeginning && lostPackets > 0) this.watch.judgeBeforeEvent(this.#missingBefore(span));
    // What was lost between two copies of an end may be the copy between them, and may be more.
    else if (!isOfKnownPress || isEndCopy) this.#lostPackets += lostPackets;
    if ((outcome & DOUBTFUL_PRESS) !== 0) this.watch.doubt();
    this.#countEndPackets(outcome, isEndCopy);
    this.#lastEventMs = nowMs;
    this.#isEventUnderWay = this.#presses.events.underWay;
    this.#heardAtMs = nowMs;
    if (span === undefined) return;
    const end = (span.timestamp + span.durationUnits) >>> 0;
    if (this.#heardUpTo === UNHEARD || timestampDistance(this.#heardUpTo, end) > 0) this.#heardUpTo = end;
  }

  /** By the sender's clock, from the end of what was heard last. Negative where that clock does not tell. */
  #gapMsBefore(timestamp: number): number {
    return this.#heardUpTo === UNHEARD ? -1 : timestampDistance(this.#heardUpTo, timestamp) / SAMPLES_PER_MS;
  }

  /** Between the end of what was heard last and the beginning of the press that was just found. */
  #missingBefore(span: EventSpan): number {
    if (span !== undefined && this.#heardUpTo !== UNHEARD) return this.#gapMsBefore(span.timestamp);
    return this.#silentMs(this.#presses.events.beganAtMs);
  }

  #countEndPackets(outcome: number, isEndCopy: boolean): void {
    if ((outcome & PRESS_ENDED) !== 0) this.#endPackets = 1;
    else if ((outcome & PRESS_BEGAN) !== 0) this.#endPackets = 0;
    else if (isEndCopy) this.#endPackets += 1;
    if (this.#endPackets > 1) this.#sendsEndCopies = true;
  }

  /** Further copies of the last end packet that may have been lost, if this sender is known to send any. */
  #dueEndPackets(nowMs: number): number {
    if (!this.#sendsEndCopies || this.#endPackets === 0 || nowMs - this.#lastEventMs > END_COPIES_WITHIN_MS) return 0;
    return Math.max(0, END_PACKETS - this.#endPackets);
  }

  #judgeSilence(nowMs: number): void {
    if (this.#heardAtMs !== UNHEARD) this.watch.judgeRestart(this.#silentMs(nowMs) - RESTART_JITTER_MS);
  }

  /** How long ago the end of what was heard last was due to be followed by something. */
  #silentMs(nowMs: number): number {
    return nowMs - this.#heardAtMs - this.#frameMs;
  }

  /** Packets lost between the last one used and this one, which is used now. */
  #takeLost(sequence: number): number {
    const ahead = this.#lastSequence === UNHEARD ? 1 : sequenceDistance(this.#lastSequence, sequence);
    if (ahead <= 0) return 0;
    const lostPackets = Math.max(0, ahead - 1 - this.#unusedPackets);
    this.#lastSequence = sequence;
    this.#unusedPackets = 0;
    return lostPackets;
  }
}
