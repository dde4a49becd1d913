import { describe, expect, test } from '@jest/globals';
import type { ActionSummary, SequencedRecord } from '../audit/audit-history-store.js';
import { type AuditAction, auditRecord } from '../audit/audit-record.js';
import { callRecordOf, recordingRecordOf, sessionRecordOf } from './past-records.js';

function recorded(sequence: number, action: AuditAction, detail = {}, sessionId?: string): SequencedRecord {
  const resource = { callId: 'call', ...(sessionId === undefined ? {} : { sessionId }) };
  const atIso = new Date(sequence * 1000).toISOString();
  const statement = { actor: 'ada', outcome: 'success', origin: 'gateway', monotonicMs: 0, atIso, resource } as const;
  return { sequence, record: auditRecord({ ...statement, action, detail }) };
}

const once = (newest: SequencedRecord): ActionSummary => ({ newest, count: 1 });

describe('a session', () => {
  const start = recorded(1, 'session-started', {}, 's');
  const of = (...ofCall: readonly ActionSummary[]) => sessionRecordOf(start, [once(start), ...ofCall]);

  test('without an end is open', () => {
    expect(of()).toEqual({
      sequence: 1,
      sessionId: 's',
      callId: 'call',
      agent: 'ada',
      startedAt: '1970-01-01T00:00:01.000Z',
      outcome: 'open',
      captures: 0,
      rejectedEntries: 0,
    });
  });

  test('has the last outcome, in whatever order they come, and the code of its failure', () => {
    const failed = once(recorded(5, 'session-failed', { code: 'vault-unreachable' }, 's'));
    const canceled = once(recorded(6, 'session-canceled', {}, 's'));
    for (const ofCall of [
      [failed, canceled],
      [canceled, failed],
    ]) {
      const session = of(...ofCall);
      expect([session.outcome, session.error, session.endedAt]).toEqual([
        'canceled',
        'vault-unreachable',
        '1970-01-01T00:00:06.000Z',
      ]);
    }
  });

  test('has its own captures and end, not those of another in its call', () => {
    const session = of(
      { newest: recorded(4, 'capture-started', {}, 's'), count: 5000 },
      { newest: recorded(5, 'capture-rejected', {}, 's'), count: 3 },
      { newest: recorded(6, 'capture-started', {}, 'other'), count: 7 },
      once(recorded(7, 'session-vaulted', {}, 'other')),
    );
    expect([session.captures, session.rejectedEntries, session.outcome]).toEqual([5000, 3, 'open']);
  });
});

test('a call has its times, its end and its sessions', () => {
  const start = recorded(1, 'call-started', { agent: 'ada', route: 'inbound' });
  expect(callRecordOf(start, [once(start)])).not.toHaveProperty('endedAt');
  const call = callRecordOf(start, [
    once(recorded(9, 'call-ended', { by: 'caller', reason: 'bye' })),
    once(recorded(2, 'call-answered')),
    once(recorded(3, 'session-started', {}, 's1')),
    once(recorded(5, 'session-started', {}, 's2')),
  ]);
  expect(call).toMatchObject({ agent: 'ada', route: 'inbound', endedBy: 'caller', reason: 'bye', sessions: 2 });
  expect([call.answeredAt, call.endedAt]).toEqual(['1970-01-01T00:00:02.000Z', '1970-01-01T00:00:09.000Z']);
});

test('a recording is told of by its notes, and as missing without them', () => {
  const start = recorded(2, 'recording-started', { file: 'call-1.wav' });
  const ofCall = [once(recorded(1, 'call-started', { agent: 'ada' })), once(start)];
  const missing = recordingRecordOf(start, ofCall, { notes: undefined, lengthSamples: undefined });
  expect(missing).toMatchObject({ id: 'call-1.wav', agent: 'ada', outcome: 'missing', gaps: [] });
  const notes = {
    callId: 'call',
    startedAt: '1970-01-01T00:00:03.000Z',
    sampleRateHz: 8000,
    channels: 2,
    channelNames: ['caller', 'agent'],
    mode: 'pause',
    outcome: 'open',
    lengthSamples: null,
    gaps: [],
  } as const;
  const open = recordingRecordOf(start, ofCall, { notes, lengthSamples: 4000 });
  expect(open).toMatchObject({ startedAt: notes.startedAt, durationMs: 500, outcome: 'open' });
});
