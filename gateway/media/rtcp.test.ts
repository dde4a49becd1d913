import { describe, expect, test } from '@jest/globals';
import {
  ByePacket,
  CompoundPacket,
  ReceiverReportPacket,
  ReceptionReport,
  SdesPacket,
  SenderReportPacket,
} from 'rtp.js/packets';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { ReceptionReports } from './reception-reports.js';
import { RtcpReader, writeOwnReport } from './rtcp.js';

const OWN_SSRC = 0xcafe0001;
const PEER_SSRC = 0x0badf00d;

function packetsOf(bytes: Buffer) {
  return new CompoundPacket(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)).getPackets();
}

function bytesOf(packet: { serialize(): void; getView(): DataView }): Buffer {
  packet.serialize();
  const view = packet.getView();
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

describe('our own reports', () => {
  test('are read by rtp.js as sender report, reception report, CNAME and BYE', () => {
    const reports = new ReceptionReports(1);
    for (let sequence = 0; sequence < 100; sequence += 1) {
      if (sequence % 10 !== 5)
        reports.hear(0, { ssrc: PEER_SSRC, sequence, timestamp: sequence * 160, arrivedMs: sequence * 20 }, 'audio');
    }
    reports.hearSenderReport(0, 0x12345678, 1000);
    const bytes = Buffer.alloc(200);
    const end = writeOwnReport(bytes, 0, {
      ssrc: OWN_SSRC,
      wallClockMs: Date.UTC(2026, 0, 1) + 500,
      sent: { timestamp: 0xfffffff0, packets: 7, octets: 1120 },
      received: { reports, leg: 0, nowMs: 3000 },
      cname: 'abcdef',
      goodbye: true,
    });
    const [sender, description, goodbye] = packetsOf(bytes.subarray(0, end));
    if (!(sender instanceof SenderReportPacket)) throw new Error('no sender report');
    expect([sender.getSsrc(), sender.getRtpTimestamp(), sender.getPacketCount(), sender.getOctetCount()]).toEqual([
      OWN_SSRC,
      0xfffffff0,
      7,
      1120,
    ]);
    expect(sender.getNtpSeconds()).toBe(Date.UTC(2026, 0, 1) / 1000 + 2_208_988_800);
    expect(sender.getNtpFraction()).toBe(0x80000000);
    const block = sender.getReports()[0];
    expect([block.getSsrc(), block.getHighestSeqNumber(), block.getTotalLost()]).toEqual([PEER_SSRC, 99, 10]);
    expect(block.getFractionLost()).toBe(Math.floor((10 * 256) / 100));
    expect([block.getLastSRTimestamp(), block.getDelaySinceLastSR()]).toEqual([0x12345678, 2 * 65_536]);
    expect(description).toBeInstanceOf(SdesPacket);
    expect(goodbye).toBeInstanceOf(ByePacket);
  });

  test('are receiver reports while nothing is sent, for every length of CNAME', () => {
    for (let length = 1; length <= 12; length += 1) {
      const bytes = Buffer.alloc(200);
      const report = { ssrc: OWN_SSRC, wallClockMs: 0, cname: 'x'.repeat(length), goodbye: false };
      const end = writeOwnReport(bytes, 0, report);
      const [receiver, description] = packetsOf(bytes.subarray(0, end));
      expect(receiver).toBeInstanceOf(ReceiverReportPacket);
      if (!(description instanceof SdesPacket)) throw new Error('no description');
      expect(description.getChunks()[0].getItems()[0].text).toBe('x'.repeat(length));
    }
  });
});

describe('the peer’s reports', () => {
  test('as rtp.js writes them are understood', () => {
    const report = new SenderReportPacket();
    report.setSsrc(PEER_SSRC);
    report.setNtpSeconds(0x11112222);
    report.setNtpFraction(0x33334444);
    const block = new ReceptionReport();
    block.setSsrc(OWN_SSRC);
    block.setFractionLost(64);
    block.setLastSRTimestamp(5);
    block.setDelaySinceLastSR(6);
    report.addReport(block);
    const goodbye = new ByePacket();
    goodbye.addSsrc(PEER_SSRC);
    const bytes = Buffer.concat([bytesOf(report), bytesOf(goodbye)]);
    const reader = new RtcpReader();
    expect(reader.parse(bytes, 0, bytes.length)).toBeUndefined();
    expect(reader).toMatchObject({ hasSenderReport: true, middleNtp: 0x22223333 });
  });

  test('that are malformed are named, never thrown', () => {
    const reader = new RtcpReader();
    const faultOf = (hex: string) => reader.parse(Buffer.from(hex, 'hex'), 0, hex.length / 2);
    expect(faultOf('80c90001')).toBe('too-short');
    expect(faultOf('81ca000100000000')).toBe('not-a-report-first');
    expect(faultOf('80c9000200000000')).toBe('bad-length');
    expect(faultOf('81c9000100000000')).toBe('bad-length');
    expect(faultOf('80c800010000000000')).toBe('bad-length');
    expect(faultOf('80c900010000000080')).toBe('bad-length');
    expect(faultOf('80c90001000000004000000000000000')).toBe('wrong-version');
    expect(faultOf('a0c900010000000080c9000100000000')).toBe('bad-padding');
    expect(faultOf('80c9000100000000a0ca000100000003')).toBe('bad-padding');
    expect(faultOf('80c900010000000085cb000100000000')).toBe('bad-length');
    const random = new SeededRandom(9);
    for (let run = 0; run < 5000; run += 1) {
      const bytes = Buffer.from(
        Array.from({ length: Math.floor(random.between(0, 80)) }, () => random.nextInt32() & 0xff),
      );
      if (bytes.length > 1) bytes[0] = (bytes[0] & 0x3f) | 0x80;
      if (bytes.length > 1) bytes[1] = 200 + (bytes[1] % 4);
      reader.parse(bytes, 0, bytes.length);
    }
  });
});

describe('what is heard of a leg', () => {
  function block(reports: ReceptionReports): Buffer {
    const bytes = Buffer.alloc(24);
    reports.writeBlock(0, bytes, 0, 0);
    return bytes;
  }

  const hear = (reports: ReceptionReports, sequence: number, nowMs = sequence * 20) =>
    reports.hear(0, { ssrc: 1, sequence: sequence & 0xffff, timestamp: sequence * 160, arrivedMs: nowMs }, 'audio');

  test('loss is counted over a wrap of the sequence numbers, and doubles are no gain', () => {
    const reports = new ReceptionReports(1);
    for (let sequence = 65_500; sequence < 65_600; sequence += 1) if (sequence !== 65_540) hear(reports, sequence);
    hear(reports, 65_599);
    expect(block(reports).readIntBE(5, 3)).toBe(0);
    expect(block(reports).readUInt32BE(8)).toBe(65_599);
    for (let sequence = 65_600; sequence < 65_700; sequence += 1) if (sequence % 4 !== 0) hear(reports, sequence);
    expect(block(reports)[4]).toBe(64);
    expect(block(reports)[4]).toBe(0);
  });

  test('jitter follows RFC 3550 A.8 and takes no account of events', () => {
    const reports = new ReceptionReports(1);
    hear(reports, 0, 0);
    hear(reports, 1, 20 + 2);
    expect(reports.jitter(0)).toBe(1);
    hear(reports, 2, 40 + 2);
    expect(reports.jitter(0)).toBeCloseTo(15 / 16);
    reports.hear(0, { ssrc: 1, sequence: 3, timestamp: 0, arrivedMs: 9999 }, 'event');
    expect(reports.jitter(0)).toBeCloseTo(15 / 16);
  });

  test('a source that begins anew is counted anew', () => {
    const reports = new ReceptionReports(1);
    for (let sequence = 0; sequence < 10; sequence += 2) hear(reports, sequence);
    expect(block(reports).readIntBE(5, 3)).toBe(4);
    hear(reports, 30_000);
    expect(block(reports).readIntBE(5, 3)).toBe(0);
    reports.hear(0, { ssrc: 2, sequence: 5, timestamp: 0, arrivedMs: 0 }, 'audio');
    expect(block(reports).readIntBE(5, 3)).toBe(0);
  });
});
