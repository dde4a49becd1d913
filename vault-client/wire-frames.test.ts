import { describe, expect, test } from '@jest/globals';
import {
  encodeFrame,
  encodeJsonFrame,
  FrameDecoder,
  FrameError,
  JSON_FRAME,
  MAX_FRAME_SIZE_BYTES,
} from './wire-frames.js';

function decoded(...chunks: Buffer[]): readonly string[] {
  const decoder = new FrameDecoder();
  const frames: string[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk, (frame) => frames.push(`${frame.type} ${frame.payload.toString('hex')}`));
  }
  return frames;
}

describe('frames', () => {
  test('stand on the wire as the diagram says', () => {
    expect(encodeFrame(3, Buffer.from('abcd', 'hex')).toString('hex')).toBe('0000000303abcd');
    expect(encodeFrame(2, Buffer.alloc(0)).toString('hex')).toBe('0000000102');
    expect(encodeJsonFrame({ a: 1 }).toString('latin1', 4)).toBe(`${String.fromCharCode(JSON_FRAME)}{"a":1}`);
  });

  test('come out whole however the stream is cut', () => {
    const stream = Buffer.from('0000000303abcd' + '0000000102' + '0000000407010203', 'hex');
    const expected = ['3 abcd', '2 ', '7 010203'];
    for (let size = 1; size <= stream.length; size += 1) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(Buffer.from(stream.subarray(at, at + size)));
      expect(decoded(...chunks)).toEqual(expected);
    }
  });

  test('may be as large as the limit and no larger', () => {
    const largest = Buffer.alloc(MAX_FRAME_SIZE_BYTES - 1, 7);
    expect(decoded(encodeFrame(9, largest))).toEqual([`9 ${largest.toString('hex')}`]);
    expect(() => encodeFrame(9, Buffer.alloc(MAX_FRAME_SIZE_BYTES))).toThrow(FrameError);
  });

  test.each(['00000000', 'ffffffff', '00040001'])('that announce an impossible size (%s) end the stream', (header) => {
    expect(() => decoded(Buffer.from(`${header}03`, 'hex'))).toThrow(FrameError);
  });

  test('leave nothing behind: chunk and payload are wiped', () => {
    const decoder = new FrameDecoder();
    const chunk = encodeFrame(3, Buffer.from('4242'));
    let kept: Buffer | undefined;
    decoder.push(chunk, (frame) => {
      kept = frame.payload;
      expect(frame.payload.toString()).toBe('4242');
    });
    expect([...(kept ?? []), ...chunk].every((byte) => byte === 0)).toBe(true);
  });

  test('leave nothing behind either when taking them fails, or the peer talks nonsense', () => {
    const decoder = new FrameDecoder();
    const chunk = encodeFrame(3, Buffer.from('4242'));
    let kept: Buffer | undefined;
    const failing = (): void =>
      decoder.push(chunk, (frame) => {
        kept = frame.payload;
        throw new Error('ours');
      });
    expect(failing).toThrow('ours');
    const nonsense = Buffer.from('00000000004242', 'hex');
    expect(() => new FrameDecoder().push(nonsense, () => undefined)).toThrow(FrameError);
    expect([...(kept ?? []), ...chunk, ...nonsense].every((byte) => byte === 0)).toBe(true);
  });
});
