import { describe, expect, test } from '@jest/globals';
import { NO_PAIR, PressDebounce, type Run } from './press-debounce.js';
import { PRESS_BEGAN, PRESS_ENDED } from './tone-analysis.js';

/** A run without audio: counts hops, and is a key or not as told. */
class CountedRun implements Run {
  hops = 0;
  readonly #verdict: boolean;

  constructor(verdict: boolean) {
    this.#verdict = verdict;
  }

  add(): 'added' {
    this.hops += 1;
    return 'added';
  }

  isKey(): boolean {
    return this.#verdict;
  }

  reset(): void {
    this.hops = 0;
  }
}

/** Plays a pattern of hops ("+" pair 5, "o" pair 9, "." none) and returns what happened as `hop:event`. */
function play(pattern: string, verdict = true): string[] {
  const debounce = new PressDebounce(new CountedRun(verdict));
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
const PRESS = plus(13);

describe('the table of hit patterns', () => {
  test('12 hops are nothing', () => expect(play(plus(12) + dots(40))).toEqual([]));
  test('13 hops begin a press', () => expect(play(PRESS)).toEqual(['13:began']));
  test('one or two bad hops do not cost the key', () => {
    expect(play(`${plus(6)}.${plus(7)}`)).toEqual(['14:began']);
    expect(play(`${plus(4)}..${plus(4)}o${plus(5)}`)).toEqual(['16:began']);
  });
  test('three bad hops start the count anew', () => expect(play(`${plus(12)}...${plus(12)}`)).toEqual([]));
  test('a run that is no key starts the count anew', () => expect(play(plus(40), false)).toEqual([]));
  test('13 missed hops are bridged', () => expect(play(PRESS + dots(13) + PRESS)).toEqual(['13:began']));
  test('14 missed hops end the press, and the same pair is a new one', () =>
    expect(play(PRESS + dots(14) + PRESS)).toEqual(['13:began', '27:ended', '40:began']));
  test('another pair ends the press and begins its own in one hop', () =>
    expect(play(PRESS + 'o'.repeat(14))).toEqual(['13:began', '26:ended', '26:began']));
  test('a long press is one press', () => expect(play(plus(500))).toEqual(['13:began']));
});

test('tells the hop in which the run of the newest press began', () => {
  const debounce = new PressDebounce(new CountedRun(true));
  for (let hop = 1; hop <= 20; hop += 1) debounce.takeHop(hop < 5 ? NO_PAIR : 3);
  expect(debounce.pressStartHop).toBe(5);
  expect(debounce.pressPair).toBe(3);
});
