/**
 * The stream that each leg is sent: an SSRC, a sequence and a timestamp space of our own. Structure of arrays, indexed
 * by the leg that receives the stream.
 *
 * A stream is fed in one of two ways. `map` passes the other leg's packets on: sequence and timestamp keep their distances,
 * so loss, reordering and pauses look to the receiver as they are. `next` numbers packets of our own making, one after
 * the other. Going from one way to the other leaves no gap:
 *
 * ```
 *  unmapped ──map──► mapped ──next──► anchored or unmapped ──map──► mapped
 * ```
 */
import { type RtpHeader, sequenceDistance, timestampDistance } from './rtp-header.js';

/** No mapping; the next packet continues by the clock. */
const UNMAPPED = 0;
/** The distance of timestamps is known, that of sequence numbers is taken from the next packet. */
const ANCHORED = 1;
const MAPPED = 2;

/** How many packets after a new mapping an older packet is looked for: ten seconds of 20 ms. */
const GUARDED_PACKETS = 500;
/** Sequence numbers this far behind the mapping's first one are late packets, those further behind a restarted sender. */
const MAX_LATE_PACKETS = 3000;
/** Ten seconds: longer than an event reaches back; a timestamp further back is a sender's clock set anew. */
const MAX_STEP_BACK_UNITS = 80_000;
const UNITS_PER_MS = 8;
/** A minute: longer pauses of a source that is replaced need no truth in timestamps. */
const MAX_PAUSE_MS = 60_000;

export type StreamStart = { readonly ssrc: number; readonly sequence: number; readonly timestamp: number };

export class OutgoingStreams {
  readonly ssrc: Uint32Array;
  /** Packets and payload octets sent, as sender reports count them. */
  readonly packets: Float64Array;
  readonly octets: Float64Array;
  readonly #mapping: Uint8Array;
  readonly #nextSequence: Uint16Array;
  readonly #nextTimestamp: Uint32Array;
  readonly #sequenceOffset: Uint16Array;
  readonly #timestampOffset: Uint32Array;
  readonly #baseSequence: Uint16Array;
  readonly #guardedPackets: Uint16Array;
  readonly #lastSentMs: Float64Array;

  constructor(capacity: number) {
    this.ssrc = new Uint32Array(capacity);
    this.packets = new Float64Array(capacity);
    this.octets = new Float64Array(capacity);
    this.#mapping = new Uint8Array(capacity);
    this.#nextSequence = new Uint16Array(capacity);
    this.#nextTimestamp = new Uint32Array(capacity);
    this.#sequenceOffset = new Uint16Array(capacity);
    this.#timestampOffset = new Uint32Array(capacity);
    this.#baseSequence = new Uint16Array(capacity);
    this.#guardedPackets = new Uint16Array(capacity);
    this.#lastSentMs = new Float64Array(capacity);
  }

  /** RFC 3550 §5.1: all three starts are random. */
  begin(leg: number, start: StreamStart): void {
    this.ssrc[leg] = start.ssrc;
    this.#nextSequence[leg] = start.sequence;
    this.#nextTimestamp[leg] = start.timestamp;
    this.#mapping[leg] = UNMAPPED;
    this.packets[leg] = 0;
    this.octets[leg] = 0;
    this.#guardedPackets[leg] = 0;
    this.#lastSentMs[leg] = Number.NaN;
  }

  /** Timestamp of the next packet in sequence. */
  nextTimestamp(leg: number): number {
    return this.#nextTimestamp[leg];
  }

