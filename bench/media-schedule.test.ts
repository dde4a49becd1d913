import { describe, expect, test } from '@jest/globals';
import { LoadSchedule } from './media-schedule.js';

const schedule = new LoadSchedule({ streams: 4, warmUpMs: 100, measureMs: 200, tailMs: 40 });

describe('the schedule of a load', () => {
  test('gives every stream a packet each 20 ms, spread evenly', () => {
    const perStream = new Map<number, number[]>();
    for (let packet = 0; packet < schedule.packetCount; packet += 1) {
      const stream = schedule.streamOf(packet);
      perStream.set(stream, [...(perStream.get(stream) ?? []), schedule.dueMs(packet)]);
      if (packet > 0) expect(schedule.dueMs(packet) - schedule.dueMs(packet - 1)).toBeCloseTo(5);
    }
    expect([...perStream.keys()]).toEqual([0, 1, 2, 3]);
    for (const [stream, dueMs] of perStream) {
      expect(dueMs).toEqual(Array.from({ length: 17 }, (_, frame) => frame * 20 + stream * 5));
    }
  });

  test('numbers the frames of each stream from zero', () => {
    expect([0, 3, 4, 9].map((packet) => schedule.frameOf(packet))).toEqual([0, 0, 1, 2]);
  });

  test('measures neither the warm-up nor the tail', () => {
    const frames = Array.from({ length: schedule.packetCount / 4 }, (_, frame) => frame);
    const measured = frames.filter((frame) => schedule.isMeasured(frame));
    expect(measured).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect([schedule.measureFromMs, schedule.measureToMs]).toEqual([100, 300]);
  });
});
