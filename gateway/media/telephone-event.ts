/**
 * Key presses out of telephone-event packets (RFC 4733 §2.3), one decoder a leg.
 *
 * ```
 *  0                   1                   2                   3
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |     event     |E|R| volume    |          duration             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 *
 * A press is known by (SSRC, timestamp, event); the rest of this file is what real senders make of that rule: lost
 * first packets, lost last packets, presses longer than a duration can count, timestamps that move during a press.
 *
 * A moved timestamp is the same press going on when the sender has not said that a press begins (marker), has not ended
 * the one before, could not have done so unheard (no more than one packet is lost since), and has left no pause: the new
 * timestamp lies where the time told before ends, give or take less than the shortest pause between two presses.
 */
import { KEY_COUNT } from '../../dsp/dtmf-keys.js';
import { readUint16, sequenceDistance, timestampDistance } from './rtp-header.js';

export const TELEPHONE_EVENT_SIZE_BYTES = 4;
/** RFC 4733 §3.2: events 0–15 are the keys of a telephone; those above are modem, fax and line signals. */

/** Flags of one packet's outcome; when several are set, they happened in this order. */
export const PREVIOUS_ENDED = 1;
export const PRESS_BEGAN = 2;
export const PRESS_ENDED = 4;
/** Nothing is known that this packet could belong to: shorter than a report, or no key. */
export const NOT_A_KEY = 8;
/**
 * Which presses there were, and in which order, is not sure: this packet may be of the press before or of another, its sender
 * did not say, and what would tell is lost; or it is the first one heard of a press that came before the newest.
 */
export const DOUBTFUL_PRESS = 16;

/**
 * Silence of the sender after which a press whose last packets were lost is over: three updates of 50 ms, the slowest
 * that RFC 4733 §2.5.1.2 recommends.
 */
export const LOST_END_MS = 150;
/** A sender with moving timestamps moves by one update, seldom more than 50 ms; one lost update in between is borne. */
const MOVING_TIMESTAMP_MS = 110;
/** The slowest updates that were met; so far apart they are only believed when nothing was lost in between. */
const SPARSE_UPDATE_MS = 300;
/** Shorter than the shortest pause between two presses: Q.24 wants 40 ms to be one, NTT 30 ms. */
const MAX_TIMESTAMP_GAP_MS = 24;
/** A marker is on the first packet of a press, which has then gone on for no longer; some durations there are nonsense. */
const LONGEST_BEFORE_MARKER_MS = 100;
const MAX_DURATION = 0xffff;
/** Further back than this in sequence is no late packet but a sender that began anew. */
const MAX_REORDER_PACKETS = 1000;
/**
 * The copies of an end packet come within 150 ms, so of two short presses the later may be heard first. A timestamp that is
 * older still is another clock's: a sender that began anew.
 */
const OVERTAKEN_MS = 1000;
/** A new segment is recognised although the updates of the last second of the segment before were lost. */
const SEGMENT_SLACK_MS = 1000;
/** Presses whose late copies are recognised; three copies of an end packet arrive within 150 ms of each other. */
const REMEMBERED = 8;

export class TelephoneEventDecoder {
  /** Key of the press that the last call to `handle` began, ended or continued. */
  key = 0;
  /** When that press began, by the clock of arrival. */
  beganAtMs = 0;

  #ssrc = -1;
  #timestamp = 0;
  #sequence = -1;
  #event = -1;
  #duration = 0;
  #underWay = false;
  /** The press ended because nothing came of it any more, not because its sender said so. */
  #hasExpired = false;
  /** The press' timestamp has moved. */
  #hasMoved = false;
  /** Packets of the sender since the last one of an event, and the newest of them. */
  #otherPackets = 0;
  #otherSequence = 0;
  #lastSeenMs = 0;
  readonly #endedTimestamps = new Float64Array(REMEMBERED).fill(-1);
  #endedNext = 0;

  get underWay(): boolean {
    return this.#underWay;
  }

