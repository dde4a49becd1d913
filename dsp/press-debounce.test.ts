import { describe, expect, test } from '@jest/globals';
import { NO_PAIR, PressDebounce, type Run } from './press-debounce.js';
import { PRESS_BEGAN, PRESS_ENDED } from './tone-analysis.js';

/** A run without audio: counts hops, and is a key when it has as many as told. */
class CountedRun implements Run {
  hops = 0;
  readonly #keyAtHops: readonly number[];

  constructor(keyAtHops: readonly number[]) {
    this.#keyAtHops = keyAtHops;
  }

  add(): 'added' {
    this.hops += 1;
    return 'added';
  }

  isKey(): boolean {
    return this.#keyAtHops.includes(this.hops);
  }

  reset(): void {
    this.hops = 0;
  }
}

/** Plays a pattern of hops ("+" pair 5, "o" pair 9, "." none) and returns what happened as `hop:event`. */
function play(pattern: string, keyAtHops: readonly number[] = [12, 16]): string[] {
  const debounce = new PressDebounce(new CountedRun(keyAtHops));
  const events: string[] = [];
  [...pattern].forEach((hop, index) => {
    const flags = debounce.takeHop(hop === '+' ? 5 : hop === 'o' ? 9 : NO_PAIR);
    if ((flags & PRESS_ENDED) !== 0) events.push(`${index + 1}:ended`);
    if ((flags & PRESS_BEGAN) !== 0) events.push(`${index + 1}:began`);
  });
  return events;
}

const plus = (count: number) => '+'.repeat(count);
const dots = (count: number) => '.'.repeat(count);
const PRESS = plus(12);
const ALWAYS = Array.from({ length: 40 }, (_, hops) => hops);

describe('the table of hit patterns', () => {
  test('10 hops are nothing', () => expect(play(plus(10) + dots(40), ALWAYS)).toEqual([]));
  test('11 hops begin a press that is one beyond doubt', () => expect(play(plus(40), ALWAYS)).toEqual(['11:began']));
  test('12 hops begin a press', () => expect(play(PRESS)).toEqual(['12:began']));
  test('one or two bad hops do not cost the key', () => {
    expect(play(`${plus(6)}.${plus(6)}`)).toEqual(['13:began']);
    expect(play(`${plus(4)}..${plus(4)}o${plus(4)}`)).toEqual(['15:began']);
  });
  test('three bad hops start the count anew', () => expect(play(`${plus(10)}...${plus(10)}`, ALWAYS)).toEqual([]));
  test('a run that is no key is asked once more', () => expect(play(plus(40), [13, 14, 15, 16])).toEqual(['16:began']));
  test('after that the count starts anew', () => {
    expect(play(plus(100), [])).toEqual([]);
    const run = new CountedRun([]);
    const debounce = new PressDebounce(run);
    for (let hop = 0; hop < 20; hop += 1) debounce.takeHop(5);
    expect(run.hops).toBe(4);
  });
  test('13 missed hops are bridged', () => expect(play(PRESS + dots(13) + PRESS)).toEqual(['12:began']));
  test('14 missed hops end the press, and the same pair is a new one', () =>
    expect(play(PRESS + dots(14) + PRESS)).toEqual(['12:began', '26:ended', '38:began']));
  test('another pair ends the press and begins its own in one hop', () =>
    expect(play(PRESS + 'o'.repeat(13))).toEqual(['12:began', '24:ended', '24:began']));
  test('a long press is one press', () => expect(play(plus(500))).toEqual(['12:began']));
});

test('tells the hop in which the run of the newest press began', () => {
  const debounce = new PressDebounce(new CountedRun([12]));
  for (let hop = 1; hop <= 20; hop += 1) debounce.takeHop(hop < 5 ? NO_PAIR : 3);
  expect(debounce.pressStartHop).toBe(5);
  expect(debounce.pressPair).toBe(3);
});
