/** Reads the past: what happened from the audit log, what stands beside recordings from the disk. */
import {
  type CallRecord,
  type HistoryRange,
  type RecordingNotes,
  type RecordingRecord,
  recordingNotes,
  type SessionRecord,
} from '../api/evidence-desk.js';
import {
  type ActionSummary,
  AuditHistory,
  type HistoryAction,
  type SequencedRecord,
} from '../audit/audit-history-store.js';
import { RecordingArchive } from '../recording/recording-archive-store.js';
import { callRecordOf, recordingOf, recordingRecordOf, sessionRecordOf } from './past-records.js';

export type EvidencePaths = { readonly auditLog: string; readonly recordings: string };

/** A page of long calls takes a while: not for the event loop that carries the calls. */
export class PastReader {
  readonly #history: AuditHistory;
  readonly #archive: RecordingArchive;

  private constructor(paths: EvidencePaths) {
    this.#history = AuditHistory.open(paths.auditLog);
    this.#archive = new RecordingArchive(paths.recordings);
  }

  /** @throws when there is no audit log yet */
  static open(paths: EvidencePaths): PastReader {
    return new PastReader(paths);
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
        const [notes, lengthSamples] = await Promise.all([
          readNotes(this.#archive, id),
          this.#archive.lengthSamples(id),
        ]);
        return recordingRecordOf(start, ofCall, { notes, lengthSamples });
      }),
    );
  }

  close(): void {
    this.#history.close();
  }

  #page<T>(
    action: HistoryAction,
    range: HistoryRange,
    tell: (start: SequencedRecord, ofCall: readonly ActionSummary[]) => T,
  ): readonly T[] {
    // Several sessions of a page may be of one call.
    const known = new Map<string, readonly ActionSummary[]>();
    return this.#history.newest(action, range).map((start) => {
      const { callId } = start.record.resource;
      if (callId === undefined) return tell(start, [{ newest: start, count: 1 }]);
      const ofCall = known.get(callId) ?? this.#history.ofCall(callId);
      known.set(callId, ofCall);
      return tell(start, ofCall);
    });
  }
}

/** Undefined when there are none, or none that a recorder of this version has written. */
export async function readNotes(archive: RecordingArchive, id: string): Promise<RecordingNotes | undefined> {
  return recordingNotes.safeParse(await archive.notes(id)).data;
}
