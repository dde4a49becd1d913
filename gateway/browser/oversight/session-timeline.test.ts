import { expect, test } from '@jest/globals';
import type { AuditLine, SessionRecord } from '../../api/evidence-desk.js';
import { MAX_PAGE_RECORDS } from './oversight-client.js';
import { SessionTimeline } from './session-timeline.js';

const START_MS = Date.parse('2026-11-23T12:00:00.000Z');

function line(sequence: number, atS: number, action: string, resource: Readonly<Record<string, string>>): AuditLine {
  const atIso = new Date(START_MS + atS * 1000).toISOString();
  return { sequence, record: { atIso, actor: 'ada', action, outcome: 'success', origin: 'x', resource, detail: {} } };
}

function session(more: Partial<SessionRecord> = {}): SessionRecord {
  return {
    sequence: 10,
    sessionId: 's1',
    callId: 'a',
    agent: 'ada',
    startedAt: new Date(START_MS).toISOString(),
    endedAt: new Date(START_MS + 30_000).toISOString(),
    outcome: 'vaulted',
    captures: 1,
    rejectedEntries: 0,
    ...more,
  };
}

/** Feeds the whole log as the gateway pages it, and counts the pages. */
function read(timeline: SessionTimeline, log: readonly AuditLine[]): number {
  for (let pages = 0; ; pages += 1) {
    const { next } = timeline;
    if (next === undefined) return pages;
    const records = log.filter(({ sequence }) => sequence > next.after).slice(0, next.limit);
    const last = records.at(-1);
    timeline.take({
      records,
      ...(last !== undefined && records.length === next.limit && { nextAfter: last.sequence }),
    });
  }
}

const own = { callId: 'a', sessionId: 's1' };
const other = { callId: 'b', sessionId: 's9' };

test("tells the records of the session's call, from its start to the end of the call, and no others", () => {
  const log = [
    line(9, -1, 'call-answered', { callId: 'a' }),
    line(10, 0, 'session-started', own),
    line(11, 0.1, 'window-opened', { callId: 'a' }),
    line(12, 1, 'session-started', other),
    line(13, 12.34, 'capture-accepted', { ...own, field: 'cardNumber' }),
    line(14, 30, 'session-vaulted', own),
    line(15, 30.1, 'recording-resumed', { callId: 'a' }),
    line(16, 40, 'call-ended', { callId: 'a' }),
    line(17, 41, 'call-started', { callId: 'c' }),
  ];
  const timeline = new SessionTimeline(session());
  expect(read(timeline, log)).toBe(1);
  expect(timeline.isComplete).toBe(true);
  const entries = timeline.entries();
  expect(entries.map(({ sequence, offset, text }) => [sequence, offset, text])).toEqual([
    [10, '0:00.0', 'Session started'],
    [11, '0:00.1', 'Window opened'],
    [13, '0:12.3', 'Capture accepted'],
    [14, '0:30.0', 'Session vaulted'],
    [15, '0:30.1', 'Recording resumed'],
    [16, '0:40.0', 'Call ended'],
  ]);
  expect(entries[2]).toMatchObject({ tone: 'green', detail: 'field: cardNumber', actor: 'ada' });
});

test('ends before the next session of the same call', () => {
  const log = [
    line(10, 0, 'session-started', own),
    line(11, 30, 'session-canceled', own),
    line(12, 35, 'session-started', { callId: 'a', sessionId: 's2' }),
  ];
  const timeline = new SessionTimeline(session());
  read(timeline, log);
  expect(timeline.entries().map(({ sequence }) => sequence)).toEqual([10, 11]);
});

test('does not read on for a call that goes on long after', () => {
  const log = [
    line(10, 0, 'session-started', own),
    line(11, 30, 'session-vaulted', own),
    ...Array.from({ length: 5_000 }, (_, index) => line(12 + index, 91 + index, 'recording-paused', { callId: 'a' })),
  ];
  const timeline = new SessionTimeline(session());
  expect(read(timeline, log)).toBe(1);
  expect(timeline.entries()).toHaveLength(2);
  expect(timeline.isComplete).toBe(true);
});

test('a session without an end is told to the end of the log', () => {
  const { endedAt: _none, ...open } = session({ outcome: 'open' });
  const timeline = new SessionTimeline(open);
  read(timeline, [line(10, 0, 'session-started', own), line(11, 500, 'capture-started', own)]);
  expect(timeline.entries()).toHaveLength(2);
  expect(timeline.isComplete).toBe(true);
});

test('gives up where too much of other calls stands between, and says so', () => {
  const log = Array.from({ length: 20_000 }, (_, index) => line(10 + index, index / 1000, 'call-started', other));
  const timeline = new SessionTimeline(session());
  expect(read(timeline, log)).toBe(10);
  expect(timeline.isComplete).toBe(false);
  expect(timeline.lastSequence).toBe(9 + 10 * MAX_PAGE_RECORDS);
});