  /**
   * Where in the feeding leg's timestamps the next packet in sequence stands, or undefined when nothing is known of it.
   */
  expectedInput(leg: number): number | undefined {
    if (this.#mapping[leg] === UNMAPPED) return undefined;
    return (this.#nextTimestamp[leg] - this.#timestampOffset[leg]) >>> 0;
  }

  /** The feeding leg has a new source: its numbers mean nothing any more. */
  unmap(leg: number): void {
    this.#mapping[leg] = UNMAPPED;
  }

  /**
   * After packets of our own making: the feeding leg's timestamp `input` is where the stream stands, and of its packets
   * those before `baseSequence` have had their time.
   */
  anchor(leg: number, input: number, baseSequence: number): void {
    this.#mapping[leg] = ANCHORED;
    this.#timestampOffset[leg] = this.#nextTimestamp[leg] - input;
    this.#baseSequence[leg] = baseSequence;
    this.#guardedPackets[leg] = GUARDED_PACKETS;
  }

  /**
   * Turns the header of a packet to be passed on, which covers `lengthUnits` of time, into this stream's. Returns false
   * for a packet whose time passed before this mapping began: it must not be sent.
   */
  map(leg: number, header: RtpHeader, lengthUnits: number): boolean {
    const mapping = this.#mapping[leg];
    if (mapping !== UNMAPPED && this.#guardedPackets[leg] > 0) {
      const ahead = sequenceDistance(this.#baseSequence[leg], header.sequence);
      if (ahead < 0 && ahead > -MAX_LATE_PACKETS) return false;
      this.#guardedPackets[leg] -= 1;
    }
    if (mapping === UNMAPPED) this.#mapByClock(leg, header, lengthUnits);
    if (mapping === ANCHORED) {
      this.#sequenceOffset[leg] = this.#nextSequence[leg] - header.sequence;
      this.#baseSequence[leg] = header.sequence;
      this.#mapping[leg] = MAPPED;
    }
    header.sequence = (header.sequence + this.#sequenceOffset[leg]) & 0xffff;
    header.timestamp = (header.timestamp + this.#timestampOffset[leg]) >>> 0;
    header.ssrc = this.ssrc[leg];
    const following = (header.sequence + 1) & 0xffff;
    if (sequenceDistance(this.#nextSequence[leg], following) > 0) this.#nextSequence[leg] = following;
    const end = (header.timestamp + lengthUnits) >>> 0;
    const ahead = timestampDistance(this.#nextTimestamp[leg], end);
    if (ahead > 0 || ahead < -MAX_STEP_BACK_UNITS) this.#nextTimestamp[leg] = end;
    this.#lastSentMs[leg] = header.arrivedMs;
    return true;
  }

  /** Fills sequence, timestamp and SSRC of a packet of our own making that covers `lengthUnits`. */
  next(leg: number, header: RtpHeader, lengthUnits: number, nowMs: number): void {
    header.sequence = this.#nextSequence[leg];
    header.timestamp = this.#nextTimestamp[leg];
    header.ssrc = this.ssrc[leg];
    this.#nextSequence[leg] += 1;
    this.#nextTimestamp[leg] += lengthUnits;
    this.#mapping[leg] = UNMAPPED;
    this.#lastSentMs[leg] = nowMs;
  }

  /** Leaves out `lengthUnits` of time: a pause of the source too long to be filled. */
  skip(leg: number, lengthUnits: number): void {
    this.#nextTimestamp[leg] += lengthUnits;
  }

  /** Time since the stream's last packet beyond that packet's own length, in timestamp units. */
  pauseUnits(leg: number, lengthUnits: number, nowMs: number): number {
    const lastSentMs = this.#lastSentMs[leg];
    if (Number.isNaN(lastSentMs)) return 0;
    const pauseMs = Math.min(nowMs - lastSentMs, MAX_PAUSE_MS);
    return Math.max(0, Math.round(pauseMs * UNITS_PER_MS) - lengthUnits);
  }

  count(leg: number, payloadSizeBytes: number): void {
    this.packets[leg] += 1;
    this.octets[leg] += payloadSizeBytes;
  }

  /** A new source continues where the one before left off, later by the pause between them. */
  #mapByClock(leg: number, header: RtpHeader, lengthUnits: number): void {
    const timestamp = this.#nextTimestamp[leg] + this.pauseUnits(leg, lengthUnits, header.arrivedMs);
    this.#nextTimestamp[leg] = timestamp;
    this.#timestampOffset[leg] = timestamp - header.timestamp;
    this.#sequenceOffset[leg] = this.#nextSequence[leg] - header.sequence;
    this.#baseSequence[leg] = header.sequence;
    // A packet overtaken by the very first one has no number before it to take.
    this.#guardedPackets[leg] = GUARDED_PACKETS;
    this.#mapping[leg] = MAPPED;
    // RFC 3551 §4.1: the marker says that the audio before was interrupted.
    header.marker = true;
  }
}
