/**
 * Searching a history that comes newest first, page by page: what fits a filter, and whether to read on. The gateway pages
 * and does not filter; this does, and says how far back it has looked. Pure.
 */
import type { PastPage, PastRange } from './oversight-client.js';

export type Past = {
  readonly sequence: number;
  readonly startedAt: string;
  readonly agent: string;
  readonly outcome: string;
};

export type HistoryFilter = {
  readonly fromMs?: number;
  /** The first moment that is too late. */
  readonly untilMs?: number;
  readonly agent?: string;
  readonly outcome?: string;
};

/** What a person reads before wanting older ones. */
export const ROWS_A_STEP = 50;
/** A step that finds little reads so many pages, and then asks whether to go on: each is work for the gateway. */
const MAX_PAGES_A_STEP = 10;
/** More rows than this are not looked through; a filter finds better. */
export const MAX_ROWS = 2_000;

export class HistorySearch<T extends Past> {
  readonly #filter: HistoryFilter;
  readonly #found: T[] = [];
  #before: number | undefined;
  #searchedTo: string | undefined;
  #isComplete = false;
  #wanted = 0;
  #pagesLeft = 0;

  constructor(filter: HistoryFilter) {
    this.#filter = filter;
  }

  get found(): readonly T[] {
    return this.#found;
  }

  /** When the oldest that was looked at started. */
  get searchedTo(): string | undefined {
    return this.#searchedTo;
  }

  /** There is nothing older that could fit. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** So many more rows are wanted. */
  beginStep(): void {
    this.#wanted = Math.min(this.#found.length + ROWS_A_STEP, MAX_ROWS);
    this.#pagesLeft = MAX_PAGES_A_STEP;
  }

  /** The page to read next; undefined when this step is done. */
  get next(): PastRange | undefined {
    if (this.#isComplete || this.#pagesLeft === 0 || this.#found.length >= this.#wanted) return undefined;
    return { limit: ROWS_A_STEP, ...(this.#before !== undefined && { before: this.#before }) };
  }

  take({ items, nextBefore }: PastPage<T>): void {
    this.#pagesLeft -= 1;
    for (const item of items) if (fits(this.#filter, item)) this.#found.push(item);
    const oldest = items.at(-1);
    if (oldest !== undefined) this.#searchedTo = oldest.startedAt;
    this.#before = nextBefore;
    this.#isComplete = nextBefore === undefined || (oldest !== undefined && isTooOld(this.#filter, oldest));
  }
}

export function isFiltering(filter: HistoryFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

function fits({ fromMs, untilMs, agent, outcome }: HistoryFilter, past: Past): boolean {
  const startedMs = Date.parse(past.startedAt);
  return (
    (fromMs === undefined || startedMs >= fromMs) &&
    (untilMs === undefined || startedMs < untilMs) &&
    (agent === undefined || past.agent === agent) &&
    (outcome === undefined || past.outcome === outcome)
  );
}

/** A clock that was set back may put a later start further on: a day is more than any clock is set by. */
const CLOCK_SLACK_MS = 86_400_000;

function isTooOld({ fromMs }: HistoryFilter, { startedAt }: Past): boolean {
  return fromMs !== undefined && Date.parse(startedAt) < fromMs - CLOCK_SLACK_MS;
}
