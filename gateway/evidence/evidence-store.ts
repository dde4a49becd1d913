/** What is kept, for those who audit: the past from the audit log, recordings and their notes from the disk. */
import { ApiError } from '../api/api-errors.js';
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
import { readAuditLines } from '../audit/audit-read-store.js';
import { RecordingArchive } from '../recording/recording-archive-store.js';
import { askThread, type EvidenceAnswers } from './evidence-questions.js';
import { type EvidencePaths, readNotes } from './past-reader-store.js';

/** Pages asked for and not answered yet. They are read one at a time, so that auditors cost the calls one core at most. */
const MAX_WAITING_PAGES = 16;

type Page = Exclude<keyof EvidenceAnswers, 'verification'>;

export class EvidenceStore implements EvidenceDesk {
  readonly #paths: EvidencePaths;
  readonly #archive: RecordingArchive;
  #verification: Promise<AuditVerdict> | undefined;
  #lastPage: Promise<unknown> = Promise.resolve();
  #waitingPages = 0;

  constructor({ auditLog, recordings }: EvidencePaths) {
    this.#paths = { auditLog, recordings };
    this.#archive = new RecordingArchive(recordings);
  }

  sessions(range: HistoryRange): Promise<readonly SessionRecord[]> {
    return this.#page('sessions', range);
  }

  calls(range: HistoryRange): Promise<readonly CallRecord[]> {
    return this.#page('calls', range);
  }

  recordings(range: HistoryRange): Promise<readonly RecordingRecord[]> {
    return this.#page('recordings', range);
  }

  async recordingNotes(id: string): Promise<DeskResult<RecordingNotes>> {
    const notes = await readNotes(this.#archive, id);
    return notes ? { ok: true, value: notes } : { ok: false, code: 'not-found' };
  }

  async openRecording(id: string): Promise<DeskResult<RecordingFile>> {
    const file = await this.#archive.open(id);
    return file ? { ok: true, value: file } : { ok: false, code: 'not-found' };
  }

  auditLines({ after, limit }: LogRange): readonly AuditLine[] {
    const lines = readAuditLines(this.#paths.auditLog, { afterSequence: after, limit });
    return Array.from(lines, ({ sequence, json }) => ({ sequence, record: JSON.parse(json) }));
  }

  /** One at a time: whoever asks meanwhile gets the same answer. */
  verifyAuditLog(): Promise<AuditVerdict> {
    this.#verification ??= askThread({ kind: 'verification', paths: this.#paths }).finally(() => {
      this.#verification = undefined;
    });
    return this.#verification;
  }

  async #page<Kind extends Page>(kind: Kind, range: HistoryRange): Promise<EvidenceAnswers[Kind]> {
    if (this.#waitingPages >= MAX_WAITING_PAGES) throw new ApiError('too-many-requests');
    this.#waitingPages += 1;
    const page = this.#lastPage.then(() => askThread<Kind>({ kind, paths: this.#paths, range }));
    this.#lastPage = page.catch(() => undefined);
    try {
      return await page;
    } finally {
      this.#waitingPages -= 1;
    }
  }
}
