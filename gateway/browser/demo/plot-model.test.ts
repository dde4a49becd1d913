import { describe, expect, test } from '@jest/globals';
import { CAPACITY_FRAMES, heightOf, LaneHistory, marksAfter, PlotClock, placeOf, WINDOW_MS } from './plot-model.js';

describe('places', () => {
  test('a key is tall, a voice half of it, the noise of a line nothing to speak of', () => {
    expect(heightOf(-5)).toBe(1);
    expect(heightOf(3)).toBe(1);
    expect(heightOf(-20)).toBeGreaterThan(0.35);
    expect(heightOf(-20)).toBeLessThan(0.5);
    expect(heightOf(-65)).toBeLessThan(0.05);
    expect(heightOf(Number.NEGATIVE_INFINITY)).toBe(0);
  });

  test('the newest moment is at the right edge, the oldest of the window at the left', () => {
    expect(placeOf(20_000, 20_000)).toBe(1);
    expect(placeOf(20_000 - WINDOW_MS, 20_000)).toBe(0);
    expect(placeOf(20_000 - 2 * WINDOW_MS, 20_000)).toBeLessThan(0);
  });
});

describe('the history of a lane', () => {
  test('keeps each frame at its number, from wherever the lane begins', () => {
    const lane = new LaneHistory();
    expect(lane.add(200, [-10, -20])).toBe(10);
    expect(lane.add(240, [-30])).toBe(12);
    expect([9, 10, 11, 12, 13].map((frame) => lane.levelAt(frame))).toEqual([undefined, -10, -20, -30, undefined]);
    expect(lane.newest).toBe(12);
  });

  test('a gap is silence, and what is laid anew takes the place of what was there', () => {
    const lane = new LaneHistory();
    lane.add(0, [-10]);
    lane.add(60, [-20]);
    expect([0, 1, 2, 3].map((frame) => lane.levelAt(frame))).toEqual([-10, -Infinity, -Infinity, -20]);
    expect(lane.add(40, [-30, -40])).toBe(2);
    expect([0, 1, 2, 3, 4].map((frame) => lane.levelAt(frame))).toEqual([-10, -Infinity, -30, -40, undefined]);
  });

  test('forgets what is older than its capacity, and all of it with a new call', () => {
    const lane = new LaneHistory();
    for (let frame = 0; frame < CAPACITY_FRAMES + 5; frame += 1) lane.add(frame * 20, [-frame]);
    expect([4, 5].map((frame) => lane.levelAt(frame))).toEqual([undefined, -5]);
    lane.clear();
    expect(lane.newest).toBe(-1);
    expect(lane.levelAt(600)).toBeUndefined();
  });
});

test('marks that have left the window are let go', () => {
  const mark = (atMs: number) => ({ key: '1', atMs, inPayment: false });
  const marks = [0, 100, 15_000, 24_000].map(mark);
  expect(marksAfter(marks, mark(25_000)).map(({ atMs }) => atMs)).toEqual([15_000, 24_000, 25_000]);
});

describe('the clock', () => {
  test('runs evenly though levels come in lumps', () => {
    const clock = new PlotClock();
    const shown: number[] = [];
    for (let nowMs = 0; nowMs <= 2000; nowMs += 20) {
      // A batch every 100 ms, now early, now late.
      if (nowMs % 100 === 0) clock.heard(nowMs + (nowMs % 200 === 0 ? 15 : -15), 10_000 + nowMs);
      shown.push(clock.shownMs(10_000 + nowMs));
    }
    const steps = shown.slice(1).map((value, index) => value - (shown[index] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(10);
    expect(Math.max(...steps)).toBeLessThan(30);
    expect(Math.abs((shown.at(-1) ?? 0) - 2000)).toBeLessThan(550);
  });

  test('stands still when the call is over, and leaps to the next', () => {
    const clock = new PlotClock();
    clock.heard(60_000, 1000);
    clock.stop();
    expect([clock.shownMs(2000), clock.shownMs(9000)]).toEqual([60_000, 60_000]);
    clock.heard(100, 9000);
    expect(clock.shownMs(9000)).toBeLessThan(100);
  });

  test('a page that slept catches up at once', () => {
    const clock = new PlotClock();
    clock.heard(1000, 1000);
    clock.heard(1100, 61_100);
    expect(Math.abs(clock.shownMs(61_100) - 1100)).toBeLessThan(500);
  });
});
