/**
 * From a slot to a judged packet: size, RTP or RTCP, header, source. What does not pass is dropped and counted; what may
 * hold card data is wiped behind whoever used it.
 */
import type { CallMedia } from './call-media.js';
import { SOURCE_WORDS } from './ip-address.js';
import { type LegTable, rtcpSocketOf, rtpSocketOf } from './leg-table.js';
import type { MediaCounters } from './media-counters.js';
import { RtcpReader } from './rtcp.js';
import { looksLikeRtcp, RtpHeader } from './rtp-header.js';
import { LOCKED_NOW } from './source-latch.js';
import {
  NO_SOCKET,
  OUT_SOCKET,
  ROW_LENGTH,
  SIZE,
  SLOT_SIZE_BYTES,
  SOCKET,
  SOURCE,
  type UdpEngine,
} from './udp-engine.js';

/** The port follows the four words of the address. */
const PORT_WORD = SOURCE_WORDS - 1;

export type PacketIntakeOptions = {
  readonly engine: UdpEngine;
  readonly legs: LegTable;
  readonly counters: MediaCounters;
};

export class PacketIntake {
  readonly #engine: UdpEngine;
  readonly #legs: LegTable;
  readonly #counters: MediaCounters;
  readonly #header = new RtpHeader();
  readonly #rtcp = new RtcpReader();
  readonly #source: { words: Int32Array; at: number; sequence: number; ssrc: number; nowMs: number };

  constructor({ engine, legs, counters }: PacketIntakeOptions) {
    this.#engine = engine;
    this.#legs = legs;
    this.#counters = counters;
    this.#source = { words: engine.rows, at: 0, sequence: 0, ssrc: 0, nowMs: 0 };
  }

  /** The call that owns the socket on which the packet came. */
  callIndexOf(slot: number): number {
    return this.#engine.rows[slot * ROW_LENGTH + SOCKET] >> 2;
  }

  take(call: CallMedia | undefined, slot: number, nowMs: number): void {
    const row = slot * ROW_LENGTH;
    const { rows, slab } = this.#engine;
    const socket = rows[row + SOCKET];
    const leg = socket >> 1;
    const start = slot * SLOT_SIZE_BYTES;
    const size = rows[row + SIZE];
    if (call === undefined || this.#legs.isDescribed[leg] === 0) {
      this.#counters.droppedUnexpected += 1;
      slab.fill(0, start, start + Math.min(size, SLOT_SIZE_BYTES));
      return;
    }
    const wasConfidential = call.isConfidential;
    if (size > SLOT_SIZE_BYTES) this.#counters.droppedOversize += 1;
    else if ((socket & 1) === 1) this.#takeRtcp(leg, row, start, start + size, nowMs);
    else if (!looksLikeRtcp(slab, start, start + size)) this.#takeRtp(call, leg, slot, start + size, nowMs);
    else if (this.#legs.isMuxed[leg] === 1) this.#takeRtcp(leg, row, start, start + size, nowMs);
    else this.#counters.droppedUnexpected += 1;
    // An event byte or a tone: the packet is card data itself, the one that ends the window too, and one of the window
    // that comes behind it, which is not sent on.
    const isConfidential = leg === call.callerLeg && (wasConfidential || call.isConfidential);
    if (isConfidential || rows[row + OUT_SOCKET] === NO_SOCKET) this.discard(slot);
  }

  /** Wipes the slot; nothing is sent from it. */
  discard(slot: number): void {
    this.#engine.slab.fill(0, slot * SLOT_SIZE_BYTES, (slot + 1) * SLOT_SIZE_BYTES);
    this.#engine.rows[slot * ROW_LENGTH + OUT_SOCKET] = NO_SOCKET;
  }

  /** Tells the engine where the leg is to be sent to. */
  connect(leg: number): void {
    this.#engine.connectLeg(rtpSocketOf(leg), this.#legs.rtpDestination, leg * SOURCE_WORDS);
    this.#engine.connectLeg(rtcpSocketOf(leg), this.#legs.rtcpDestination, leg * SOURCE_WORDS);
  }

  #takeRtp(call: CallMedia, leg: number, slot: number, end: number, nowMs: number): void {
    const header = this.#header;
    const { rows, slab } = this.#engine;
    this.#counters.rtpReceived += 1;
    if (header.parse(slab, slot * SLOT_SIZE_BYTES, end) !== undefined) {
      this.#counters.droppedMalformedRtp += 1;
      return;
    }
    header.arrivedMs = nowMs;
    const source = this.#source;
    source.words = rows;
    source.at = slot * ROW_LENGTH + SOURCE;
    source.sequence = header.sequence;
    source.ssrc = header.ssrc;
    source.nowMs = nowMs;
    const verdict = this.#legs.latch.judge(leg, source);
    if (verdict === LOCKED_NOW) {
      this.#legs.followLock(leg);
      this.connect(leg);
    }
    call.takeRtp(leg, slot, header, verdict, slab, nowMs);
  }

  #takeRtcp(leg: number, row: number, start: number, end: number, nowMs: number): void {
    const { rows, slab } = this.#engine;
    const legs = this.#legs;
    this.#counters.rtcpReceived += 1;
    if (!legs.latch.isPeerAddress(leg, rows, row + SOURCE)) {
      this.#counters.droppedForeignSource += 1;
      return;
    }
    if (this.#rtcp.parse(slab, start, end) !== undefined) {
      this.#counters.droppedMalformedRtcp += 1;
      return;
    }
    // Behind NAT the port of RTCP is only known from a packet that came from the right address.
    const port = rows[row + SOURCE + PORT_WORD];
    const portAt = leg * SOURCE_WORDS + PORT_WORD;
    if (legs.isMuxed[leg] === 0 && legs.rtcpDestination[portAt] !== port) {
      legs.rtcpDestination[portAt] = port;
      this.#engine.connectLeg(rtcpSocketOf(leg), legs.rtcpDestination, leg * SOURCE_WORDS);
    }
    if (this.#rtcp.hasSenderReport) legs.reports.hearSenderReport(leg, this.#rtcp.middleNtp, nowMs);
  }
}
