/**
 * Holes in the caller's stream while a capture is armed: whether a press may have gone down in one, so that what the
 * caller keys must not be taken for whole. Pure; a part of the secure window. Times in milliseconds are of arrival; what
 * was heard as tones is counted in samples of what the detector was given, which no jitter moves.
 *
 * Packets are lost by their sequence numbers. A pause that leaves no number out (silence suppression, a sender on hold)
 * is no hole, however long. What is missing is counted in the sender's time: from the end of what was heard last to the
 * beginning of what is heard next. Each row is a test.
 *
 * | what is missing                                          | verdict                                                    |
 * | -------------------------------------------------------- | ---------------------------------------------------------- |
 * | anything, no capture armed                               | none: keys are dropped anyway                              |
 * | any time, the same event goes on behind it               | none: a press cannot lie inside another                    |
 * | time that the event found behind it began at the edge of | none: that press has been in it, and was found             |
 * | 24 ms or more otherwise                                  | uncertain: a press of 40 ms may have left less than 16 ms  |
 * | less, no tone touches it                                 | none: a press of 40 ms would                               |
 * | less, a tone touches it                                  | uncertain unless that tone is confirmed as a press in time |
 * | less, and a packet that was not audio                    | uncertain unless it was of an event that is known          |
 * | a new beginning of the stream, and time                  | uncertain: nobody counts packets across it                 |
 *
 * 24 ms: Q.24 presses last 40 ms, and 8 ms of tone to either side are what the suppressor surely sees. A lost packet of
 * 20 ms is below it, one of 30 ms, or two of 20 ms, are not. A tone on both sides of a longer hole is no proof that one
 * press spans it: 40 ms hold the pause between two presses of the same key.
 */

import { SAMPLES_PER_MS } from '../../dsp/dtmf-keys.js';

/** Missing time that may hide a press or the pause between two of the same key. */
export const HIDING_MS = 24;
/** A tone that the suppressor saw so close to a hole touches it: its windows have 12 ms. */
export const TOUCH_MS = 12;
/** From the hole's end to the detector's word on a tone that touches it: 34 ms, a packet's time, and jitter. */
const CONFIRMED_WITHIN_MS = 120;
/** Three updates of 50 ms: by then a press whose first packets were lost has shown itself. */
const EVENT_SHOWN_WITHIN_MS = 150;
/** Where a tone began is known to 4 ms, and a press that begins so close behind a hole touches it. */
const ONSET_SLACK_MS = TOUCH_MS + 4;
const ONSET_SLACK_SAMPLES = ONSET_SLACK_MS * SAMPLES_PER_MS;

export type Hole = {
  readonly lostPackets: number;
  /** Of these, packets that were no audio: they have left out no time. */
  readonly otherPackets: number;
  readonly missingMs: number;
  /** When what was heard behind it had begun. */
  readonly endMs: number;
  /** The same in samples given to the detector. */
  readonly endSample: number;
  /** Since the suppressor last saw a possible tone. */
  readonly sinceToneMs: number;
  /** A press by tone has been confirmed and has not ended. */
  readonly isToneUnderWay: boolean;
  readonly isEventUnderWay: boolean;
  /** Copies of an end packet that were still to come: of the other packets, so many are explained. */
  readonly dueEndPackets: number;
};

/** What an open question waits for. */
type Question = 'nothing' | 'tone-behind' | 'tone-confirmed' | 'event-shown' | 'event-goes-on';

export class HoleWatch {
  readonly #disturbed: () => boolean;
  #isArmed = false;
  #question: Question = 'nothing';
  #endMs = 0;
  #endSample = 0;
  #samplesBehind = 0;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #unexplainedPackets = 0;
  #hasToneBefore = false;
  #isBeforeConfirmed = false;
  /** Told already, and no key has come since: one mark is as good as many. */
  #isTold = false;

  /**
   * `disturbed` is called when a press may have been lost, before any key that was pressed after it is told. It returns
   * whether that was told: what was not is told with the next disturbance, however soon.
   */
  constructor(disturbed: () => boolean) {
    this.#disturbed = disturbed;
  }

  arm(): void {
    this.#isArmed = true;
    this.#isTold = false;
    this.#close();
  }

  disarm(): void {
    this.#isArmed = false;
    this.#close();
  }

  get isArmed(): boolean {
    return this.#isArmed;
  }

  /** While true, `hearHop` wants to be told of the audio behind the hole, 2 ms after 2 ms. */
  get wantsHops(): boolean {
    return this.#question === 'tone-behind';
  }

