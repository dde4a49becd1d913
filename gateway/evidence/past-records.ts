/** What became of a call, a session, a recording, told from a summary of the audit records of its call. Pure. */
import {
  CALL_ENDERS,
  type CallRecord,
  type RecordingNotes,
  type RecordingRecord,
  type SessionRecord,
} from '../api/evidence-desk.js';
import type { ActionSummary, SequencedRecord } from '../audit/audit-history-store.js';
import type { AuditAction, AuditScalar } from '../audit/audit-record.js';

type Summaries = readonly ActionSummary[];

const SESSION_OUTCOMES: Readonly<Partial<Record<AuditAction, SessionRecord['outcome']>>> = {
  'session-vaulted': 'vaulted',
  'session-canceled': 'canceled',
  'session-failed': 'failed',
  'session-ended': 'ended',
};

/** @param start the record of its start; @param ofCall what was recorded of its call */
export function sessionRecordOf(start: SequencedRecord, ofCall: Summaries): SessionRecord {
  const { sessionId = '', callId = '' } = start.record.resource;
  const own = ofCall.filter(({ newest }) => newest.record.resource.sessionId === sessionId);
  // A failed session may be canceled after it; the last word counts.
  const end = own
    .map(({ newest }) => newest)
    .filter(({ record }) => SESSION_OUTCOMES[record.action] !== undefined)
    .reduce<SequencedRecord | undefined>((last, one) => (last && last.sequence > one.sequence ? last : one), undefined);
  const failure = newestOf(own, 'session-failed');
  return {
    sequence: start.sequence,
    sessionId,
    callId,
    agent: start.record.actor,
    startedAt: start.record.atIso,
    ...(end && { endedAt: end.record.atIso }),
    outcome: (end && SESSION_OUTCOMES[end.record.action]) ?? 'open',
    ...(failure && { error: textOf(failure.record.detail.code) }),
    captures: countOf(own, 'capture-started'),
    rejectedEntries: countOf(own, 'capture-rejected'),
  };
}

export function callRecordOf(start: SequencedRecord, ofCall: Summaries): CallRecord {
  const answered = newestOf(ofCall, 'call-answered');
  const ended = newestOf(ofCall, 'call-ended');
  const endedBy = CALL_ENDERS.find((ender) => ender === ended?.record.detail.by);
  const { detail } = start.record;
  return {
    sequence: start.sequence,
    callId: start.record.resource.callId ?? '',
    agent: textOf(detail.agent),
    route: textOf(detail.route),
    startedAt: start.record.atIso,
    ...(answered && { answeredAt: answered.record.atIso }),
    ...(ended && {
      endedAt: ended.record.atIso,
      ...(endedBy && { endedBy }),
      reason: textOf(ended.record.detail.reason),
    }),
    sessions: countOf(ofCall, 'session-started'),
  };
}

/** What the disk has of a recording: its notes, and how long its file is. */
export type RecordingOnDisk = {
  readonly notes: RecordingNotes | undefined;
  readonly lengthSamples: number | undefined;
};

export function recordingRecordOf(
  start: SequencedRecord,
  ofCall: Summaries,
  { notes, lengthSamples }: RecordingOnDisk,
): RecordingRecord {
  const call = newestOf(ofCall, 'call-started');
  const samples = notes?.lengthSamples ?? lengthSamples;
  return {
    sequence: start.sequence,
    id: recordingOf(start),
    callId: start.record.resource.callId ?? '',
    agent: textOf(call?.record.detail.agent),
    startedAt: notes?.startedAt ?? start.record.atIso,
    ...(samples !== undefined && notes && { durationMs: Math.round((samples * 1000) / notes.sampleRateHz) }),
    outcome: notes?.outcome ?? 'missing',
    gaps: notes?.gaps ?? [],
  };
}

/** The file's name, which is its id. */
export function recordingOf({ record }: SequencedRecord): string {
  return textOf(record.detail.file);
}

function newestOf(summaries: Summaries, action: AuditAction): SequencedRecord | undefined {
  return summaries.find(({ newest }) => newest.record.action === action)?.newest;
}

/** Of all sessions of the call, where the summaries are of all of them. */
function countOf(summaries: Summaries, action: AuditAction): number {
  return summaries
    .filter(({ newest }) => newest.record.action === action)
    .reduce((total, { count }) => total + count, 0);
}

function textOf(value: AuditScalar | undefined): string {
  return typeof value === 'string' ? value : '';
}
