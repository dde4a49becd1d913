/** What became of a call, a session, a recording, told from the audit records of its call. Pure. */
import {
  CALL_ENDERS,
  type CallRecord,
  type RecordingNotes,
  type RecordingRecord,
  type SessionRecord,
} from '../api/evidence-desk.js';
import type { SequencedRecord } from '../audit/audit-history-store.js';
import type { AuditAction, AuditScalar } from '../audit/audit-record.js';

type Records = readonly SequencedRecord[];

const SESSION_OUTCOMES: Readonly<Partial<Record<AuditAction, SessionRecord['outcome']>>> = {
  'session-vaulted': 'vaulted',
  'session-canceled': 'canceled',
  'session-failed': 'failed',
  'session-ended': 'ended',
};

/** @param start the record of its start; @param ofCall all records of its call, in their order */
export function sessionRecordOf(start: SequencedRecord, ofCall: Records): SessionRecord {
  const { sessionId = '', callId = '' } = start.record.resource;
  const own = ofCall.filter(({ record }) => record.resource.sessionId === sessionId);
  // A failed session may be canceled after it; the last word counts.
  const end = own.findLast(({ record }) => SESSION_OUTCOMES[record.action] !== undefined);
  const failure = own.find(({ record }) => record.action === 'session-failed');
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

export function callRecordOf(start: SequencedRecord, ofCall: Records): CallRecord {
  const answered = ofCall.find(({ record }) => record.action === 'call-answered');
  const ended = ofCall.findLast(({ record }) => record.action === 'call-ended');
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
  ofCall: Records,
  { notes, lengthSamples }: RecordingOnDisk,
): RecordingRecord {
  const call = ofCall.find(({ record }) => record.action === 'call-started');
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

function countOf(records: Records, action: AuditAction): number {
  return records.filter(({ record }) => record.action === action).length;
}

function textOf(value: AuditScalar | undefined): string {
  return typeof value === 'string' ? value : '';
}
