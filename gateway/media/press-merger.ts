/**
 * One press of a key, one key, by whichever of three ways it is heard: telephone-event packets, tones in the audio,
 * SIP INFO. Phones and gateways mix them: a head of tone until the event takes over, an event with a tail of tone
 * behind it, both all the time, an INFO on top. Pure; times are of arrival, in milliseconds. Where the sender's own clock
 * tells of both ways, TAIL_MS are counted by it too: what a stalled line or machine brings late was not sent late.
 *
 * Two presses of one way are always two presses: that way's own decoder has told them apart. A press heard by a second
 * way is the same press when the key is equal, no other press of that second way belongs to it already, and:
 *
 * | first heard as | then as | the same press when the second … |
 * |---|---|---|
 * | tone  | event | begins while the tone sounds, or within TAIL_MS after it |
 * | event | tone  | begins from LEAD_MS before the event to its beginning, and no tone was told of it |
 * | event | tone  | begins during the event |
 * | event | tone  | begins within TAIL_MS after the event's end, and no tone sounded during it |
 * | either| INFO  | arrives from the press' beginning to INFO_MS after its end |
 * | INFO  | either| begins within INFO_MS after the INFO |
 *
 * Further tones during an event (a tone cut in two by a lost packet) belong to it too: the event is the better witness.
 * What one way tells comes in the order of the presses, whatever the others told meanwhile.
 */

export const LEAD_MS = 60;
/** A tail of tone was met up to half a second behind its event; times of arrival are off by up to two packets of 20 ms. */
export const TAIL_MS = 540;
export const INFO_MS = 500;
/** A tone that reaches this far into an event sounded during it; shorter is a head that the event cut off. */
const HEAD_OVERLAP_MS = 60;
/** Presses that a late witness may still belong to; nobody presses more keys within TAIL_MS. */
const REMEMBERED = 8;
/**
 * When the last witness of a press could have come, and some more for what its decoder needs to tell. A key that is kept
 * longer makes, with the others, a part of a card number in this process.
 */
const FORGOTTEN_AFTER_MS = Math.max(TAIL_MS, INFO_MS) + 200;
const ABSENT = Number.NEGATIVE_INFINITY;
/** Of something that has not ended. */
const UNENDED = Number.POSITIVE_INFINITY;
const NO_PRESS = -1;

type Way = 'event' | 'tone' | 'info';
export type PressVerdict = 'new-key' | 'same-press';

export class PressMerger {
  /** On memory of its own: V8 moves small arrays about in its heap, and leaves what was in them behind. */
  readonly #key = new Int8Array(new ArrayBuffer(REMEMBERED)).fill(NO_PRESS);
  readonly #eventBeganMs = new Float64Array(REMEMBERED).fill(ABSENT);
  readonly #eventEndedMs = new Float64Array(REMEMBERED).fill(ABSENT);
  readonly #toneBeganMs = new Float64Array(REMEMBERED).fill(ABSENT);
  readonly #toneEndedMs = new Float64Array(REMEMBERED).fill(ABSENT);
  readonly #infoAtMs = new Float64Array(REMEMBERED).fill(ABSENT);
  /** By the sender's clock; NaN where that does not tell, which is within nothing. */
  readonly #eventEndedSenderMs = new Float64Array(REMEMBERED).fill(Number.NaN);
  readonly #toneEndedSenderMs = new Float64Array(REMEMBERED).fill(Number.NaN);
  #newest = 0;
  #eventPress = NO_PRESS;
  #tonePress = NO_PRESS;

  /** A telephone-event press began (its own clock puts it at `beganMs`). */
  beginEvent(key: number, beganMs: number, beganSenderMs = Number.NaN): PressVerdict {
    this.endEvent(beganMs, beganSenderMs);
    let press = this.#find('event', key, beganMs, beganSenderMs);
    const verdict = press === NO_PRESS ? 'new-key' : 'same-press';
    if (press === NO_PRESS) press = this.#add(key);
    this.#eventBeganMs[press] = beganMs;
    this.#eventEndedMs[press] = UNENDED;
    this.#eventEndedSenderMs[press] = Number.NaN;
    this.#eventPress = press;
    return verdict;
  }

  endEvent(endedMs: number, endedSenderMs = Number.NaN): void {
    if (this.#eventPress !== NO_PRESS) {
      this.#eventEndedMs[this.#eventPress] = endedMs;
      this.#eventEndedSenderMs[this.#eventPress] = endedSenderMs;
    }
    this.#eventPress = NO_PRESS;
  }

