import { describe, expect, test } from '@jest/globals';
import { RtpPacket } from 'rtp.js/packets';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { looksLikeRtcp, RtpHeader, sequenceDistance, timestampDistance } from './rtp-header.js';

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf(packet: RtpPacket): Buffer {
  const view = packet.getView();
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

function randomPacket(random: SeededRandom): RtpPacket {
  const packet = new RtpPacket();
  packet.setPayloadType(Math.floor(random.between(0, 128)));
  packet.setSequenceNumber(Math.floor(random.between(0, 65_536)));
  packet.setTimestamp(random.nextInt32() >>> 0);
  packet.setSsrc(random.nextInt32() >>> 0);
  packet.setMarker(random.next() < 0.5);
  packet.setCsrcs(Array.from({ length: Math.floor(random.between(0, 16)) }, () => random.nextInt32() >>> 0));
  const payload = Buffer.alloc(Math.floor(random.between(0, 300)), 0x5a);
  packet.setPayload(viewOf(payload));
  if (random.next() < 0.3) packet.padTo4Bytes();
  return packet;
}

describe('RTP header', () => {
  test('reads what rtp.js writes', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const packet = randomPacket(new SeededRandom(seed));
      packet.serialize();
      const bytes = bytesOf(packet);
      const header = new RtpHeader();
      expect([seed, header.parse(bytes, 0, bytes.length)]).toEqual([seed, undefined]);
      expect(header).toMatchObject({
        marker: packet.getMarker(),
        payloadType: packet.getPayloadType(),
        sequence: packet.getSequenceNumber(),
        timestamp: packet.getTimestamp(),
        ssrc: packet.getSsrc(),
      });
      expect([seed, header.payloadEnd - header.payloadStart]).toEqual([seed, packet.getPayload().byteLength]);
    }
  });

  test('writes what rtp.js reads', () => {
    const header = new RtpHeader();
    Object.assign(header, {
      marker: true,
      payloadType: 101,
      sequence: 65_535,
      timestamp: 0xfffffff0,
      ssrc: 0xdeadbeef,
    });
    const bytes = Buffer.alloc(16);
    header.write(bytes, 0);
    const packet = new RtpPacket(viewOf(bytes));
    expect([packet.getMarker(), packet.getPayloadType(), packet.getSequenceNumber()]).toEqual([true, 101, 65_535]);
    expect([packet.getTimestamp(), packet.getSsrc()]).toEqual([0xfffffff0, 0xdeadbeef]);
  });

  test('names what is wrong and never throws, whatever comes', () => {
    const header = new RtpHeader();
    const faultOf = (hex: string) => header.parse(Buffer.from(hex, 'hex'), 0, hex.length / 2);
    expect(faultOf('')).toBe('too-short');
    expect(faultOf('8000000000000000000000')).toBe('too-short');
    expect(faultOf('400000000000000000000000')).toBe('wrong-version');
    expect(faultOf('8f0000000000000000000000')).toBe('too-short');
    expect(faultOf('900000000000000000000000')).toBe('bad-extension');
    expect(faultOf('90000000000000000000000000000005')).toBe('bad-extension');
    expect(faultOf('a00000000000000000000000')).toBe('bad-padding');
    expect(faultOf('a0000000000000000000000000000000')).toBe('bad-padding');
    expect(faultOf('a0000000000000000000000000000005')).toBe('bad-padding');
    const random = new SeededRandom(5);
    for (let run = 0; run < 5000; run += 1) {
      const bytes = Buffer.from(
        Array.from({ length: Math.floor(random.between(0, 60)) }, () => random.nextInt32() & 0xff),
      );
      if (header.parse(bytes, 0, bytes.length) !== undefined) continue;
      expect(header.payloadStart).toBeLessThanOrEqual(header.payloadEnd);
      expect(header.payloadEnd).toBeLessThanOrEqual(bytes.length);
    }
  });

  test('measures distances on the circle', () => {
    expect(sequenceDistance(65_535, 0)).toBe(1);
    expect(sequenceDistance(0, 65_535)).toBe(-1);
    expect(timestampDistance(0xffffffff, 159)).toBe(160);
    expect(timestampDistance(159, 0xffffffff)).toBe(-160);
  });

  test('RFC 5761: RTCP packet types are told from RTP payload types', () => {
    expect(looksLikeRtcp(Buffer.from([0x80, 200]), 0, 2)).toBe(true);
    expect(looksLikeRtcp(Buffer.from([0x80, 0x80 | 101]), 0, 2)).toBe(false);
    expect(looksLikeRtcp(Buffer.from([0x80]), 0, 1)).toBe(false);
  });
});
