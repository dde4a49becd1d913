/**
 * RTCP (RFC 3550 §6): the gateway's own reports on each leg, and a strict reading of the peer's. Nothing of one leg's
 * RTCP reaches the other.
 *
 * ```
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|  count  |      PT       |  length in words minus one    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
import type { ReceptionReports } from './reception-reports.js';
import { readUint32, writeUint32 } from './rtp-header.js';

export const SENDER_REPORT = 200;
export const RECEIVER_REPORT = 201;
export const SOURCE_DESCRIPTION = 202;
export const GOODBYE = 203;

const HEADER_SIZE_BYTES = 4;
const REPORT_BLOCK_SIZE_BYTES = 24;
const SENDER_INFO_SIZE_BYTES = 20;
const CNAME_ITEM = 1;
/** Seconds from the NTP era of 1900 to that of Unix. */
const NTP_OFFSET_S = 2_208_988_800;
const TWO_TO_32 = 4_294_967_296;

export type RtcpFault = 'too-short' | 'wrong-version' | 'not-a-report-first' | 'bad-length' | 'bad-padding';

/** What one compound packet said, as far as it concerns us. Filled again for each packet. */
export class RtcpReader {
  hasSenderReport = false;
  /** Middle 32 bits of the NTP timestamp of the sender report: to be given back as LSR. */
  middleNtp = 0;

  /** Reads `bytes[start, end)`. RFC 3550 A.2: all or nothing. */
  parse(bytes: Uint8Array, start: number, end: number): RtcpFault | undefined {
    this.hasSenderReport = false;
    if (end - start < HEADER_SIZE_BYTES + 4) return 'too-short';
    const firstType = bytes[start + 1];
    if (firstType !== SENDER_REPORT && firstType !== RECEIVER_REPORT) return 'not-a-report-first';
    let at = start;
    while (at < end) {
      if (end - at < HEADER_SIZE_BYTES) return 'bad-length';
      if (bytes[at] >> 6 !== 2) return 'wrong-version';
      const next = at + HEADER_SIZE_BYTES + 4 * ((bytes[at + 2] << 8) | bytes[at + 3]);
      if (next > end) return 'bad-length';
      let contentEnd = next;
      if ((bytes[at] & 0x20) !== 0) {
        // Only the last packet of a compound may be padded.
        const paddingSizeBytes = bytes[next - 1];
        if (next !== end || paddingSizeBytes === 0 || paddingSizeBytes % 4 !== 0) return 'bad-padding';
        contentEnd = next - paddingSizeBytes;
        if (contentEnd < at + HEADER_SIZE_BYTES) return 'bad-padding';
      }
      const fault = this.#readPacket(bytes, at, contentEnd);
      if (fault !== undefined) return fault;
      at = next;
    }
    return undefined;
  }

  #readPacket(bytes: Uint8Array, at: number, end: number): RtcpFault | undefined {
    const count = bytes[at] & 0x1f;
    const type = bytes[at + 1];
    if (type === GOODBYE) {
      return at + HEADER_SIZE_BYTES + 4 * count > end ? 'bad-length' : undefined;
    }
    if (type !== SENDER_REPORT && type !== RECEIVER_REPORT) return undefined;
    const isSender = type === SENDER_REPORT;
    const blocksAt = at + HEADER_SIZE_BYTES + 4 + (isSender ? SENDER_INFO_SIZE_BYTES : 0);
    if (blocksAt + count * REPORT_BLOCK_SIZE_BYTES > end) return 'bad-length';
    if (isSender) {
      this.hasSenderReport = true;
      this.middleNtp = ((readUint32(bytes, at + 8) << 16) | (readUint32(bytes, at + 12) >>> 16)) >>> 0;
    }
    return undefined;
  }
}

/** One leg's own report, at one moment. */
export type OwnReport = {
  readonly ssrc: number;
  readonly wallClockMs: number;
  /** Absent when nothing was sent since the last report: then it is a receiver report. */
  readonly sent?: { readonly timestamp: number; readonly packets: number; readonly octets: number } | undefined;
  /** Absent when nothing was heard. */
  readonly received?: { readonly reports: ReceptionReports; readonly leg: number; readonly nowMs: number } | undefined;
  /** Canonical end-point identifier, ASCII, at most 255 bytes. */
  readonly cname: string;
  readonly goodbye: boolean;
};

/** Writes a compound packet (report, SDES, perhaps BYE) at `start`. Returns its end; 200 bytes are always enough. */
export function writeOwnReport(bytes: Uint8Array, start: number, report: OwnReport): number {
  const blocks = report.received === undefined ? 0 : 1;
  let at = start + HEADER_SIZE_BYTES;
  writeUint32(bytes, at, report.ssrc);
  at += 4;
  if (report.sent !== undefined) {
    const seconds = report.wallClockMs / 1000 + NTP_OFFSET_S;
    writeUint32(bytes, at, Math.floor(seconds) >>> 0);
    writeUint32(bytes, at + 4, Math.floor((seconds % 1) * TWO_TO_32) >>> 0);
    writeUint32(bytes, at + 8, report.sent.timestamp);
    writeUint32(bytes, at + 12, report.sent.packets >>> 0);
    writeUint32(bytes, at + 16, report.sent.octets >>> 0);
    at += SENDER_INFO_SIZE_BYTES;
  }
  if (report.received !== undefined) {
    report.received.reports.writeBlock(report.received.leg, bytes, at, report.received.nowMs);
    at += REPORT_BLOCK_SIZE_BYTES;
  }
  writeHeader(bytes, start, at, report.sent === undefined ? RECEIVER_REPORT : SENDER_REPORT, blocks);
  at = writeDescription(bytes, at, report);
  if (report.goodbye) {
    writeUint32(bytes, at + HEADER_SIZE_BYTES, report.ssrc);
    writeHeader(bytes, at, at + HEADER_SIZE_BYTES + 4, GOODBYE, 1);
    at += HEADER_SIZE_BYTES + 4;
  }
  return at;
}

function writeDescription(bytes: Uint8Array, start: number, report: OwnReport): number {
  let at = start + HEADER_SIZE_BYTES;
  writeUint32(bytes, at, report.ssrc);
  bytes[at + 4] = CNAME_ITEM;
  bytes[at + 5] = report.cname.length;
  at += 6;
  for (let index = 0; index < report.cname.length; index += 1) bytes[at + index] = report.cname.charCodeAt(index);
  at += report.cname.length;
  // RFC 3550 §6.5: one null byte at least, and as many as fill the word.
  do {
    bytes[at] = 0;
    at += 1;
  } while ((at - start) % 4 !== 0);
  writeHeader(bytes, start, at, SOURCE_DESCRIPTION, 1);
  return at;
}

/** Of the packet in `bytes[start, end)`. */
function writeHeader(bytes: Uint8Array, start: number, end: number, type: number, count: number): void {
  const words = (end - start) / 4 - 1;
  bytes[start] = 0x80 | count;
  bytes[start + 1] = type;
  bytes[start + 2] = words >> 8;
  bytes[start + 3] = words & 0xff;
}
