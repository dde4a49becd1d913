/** RTP packets for tests (RFC 3550 §5.1), read and written independently of the gateway's views. */

const VERSION_2 = 0x80;
const PADDING = 0x20;
const EXTENSION = 0x10;
const HEADER_SIZE_BYTES = 12;

export type RtpPacket = {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
};

/** A packet with the time at which it was or is to be on the wire. */
export type TimedPacket = RtpPacket & { readonly atMs: number };

export function writeRtp(packet: RtpPacket): Buffer {
  const header = Buffer.alloc(HEADER_SIZE_BYTES);
  header[0] = VERSION_2;
  header[1] = (packet.marker ? 0x80 : 0) | packet.payloadType;
  header.writeUInt16BE(packet.sequenceNumber & 0xffff, 2);
  header.writeUInt32BE(packet.timestamp >>> 0, 4);
  header.writeUInt32BE(packet.ssrc >>> 0, 8);
  return Buffer.concat([header, packet.payload]);
}

/** `undefined` for what is no RTP packet: too short, another version, or RTCP (RFC 5761 §4: second octet 192-223). */
export function readRtp(datagram: Buffer): RtpPacket | undefined {
  if (datagram.length < HEADER_SIZE_BYTES) return undefined;
  const first = datagram.readUInt8(0);
  const second = datagram.readUInt8(1);
  if ((first & 0xc0) !== VERSION_2 || (second >= 192 && second <= 223)) return undefined;
  let start = HEADER_SIZE_BYTES + (first & 0x0f) * 4;
  if (first & EXTENSION) {
    if (datagram.length < start + 4) return undefined;
    start += 4 + datagram.readUInt16BE(start + 2) * 4;
  }
  const paddingBytes = first & PADDING ? datagram.readUInt8(datagram.length - 1) : 0;
  const end = datagram.length - paddingBytes;
  if (end < start) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequenceNumber: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    ssrc: datagram.readUInt32BE(8),
    payload: Buffer.from(datagram.subarray(start, end)),
  };
}
