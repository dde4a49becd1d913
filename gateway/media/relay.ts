/**
 * Packets on their way out: passed on from the other leg in the slot they came in, or made by us. Payload types are
 * mapped by the name of the encoding; the header is always our own, the payload's bytes are the sender's.
 */
import { decodeG711, encodeG711 } from '../../dsp/g711.js';
import { encodingOf, type LegTable, NO_PAYLOAD_TYPE, rtcpSocketOf, rtpSocketOf } from './leg-table.js';
import type { MediaCounters } from './media-counters.js';
import { writeOwnReport } from './rtcp.js';
import { RTP_HEADER_SIZE_BYTES, RtpHeader } from './rtp-header.js';
import { OUT_OFFSET, OUT_SIZE, OUT_SOCKET, ROW_LENGTH, SLOT_SIZE_BYTES, type UdpEngine } from './udp-engine.js';

export type RelayOptions = {
  readonly engine: UdpEngine;
  readonly legs: LegTable;
  readonly counters: MediaCounters;
  readonly cname: string;
  readonly wallClockMs: () => number;
};

export class Relay {
  readonly #engine: UdpEngine;
  readonly #legs: LegTable;
  readonly #counters: MediaCounters;
  readonly #cname: string;
  readonly #wallClockMs: () => number;
  readonly #ownHeader = new RtpHeader();
  readonly #transcoded = new Int16Array(SLOT_SIZE_BYTES);

  constructor({ engine, legs, counters, cname, wallClockMs }: RelayOptions) {
    this.#engine = engine;
    this.#legs = legs;
    this.#counters = counters;
    this.#cname = cname;
    this.#wallClockMs = wallClockMs;
  }

  /**
   * Passes audio of meaning `kind` on to leg `to`, in its slot. `header` is the packet's, and holds what was sent
   * afterwards. Returns false for a packet that came too late to be heard by anybody.
   */
  passAudio(to: number, slot: number, header: RtpHeader, kind: number, nowMs: number): boolean {
    const legs = this.#legs;
    const count = header.payloadEnd - header.payloadStart;
    if (!legs.streams.map(to, header, count, nowMs)) {
      this.#counters.droppedLate += 1;
      return false;
    }
    const sendKind = legs.sendKind(to, kind);
    header.payloadType = legs.audioPayloadType(to, sendKind);
    if (!this.#maySend(to, header.payloadType)) return true;
    if (sendKind !== kind) {
      const slab = this.#engine.slab;
      decodeG711(encodingOf(kind), slab, header.payloadStart, this.#transcoded, count);
      encodeG711(encodingOf(sendKind), this.#transcoded, slab, header.payloadStart, count);
    }
    this.#sendInPlace(to, slot, header);
    return true;
  }

  /** Passes a telephone-event packet on to leg `to`. */
  passEvent(
    to: number,
    slot: number,
    header: RtpHeader,
    event: { readonly clockRateHz: number; readonly durationUnits: number },
    nowMs: number,
  ): void {
    const payloadType = this.#legs.eventPayloadType(to, event.clockRateHz);
    const isMarked = header.marker;
    if (!this.#legs.streams.map(to, header, event.durationUnits, nowMs)) {
      this.#counters.droppedLate += 1;
      return;
    }
    // RFC 4733 §2.2.1: the marker says that an event begins, which only its sender knows.
    header.marker = isMarked;
    header.payloadType = payloadType;
    if (this.#maySend(to, payloadType)) this.#sendInPlace(to, slot, header);
  }

  /** Sends samples as the next packet of the stream to leg `to`. Returns the packet's timestamp. */
  sendFrame(to: number, samples: Int16Array, count: number, kind: number, nowMs: number): number {
    const header = this.#ownHeader;
    this.#legs.streams.next(to, header, count, nowMs);
    header.marker = false;
    const sendKind = this.#legs.sendKind(to, kind);
    header.payloadType = this.#legs.audioPayloadType(to, sendKind);
    if (!this.#maySend(to, header.payloadType)) return header.timestamp;
    const slot = this.#engine.takeSlot();
    const start = slot * SLOT_SIZE_BYTES;
    header.write(this.#engine.slab, start);
    encodeG711(encodingOf(sendKind), samples, this.#engine.slab, start + RTP_HEADER_SIZE_BYTES, count);
    this.#send(slot, { socket: rtpSocketOf(to), offset: 0, size: RTP_HEADER_SIZE_BYTES + count });
    this.#legs.streams.count(to, count);
    this.#counters.rtpSent += 1;
    return header.timestamp;
  }

  /** Sends the leg its report, sender's or receiver's by what happened since the last one. */
  sendReport(leg: number, occasion: 'interval' | 'goodbye', nowMs: number): void {
    const { streams, reports, reportedPackets } = this.#legs;
    const slot = this.#engine.takeSlot();
    const start = slot * SLOT_SIZE_BYTES;
    const hasSent = streams.packets[leg] > reportedPackets[leg];
    reportedPackets[leg] = streams.packets[leg];
    const end = writeOwnReport(this.#engine.slab, start, {
      ssrc: streams.ssrc[leg],
      wallClockMs: this.#wallClockMs(),
      cname: this.#cname,
      goodbye: occasion === 'goodbye',
      ...(hasSent ? { sent: this.#sentUntil(leg, nowMs) } : {}),
      ...(reports.isHeard(leg) ? { received: { reports, leg, nowMs } } : {}),
    });
    const socket = this.#legs.isMuxed[leg] === 1 ? rtpSocketOf(leg) : rtcpSocketOf(leg);
    this.#send(slot, { socket, offset: 0, size: end - start });
    this.#counters.rtcpSent += 1;
  }

  /** RFC 3550 §6.4.1: the RTP timestamp of the moment of the report, not of the last packet. */
  #sentUntil(leg: number, nowMs: number) {
    const { streams, frameSamples } = this.#legs;
    const lastTimestamp = streams.nextTimestamp(leg) - frameSamples[leg];
    const timestamp = (lastTimestamp + streams.pauseUnits(leg, 0, nowMs)) >>> 0;
    return { timestamp, packets: streams.packets[leg], octets: streams.octets[leg] };
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
    this.#send(slot, {
      socket: rtpSocketOf(to),
      offset: start - slot * SLOT_SIZE_BYTES,
      size: header.payloadEnd - start,
    });
    this.#legs.streams.count(to, header.payloadEnd - header.payloadStart);
    this.#counters.rtpSent += 1;
  }

  #send(slot: number, out: { readonly socket: number; readonly offset: number; readonly size: number }): void {
    const { rows } = this.#engine;
    const row = slot * ROW_LENGTH;
    rows[row + OUT_SOCKET] = out.socket;
    rows[row + OUT_OFFSET] = out.offset;
    rows[row + OUT_SIZE] = out.size;
  }
}
