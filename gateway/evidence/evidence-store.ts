/** What is kept, for those who audit: the past from the audit log, recordings and their notes from the disk. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { DeskResult } from '../api/call-desk.js';
import type {
  AuditLine,
  AuditVerdict,
  CallRecord,
  EvidenceDesk,
  HistoryRange,
  LogRange,
  RecordingFile,
  RecordingNotes,
  RecordingRecord,
  SessionRecord,
} from '../api/evidence-desk.js';
import { AuditHistory, type HistoryAction, type SequencedRecord } from '../audit/audit-history-store.js';
import { readAuditLines } from '../audit/audit-read-store.js';
import type { AuditVerdict as ChainVerdict } from '../audit/audit-verify-store.js';
import { RecordingArchive } from '../recording/recording-archive-store.js';
import { callRecordOf, recordingOf, recordingRecordOf, sessionRecordOf } from './past-records.js';

const VERIFICATION = fileURLToPath(new URL('../audit/audit-verification-process.js', import.meta.url));

export class Evidence implements EvidenceDesk {
  readonly #auditLogPath: string;
  readonly #history: AuditHistory;
  readonly #archive: RecordingArchive;
  #verification: Promise<AuditVerdict> | undefined;

  /** @throws when there is no audit log yet: the gateway opens its own first */
  constructor(paths: { readonly auditLog: string; readonly recordings: string }) {
    this.#auditLogPath = paths.auditLog;
    this.#history = AuditHistory.open(paths.auditLog);
    this.#archive = new RecordingArchive(paths.recordings);
  }

  sessions(range: HistoryRange): readonly SessionRecord[] {
    return this.#page('session-started', range, sessionRecordOf);
  }

  calls(range: HistoryRange): readonly CallRecord[] {
    return this.#page('call-started', range, callRecordOf);
  }

  recordings(range: HistoryRange): Promise<readonly RecordingRecord[]> {
    return Promise.all(
      this.#page('recording-started', range, async (start, ofCall) => {
        const id = recordingOf(start);
        const [notes, lengthSamples] = await Promise.all([this.#archive.notes(id), this.#archive.lengthSamples(id)]);
        return recordingRecordOf(start, ofCall, { notes, lengthSamples });
      }),
    );
  }

  async recordingNotes(id: string): Promise<DeskResult<RecordingNotes>> {
    const notes = await this.#archive.notes(id);
    return notes ? { ok: true, value: notes } : { ok: false, code: 'not-found' };
  }

  async openRecording(id: string): Promise<DeskResult<RecordingFile>> {
    const file = await this.#archive.open(id);
    return file ? { ok: true, value: file } : { ok: false, code: 'not-found' };
  }

  auditLines({ after, limit }: LogRange): readonly AuditLine[] {
    const lines = readAuditLines(this.#auditLogPath, { afterSequence: after, limit });
    return Array.from(lines, ({ sequence, json }) => ({ sequence, record: JSON.parse(json) }));
  }

  /** In a thread of its own, one at a time: whoever asks meanwhile gets the same answer. */
  verifyAuditLog(): Promise<AuditVerdict> {
    this.#verification ??= verifyInThread(this.#auditLogPath).finally(() => {
      this.#verification = undefined;
    });
    return this.#verification;
  }

  close(): void {
    this.#history.close();
  }

  #page<T>(
    action: HistoryAction,
    range: HistoryRange,
    tell: (start: SequencedRecord, ofCall: readonly SequencedRecord[]) => T,
  ): readonly T[] {
    // Several sessions of a page may be of one call.
    const known = new Map<string, readonly SequencedRecord[]>();
    return this.#history.newest(action, range).map((start) => {
      const { callId } = start.record.resource;
      if (callId === undefined) return tell(start, [start]);
      const ofCall = known.get(callId) ?? this.#history.ofCall(callId);
      known.set(callId, ofCall);
      return tell(start, ofCall);
    });
  }
}

function verifyInThread(path: string): Promise<AuditVerdict> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(VERIFICATION, { workerData: path });
    thread.once('message', (verdict: ChainVerdict) => resolve(verdict));
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('the verification of the audit log ended without a verdict')));
  });
}