  /** Packets are missing in front of an audio packet. */
  judge(hole: Hole): void {
    if (!this.#isArmed || hole.lostPackets <= 0) return;
    // Two holes within the time that one of them needs leave too little between them.
    if (this.#question !== 'nothing') this.#tell();
    this.#endMs = hole.endMs;
    this.#endSample = hole.endSample;
    this.#samplesBehind = 0;
    const hidesPress = hole.missingMs >= HIDING_MS;
    this.#unexplainedPackets = hole.otherPackets - hole.dueEndPackets;
    if (hole.isEventUnderWay) {
      if (hidesPress || hole.otherPackets > 0) this.#ask('event-goes-on', EVENT_SHOWN_WITHIN_MS);
      return;
    }
    if (hidesPress) {
      this.#tell();
      return;
    }
    if (this.#unexplainedPackets > 0) {
      this.#ask('event-shown', EVENT_SHOWN_WITHIN_MS);
      return;
    }
    this.#hasToneBefore = hole.sinceToneMs <= TOUCH_MS;
    this.#isBeforeConfirmed = hole.isToneUnderWay;
    this.#ask('tone-behind', CONFIRMED_WITHIN_MS);
  }

  /** Packets are missing in front of an event packet whose press began so long behind what was heard last. */
  judgeBeforeEvent(missingMs: number): void {
    if (this.#isArmed && missingMs >= HIDING_MS) this.#tell();
  }

  /** Presses were heard of which nobody can say whether they are one or two. */
  doubt(): void {
    if (this.#isArmed) this.#tell();
  }

  /** The stream began anew, after `missingMs` of which nobody knows what was said in them. */
  judgeRestart(missingMs: number): void {
    if (this.#isArmed && missingMs >= HIDING_MS) this.#tell();
  }

  /** The next `count` samples behind the hole, a hop of 2 ms or less, do or do not show a possible tone. */
  hearHop(showsTone: boolean, count: number): void {
    if (this.#question !== 'tone-behind') return;
    this.#samplesBehind += count;
    if (showsTone) {
      // A tone on both sides, confirmed on the first: a pause that fits between them is shorter than any sender's.
      if (this.#hasToneBefore && this.#isBeforeConfirmed) this.#close();
      else this.#question = 'tone-confirmed';
      return;
    }
    if (this.#samplesBehind < TOUCH_MS * SAMPLES_PER_MS) return;
    // Nothing behind it. A tone before it that is no press by now was cut off.
    if (this.#hasToneBefore && !this.#isBeforeConfirmed) this.#tell();
    else this.#close();
  }

  /** A press was confirmed that began at this sample given to the detector; called before its key is told. */
  beginTone(onsetSample: number): void {
    if (this.#question === 'nothing') return;
    if (this.#question === 'tone-behind') this.#isBeforeConfirmed = true;
    else if (onsetSample > this.#endSample + ONSET_SLACK_SAMPLES) this.#tell();
    // Of an event that is asked for, a tone says nothing.
    else if (this.#question === 'tone-confirmed') this.#close();
  }

  /** A press by event began; called before its key is told. One that began behind the hole answers nothing. */
  beginEvent(beganMs: number): void {
    if (this.#question === 'nothing') return;
    // It also tells the press whose tone the hole has cut; but what was under way before it has not gone on.
    if (this.#question !== 'event-goes-on' && beganMs <= this.#endMs + ONSET_SLACK_MS) this.#close();
    else this.#tell();
  }

  /** A press by INFO, which no hole swallows; called before its key is told. Who sends INFO sends it for every press. */
  hearInfo(): void {
    this.#close();
  }

  /** A further packet of the newest event. */
  continueEvent(packet: 'update' | 'end-copy'): void {
    if (this.#question === 'event-goes-on') this.#close();
    // One packet lost between two copies of an end is the copy between them.
    if (this.#question === 'event-shown' && packet === 'end-copy' && this.#unexplainedPackets === 1) this.#close();
  }

  /** A key was told: what a mark before it said may have been made up for by it. */
  keyTold(): void {
    this.#isTold = false;
  }

  sweep(nowMs: number): void {
    if (this.#question !== 'nothing' && nowMs >= this.#deadlineMs) this.#tell();
  }

  #ask(question: Question, withinMs: number): void {
    this.#question = question;
    this.#deadlineMs = this.#endMs + withinMs;
  }

  #tell(): void {
    this.#close();
    if (this.#isTold) return;
    this.#isTold = this.#disturbed();
  }

  #close(): void {
    this.#question = 'nothing';
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }
}
