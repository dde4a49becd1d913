import { beforeEach, describe, expect, test } from '@jest/globals';
import { EVENT_TAIL_MS, EventMask } from './event-mask.js';

const NOW_MS = 5_000;
/** Long enough after an event for the time of arrival to say nothing. */
const LATER_MS = NOW_MS + EVENT_TAIL_MS;
const TAIL_UNITS = EVENT_TAIL_MS * 8;

let mask: EventMask;

beforeEach(() => {
  mask = new EventMask();
});

describe('the mask behind an event', () => {
  test('is not there before one', () => {
    expect([mask.covers(0, NOW_MS), mask.covers(0x9000_0000, NOW_MS)]).toEqual([false, false]);
    expect(mask.sinceEventMs(NOW_MS)).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    ['in the middle of the timestamps', 80_000],
    ['across their turn', 0xffff_ff00],
  ])('ends 60 ms behind it by the clock of the caller, however late the audio comes: %s', (_, timestamp) => {
    mask.hear({ timestamp, durationUnits: 800 }, NOW_MS);
    const end = timestamp + 800 + TAIL_UNITS;
    const covered = [timestamp, end - 1, end, end - 1].map((at) => mask.covers(at >>> 0, LATER_MS));
    // What comes from before its end once that was passed is not asked again.
    expect(covered).toEqual([true, true, false, false]);
  });

  test('is as long as the longest that was told', () => {
    mask.hear({ timestamp: 0, durationUnits: 800 }, NOW_MS);
    mask.hear({ timestamp: 0, durationUnits: 160 }, NOW_MS);
    expect(mask.covers(800 + TAIL_UNITS - 1, LATER_MS)).toBe(true);
    mask.hear({ timestamp: 0, durationUnits: 960 }, NOW_MS);
    expect(mask.covers(960 + TAIL_UNITS - 1, LATER_MS)).toBe(true);
  });

  test('does not come again half a turn of the timestamps later', () => {
    mask.hear({ timestamp: 0, durationUnits: 800 }, NOW_MS);
    expect(mask.covers(2_000, LATER_MS)).toBe(false);
    expect(mask.covers(0x8000_0400, LATER_MS)).toBe(false);
  });

  test('of an event on another clock is told by the time of arrival', () => {
    mask.hear(undefined, NOW_MS);
    expect([mask.covers(7, LATER_MS - 1), mask.covers(7, LATER_MS)]).toEqual([true, false]);
    expect(mask.sinceEventMs(LATER_MS)).toBe(EVENT_TAIL_MS);
  });

  test.each([
    ['none', false],
    ['under-way', true],
  ] as const)('of a stream before is forgotten; a press that is %s counts', (press, isCovered) => {
    mask.hear({ timestamp: 0, durationUnits: 800 }, NOW_MS);
    mask.begin(press, LATER_MS);
    expect([mask.covers(0, LATER_MS), mask.covers(0, LATER_MS + EVENT_TAIL_MS)]).toEqual([isCovered, false]);
  });
});
