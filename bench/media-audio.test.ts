import { describe, expect, test } from '@jest/globals';
import { decodeG711, encodeG711 } from '../dsp/g711.js';
import { FRAME_SAMPLES, NOT_FOUND, ROUND_FRAMES, SentFrames, speechRound } from './media-audio.js';

const HEADER_SIZE_BYTES = 12;
const round = speechRound(1);

function write(sent: SentFrames, stream: number, nowMs: number): Buffer {
  const packet = Buffer.alloc(HEADER_SIZE_BYTES + FRAME_SAMPLES);
  sent.write(stream, packet, HEADER_SIZE_BYTES, nowMs);
  return packet;
}

describe('audio of the load', () => {
  test('no two frames of the round are alike, also after decoding and encoding', () => {
    const frames = new Set<string>();
    for (let frame = 0; frame < ROUND_FRAMES; frame += 1) {
      const codes = round.slice(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES);
      const samples = new Int16Array(FRAME_SAMPLES);
      const again = new Uint8Array(FRAME_SAMPLES);
      decodeG711('PCMU', codes, 0, samples, FRAME_SAMPLES);
      encodeG711('PCMU', samples, again, 0, FRAME_SAMPLES);
      expect(again).toEqual(codes);
      frames.add(Buffer.from(codes).toString('latin1'));
    }
    expect(frames.size).toBe(ROUND_FRAMES);
  });

  test('one seed gives one round', () => {
    expect(speechRound(1)).toEqual(round);
    expect(speechRound(2)).not.toEqual(round);
  });
});

describe('frames that were sent', () => {
  test('a frame is found by its sound, with the time at which it was sent', () => {
    const sent = new SentFrames(4, round);
    const packets = [0, 20, 40].map((nowMs) => write(sent, 3, nowMs));
    for (const [frame, packet] of packets.entries()) {
      expect(sent.find(3, packet, HEADER_SIZE_BYTES)).toBe(frame);
      expect(sent.sentMs(3, frame)).toBe(frame * 20);
    }
  });

  test('a steady delay of two frames is followed', () => {
    const sent = new SentFrames(1, round);
    const packets: Buffer[] = [];
    for (let frame = 0; frame < ROUND_FRAMES + 20; frame += 1) {
      packets.push(write(sent, 0, frame * 20));
      if (frame < 2) continue;
      const late = packets[frame - 2];
      expect(sent.find(0, late, HEADER_SIZE_BYTES)).toBe(frame - 2);
      expect(sent.sentMs(0, frame - 2)).toBe((frame - 2) * 20);
    }
  });

  test('what was changed, cut, sent on another stream or more than a second ago is not found', () => {
    const sent = new SentFrames(2, round);
    const first = write(sent, 0, 0);
    const changed = Buffer.from(first);
    changed[HEADER_SIZE_BYTES + 100] ^= 1;
    expect(sent.find(0, changed, HEADER_SIZE_BYTES)).toBe(NOT_FOUND);
    expect(sent.find(0, first.subarray(0, 100), HEADER_SIZE_BYTES)).toBe(NOT_FOUND);
    expect(sent.find(0, first.subarray(0, 4), HEADER_SIZE_BYTES)).toBe(NOT_FOUND);
    expect(sent.find(1, first, HEADER_SIZE_BYTES)).toBe(NOT_FOUND);
    for (let frame = 1; frame <= 60; frame += 1) write(sent, 0, frame * 20);
    expect(sent.find(0, first, HEADER_SIZE_BYTES)).toBe(NOT_FOUND);
  });
});
