/**
 * Counts, while the call goes on, how many of the caller's keys the strongest listener finds in what the caller sent and
 * in what the agent received. A key pressed outside a payment is the control: it has to be found in both. Pure.
 */
import { keysFound, SEARCH_MARGIN_SAMPLES } from './isolation.js';
import type { Counts, KeyCounts } from './key-counts.js';
import type { HeardEvent } from './phone-listener.js';
import type { SentPress } from './phone-talker.js';

/** What has been heard of a stream so far, and where the caller's sample 0 is in it. */
export type HeardSoFar = {
  readonly audio: Int16Array;
  readonly events: readonly HeardEvent[];
  readonly startSample: number;
};

const NONE: Counts = { pressed: 0, caller: 0, agent: 0 };
/** An event arrives at its onset or a packet or two later, never so late. */
const EVENT_MARGIN_SAMPLES = 800;
/** A browser plays a key so much earlier or later than the last that was known of it; each is listened for. */
const DRIFTS_SAMPLES = [0, -2 * SEARCH_MARGIN_SAMPLES, 2 * SEARCH_MARGIN_SAMPLES];
const MAX_DRIFT_SAMPLES = 2 * SEARCH_MARGIN_SAMPLES;

type Pending = { readonly press: SentPress; readonly where: keyof KeyCounts };

export class PressJudge {
  readonly #pending: Pending[] = [];
  #counts: KeyCounts = { inPayment: NONE, outside: NONE };

  get counts(): KeyCounts {
    return this.#counts;
  }

  pressed(press: SentPress, where: keyof KeyCounts): void {
    this.#pending.push({ press, where });
    this.#counts = { ...this.#counts, [where]: { ...this.#counts[where], pressed: this.#counts[where].pressed + 1 } };
  }

  /**
   * Listens for the oldest press whose sound has arrived at both ends: one at a time, for the phones must not wait.
   *
   * @returns whether there was one
   */
  judge(caller: HeardSoFar, agent: HeardSoFar): boolean {
    const [oldest] = this.#pending;
    if (!oldest || !hasArrived(caller, oldest.press) || !hasArrived(agent, oldest.press)) return false;
    this.#pending.shift();
    this.#count(oldest, caller, agent);
    return true;
  }

  /** The call is over: listens for the rest in what has arrived. */
  finish(caller: HeardSoFar, agent: HeardSoFar): void {
    for (const pending of this.#pending.splice(0)) this.#count(pending, caller, agent);
  }

  #count({ press, where }: Pending, caller: HeardSoFar, agent: HeardSoFar): void {
    const before = this.#counts[where];
    const after = {
      ...before,
      caller: before.caller + found(caller, press),
      agent: before.agent + found(agent, press),
    };
    this.#counts = { ...this.#counts, [where]: after };
  }
}

function hasArrived({ audio, startSample }: HeardSoFar, press: SentPress): boolean {
  return audio.length >= press.offsetSample + startSample + SEARCH_MARGIN_SAMPLES + MAX_DRIFT_SAMPLES;
}

function found({ audio, events, startSample }: HeardSoFar, press: SentPress): number {
  const at = press.onsetSample + startSample;
  const near = events.filter(({ onsetSample }) => Math.abs(onsetSample - at) < EVENT_MARGIN_SAMPLES);
  const eventKeys = near.map(({ key }) => key);
  return DRIFTS_SAMPLES.some((drift) => keysFound({ audio, startSample: startSample + drift, eventKeys }, [press]) > 0)
    ? 1
    : 0;
}
