/** Reads the past out of the audit log: by index, page by page, beside the gateway that writes it. */
import Database from 'better-sqlite3';
import type { AuditRecord } from './audit-record.js';

/** What an action's newest records are looked up by, and what all records of a call are. */
export type HistoryAction = 'call-started' | 'session-started' | 'recording-started';

/** Text that is no JSON was not written by us; it must not keep the log from being opened and verified. */
const member = (path: string): string => `CASE WHEN json_valid(record) THEN json_extract(record, '${path}') END`;
const ACTION = member('$.action');
const CALL_ID = member('$.resource.callId');
const SESSION_ID = member('$.resource.sessionId');
const EVENT_ID = member('$.detail.eventId');

/** Made by the writer. The hash chain covers the records, not these: `tonegate audit verify` compares them with the records. */
export const HISTORY_INDEXES = `
  CREATE INDEX IF NOT EXISTS records_by_call ON records (${CALL_ID}) WHERE ${CALL_ID} IS NOT NULL;
  CREATE INDEX IF NOT EXISTS records_by_event ON records (${EVENT_ID}) WHERE ${EVENT_ID} IS NOT NULL;
  CREATE INDEX IF NOT EXISTS calls_started ON records (sequence) WHERE ${ACTION} = 'call-started';
  CREATE INDEX IF NOT EXISTS sessions_started ON records (sequence) WHERE ${ACTION} = 'session-started';
  CREATE INDEX IF NOT EXISTS recordings_started ON records (sequence) WHERE ${ACTION} = 'recording-started';
`;

/** The record of an event that may be reported more than once. */
export const FIND_EVENT = `SELECT sequence FROM records WHERE ${EVENT_ID} = ?`;

export type SequencedRecord = { readonly sequence: number; readonly record: AuditRecord };

/** All records of one action in one session of a call, or in the call where they are of none. */
export type ActionSummary = { readonly newest: SequencedRecord; readonly count: number };

type Row = { readonly sequence: number; readonly record: string };
type CountedRow = Row & { readonly count: number };

export class AuditHistory {
  readonly #database: Database.Database;
  readonly #pages: Readonly<Record<HistoryAction, Database.Statement<[number, number], Row>>>;
  readonly #ofCall: Database.Statement<[string], CountedRow>;

  private constructor(path: string) {
    this.#database = new Database(path, { readonly: true, fileMustExist: true });
    const page = (action: HistoryAction) =>
      this.#database.prepare<[number, number], Row>(
        `SELECT sequence, record FROM records WHERE ${ACTION} = '${action}' AND sequence < ?
         ORDER BY sequence DESC LIMIT ?`,
      );
    this.#pages = {
      'call-started': page('call-started'),
      'session-started': page('session-started'),
      'recording-started': page('recording-started'),
    };
    // A call has some tens of records, or, with much to re-capture, thousands: they are counted where they lie. Beside
    // max() the other columns are those of the row that has it (https://www.sqlite.org/lang_select.html#bareagg).
    this.#ofCall = this.#database.prepare(
      `SELECT max(sequence) AS sequence, record, count(*) AS count FROM records WHERE ${CALL_ID} = ?
       GROUP BY ${ACTION}, ${SESSION_ID}`,
    );
  }

  /** @throws when there is no log with its indexes at `path` */
  static open(path: string): AuditHistory {
    return new AuditHistory(path);
  }

  /** The newest records of the action, before a sequence number. */
  newest(
    action: HistoryAction,
    { before, limit }: { readonly before: number; readonly limit: number },
  ): readonly SequencedRecord[] {
    return this.#pages[action].all(before, limit).map(parsed);
  }

  /** Whatever was recorded of a call, however much: in no order. */
  ofCall(callId: string): readonly ActionSummary[] {
    return this.#ofCall.all(callId).map(({ count, ...row }) => ({ newest: parsed(row), count }));
  }

  close(): void {
    this.#database.close();
  }
}

/** The writer has made each record itself. */
function parsed({ sequence, record }: Row): SequencedRecord {
  return { sequence, record: JSON.parse(record) as AuditRecord };
}
