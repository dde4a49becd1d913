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
 * Silence of the sender after which a press whose last packets were lost is over: three updates of 50 ms, the slowest
 * that RFC 4733 §2.5.1.2 recommends.
 */
export const LOST_END_MS = 150;
/** A sender with moving timestamps moves by one update, at most 50 ms, at a time; one lost update in between is borne. */
const MOVING_TIMESTAMP_MS = 110;
const MAX_DURATION = 0xffff;
/** Further back than this in sequence is no late packet but a sender that began anew. */
const MAX_REORDER_PACKETS = 1000;
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
  #lastSeenMs = 0;
  readonly #endedTimestamps = new Float64Array(REMEMBERED).fill(-1);
  #endedNext = 0;

  get underWay(): boolean {
    return this.#underWay;
  }

  /** When `expire` has something to do; Infinity while no press is under way. */
  get deadlineMs(): number {
    return this.#underWay ? this.#lastSeenMs + LOST_END_MS : Number.POSITIVE_INFINITY;
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
      return outcome | this.#update(packet, duration, isEnd, nowMs);
    }
    if (this.#isLateCopy(packet)) return outcome;

    if (this.#underWay) outcome |= this.#end() & PREVIOUS_ENDED;
    this.#event = event;
    this.#timestamp = packet.timestamp;
    this.#sequence = packet.sequence;
    this.#duration = duration;
    this.#underWay = true;
    this.#lastSeenMs = nowMs;
    this.key = event;
    this.beganAtMs = nowMs - duration / unitsPerMs;
    outcome |= PRESS_BEGAN;
    if (isEnd) outcome |= this.#end() & PRESS_ENDED;
    return outcome;
  }

  /** Ends a press whose last packets never came. Returns PREVIOUS_ENDED or 0. */
  expire(nowMs: number): number {
    return nowMs >= this.deadlineMs ? this.#end() & PREVIOUS_ENDED : 0;
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
    // Some senders move the timestamp with each update. If no end packet can have been lost in between it is one press,
    // and so are the further copies of its end packet.
    const isSoon = movedUnits <= MOVING_TIMESTAMP_MS * unitsPerMs && nowMs - this.#lastSeenMs <= MOVING_TIMESTAMP_MS;
    return isSoon && aheadPackets <= 2 && (this.#underWay || isEnd);
  }

  #update(packet: EventPacket, duration: number, isEnd: boolean, nowMs: number): number {
    const movedUnits = timestampDistance(this.#timestamp, packet.timestamp);
    if (movedUnits > 0) {
      this.#timestamp = packet.timestamp;
      this.#duration = 0;
      if (!this.#underWay) this.#remember(packet.timestamp);
    }
    if (sequenceDistance(this.#sequence, packet.sequence) > 0) this.#sequence = packet.sequence;
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