  /** A tone was confirmed that had begun at `beganMs`. */
  beginTone(key: number, beganMs: number, beganSenderMs = Number.NaN): PressVerdict {
    this.endTone(beganMs, beganSenderMs);
    let press = this.#find('tone', key, beganMs, beganSenderMs);
    const verdict = press === NO_PRESS ? 'new-key' : 'same-press';
    if (press === NO_PRESS) press = this.#add(key);
    if (this.#toneBeganMs[press] === ABSENT) this.#toneBeganMs[press] = beganMs;
    this.#toneEndedMs[press] = UNENDED;
    this.#toneEndedSenderMs[press] = Number.NaN;
    this.#tonePress = press;
    return verdict;
  }

  endTone(endedMs: number, endedSenderMs = Number.NaN): void {
    if (this.#tonePress !== NO_PRESS) {
      this.#toneEndedMs[this.#tonePress] = endedMs;
      this.#toneEndedSenderMs[this.#tonePress] = endedSenderMs;
    }
    this.#tonePress = NO_PRESS;
  }

  /** An INFO arrived; most senders send it when the key is released. */
  hearInfo(key: number, nowMs: number): PressVerdict {
    let press = this.#find('info', key, nowMs);
    const verdict = press === NO_PRESS ? 'new-key' : 'same-press';
    if (press === NO_PRESS) press = this.#add(key);
    this.#infoAtMs[press] = nowMs;
    return verdict;
  }

  /** Presses whose key is still known, for whoever checks that they are few. */
  get rememberedKeys(): number {
    return this.#key.reduce((count, key) => (key === NO_PRESS ? count : count + 1), 0);
  }

  /** Forgets the keys to which nothing can belong any more. To be called now and then. */
  forget(nowMs: number): void {
    for (let press = 0; press < REMEMBERED; press += 1) {
      const ended = Math.max(this.#eventEndedMs[press], this.#toneEndedMs[press], this.#infoAtMs[press]);
      if (nowMs > ended + FORGOTTEN_AFTER_MS) this.#key[press] = NO_PRESS;
    }
  }

  wipe(): void {
    this.#key.fill(NO_PRESS);
    for (const times of [
      this.#eventBeganMs,
      this.#eventEndedMs,
      this.#toneBeganMs,
      this.#toneEndedMs,
      this.#infoAtMs,
    ]) {
      times.fill(ABSENT);
    }
    for (const times of [this.#eventEndedSenderMs, this.#toneEndedSenderMs]) times.fill(Number.NaN);
    this.#eventPress = NO_PRESS;
    this.#tonePress = NO_PRESS;
  }

  #timesOf(way: Way): Float64Array {
    switch (way) {
      case 'event':
        return this.#eventBeganMs;
      case 'tone':
        return this.#toneBeganMs;
      case 'info':
        return this.#infoAtMs;
    }
  }

  #follows(way: Way, press: number, atMs: number, senderMs: number): boolean {
    switch (way) {
      case 'event':
        return this.#eventFollows(press, atMs, senderMs);
      case 'tone':
        return this.#toneFollows(press, atMs, senderMs);
      case 'info':
        return this.#infoFollows(press, atMs);
    }
  }

  #eventFollows(press: number, beganMs: number, beganSenderMs: number): boolean {
    if (this.#eventBeganMs[press] !== ABSENT) return false;
    const isAfterTone =
      beganMs <= this.#toneEndedMs[press] + TAIL_MS || beganSenderMs <= this.#toneEndedSenderMs[press] + TAIL_MS;
    return this.#toneBeganMs[press] === ABSENT ? this.#isSoonAfterInfo(press, beganMs) : isAfterTone;
  }

  #toneFollows(press: number, beganMs: number, beganSenderMs: number): boolean {
    const eventBeganMs = this.#eventBeganMs[press];
    if (eventBeganMs === ABSENT) {
      return this.#toneBeganMs[press] === ABSENT && this.#isSoonAfterInfo(press, beganMs);
    }
    const eventEndedMs = this.#eventEndedMs[press];
    if (beganMs < eventBeganMs - LEAD_MS) return false;
    // Of two tones before an event the earlier one is its own. The later one is a press whose event is still to come.
    if (beganMs < eventBeganMs && this.#toneBeganMs[press] !== ABSENT) return false;
    if (beganMs <= eventEndedMs) return true;
    const hadTone = this.#toneBeganMs[press] !== ABSENT && this.#toneEndedMs[press] > eventBeganMs + HEAD_OVERLAP_MS;
    const isTail = beganMs <= eventEndedMs + TAIL_MS || beganSenderMs <= this.#eventEndedSenderMs[press] + TAIL_MS;
    return !hadTone && isTail;
  }

  #infoFollows(press: number, nowMs: number): boolean {
    if (this.#infoAtMs[press] !== ABSENT) return false;
    return nowMs <= Math.max(this.#eventEndedMs[press], this.#toneEndedMs[press]) + INFO_MS;
  }

  #isSoonAfterInfo(press: number, beganMs: number): boolean {
    return beganMs <= this.#infoAtMs[press] + INFO_MS;
  }

  /**
   * The oldest press that what was heard at that time fits. Witnesses of one way come in the order of the presses, so none
   * belongs to a press before the newest one of which that way has told already.
   */
  #find(way: Way, key: number, atMs: number, senderMs = Number.NaN): number {
    const toldAtMs = this.#timesOf(way);
    let found = NO_PRESS;
    for (let age = 0; age < REMEMBERED; age += 1) {
      const press = (this.#newest - age + REMEMBERED) % REMEMBERED;
      if (this.#key[press] === key && this.#follows(way, press, atMs, senderMs)) found = press;
      if (toldAtMs[press] !== ABSENT) break;
    }
    return found;
  }

  #add(key: number): number {
    this.#newest = (this.#newest + 1) % REMEMBERED;
    const press = this.#newest;
    if (press === this.#eventPress) this.#eventPress = NO_PRESS;
    if (press === this.#tonePress) this.#tonePress = NO_PRESS;
    this.#key[press] = key;
    this.#eventBeganMs[press] = ABSENT;
    this.#eventEndedMs[press] = ABSENT;
    this.#toneBeganMs[press] = ABSENT;
    this.#toneEndedMs[press] = ABSENT;
    this.#infoAtMs[press] = ABSENT;
    this.#eventEndedSenderMs[press] = Number.NaN;
    this.#toneEndedSenderMs[press] = Number.NaN;
    return press;
  }
}
