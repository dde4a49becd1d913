/**
 * Counts, while the call goes on, how many of the caller's keys the strongest listener finds in what the caller sent and
 * in what the agent received. A key pressed outside a payment is the control: it has to be found in both. Pure.
 */
import { type HeardStream, isFound, SEARCH_MARGIN_SAMPLES } from './isolation.js';
import type { Counts, KeyCounts } from './key-counts.js';
import type { SentPress } from './phone-talker.js';

const NONE: Counts = { pressed: 0, caller: 0, agent: 0 };
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
  judge(caller: HeardStream, agent: HeardStream): boolean {
    const [oldest] = this.#pending;
    if (!oldest || !hasArrived(caller, oldest.press) || !hasArrived(agent, oldest.press)) return false;
    this.#pending.shift();
    this.#count(oldest, caller, agent);
    return true;
  }

  /** The call is over: listens for the rest in what has arrived. */
  finish(caller: HeardStream, agent: HeardStream): void {
    for (const pending of this.#pending.splice(0)) this.#count(pending, caller, agent);
  }

  #count({ press, where }: Pending, caller: HeardStream, agent: HeardStream): void {
    const before = this.#counts[where];
    const after = {
      ...before,
      caller: before.caller + (isFound(caller, press, DRIFTS_SAMPLES) ? 1 : 0),
      agent: before.agent + (isFound(agent, press, DRIFTS_SAMPLES) ? 1 : 0),
    };
    this.#counts = { ...this.#counts, [where]: after };
  }
}

function hasArrived({ audio, startSample }: HeardStream, press: SentPress): boolean {
  return audio.length >= press.offsetSample + startSample + SEARCH_MARGIN_SAMPLES + MAX_DRIFT_SAMPLES;
}
