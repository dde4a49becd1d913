/**
 * The fixed header of RTP (RFC 3550 §5.1) as a view that is filled again for every packet: nothing is allocated.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * |                           timestamp                           |
 * |                             SSRC                              |
 * |                  CSRC list, 0 to 15 words                     |
 * |  extension: profile (16), length in words (16), words         |
 * ```
 */

export const RTP_HEADER_SIZE_BYTES = 12;

export type RtpFault = 'too-short' | 'wrong-version' | 'bad-extension' | 'bad-padding';

/** The distance from `base` to `sequence` on the circle of 16 bits: positive when `sequence` is the later one. */
export function sequenceDistance(base: number, sequence: number): number {
  return ((sequence - base) << 16) >> 16;
}

/** The distance from `base` to `timestamp` on the circle of 32 bits, in timestamp units. */
export function timestampDistance(base: number, timestamp: number): number {
  return (timestamp - base) | 0;
}

/** RFC 5761 §4: on one port, a second byte of 192 to 223 means RTCP (RTP payload types 64 to 95 are not used then). */
export function looksLikeRtcp(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= 2 && bytes[start + 1] >= 192 && bytes[start + 1] <= 223;
}

export class RtpHeader {
  marker = false;
  payloadType = 0;
  sequence = 0;
  timestamp = 0;
  ssrc = 0;
  /** Of the payload within the parsed bytes; padding is already taken off `payloadEnd`. */
  payloadStart = 0;
  payloadEnd = 0;
  /**
   * When the packet came in. Here for whoever is handed the header: to read it and hand the number on would have V8 put it
   * into a box of its own, while one that came as an argument is in a box already.
   */
  arrivedMs = 0;

  /** Reads the packet in `bytes[start, end)`. Returns what is wrong with it, or undefined; then every field is set. */
  parse(bytes: Uint8Array, start: number, end: number): RtpFault | undefined {
    if (end - start < RTP_HEADER_SIZE_BYTES) return 'too-short';
    const first = bytes[start];
    if (first >> 6 !== 2) return 'wrong-version';
    let payloadStart = start + RTP_HEADER_SIZE_BYTES + (first & 0x0f) * 4;
    if (payloadStart > end) return 'too-short';
    if ((first & 0x10) !== 0) {
      if (payloadStart + 4 > end) return 'bad-extension';
      payloadStart += 4 + 4 * ((bytes[payloadStart + 2] << 8) | bytes[payloadStart + 3]);
      if (payloadStart > end) return 'bad-extension';
    }
    let payloadEnd = end;
    if ((first & 0x20) !== 0) {
      const paddingSizeBytes = bytes[end - 1];
      if (paddingSizeBytes === 0 || paddingSizeBytes > end - payloadStart) return 'bad-padding';
      payloadEnd = end - paddingSizeBytes;
    }
    this.marker = (bytes[start + 1] & 0x80) !== 0;
    this.payloadType = bytes[start + 1] & 0x7f;
    this.sequence = (bytes[start + 2] << 8) | bytes[start + 3];
    this.timestamp = readInt32(bytes, start + 4) >>> 0;
    this.ssrc = readInt32(bytes, start + 8) >>> 0;
    this.payloadStart = payloadStart;
    this.payloadEnd = payloadEnd;
    return undefined;
  }

  /** Writes a header without CSRC list, extension or padding: nothing of the sender's travels on but what we know. */
  write(bytes: Uint8Array, start: number): void {
    bytes[start] = 0x80;
    bytes[start + 1] = (this.marker ? 0x80 : 0) | this.payloadType;
    bytes[start + 2] = this.sequence >> 8;
    bytes[start + 3] = this.sequence & 0xff;
    writeUint32(bytes, start + 4, this.timestamp | 0);
    writeUint32(bytes, start + 8, this.ssrc | 0);
  }
}

export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

/** Signed: V8 hands such a number over without a box, whatever it is. */
function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) >>> 0;
}

/** `value` may be the signed number with the same bits. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = (value >>> 16) & 0xff;
  bytes[at + 2] = (value >>> 8) & 0xff;
  bytes[at + 3] = value & 0xff;
}
