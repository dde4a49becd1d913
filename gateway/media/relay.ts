/**
 * Packets on their way out: passed on from the other leg in the slot they came in, or made by us. Payload types are
 * mapped by the name of the encoding; the header is always our own, the payload's bytes are the sender's.
 */
import { encodingOf, type LegTable, NO_PAYLOAD_TYPE, rtcpSocketOf, rtpSocketOf } from './leg-table.js';
import type { MediaCounters } from './media-counters.js';
import { type OwnReport, writeOwnReport } from './rtcp.js';
import { RTP_HEADER_SIZE_BYTES, RtpHeader } from './rtp-header.js';
import type { SoundFrame } from './sound-frame.js';
import { OUT_OFFSET, OUT_SIZE, OUT_SOCKET, ROW_LENGTH, SLOT_SIZE_BYTES, type UdpEngine } from './udp-engine.js';

export type RelayOptions = {
  readonly engine: UdpEngine;
  readonly legs: LegTable;
  readonly counters: MediaCounters;
  readonly cname: string;
  readonly wallClockMs: () => number;
};

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export class Relay {
  readonly #engine: UdpEngine;
  readonly #legs: LegTable;
  readonly #counters: MediaCounters;
  readonly #wallClockMs: () => number;
  readonly #ownHeader = new RtpHeader();
  /** The report at hand and its two parts, filled anew for each. */
  readonly #report: Writable<OwnReport>;
  readonly #sent = { timestamp: 0, packets: 0, octets: 0 };
  readonly #received: Writable<NonNullable<OwnReport['received']>>;

  constructor({ engine, legs, counters, cname, wallClockMs }: RelayOptions) {
    this.#engine = engine;
    this.#legs = legs;
    this.#counters = counters;
    this.#wallClockMs = wallClockMs;
    this.#report = { ssrc: 0, wallClockMs: 0, sent: undefined, received: undefined, cname, goodbye: false };
    this.#received = { reports: legs.reports, leg: 0, nowMs: 0 };
  }

  /**
   * Gives a packet of audio, to be passed on to leg `to`, its place in that leg's stream: `header` holds its numbers there.
   * Returns false for a packet that came too late to be heard by anybody.
   */
  placeAudio(to: number, header: RtpHeader, count: number): boolean {
    if (this.#legs.streams.map(to, header, count)) return true;
    this.#counters.droppedLate += 1;
    return false;
  }

  /**
   * Passes a packet of audio that was given its place on to leg `to`, in its slot. `frame` is its sound where that is to be
   * encoded anew, as `sendKind`; undefined where the payload goes as it is.
   */
  passAudio(to: number, slot: number, header: RtpHeader, sendKind: number, frame: SoundFrame | undefined): void {
    header.payloadType = this.#legs.audioPayloadType(to, sendKind);
    if (!this.#maySend(to, header.payloadType)) return;
    if (frame !== undefined) {
      this.#legs.mouthOf(to).encode(frame, encodingOf(sendKind), this.#engine.slab, header.payloadStart);
    }
    this.#sendInPlace(to, slot, header);
  }

  /** Passes a telephone-event packet on to leg `to`. Numbers in a row: an object of them would be one a packet. */
  passEvent(to: number, slot: number, header: RtpHeader, clockRateHz: number, durationUnits: number): void {
    const payloadType = this.#legs.eventPayloadType(to, clockRateHz);
    const isMarked = header.marker;
    if (!this.#legs.streams.map(to, header, durationUnits)) {
      this.#counters.droppedLate += 1;
      return;
    }
    // RFC 4733 §2.2.1: the marker says that an event begins, which only its sender knows.
    header.marker = isMarked;
    header.payloadType = payloadType;
    if (this.#maySend(to, payloadType)) this.#sendInPlace(to, slot, header);
  }

  /**
   * Sends sound that came as `kind`, with its narrow samples, as the next packet of the stream to leg `to`. Returns the packet's
   * timestamp, signed: V8 hands such a number over without a box, whatever it is.
   */
  sendFrame(to: number, frame: SoundFrame, kind: number, nowMs: number): number {
    const header = this.#ownHeader;
    const count = frame.units;
    this.#legs.streams.next(to, header, count, nowMs);
    header.marker = false;
    const sendKind = this.#legs.sendKind(to, kind);
    header.payloadType = this.#legs.audioPayloadType(to, sendKind);
    if (!this.#maySend(to, header.payloadType)) return header.timestamp | 0;
    const slot = this.#engine.takeSlot();
    const start = slot * SLOT_SIZE_BYTES;
    header.write(this.#engine.slab, start);
    const mouth = this.#legs.mouthOf(to);
    mouth.encode(frame, encodingOf(sendKind), this.#engine.slab, start + RTP_HEADER_SIZE_BYTES);
    this.#send(slot, rtpSocketOf(to), 0, RTP_HEADER_SIZE_BYTES + count);
    this.#legs.streams.count(to, count);
    this.#counters.rtpSent += 1;
    return header.timestamp | 0;
  }

  /** Sends the leg its report, sender's or receiver's by what happened since the last one. */
  sendReport(leg: number, occasion: 'interval' | 'goodbye', nowMs: number): void {
    const { streams, reports, reportedPackets } = this.#legs;
    const slot = this.#engine.takeSlot();
    const start = slot * SLOT_SIZE_BYTES;
    const hasSent = streams.packets[leg] > reportedPackets[leg];
    reportedPackets[leg] = streams.packets[leg];
    const report = this.#report;
    report.ssrc = streams.ssrc[leg];
    report.wallClockMs = this.#wallClockMs();
    report.sent = hasSent ? this.#sentUntil(leg, nowMs) : undefined;
    report.received = reports.isHeard(leg) ? this.#receivedUntil(leg, nowMs) : undefined;
    report.goodbye = occasion === 'goodbye';
    const end = writeOwnReport(this.#engine.slab, start, report);
    const socket = this.#legs.isMuxed[leg] === 1 ? rtpSocketOf(leg) : rtcpSocketOf(leg);
    this.#send(slot, socket, 0, end - start);
    this.#counters.rtcpSent += 1;
  }

  /** RFC 3550 §6.4.1: the RTP timestamp of the moment of the report, not of the last packet. */
  #sentUntil(leg: number, nowMs: number): OwnReport['sent'] {
    const { streams, frameSamples } = this.#legs;
    const lastTimestamp = streams.nextTimestamp(leg) - frameSamples[leg];
    const sent = this.#sent;
    sent.timestamp = (lastTimestamp + streams.pauseUnits(leg, 0, nowMs)) >>> 0;
    sent.packets = streams.packets[leg];
    sent.octets = streams.octets[leg];
    return sent;
  }

  #receivedUntil(leg: number, nowMs: number): OwnReport['received'] {
    const received = this.#received;
    received.leg = leg;
    received.nowMs = nowMs;
    return received;
  }

  #maySend(to: number, payloadType: number): boolean {
    if (this.#legs.isDescribed[to] === 0 || this.#legs.maySend[to] === 0) {
      this.#counters.droppedDirection += 1;
      return false;
    }
    if (payloadType !== NO_PAYLOAD_TYPE) return true;
    this.#counters.droppedPayloadType += 1;
    return false;
  }

  /** Writes the header right before the payload: CSRC list, extensions and padding of the sender stay behind. */
  #sendInPlace(to: number, slot: number, header: RtpHeader): void {
    const start = header.payloadStart - RTP_HEADER_SIZE_BYTES;
    header.write(this.#engine.slab, start);
    this.#send(slot, rtpSocketOf(to), start - slot * SLOT_SIZE_BYTES, header.payloadEnd - start);
    this.#legs.streams.count(to, header.payloadEnd - header.payloadStart);
    this.#counters.rtpSent += 1;
  }

  /** Numbers in a row, not an object of them: it would be all that the relay path allocates. */
  #send(slot: number, socket: number, offset: number, sizeBytes: number): void {
    const { rows } = this.#engine;
    const row = slot * ROW_LENGTH;
    rows[row + OUT_SOCKET] = socket;
    rows[row + OUT_OFFSET] = offset;
    rows[row + OUT_SIZE] = sizeBytes;
  }
}
