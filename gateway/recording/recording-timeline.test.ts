import { describe, expect, test } from '@jest/globals';
import {
  HOLD_SAMPLES,
  MAX_LATE_SAMPLES,
  MAX_SKEW_SAMPLES,
  RecordingTimeline,
  RING_SAMPLES,
} from './recording-timeline.js';

const PACKET = 160;

function packet(value: number, count = PACKET): Int16Array {
  return new Int16Array(count).fill(value);
}

/** Everything in the timeline from `takenTo` on, as two channels. */
function takeAll(timeline: RecordingTimeline): { caller: number[]; agent: number[]; from: number } {
  const from = timeline.takenTo;
  const block = new Int16Array(RING_SAMPLES * 2);
  const count = timeline.takeBlock(block, Number.POSITIVE_INFINITY);
  const caller: number[] = [];
  const agent: number[] = [];
  for (let index = 0; index < count; index++) {
    caller.push(block[2 * index]);
    agent.push(block[2 * index + 1]);
  }
  return { caller, agent, from };
}

/** [value, length] runs, which is how these tests like to see audio. */
function runs(samples: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const sample of samples) {
    const last = found.at(-1);
    if (last !== undefined && last[0] === sample) last[1]++;
    else found.push([sample, 1]);
  }
  return found;
}

