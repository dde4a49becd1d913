import { describe, expect, test } from '@jest/globals';
import { decodeG711, encodeG711 } from '../dsp/g711.js';
import { ToneSuppressor } from '../dsp/tone-suppressor.js';
import { FRAME_SAMPLES, LEARNT_BY_FRAME, ROUND_FRAMES, SentAudio, speechRound, UNKNOWN } from './media-audio.js';

const HEADER_SIZE_BYTES = 12;
const round = speechRound(1);

/** What becomes of a frame on its way; undefined for a packet that is lost. */
type Relay = (packet: Buffer, frame: number) => Buffer | undefined;

/** Sends frames through `relay` and tells what was heard in each, which came at once. */
function converse(relay: Relay, { frames = LEARNT_BY_FRAME + 200, stream = 0, firstTimestamp = 0 } = {}): number[] {
  const sent = new SentAudio(stream + 1, round);
  return Array.from({ length: frames }, (_, frame) => {
    const packet = Buffer.alloc(HEADER_SIZE_BYTES + FRAME_SAMPLES);
    expect(sent.write(stream, packet, HEADER_SIZE_BYTES, frame * 20)).toBe(frame);
    const heard = relay(packet, frame);
    if (heard === undefined) return UNKNOWN;
    const timestamp = (firstTimestamp + frame * FRAME_SAMPLES) >>> 0;
    const found = sent.hear(stream, timestamp, heard, HEADER_SIZE_BYTES);
    if (found >= 0) expect(sent.sentMs(stream, found)).toBe(found * 20);
    return found;
  });
}

function later(frames: number): Relay {
  const held: Buffer[] = [];
  return (packet) => {
    held.push(Buffer.from(packet));
    return held.length > frames ? held.shift() : Buffer.alloc(packet.length, 0xff);
  };
}

function suppressed(): Relay {
  const suppressor = new ToneSuppressor({
    sampleRateHz: 8_000,
    delaySamples: FRAME_SAMPLES,
    replacement: 'comfort-noise',
  });
  const samples = new Int16Array(FRAME_SAMPLES);
  return (packet) => {
    decodeG711('PCMU', packet, HEADER_SIZE_BYTES, samples, FRAME_SAMPLES);
    suppressor.process(samples, FRAME_SAMPLES, samples);
    encodeG711('PCMU', samples, packet, HEADER_SIZE_BYTES, FRAME_SAMPLES);
    return packet;
  };
}

/** By how many frames each packet was behind, of those after the learning. */
function delaysOf(found: readonly number[]): number[] {
  return found.slice(LEARNT_BY_FRAME).map((frame, index) => (frame < 0 ? frame : LEARNT_BY_FRAME + index - frame));
}

describe('the round of audio', () => {
  test('survives decoding and encoding, frame for frame another one', () => {
    const samples = new Int16Array(round.length);
    const again = new Uint8Array(round.length);
    decodeG711('PCMU', round, 0, samples, round.length);
    encodeG711('PCMU', samples, again, 0, round.length);
    expect(again).toEqual(round);
    const frames = Array.from({ length: ROUND_FRAMES }, (_, frame) =>
      Buffer.from(round.slice(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES)).toString('latin1'),
    );
    expect(new Set(frames).size).toBe(ROUND_FRAMES);
  });

  test('one seed gives one round', () => {
    expect(speechRound(1)).toEqual(round);
    expect(speechRound(2)).not.toEqual(round);
  });
});

describe('audio heard', () => {
  test('is the frame that was sent, whatever the relay calls its time', () => {
    const found = converse((packet) => packet, { stream: 5, firstTimestamp: 0xffff_0000, frames: ROUND_FRAMES + 200 });
    expect(new Set(delaysOf(found))).toEqual(new Set([0]));
  });

  test('is found behind when a relay holds it back and sends on packet for packet', () => {
    expect(new Set(delaysOf(converse(later(2))))).toEqual(new Set([2]));
    expect(new Set(delaysOf(converse(later(45))))).toEqual(new Set([45]));
  });

  test.each([0, 7, 20, 33, 58])('is known again behind the suppressor and its delay line (stream %i)', (stream) => {
    const delays = delaysOf(converse(suppressed(), { stream }));
    expect(new Set(delays.filter((delay) => delay !== UNKNOWN))).toEqual(new Set([1]));
    expect(delays.filter((delay) => delay === UNKNOWN).length).toBeLessThan(delays.length / 20);
  });

  test('is found behind lost packets, also when some of those it is learnt from are lost', () => {
    const relay = suppressed();
    const found = converse((packet, frame) => (frame % 7 === 3 ? undefined : relay(packet, frame)), { frames: 300 });
    const afterLearning = found.slice(100).map((frame, index) => (frame < 0 ? frame : 100 + index - frame));
    expect(new Set(afterLearning)).toEqual(new Set([1, UNKNOWN]));
    expect(afterLearning.filter((behind) => behind === 1).length).toBeGreaterThan(130);
  });

  test('is unknown while silence stands in its place', () => {
    const silent = (frame: number) => frame >= 100 && frame < 110;
    const found = converse((packet, frame) => (silent(frame) ? packet.fill(0xff, HEADER_SIZE_BYTES) : packet));
    expect(found.slice(98, 112)).toEqual([98, 99, ...Array(10).fill(UNKNOWN), 110, 111]);
  });

  test('is learnt anew when a relay starts to hold it back for longer', () => {
    const held = later(3);
    const found = converse((packet, frame) => (frame < 120 ? packet : held(packet, frame)));
    expect(new Set(delaysOf(found).slice(0, 120 - LEARNT_BY_FRAME))).toEqual(new Set([0]));
    expect(new Set(delaysOf(found).slice(160 - LEARNT_BY_FRAME))).toEqual(new Set([3]));
  });

  test('is learnt anew when a relay starts to suppress', () => {
    const relay = suppressed();
    const delays = delaysOf(
      converse((packet, frame) => (frame < 120 ? packet : relay(packet, frame)), { frames: 400 }),
    );
    const afterLearning = delays.slice(220 - LEARNT_BY_FRAME);
    expect(new Set(afterLearning.filter((delay) => delay !== UNKNOWN))).toEqual(new Set([1]));
    expect(afterLearning.filter((delay) => delay === UNKNOWN).length).toBeLessThan(afterLearning.length / 20);
  });

  test('is unknown when it is cut, or comes later than can be told', () => {
    expect(new Set(delaysOf(converse(later(100))))).toEqual(new Set([UNKNOWN]));
    expect(new Set(delaysOf(converse((packet) => packet.subarray(0, 100))))).toEqual(new Set([UNKNOWN]));
    expect(new Set(delaysOf(converse((packet) => packet.subarray(0, 4))))).toEqual(new Set([UNKNOWN]));
  });
});
