import { describe, expect, test } from '@jest/globals';
import { MAX_WAV_SAMPLES, parseRecording, setWavLength, wavHeader } from './wav-file.js';

describe('wav file', () => {
  test('the header is that of two channels of 16 bits at 8 kHz', () => {
    expect(wavHeader(3).toString('hex')).toBe(
      '524946463000000057415645666d7420100000000100' + '0200401f0000007d0000040010006461746' + '10c000000',
    );
  });

  test('what was written is read back, caller left and agent right', () => {
    const data = Buffer.alloc(8);
    data.writeInt16LE(-5, 0);
    data.writeInt16LE(7, 2);
    data.writeInt16LE(32767, 4);
    data.writeInt16LE(-32768, 6);
    expect(parseRecording(Buffer.concat([wavHeader(2), data]))).toEqual({
      ok: true,
      audio: { caller: Int16Array.of(-5, 32767), agent: Int16Array.of(7, -32768) },
    });
  });

  test('a file shorter than its header promises is called truncated', () => {
    expect(parseRecording(wavHeader(2))).toEqual({ ok: false, code: 'truncated' });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['noise', Buffer.alloc(60, 0xa5)],
    ['another rate', Buffer.concat([wavHeader(0).fill(0x80, 24, 25), Buffer.alloc(4)])],
  ])('%s is no recording', (_name, bytes) => {
    expect(parseRecording(bytes)).toEqual({ ok: false, code: 'not-a-recording' });
  });

  test('a length that the format cannot hold is refused', () => {
    const header = wavHeader(MAX_WAV_SAMPLES);
    expect(() => setWavLength(header, MAX_WAV_SAMPLES + 1)).toThrow(RangeError);
  });
});
