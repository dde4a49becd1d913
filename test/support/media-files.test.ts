import { describe, expect, test } from '@jest/globals';
import { renderCallerStream } from './caller-stream.js';
import { decodeG711, encodeG711, type G711Encoding } from './g711.js';
import { addTones, keyNames, keysOf, pressesOf, samplesOf } from './keys.js';
import { readPcap, writeRtpPcap } from './pcap.js';
import { readRtp, type TimedPacket } from './rtp.js';
import { reportRtp } from './rtp-report.js';
import { decodeWithSpandsp } from './spandsp.js';
import { speechFor } from './speech.js';
import { readWav, writeWav } from './wav.js';

const encodings: readonly G711Encoding[] = ['PCMU', 'PCMA'];

describe('G.711', () => {
  test.each(encodings)('%s gives every code back after decoding and encoding it', (encoding) => {
    const codes = Uint8Array.from({ length: 256 }, (_unused, code) => code);
    const again = encodeG711(decodeG711(codes, encoding), encoding);
    // µ-law has two codes for zero, and encodes zero to the positive one.
    const differing = [...again].filter((code, index) => code !== codes[index]);
    expect(differing).toEqual(encoding === 'PCMU' ? [0xff] : []);
  });

  test('known values of ITU-T G.711 tables 1 and 2 come out', () => {
    expect([...decodeG711(Uint8Array.of(0x00, 0x80, 0xff), 'PCMU')]).toEqual([-32124, 32124, 0]);
    expect([...decodeG711(Uint8Array.of(0xaa, 0x2a, 0xd5), 'PCMA')]).toEqual([32256, -32256, 8]);
  });
});

describe('tones', () => {
  test('spandsp reads all sixteen keys from tones rendered here', async () => {
    const audio = new Int16Array(samplesOf(3000));
    addTones(audio, pressesOf(keysOf('0123456789*#ABCD'), { startMs: 100, onMs: 80, offMs: 80 }));
    expect(await decodeWithSpandsp(audio)).toBe('0123456789*#ABCD');
  });

  test('spandsp hears no key in silence and in speech', async () => {
    expect(await decodeWithSpandsp(new Int16Array(8000))).toBe('');
    const spoken = await speechFor(10_000);
    expect(spoken).toHaveLength(80_000);
    expect(spoken.some((sample) => Math.abs(sample) > 4000)).toBe(true);
    expect(await decodeWithSpandsp(spoken)).toBe('');
  });
});

describe('a caller stream', () => {
  const presses = pressesOf(keysOf('4242#'), { startMs: 200, onMs: 110, offMs: 90 });

  function through(packets: readonly TimedPacket[]) {
    return readPcap(writeRtpPcap(packets)).flatMap((datagram) => readRtp(datagram.payload) ?? []);
  }

  test.each(encodings)('with tones survives the capture file in %s, to the digit', async (encoding) => {
    const audio = new Int16Array(samplesOf(1400));
    addTones(audio, presses);
    const report = reportRtp(through(renderCallerStream({ audio, encoding })));
    expect(report.packets).toBe(70);
    expect(report.missing + report.duplicates + report.reordered).toBe(0);
    expect(report.timestampBreaks).toEqual([]);
    expect(await decodeWithSpandsp(report.audio)).toBe('4242#');
  });

  test('with events between audio packets keeps audio whole and numbers every packet', () => {
    const audio = new Int16Array(samplesOf(1400));
    const packets = renderCallerStream({ audio, encoding: 'PCMU', eventPresses: presses, firstSequenceNumber: 65_530 });
    const report = reportRtp(through(packets));
    expect(report.payloadTypes).toEqual(
      new Map([
        [0, 70],
        [101, 25],
      ]),
    );
    expect(report.missing).toBe(0);
    expect(report.timestampBreaks).toEqual([]);
    expect(keyNames(report.events.map((event) => event.key))).toBe('4242#');
    expect(report.events.every((event) => event.endPackets === 3 && event.durationSamples === 880)).toBe(true);
  });

  test('with audio that waits for events has a gap in time and none in sequence', () => {
    const audio = new Int16Array(samplesOf(1400));
    const packets = renderCallerStream({ audio, encoding: 'PCMU', eventPresses: presses, audioDuringEvents: 'waits' });
    const report = reportRtp(packets);
    expect(report.missing).toBe(0);
    expect(report.timestampBreaks).toHaveLength(5);
    expect(report.audio).toHaveLength(samplesOf(1400));
  });

  test('marks only the first packet of the audio and of each event', () => {
    const packets = renderCallerStream({ audio: new Int16Array(8000), encoding: 'PCMA', eventPresses: presses });
    expect(packets.filter((packet) => packet.marker)).toHaveLength(6);
  });
});

describe('a report', () => {
  const base = renderCallerStream({ audio: new Int16Array(1600), encoding: 'PCMU', firstSequenceNumber: 65_533 });

  test('counts what is missing, doubled and out of order across the wrap of the sequence number', () => {
    const [a, b, c, d, e, f] = base;
    expect(reportRtp([a, c, b, b, d, f])).toMatchObject({ missing: 1, duplicates: 1, reordered: 1 });
    expect(reportRtp([a, c, b, b, d, f]).timestampBreaks).toEqual([
      { sequenceNumber: f.sequenceNumber, expectedTimestamp: e.timestamp, timestamp: f.timestamp },
    ]);
  });

  test('shows a second source', () => {
    expect(reportRtp([...base, { ...base[0], ssrc: 9 }]).ssrcs).toEqual([base[0].ssrc, 9]);
  });

  test('of nothing is empty', () => {
    expect(reportRtp([])).toMatchObject({ packets: 0, missing: 0, events: [], ssrcs: [] });
  });
});

describe('RTP reading', () => {
  test('skips contributing sources, extension and padding', () => {
    const datagram = Buffer.from('b1800001000000020000000300000004bede000100000000aabb0002', 'hex');
    expect(readRtp(datagram)?.payload.toString('hex')).toBe('aabb');
  });

  test.each(['80000001', '40000001000000020000000300', '80c800010000000200000003'])('leaves %s alone', (hex) => {
    expect(readRtp(Buffer.from(hex, 'hex'))).toBeUndefined();
  });
});

describe('WAV', () => {
  test('gives both channels back', () => {
    const channels = [Int16Array.of(1, -2, 3), Int16Array.of(32767, -32768, 0)];
    expect(readWav(writeWav({ sampleRateHz: 8000, channels }))).toEqual({ sampleRateHz: 8000, channels });
  });

  test('is read to its end when its length was not yet written', () => {
    const file = writeWav({ sampleRateHz: 8000, channels: [Int16Array.of(5, 6)] });
    file.writeUInt32LE(0, 40);
    expect(readWav(file).channels[0]).toEqual(Int16Array.of(5, 6));
  });

  test('of other formats is refused', () => {
    const file = writeWav({ sampleRateHz: 8000, channels: [Int16Array.of(5, 6)] });
    file.writeUInt16LE(7, 20);
    expect(() => readWav(file)).toThrow('format 7');
    expect(() => readWav(Buffer.from('RIFF'))).toThrow('not a WAV file');
  });
});
