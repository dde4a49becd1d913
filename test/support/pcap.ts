/** Capture files in the classic libpcap format: written for sipp's `play_pcap_audio`, read back from `tshark -F pcap`. */
import { type TimedPacket, writeRtp } from './rtp.js';

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const LINK_TYPE_ETHERNET = 1;
const FILE_HEADER_SIZE_BYTES = 24;
const RECORD_HEADER_SIZE_BYTES = 16;
const ETHERNET_SIZE_BYTES = 14;
const IP_SIZE_BYTES = 20;
const UDP_SIZE_BYTES = 8;
const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_UDP = 17;
const LOOPBACK = [127, 0, 0, 1];

export type CapturedDatagram = {
  /** Milliseconds since the epoch, in fractions. */
  readonly atMs: number;
  readonly sourceAddress: string;
  readonly sourcePort: number;
  readonly destinationAddress: string;
  readonly destinationPort: number;
  readonly payload: Buffer;
};

/** Ports in the file do not matter to sipp: it sends from its own media port to the one the answer named. */
export function writeRtpPcap(packets: readonly TimedPacket[], port = 6000): Buffer {
  const fileHeader = Buffer.alloc(FILE_HEADER_SIZE_BYTES);
  fileHeader.writeUInt32LE(MAGIC_MICROSECONDS, 0);
  fileHeader.writeUInt16LE(2, 4);
  fileHeader.writeUInt16LE(4, 6);
  fileHeader.writeUInt32LE(65535, 16);
  fileHeader.writeUInt32LE(LINK_TYPE_ETHERNET, 20);
  return Buffer.concat([fileHeader, ...packets.map((packet) => record(packet.atMs, frame(writeRtp(packet), port)))]);
}

function record(atMs: number, data: Buffer): Buffer {
  const header = Buffer.alloc(RECORD_HEADER_SIZE_BYTES);
  header.writeUInt32LE(Math.floor(atMs / 1000), 0);
  header.writeUInt32LE(Math.round((atMs % 1000) * 1000), 4);
  header.writeUInt32LE(data.length, 8);
  header.writeUInt32LE(data.length, 12);
  return Buffer.concat([header, data]);
}

function frame(payload: Buffer, port: number): Buffer {
  const ethernet = Buffer.alloc(ETHERNET_SIZE_BYTES);
  ethernet.writeUInt16BE(ETHERTYPE_IPV4, 12);
  const ip = Buffer.alloc(IP_SIZE_BYTES);
  ip[0] = 0x45;
  ip.writeUInt16BE(IP_SIZE_BYTES + UDP_SIZE_BYTES + payload.length, 2);
  ip[8] = 64;
  ip[9] = PROTOCOL_UDP;
  ip.set(LOOPBACK, 12);
  ip.set(LOOPBACK, 16);
  ip.writeUInt16BE(headerChecksum(ip), 10);
  const udp = Buffer.alloc(UDP_SIZE_BYTES);
  udp.writeUInt16BE(port, 0);
  udp.writeUInt16BE(port, 2);
  udp.writeUInt16BE(UDP_SIZE_BYTES + payload.length, 4);
  return Buffer.concat([ethernet, ip, udp, payload]);
}

/** RFC 791 §3.1: ones' complement of the ones' complement sum of the header's 16-bit words. */
function headerChecksum(header: Buffer): number {
  let sum = 0;
  for (let index = 0; index < header.length; index += 2) sum += header.readUInt16BE(index);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** UDP datagrams over IPv4 of a capture file; other frames, and a last record that is not whole, are left out. */
export function readPcap(file: Buffer): readonly CapturedDatagram[] {
  if (file.length < FILE_HEADER_SIZE_BYTES || file.readUInt32LE(0) !== MAGIC_MICROSECONDS) {
    throw new Error('not a little-endian libpcap file with microseconds');
  }
  if (file.readUInt32LE(20) !== LINK_TYPE_ETHERNET) throw new Error(`link type ${file.readUInt32LE(20)}`);
  const datagrams: CapturedDatagram[] = [];
  let position = FILE_HEADER_SIZE_BYTES;
  while (position + RECORD_HEADER_SIZE_BYTES <= file.length) {
    const atMs = file.readUInt32LE(position) * 1000 + file.readUInt32LE(position + 4) / 1000;
    const end = position + RECORD_HEADER_SIZE_BYTES + file.readUInt32LE(position + 8);
    if (end > file.length) break;
    const datagram = readFrame(file.subarray(position + RECORD_HEADER_SIZE_BYTES, end), atMs);
    if (datagram !== undefined) datagrams.push(datagram);
    position = end;
  }
  return datagrams;
}

function readFrame(data: Buffer, atMs: number): CapturedDatagram | undefined {
  if (data.length < ETHERNET_SIZE_BYTES + IP_SIZE_BYTES + UDP_SIZE_BYTES) return undefined;
  if (data.readUInt16BE(12) !== ETHERTYPE_IPV4) return undefined;
  const ip = data.subarray(ETHERNET_SIZE_BYTES);
  const headerBytes = (ip.readUInt8(0) & 0x0f) * 4;
  if (ip.readUInt8(9) !== PROTOCOL_UDP || ip.length < headerBytes + UDP_SIZE_BYTES) return undefined;
  const udp = ip.subarray(headerBytes);
  return {
    atMs,
    sourceAddress: ip.subarray(12, 16).join('.'),
    sourcePort: udp.readUInt16BE(0),
    destinationAddress: ip.subarray(16, 20).join('.'),
    destinationPort: udp.readUInt16BE(2),
    payload: Buffer.from(udp.subarray(UDP_SIZE_BYTES, udp.readUInt16BE(4))),
  };
}
