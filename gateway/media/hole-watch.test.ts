import { beforeEach, describe, expect, test } from '@jest/globals';
import { HIDING_MS, type Hole, HoleWatch, TOUCH_MS } from './hole-watch.js';

const END_MS = 1000;
const END_SAMPLE = 8000;
const HOP_SAMPLES = 16;

/** One audio packet of 20 ms lost in silence. */
const HARMLESS: Hole = {
  lostPackets: 1,
  otherPackets: 0,
  missingMs: 20,
  endMs: END_MS,
  endSample: END_SAMPLE,
  sinceToneMs: Number.POSITIVE_INFINITY,
  isToneUnderWay: false,
  isEventUnderWay: false,
  dueEndPackets: 0,
};
const TOUCHED: Hole = { ...HARMLESS, sinceToneMs: 2 };

let log: string[];
let isReached: boolean;
let watch: HoleWatch;

beforeEach(() => {
  log = [];
  isReached = true;
  watch = new HoleWatch(() => {
    log.push(isReached ? 'disturbed' : 'refused');
    return isReached;
  });
  watch.arm();
});

/** The first 12 ms behind the hole. */
function hear(sound: 'tone' | 'silence'): void {
  for (let heard = 0; heard < TOUCH_MS * 8; heard += HOP_SAMPLES) watch.hearHop(sound === 'tone', HOP_SAMPLES);
}

function laterMs(ms: number): void {
  watch.sweep(END_MS + ms);
}

const UNCERTAIN = ['disturbed'];

describe('what is missing', () => {
  test.each<[string, () => void, readonly string[]]>([
    ['one packet in silence', () => watch.judge(HARMLESS), []],
    ['a pause that leaves no number out', () => watch.judge({ ...HARMLESS, lostPackets: 0, missingMs: 900 }), []],
    [
      'time that hides a press: told at once',
      () => watch.judge({ ...HARMLESS, lostPackets: 2, missingMs: 40 }),
      UNCERTAIN,
    ],
    ['no less than the limit', () => watch.judge({ ...HARMLESS, missingMs: HIDING_MS }), UNCERTAIN],
    [
      'a packet of 30 ms, although a confirmed tone surrounds it',
      () => watch.judge({ ...TOUCHED, missingMs: 30, isToneUnderWay: true }),
      UNCERTAIN,
    ],
    ['time in front of an event that began at its edge', () => watch.judgeBeforeEvent(20), []],
    ['time in front of an event that began later', () => watch.judgeBeforeEvent(HIDING_MS), UNCERTAIN],
    ['time at a new beginning of the stream', () => watch.judgeRestart(HIDING_MS), UNCERTAIN],
    ['no time at a new beginning of the stream', () => watch.judgeRestart(0), []],
    ['what tells one press from two', () => watch.doubt(), UNCERTAIN],
  ])('%s', (_name, act, expected) => {
    act();
    hear('silence');
    laterMs(1000);
    expect(log).toEqual(expected);
  });

  test.each<[string, Hole, () => void, readonly string[]]>([
    [
      'in an event that goes on',
      { ...HARMLESS, isEventUnderWay: true, missingMs: 80 },
      () => {
        watch.continueEvent('update');
      },
      [],
    ],
    [
      'in an event of which nothing more comes',
      { ...HARMLESS, isEventUnderWay: true, missingMs: 80 },
      () => {},
      UNCERTAIN,
    ],
    [
      'in an event that another one follows',
      { ...HARMLESS, isEventUnderWay: true, missingMs: 80 },
      () => {
        watch.beginEvent(END_MS - 40);
      },
      UNCERTAIN,
    ],
    [
      'an update of an event that goes on',
      { ...HARMLESS, isEventUnderWay: true, missingMs: 0, otherPackets: 1 },
      () => {
        watch.continueEvent('update');
      },
      [],
    ],
    ['audio beside an event under way', { ...HARMLESS, isEventUnderWay: true }, () => {}, []],
    [
      'no audio, and an event shows itself that had begun',
      { ...HARMLESS, missingMs: 0, otherPackets: 1 },
      () => {
        watch.beginEvent(END_MS - 20);
      },
      [],
    ],
    [
      'no audio, and an event begins later',
      { ...HARMLESS, missingMs: 0, otherPackets: 1 },
      () => {
        watch.beginEvent(END_MS + 40);
      },
      UNCERTAIN,
    ],
    ['no audio, and nothing shows itself', { ...HARMLESS, missingMs: 0, otherPackets: 1 }, () => {}, UNCERTAIN],
    [
      'copies of an end that were to come',
      { ...HARMLESS, missingMs: 0, otherPackets: 2, dueEndPackets: 2 },
      () => {},
      [],
    ],
    [
      'more than the copies that were to come',
      { ...HARMLESS, missingMs: 0, otherPackets: 2, dueEndPackets: 1 },
      () => {},
      UNCERTAIN,
    ],
    [
      'one packet between two copies of an end',
      { ...HARMLESS, missingMs: 0, otherPackets: 1 },
      () => {
        watch.continueEvent('end-copy');
      },
      [],
    ],
    [
      'two packets between two copies of an end',
      { ...HARMLESS, missingMs: 0, otherPackets: 2 },
      () => {
        watch.continueEvent('end-copy');
      },
      UNCERTAIN,
    ],
    [
      'no audio, and an INFO tells the press',
      { ...HARMLESS, missingMs: 0, otherPackets: 1 },
      () => watch.hearInfo(),
      [],
    ],
  ])('%s', (_name, hole, act, expected) => {
    watch.judge(hole);
    act();
    hear('silence');
    laterMs(1000);
    expect(log).toEqual(expected);
  });
});