describe('recording timeline', () => {
  test('each leg starts where its first packet arrived and follows its timestamps from there', () => {
    const timeline = new RecordingTimeline(1000);
    timeline.place('caller', packet(1), PACKET, 7_000_000, 1010);
    timeline.place('agent', packet(5), PACKET, 42, 1025);
    timeline.place('caller', packet(2), PACKET, 7_000_160, 1037);
    const { caller, agent } = takeAll(timeline);
    expect(runs(caller)).toEqual([
      [0, 80],
      [1, 160],
      [2, 160],
    ]);
    expect(runs(agent)).toEqual([
      [0, 200],
      [5, 160],
      [0, 40],
    ]);
  });

  test('jitter, reordering and a repeated packet leave no trace', () => {
    const timeline = new RecordingTimeline(0);
    timeline.place('caller', packet(1), PACKET, 0, 0);
    timeline.place('caller', packet(3), PACKET, 320, 41);
    timeline.place('caller', packet(2), PACKET, 160, 90);
    timeline.place('caller', packet(3), PACKET, 320, 91);
    expect(runs(takeAll(timeline).caller)).toEqual([
      [1, 160],
      [2, 160],
      [3, 160],
    ]);
  });

  test('a lost packet is silence of its own length', () => {
    const timeline = new RecordingTimeline(0);
    timeline.place('caller', packet(1), PACKET, 0, 0);
    timeline.place('caller', packet(3), PACKET, 320, 40);
    expect(runs(takeAll(timeline).caller)).toEqual([
      [1, 160],
      [0, 160],
      [3, 160],
    ]);
  });

  test('timestamps may wrap', () => {
    const timeline = new RecordingTimeline(0);
    timeline.place('caller', packet(1), PACKET, 0xffff_ffff - 59, 0);
    timeline.place('caller', packet(2), PACKET, 100, 20);
    expect(runs(takeAll(timeline).caller)).toEqual([
      [1, 160],
      [2, 160],
    ]);
  });

  test('a wild timestamp puts the packet where it arrived', () => {
    const timeline = new RecordingTimeline(0);
    timeline.place('caller', packet(1), PACKET, 0, 0);
    timeline.place('caller', packet(2), PACKET, 900_000_000, 20);
    timeline.place('caller', packet(3), PACKET, 900_000_160, 40);
    expect(runs(takeAll(timeline).caller)).toEqual([
      [1, 160],
      [2, 160],
      [3, 160],
    ]);
  });

  test('a burst after a stall of a second falls into its own place', () => {
    const timeline = new RecordingTimeline(0);
    for (let index = 0; index < 50; index++) timeline.place('caller', packet(index + 1), PACKET, index * PACKET, 980);
    const { caller } = takeAll(timeline);
    expect(runs(caller)[0]).toEqual([0, 7840]);

    const stalled = new RecordingTimeline(0);
    stalled.place('caller', packet(1), PACKET, 0, 0);
    for (let index = 1; index < 50; index++) stalled.place('caller', packet(index + 1), PACKET, index * PACKET, 1000);
    expect(runs(takeAll(stalled).caller)).toEqual(Array.from({ length: 50 }, (_, index) => [index + 1, 160]));
  });

  test('a clock that runs 1 % fast stays within the skew that is allowed', () => {
    const timeline = new RecordingTimeline(0);
    const block = new Int16Array(RING_SAMPLES * 2);
    let worst = 0;
    for (let index = 0; index < 10_000; index++) {
      const nowMs = (index * 20) / 1.01;
      expect(timeline.place('caller', packet(1), PACKET, index * PACKET, nowMs)).toBe(true);
      worst = Math.max(worst, timeline.writtenTo - PACKET - timeline.positionAt(nowMs));
      timeline.takeBlock(block, timeline.positionAt(nowMs) - HOLD_SAMPLES);
    }
    // The average lags behind the skew by its own length, 256 packets of 1.6 samples.
    expect(worst).toBeLessThan(MAX_SKEW_SAMPLES + 2 * 256 * 1.6);
  });

  test('after minutes of silence on both sides the next packet needs no room', () => {
    const timeline = new RecordingTimeline(0);
    timeline.place('caller', packet(1), PACKET, 0, 0);
    takeAll(timeline);
    expect(timeline.place('caller', packet(2), PACKET, 300_000 * 8, 300_000)).toBe(true);
    const { caller, from } = takeAll(timeline);
    expect(from + caller.indexOf(2)).toBe(300_000 * 8);
  });

  test('a full ring refuses, and takes the packet once a block has left', () => {
    const timeline = new RecordingTimeline(0);
    let refusedAt = -1;
    for (let index = 0; refusedAt < 0; index++) {
      if (!timeline.place('caller', packet(1), PACKET, index * PACKET, index * 20)) refusedAt = index;
    }
    expect(refusedAt).toBe(Math.floor(RING_SAMPLES / PACKET));
    timeline.takeBlock(new Int16Array(2 * 800), Number.POSITIVE_INFINITY);
    expect(timeline.place('caller', packet(1), PACKET, refusedAt * PACKET, refusedAt * 20)).toBe(true);
  });

  test('a pause silences what had been written ahead of it, and nothing is written before its end', () => {
    const timeline = new RecordingTimeline(0);
    timeline.place('caller', packet(1), PACKET, 0, 0);
    timeline.place('agent', packet(5), PACKET, 0, 0);
    timeline.silenceFrom(100);
    timeline.openFrom(1000);
    timeline.place('caller', packet(2), PACKET, 50_000, 120);
    timeline.place('agent', packet(6), PACKET, 60_000, 125);
    const { caller, agent } = takeAll(timeline);
    expect(runs(caller)).toEqual([
      [1, 100],
      [0, 900],
      [2, 120 * 8 + 160 - 1000],
      [0, 40],
    ]);
    expect(runs(agent)).toEqual([
      [5, 100],
      [0, 900],
      [6, 160],
    ]);
  });

  test('what comes after its place has left the ring is dropped', () => {
    const timeline = new RecordingTimeline(0);
    timeline.place('caller', packet(1), PACKET, 0, 0);
    timeline.place('agent', packet(5), PACKET, 0, 0);
    takeAll(timeline);
    timeline.place('caller', packet(9), PACKET, 0, 10);
    expect(takeAll(timeline).caller).toEqual([]);
  });

  test('more samples than a packet holds are our own mistake', () => {
    const timeline = new RecordingTimeline(0);
    expect(() => timeline.place('caller', packet(1, 40_000), 40_000, 0, 0)).toThrow(RangeError);
    expect(MAX_LATE_SAMPLES).toBeLessThan(HOLD_SAMPLES);
  });
});
