/** The port between the API and what is kept: history, audit records, recordings. For auditors, read-only. */
import { z } from 'zod';
import type { DeskResult } from './call-desk.js';
import { instant } from './view-schemas.js';

export const sessionRecord = z
  .strictObject({
    sequence: z.int().describe('Of the audit record of its start; a page goes on `before` it.'),
    sessionId: z.string(),
    callId: z.string(),
    agent: z.string(),
    startedAt: instant,
    endedAt: instant.exactOptional(),
    outcome: z
      .enum(['open', 'vaulted', 'canceled', 'failed', 'ended'])
      .describe('`ended`: the call, or the gateway, ended first. `open`: going on, or its end is not in the log.'),
    error: z.string().exactOptional().describe('Code of the failure of the session, if there was one.'),
    captures: z.int().min(0).describe('Captures that were begun, of all fields.'),
    rejectedEntries: z.int().min(0).describe('Entries that were refused.'),
  })
  .meta({
    id: 'SessionRecord',
    description: 'A past payment session, as the audit log tells it: no card data at all.',
  });
export type SessionRecord = z.infer<typeof sessionRecord>;

export const CALL_ENDERS = ['caller', 'agent', 'gateway'] as const;

export const callRecord = z
  .strictObject({
    sequence: z.int(),
    callId: z.string(),
    agent: z.string(),
    route: z.string(),
    startedAt: instant,
    answeredAt: instant.exactOptional(),
    endedAt: instant.exactOptional(),
    endedBy: z
      .enum(CALL_ENDERS)
      .exactOptional()
      .describe('Who hung up, or whose fault ended it; `gateway`: neither caller nor agent.'),
    reason: z.string().exactOptional(),
    sessions: z.int().min(0).describe('Payment sessions in this call.'),
  })
  .meta({ id: 'CallRecord', description: 'A past call, as the audit log tells it.' });
export type CallRecord = z.infer<typeof callRecord>;

const gap = z.strictObject({
  kind: z
    .enum(['paused', 'masked'])
    .describe('`paused`: digital silence. `masked`: the audio goes on as suppression let it out.'),
  reason: z.enum(['manual', 'window']).describe('By hand, or for a payment.'),
  startSample: z.int().min(0),
  endSample: z.int().min(0).nullable().describe('Null while the gap is open; after a crash it runs to the end.'),
  startedAt: instant,
  endedAt: instant.nullable(),
});

export const recordingNotes = z
  .strictObject({
    callId: z.string(),
    startedAt: instant,
    sampleRateHz: z.literal(8000),
    channels: z.literal(2),
    channelNames: z.tuple([z.literal('caller'), z.literal('agent')]).readonly(),
    mode: z.enum(['pause', 'masked-continuous']),
    outcome: z.enum(['open', 'complete', 'failed']),
    lengthSamples: z.int().min(0).nullable(),
    gaps: z.array(gap).readonly(),
  })
  .meta({ id: 'RecordingNotes', description: 'What stands beside a recording: its length and its gaps.' });
export type RecordingNotes = z.infer<typeof recordingNotes>;

export const recordingRecord = z
  .strictObject({
    sequence: z.int(),
    id: z.string(),
    callId: z.string(),
    agent: z.string(),
    startedAt: instant,
    durationMs: z.int().min(0).exactOptional().describe('Missing while it is going on.'),
    outcome: z
      .enum(['open', 'complete', 'failed', 'missing'])
      .describe('`open` of a call that is over tells of a crash; `missing`: the file is not there any more.'),
    gaps: z.array(gap).readonly(),
  })
  .meta({ id: 'Recording', description: 'A recording with the gaps that payments and agents made in it.' });
export type RecordingRecord = z.infer<typeof recordingRecord>;

export const auditLine = z
  .strictObject({ sequence: z.int(), record: z.record(z.string(), z.unknown()) })
  .meta({ id: 'AuditRecord', description: 'One record of the audit log, as it is stored.' });
export type AuditLine = z.infer<typeof auditLine>;

export const auditVerdict = z
  .strictObject({
    ok: z.boolean(),
    records: z.int().min(0).exactOptional(),
    hash: z.string().exactOptional().describe('Of the last record: note it down elsewhere.'),
    sequence: z.int().min(0).exactOptional().describe('The first record that is broken; 0 when the log as a whole is.'),
    problem: z.string().exactOptional(),
  })
  .meta({ id: 'AuditVerdict' });
export type AuditVerdict = z.infer<typeof auditVerdict>;

/** Newest first, before a sequence number of the audit log. */
export type HistoryRange = { readonly before: number; readonly limit: number };
/** Oldest first, after a sequence number. */
export type LogRange = { readonly after: number; readonly limit: number };

export type RecordingFile = {
  readonly sizeBytes: number;
  /** A readable stream; pages in a browser take types from this file, so that Node's own name for it is not used. */
  read(firstByte: number, lastByte: number): AsyncIterable<string | Uint8Array>;
};

export type EvidenceDesk = {
  sessions(range: HistoryRange): Promise<readonly SessionRecord[]>;
  calls(range: HistoryRange): Promise<readonly CallRecord[]>;
  recordings(range: HistoryRange): Promise<readonly RecordingRecord[]>;
  recordingNotes(id: string): Promise<DeskResult<RecordingNotes>>;
  openRecording(id: string): Promise<DeskResult<RecordingFile>>;
  auditLines(range: LogRange): readonly AuditLine[];
  /** Reads the whole log; not on the event loop. */
  verifyAuditLog(): Promise<AuditVerdict>;
};
