/**
 * From hops to presses. "+" is a hop whose window fits one pair of tones, "." one that fits none (or another pair); each row is a test.
 *
 * | pattern of hops                         | outcome                                                               |
 * | --------------------------------------- | --------------------------------------------------------------------- |
 * | 10 × "+"                                | nothing: Q.24 wants no operation for 23 ms of tone                    |
 * | 11 × "+"                                | press began, if the run is a key beyond doubt and its tone goes on    |
 * | 12 × "+"                                | press began, if the run as a whole is a key                           |
 * | 12 × "+", broken by one or two "."      | press began: noise near the limit must not cost the key               |
 * | three "." before the 11th "+"           | nothing, counting starts anew                                         |
 * | 12 × "+" that are no key                | nothing yet: it is asked once more                                    |
 * | 16 × "+"                                | press began, if the run is a key by what such a long one need be      |
 * | 16 × "+" that are no key                | nothing, counting starts anew                                         |
 * | press, then up to 13 × ".", then "+"    | still the same press: breaks up to 20 ms are bridged (ES 201 235-3)   |
 * | press, then 14 × "."                    | press ended; the same pair again is a new press (pause of 30 ms, NTT) |
 * | press, then a run of another pair       | press ended and the other one began, in the same hop                  |
 */
import { PRESS_BEGAN, PRESS_ENDED } from './tone-analysis.js';

/** What a hop says when it fits no pair. Pairs are `row * 4 + column`. */
export const NO_PAIR = -1;

/**
 * When a run is asked whether it is a key. A tone fills enough of its first and its last window for a run up to two hops
 * shorter than itself: 23 ms (Q.24: shall not operate) come to 10 hops or 11, of which the last are weak; 28 ms come to 12,
 * 40 ms to 18.
 */
export const EARLY_RUN_HOPS = 11;
export const RUN_HOPS = 12;
export const LONG_RUN_HOPS = 16;
export const TOLERATED_BAD_HOPS = 2;
/** 28 ms: longer than the breaks of 10 ms (Q.24) and 20 ms (ETSI) to bridge, shorter than the pause of 30 ms to see. */
export const END_HOPS = 14;

/** The measurements of the run's hops, examined when there are enough of them. */
export type Run = {
  readonly hops: number;
  /** Adds the newest hop; `restarted` if the hops before it were dropped. */
  add(): 'added' | 'restarted';
  /** Whether the run, of as many hops as it has, is a press of this pair. */
  isKey(pair: number): boolean;
  reset(): void;
};

export class PressDebounce {
  readonly #run: Run;
  #hop = 0;
  #runPair = NO_PAIR;
  #runStartHop = 0;
  #badHops = 0;
  #pressPair = NO_PAIR;
  #missedHops = 0;
  #pressStartHop = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Pair of the press that is going on, or `NO_PAIR`. */
  get pressPair(): number {
    return this.#pressPair;
  }

  /** The hop, counted from 1, with which the newest press's run began. */
  get pressStartHop(): number {
    return this.#pressStartHop;
  }

  /** Takes the newest hop's pair; returns `PRESS_BEGAN`, `PRESS_ENDED`, both or 0. */
  takeHop(pair: number): number {
    this.#hop += 1;
    return this.#followPress(pair) | this.#followRun(pair);
  }

  reset(): void {
    this.#run.reset();
    this.#hop = 0;
    this.#runPair = NO_PAIR;
    this.#runStartHop = 0;
    this.#badHops = 0;
    this.#pressPair = NO_PAIR;
    this.#missedHops = 0;
    this.#pressStartHop = 0;
  }

  #followPress(pair: number): number {
    if (this.#pressPair === NO_PAIR) return 0;
    if (pair === this.#pressPair) {
      this.#missedHops = 0;
      return 0;
    }
    this.#missedHops += 1;
    if (this.#missedHops < END_HOPS) return 0;
    this.#pressPair = NO_PAIR;
    return PRESS_ENDED;
  }

  #followRun(pair: number): number {
    if (pair !== this.#runPair) {
      if (this.#runPair !== NO_PAIR) {
        this.#badHops += 1;
        if (this.#badHops <= TOLERATED_BAD_HOPS) return 0;
      }
      this.#startRun(pair);
    }
    if (pair === NO_PAIR) return 0;
    this.#badHops = 0;
    if (this.#run.add() === 'restarted') this.#runStartHop = this.#hop;
    const { hops } = this.#run;
    if (hops !== EARLY_RUN_HOPS && hops !== RUN_HOPS && hops !== LONG_RUN_HOPS) return 0;
    const isKey = this.#run.isKey(pair);
    const flags = isKey && pair !== this.#pressPair ? this.#begin(pair) : 0;
    if (isKey || hops === LONG_RUN_HOPS) this.#startRun(NO_PAIR);
    return flags;
  }

  #startRun(pair: number): void {
    this.#run.reset();
    this.#runPair = pair;
    this.#runStartHop = this.#hop;
    this.#badHops = 0;
  }

  #begin(pair: number): number {
    const flags = this.#pressPair === NO_PAIR ? PRESS_BEGAN : PRESS_BEGAN | PRESS_ENDED;
    this.#pressPair = pair;
    this.#missedHops = 0;
    this.#pressStartHop = this.#runStartHop;
    return flags;
  }
}