  /** Reads one packet, whose payload is in `bytes`. Returns the flags above. */
  handle(packet: EventPacket, clockRateHz: number, bytes: Uint8Array, nowMs: number): number {
    const start = packet.payloadStart;
    const isReport = packet.payloadEnd - start >= TELEPHONE_EVENT_SIZE_BYTES;
    if (!isReport || bytes[start] >= KEY_COUNT) return NOT_A_KEY;
    const event = bytes[start];
    const isEnd = (bytes[start + 1] & 0x80) !== 0;
    const duration = readUint16(bytes, start + 2);
    const unitsPerMs = clockRateHz / 1000;

    let outcome = 0;
    if (packet.ssrc !== this.#ssrc) outcome = this.#restart(packet.ssrc);
    if (this.#continuesPress(packet, event, unitsPerMs, isEnd, nowMs)) {
      if (this.#mayHidePause(packet, unitsPerMs)) outcome |= DOUBTFUL_PRESS;
      return outcome | this.#update(packet, duration, isEnd, nowMs);
    }
    if (this.#isLateCopy(packet)) return outcome;

    const isUnended = this.#underWay || this.#hasExpired;
    const mayBeSame = isUnended && event === this.#event && !packet.marker && this.#lostBefore(packet) > 0;
    if (mayBeSame || this.#isOvertaken(packet, unitsPerMs)) outcome |= DOUBTFUL_PRESS;
    if (this.#underWay) outcome |= this.#end() & PREVIOUS_ENDED;
    this.#event = event;
    this.#timestamp = packet.timestamp;
    this.#follow(packet.sequence);
    this.#duration = duration;
    this.#underWay = true;
    this.#hasExpired = false;
    this.#hasMoved = false;
    this.#lastSeenMs = nowMs;
    this.key = event;
    const durationMs = duration / unitsPerMs;
    this.beganAtMs = nowMs - (packet.marker && !isEnd ? Math.min(durationMs, LONGEST_BEFORE_MARKER_MS) : durationMs);
    outcome |= PRESS_BEGAN;
    if (isEnd) outcome |= this.#end() & PRESS_ENDED;
    return outcome;
  }

  /** Ends a press whose last packets never came. Returns PREVIOUS_ENDED or 0. */
  expire(nowMs: number): number {
    if (!this.#underWay || nowMs < this.#lastSeenMs + LOST_END_MS) return 0;
    this.#hasExpired = true;
    return this.#end() & PREVIOUS_ENDED;
  }

  /** An audio packet of the same sender: what comes between the packets of an event is not lost. */
  hearOther(sequence: number): void {
    if (this.#event < 0 || sequenceDistance(this.#sequence, sequence) <= 0) return;
    if (this.#otherPackets > 0 && sequenceDistance(this.#otherSequence, sequence) <= 0) return;
    this.#otherPackets += 1;
    this.#otherSequence = sequence;
  }

  /** Forgets which key was last pressed; late copies of ended presses are still recognised, by their timestamps. */
  wipe(): void {
    this.key = 0;
    if (!this.#underWay) this.#event = -1;
  }

  #continuesPress(packet: EventPacket, event: number, unitsPerMs: number, isEnd: boolean, nowMs: number): boolean {
    if (event !== this.#event) return false;
    const movedUnits = timestampDistance(this.#timestamp, packet.timestamp);
    if (movedUnits === 0) return true;
    const aheadPackets = sequenceDistance(this.#sequence, packet.sequence);
    if (packet.marker || movedUnits < 0 || aheadPackets <= 0) return false;
    // RFC 4733 §2.5.1.3: a press longer than a duration can count goes on in a segment that begins where the last ended.
    const isFull = this.#duration >= MAX_DURATION - SEGMENT_SLACK_MS * unitsPerMs;
    if (this.#underWay && isFull && movedUnits >= this.#duration && movedUnits <= MAX_DURATION) return true;
    const lostPackets = this.#lostBefore(packet);
    const limitMs = lostPackets <= 0 ? SPARSE_UPDATE_MS : MOVING_TIMESTAMP_MS;
    const isSoon = movedUnits <= limitMs * unitsPerMs && nowMs - this.#lastSeenMs <= limitMs;
    const leavesNoPause =
      movedUnits <= this.#duration * (Math.max(0, lostPackets) + 1) + MAX_TIMESTAMP_GAP_MS * unitsPerMs;
    // The further copies of its end packet move on too.
    return (
      leavesNoPause && isSoon && lostPackets <= 1 && (this.#underWay || this.#hasExpired || (isEnd && this.#hasMoved))
    );
  }

  /**
   * What is lost before a packet that was taken for one of the same press left time enough for a pause and another press. No
   * matter whether its sender has moved timestamps before: one that sends no end packet either looks the same.
   */
  #mayHidePause(packet: EventPacket, unitsPerMs: number): boolean {
    const movedUnits = timestampDistance(this.#timestamp, packet.timestamp);
    const isSegment = this.#duration >= MAX_DURATION - SEGMENT_SLACK_MS * unitsPerMs;
    if (movedUnits <= this.#duration + MAX_TIMESTAMP_GAP_MS * unitsPerMs || isSegment) return false;
    return this.#lostBefore(packet) > 0;
  }

  /** The first that is heard of a press that began before the newest one did: the keys would be told in a wrong order. */
  #isOvertaken(packet: EventPacket, unitsPerMs: number): boolean {
    if (this.#sequence < 0) return false;
    const aheadUnits = timestampDistance(this.#timestamp, packet.timestamp);
    return aheadUnits < 0 && aheadUnits >= -OVERTAKEN_MS * unitsPerMs;
  }

  #update(packet: EventPacket, duration: number, isEnd: boolean, nowMs: number): number {
    const movedUnits = timestampDistance(this.#timestamp, packet.timestamp);
    if (movedUnits > 0) {
      this.#timestamp = packet.timestamp;
      this.#duration = 0;
      this.#hasMoved = true;
      if (!this.#underWay) this.#remember(packet.timestamp);
    }
    if (sequenceDistance(this.#sequence, packet.sequence) > 0) this.#follow(packet.sequence);
    // It goes on after all, between updates that were further apart than those of anybody else.
    if (this.#hasExpired && !isEnd) this.#underWay = true;
    this.#hasExpired = false;
    // A shorter duration than one seen before is an older packet that was overtaken.
    if (duration > this.#duration) this.#duration = duration;
    this.key = this.#event;
    this.#lastSeenMs = nowMs;
    return isEnd && this.#underWay ? this.#end() & PRESS_ENDED : 0;
  }

  /** An update or end packet of a press before the present one, overtaken by newer packets or sent once more. */
  #isLateCopy(packet: EventPacket): boolean {
    const aheadPackets = sequenceDistance(this.#sequence, packet.sequence);
    if (this.#sequence >= 0 && aheadPackets < 0 && aheadPackets > -MAX_REORDER_PACKETS) return true;
    return packet.timestamp !== this.#timestamp && this.#endedTimestamps.includes(packet.timestamp);
  }

  /** Packets of the sender lost since the last one of an event; negative when some came twice. */
  #lostBefore(packet: EventPacket): number {
    return sequenceDistance(this.#sequence, packet.sequence) - 1 - this.#otherPackets;
  }

  #follow(sequence: number): void {
    this.#sequence = sequence;
    this.#otherPackets = 0;
  }

  #end(): number {
    this.#underWay = false;
    this.#remember(this.#timestamp);
    return PREVIOUS_ENDED | PRESS_ENDED;
  }

  #remember(timestamp: number): void {
    this.#endedTimestamps[this.#endedNext] = timestamp;
    this.#endedNext = (this.#endedNext + 1) % REMEMBERED;
  }

  #restart(ssrc: number): number {
    const outcome = this.#underWay ? PREVIOUS_ENDED : 0;
    this.#ssrc = ssrc;
    this.#event = -1;
    this.#sequence = -1;
    this.#underWay = false;
    this.#hasExpired = false;
    this.#otherPackets = 0;
    this.#endedTimestamps.fill(-1);
    return outcome;
  }
}

/** What the decoder wants to know of an `RtpHeader`. */
export type EventPacket = {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payloadStart: number;
  readonly payloadEnd: number;
};
