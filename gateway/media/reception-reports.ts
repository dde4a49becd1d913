/**
 * What is heard of a leg, for its report blocks: extended sequence number and loss by RFC 3550 A.3, interarrival
 * jitter by A.8. Structure of arrays, indexed by leg.
 *
 * ```
 *  report block: | SSRC | fraction lost (8), cumulative lost (24) | highest sequence | jitter | LSR | DLSR |
 * ```
 */
import { sequenceDistance, writeUint32 } from './rtp-header.js';

/** RFC 3550 A.1: a jump further ahead is a source that began anew, one further back as well. */
const MAX_DROPOUT_PACKETS = 3000;
const MAX_MISORDER_PACKETS = 100;
const MAX_CUMULATIVE_LOST = 0x7fffff;

export type ReceivedPacket = {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly arrivedMs: number;
};

export class ReceptionReports {
  readonly #ssrc: Uint32Array;
  readonly #isHeard: Uint8Array;
  readonly #baseSequence: Uint16Array;
  readonly #highestSequence: Uint16Array;
  readonly #cycles: Uint32Array;
  readonly #received: Float64Array;
  readonly #expectedPrior: Float64Array;
  readonly #receivedPrior: Float64Array;
  readonly #transit: Float64Array;
  readonly #jitter: Float64Array;
  readonly #lastSenderReport: Uint32Array;
  readonly #lastSenderReportAtMs: Float64Array;

  constructor(capacity: number) {
    this.#ssrc = new Uint32Array(capacity);
    this.#isHeard = new Uint8Array(capacity);
    this.#baseSequence = new Uint16Array(capacity);
    this.#highestSequence = new Uint16Array(capacity);
    this.#cycles = new Uint32Array(capacity);
    this.#received = new Float64Array(capacity);
    this.#expectedPrior = new Float64Array(capacity);
    this.#receivedPrior = new Float64Array(capacity);
    this.#transit = new Float64Array(capacity);
    this.#jitter = new Float64Array(capacity);
    this.#lastSenderReport = new Uint32Array(capacity);
    this.#lastSenderReportAtMs = new Float64Array(capacity);
  }

  release(leg: number): void {
    this.#isHeard[leg] = 0;
    this.#lastSenderReport[leg] = 0;
  }

  isHeard(leg: number): boolean {
    return this.#isHeard[leg] === 1;
  }

  /** Counts a packet. Its media clock is 8000 Hz; events all bear their press' timestamp, so they do not count for jitter. */
  hear(leg: number, packet: ReceivedPacket, kind: 'audio' | 'event'): void {
    if (this.#isHeard[leg] === 0 || this.#ssrc[leg] !== packet.ssrc) this.#begin(leg, packet);
    const ahead = sequenceDistance(this.#highestSequence[leg], packet.sequence);
    if (ahead > MAX_DROPOUT_PACKETS || ahead < -MAX_MISORDER_PACKETS) this.#begin(leg, packet);
    else if (ahead > 0) {
      if (packet.sequence < this.#highestSequence[leg]) this.#cycles[leg] += 0x10000;
      this.#highestSequence[leg] = packet.sequence;
    }
    this.#received[leg] += 1;
    if (kind === 'audio') this.#measureJitter(leg, packet);
  }

  /** The peer's sender report: `middleNtp` comes back to it in our next report block. */
  hearSenderReport(leg: number, middleNtp: number, nowMs: number): void {
    this.#lastSenderReport[leg] = middleNtp;
    this.#lastSenderReportAtMs[leg] = nowMs;
  }

  /** Jitter in timestamp units. */
  jitter(leg: number): number {
    return this.#jitter[leg];
  }

  /** Writes 24 bytes at `at` and begins the next interval of the fraction lost. */
  writeBlock(leg: number, bytes: Uint8Array, at: number, nowMs: number): void {
    const expected = this.#expected(leg);
    const expectedInterval = expected - this.#expectedPrior[leg];
    const lostInterval = expectedInterval - (this.#received[leg] - this.#receivedPrior[leg]);
    this.#expectedPrior[leg] = expected;
    this.#receivedPrior[leg] = this.#received[leg];
    const fraction = expectedInterval > 0 && lostInterval > 0 ? Math.floor((lostInterval * 256) / expectedInterval) : 0;
    const lost = Math.max(-MAX_CUMULATIVE_LOST - 1, Math.min(expected - this.#received[leg], MAX_CUMULATIVE_LOST));
    const heardSenderReport = this.#lastSenderReport[leg] !== 0;
    const delay = heardSenderReport ? Math.round(((nowMs - this.#lastSenderReportAtMs[leg]) * 65_536) / 1000) : 0;

    writeUint32(bytes, at, this.#ssrc[leg]);
    writeUint32(bytes, at + 4, lost & 0xffffff);
    bytes[at + 4] = Math.min(fraction, 255);
    writeUint32(bytes, at + 8, (this.#cycles[leg] + this.#highestSequence[leg]) >>> 0);
    writeUint32(bytes, at + 12, Math.floor(this.#jitter[leg]) >>> 0);
    writeUint32(bytes, at + 16, this.#lastSenderReport[leg]);
    writeUint32(bytes, at + 20, delay >>> 0);
  }

  #expected(leg: number): number {
    return this.#cycles[leg] + this.#highestSequence[leg] - this.#baseSequence[leg] + 1;
  }

  #begin(leg: number, packet: ReceivedPacket): void {
    this.#isHeard[leg] = 1;
    this.#ssrc[leg] = packet.ssrc;
    this.#baseSequence[leg] = packet.sequence;
    this.#highestSequence[leg] = packet.sequence;
    this.#cycles[leg] = 0;
    this.#received[leg] = 0;
    this.#expectedPrior[leg] = 0;
    this.#receivedPrior[leg] = 0;
    this.#transit[leg] = Number.NaN;
    this.#jitter[leg] = 0;
  }

  #measureJitter(leg: number, packet: ReceivedPacket): void {
    const transit = (Math.round(packet.arrivedMs * 8) - packet.timestamp) | 0;
    const before = this.#transit[leg];
    this.#transit[leg] = transit;
    if (Number.isNaN(before)) return;
    this.#jitter[leg] += (Math.abs((transit - before) | 0) - this.#jitter[leg]) / 16;
  }
}
