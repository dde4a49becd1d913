import { describe, expect, test } from '@jest/globals';
import { OutgoingStreams } from './outgoing-streams.js';
import { RtpHeader } from './rtp-header.js';

const START = { ssrc: 7, sequence: 65_000, timestamp: 0xffff0000 };

function streamsOf(): OutgoingStreams {
  const streams = new OutgoingStreams(2);
  streams.begin(1, START);
  return streams;
}

function mapped(streams: OutgoingStreams, sequence: number, timestamp: number, nowMs = 0): RtpHeader | undefined {
  const header = new RtpHeader();
  header.sequence = sequence;
  header.timestamp = timestamp;
  header.arrivedMs = nowMs;
  return streams.map(1, header, 160) ? header : undefined;
}

describe('an outgoing stream', () => {
  test('begins at its own numbers and keeps the distances of what it passes on, over wraps', () => {
    const streams = streamsOf();
    expect(mapped(streams, 65_535, 0xffffffff)).toMatchObject({
      ssrc: 7,
      sequence: 65_000,
      timestamp: 0xffff0000,
      marker: true,
    });
    expect(mapped(streams, 1, 319)).toMatchObject({ sequence: 65_002, timestamp: 0xffff0140, marker: false });
    expect(mapped(streams, 0, 159)).toMatchObject({ sequence: 65_001, timestamp: 0xffff00a0 });
    expect(streams.expectedInput(1)).toBe(479);
  });

  test('goes on from passed packets to its own and back without a gap', () => {
    const streams = streamsOf();
    mapped(streams, 10, 1000);
    const own = new RtpHeader();
    streams.next(1, own, 160, 20);
    expect(own).toMatchObject({ sequence: 65_001, timestamp: 0xffff00a0, ssrc: 7 });
    expect(streams.expectedInput(1)).toBeUndefined();
    streams.anchor(1, 1320, 12);
    expect(mapped(streams, 12, 1320)).toMatchObject({ sequence: 65_002, timestamp: 0xffff0140 });
  });

  test('refuses packets whose time was filled by its own', () => {
    const streams = streamsOf();
    streams.anchor(1, 1000, 50);
    expect(mapped(streams, 49, 840)).toBeUndefined();
    expect(mapped(streams, 52, 1320)).toMatchObject({ sequence: 65_000, timestamp: (0xffff0000 + 320) >>> 0 });
    expect(mapped(streams, 51, 1160)).toBeUndefined();
  });

  test('a new source continues later by the pause between them', () => {
    const streams = streamsOf();
    mapped(streams, 10, 1000, 0);
    streams.unmap(1);
    expect(mapped(streams, 500, 77, 120)).toMatchObject({ sequence: 65_001, timestamp: (0xffff0000 + 960) >>> 0 });
  });

  test('follows a sender whose clock is set back', () => {
    const streams = streamsOf();
    mapped(streams, 10, 1_000_000);
    mapped(streams, 11, 160);
    expect(streams.expectedInput(1)).toBe(320);
  });
});