describe('a lost packet that a tone touches', () => {
  test.each<[string, Hole, () => void, readonly string[]]>([
    ['on one side, confirmed before', { ...TOUCHED, isToneUnderWay: true }, () => hear('silence'), []],
    [
      'on one side, confirmed out of what was before',
      TOUCHED,
      () => {
        watch.beginTone(END_SAMPLE - 480);
        hear('silence');
      },
      [],
    ],
    ['on one side, and cut off by it', TOUCHED, () => hear('silence'), UNCERTAIN],
    ['too long ago to be cut off by it', { ...TOUCHED, sinceToneMs: TOUCH_MS + 1 }, () => hear('silence'), []],
    ['on both sides, confirmed before', { ...TOUCHED, isToneUnderWay: true }, () => hear('tone'), []],
    [
      'on both sides, confirmed behind',
      TOUCHED,
      () => {
        hear('tone');
        watch.beginTone(END_SAMPLE);
      },
      [],
    ],
    ['on both sides, never confirmed', TOUCHED, () => hear('tone'), UNCERTAIN],
    [
      'behind it, confirmed',
      HARMLESS,
      () => {
        hear('tone');
        watch.beginTone(END_SAMPLE + 64);
      },
      [],
    ],
    [
      'behind it, and the next one is confirmed',
      HARMLESS,
      () => {
        hear('tone');
        watch.beginTone(END_SAMPLE + 400);
      },
      UNCERTAIN,
    ],
    [
      'behind it, told by its event',
      HARMLESS,
      () => {
        hear('tone');
        watch.beginEvent(END_MS - 20);
      },
      [],
    ],
    [
      'and another packet lost before it is confirmed',
      HARMLESS,
      () => {
        hear('tone');
        watch.judge({ ...HARMLESS, endMs: END_MS + 40, endSample: END_SAMPLE + 320 });
      },
      UNCERTAIN,
    ],
  ])('%s', (_name, hole, act, expected) => {
    watch.judge(hole);
    act();
    laterMs(1000);
    expect(log).toEqual(expected);
  });
});

describe('the mark', () => {
  const LONG: Hole = { ...HARMLESS, missingMs: 100, lostPackets: 5 };

  test('is nothing without a capture', () => {
    watch.disarm();
    watch.judge(LONG);
    watch.judgeBeforeEvent(100);
    watch.judgeRestart(100);
    watch.doubt();
    expect(log).toEqual([]);
  });

  test('of one capture is not told to the next', () => {
    watch.judge(TOUCHED);
    watch.disarm();
    watch.arm();
    laterMs(1000);
    expect(log).toEqual([]);
  });

  test('is told again when it could not be told', () => {
    isReached = false;
    watch.doubt();
    watch.doubt();
    isReached = true;
    watch.doubt();
    watch.doubt();
    expect(log).toEqual(['refused', 'refused', 'disturbed']);
  });

  test('is told once until another key was told, for only that one could have made up for it', () => {
    watch.judge(LONG);
    watch.judge({ ...LONG, endMs: 1200 });
    expect(log).toEqual(['disturbed']);
    watch.keyTold();
    watch.judge({ ...LONG, endMs: 1400 });
    expect(log).toEqual(['disturbed', 'disturbed']);
  });
});
