import { expect, test } from '@jest/globals';
import { type HistoryFilter, HistorySearch, isFiltering, type Past, ROWS_A_STEP } from './history-search.js';

const HOUR_MS = 3_600_000;
const NEWEST_MS = Date.parse('2026-11-23T12:00:00.000Z');

/** `count` sessions, one an hour, newest first, as the gateway pages them. */
function history(count: number): readonly Past[] {
  return Array.from({ length: count }, (_, index) => ({
    sequence: 10 * (count - index),
    startedAt: new Date(NEWEST_MS - index * HOUR_MS).toISOString(),
    agent: index % 2 === 0 ? 'ada' : 'bob',
    outcome: index % 10 === 0 ? 'failed' : 'vaulted',
  }));
}

/** Runs one step against the history and counts the pages read. */
function step(search: HistorySearch<Past>, past: readonly Past[]): number {
  search.beginStep();
  for (let pages = 0; ; pages += 1) {
    const { next } = search;
    if (next === undefined) return pages;
    const older = past.filter(({ sequence }) => sequence < (next.before ?? Number.MAX_SAFE_INTEGER));
    const items = older.slice(0, next.limit);
    const last = items.at(-1);
    search.take({ items, ...(last !== undefined && items.length === next.limit && { nextBefore: last.sequence }) });
  }
}

test('without a filter a step is a page, and the next step goes on behind it', () => {
  const past = history(120);
  const search = new HistorySearch<Past>({});
  expect(step(search, past)).toBe(1);
  expect(search.found).toEqual(past.slice(0, ROWS_A_STEP));
  expect(search.isComplete).toBe(false);
  step(search, past);
  step(search, past);
  expect(search.found).toEqual(past);
  expect(search.isComplete).toBe(true);
});

test.each<[string, HistoryFilter, (past: Past) => boolean]>([
  ['an agent', { agent: 'bob' }, ({ agent }) => agent === 'bob'],
  ['an outcome', { outcome: 'failed' }, ({ outcome }) => outcome === 'failed'],
  [
    'a span of time, its first moment in and its last out',
    { fromMs: NEWEST_MS - 5 * HOUR_MS, untilMs: NEWEST_MS - 2 * HOUR_MS },
    ({ startedAt }) => {
      const agoMs = NEWEST_MS - Date.parse(startedAt);
      return agoMs > 2 * HOUR_MS && agoMs <= 5 * HOUR_MS;
    },
  ],
])('finds what fits %s, over as many pages as it takes', (_, filter, expected) => {
  const past = history(240);
  const search = new HistorySearch<Past>(filter);
  step(search, past);
  const wanted = past.filter(expected);
  expect(wanted.length).toBeGreaterThan(0);
  expect(search.found).toEqual(wanted.slice(0, search.found.length));
  expect(search.found.length).toBeGreaterThanOrEqual(Math.min(wanted.length, ROWS_A_STEP));
});

test('stops where nothing can fit any more', () => {
  const search = new HistorySearch<Past>({ fromMs: NEWEST_MS - 2 * HOUR_MS });
  expect(step(search, history(10_000))).toBe(1);
  expect(search.found).toHaveLength(3);
  expect(search.isComplete).toBe(true);
});

test('a filter that finds nothing asks before it reads the whole history', () => {
  const past = history(10_000);
  const search = new HistorySearch<Past>({ agent: 'nobody' });
  expect(step(search, past)).toBe(10);
  expect(search.isComplete).toBe(false);
  expect(search.searchedTo).toBe(past[499]?.startedAt);
});

test('an empty history is complete at once', () => {
  const search = new HistorySearch<Past>({});
  expect(step(search, [])).toBe(1);
  expect(search.isComplete).toBe(true);
  expect(isFiltering({})).toBe(false);
  expect(isFiltering({ agent: 'ada' })).toBe(true);
});
