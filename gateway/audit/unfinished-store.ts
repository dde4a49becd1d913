/**
 * What has begun by the audit log and has not ended: calls, payment sessions, recordings. Kept beside the records, and
 * changed in the transaction of each, so a gateway that dies leaves exactly what its next start has to record the end of;
 * and if that one dies over it, the rest is still there.
 */
import type Database from 'better-sqlite3';
import type { AuditRecord } from './audit-record.js';

/** `id` is the call's, the session's, or the recording's file name. */
export type Unfinished = {
  readonly kind: 'call' | 'session' | 'recording';
  readonly id: string;
  readonly callId: string;
};

/** No record of it: the hash chain does not cover it, and nothing that is shown is read from it. */
export const UNFINISHED_SCHEMA = `
  CREATE TABLE IF NOT EXISTS unfinished (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
`;

type Key = Pick<Unfinished, 'kind' | 'id'>;

export class UnfinishedBusiness {
  readonly #begin: Database.Statement<[string, string, string]>;
  readonly #end: Database.Statement<[string, string]>;
  readonly #endSessions: Database.Statement<[string]>;
  readonly #all: Database.Statement<[], Unfinished>;

  constructor(database: Database.Database) {
    this.#begin = database.prepare('INSERT OR IGNORE INTO unfinished VALUES (?, ?, ?)');
    this.#end = database.prepare('DELETE FROM unfinished WHERE kind = ? AND id = ?');
    this.#endSessions = database.prepare("DELETE FROM unfinished WHERE kind = 'session' AND call_id = ?");
    // A call's recordings and its session end before it.
    this.#all = database.prepare(
      "SELECT kind, id, call_id AS callId FROM unfinished ORDER BY call_id, kind = 'call', kind, id",
    );
  }

  /** Belongs into the transaction that stores the record. */
  follow(record: AuditRecord): void {
    const { callId = '' } = record.resource;
    const begun = begunBy(record);
    // Try Again: the failed session before has no other end than this.
    if (begun?.kind === 'session') this.#endSessions.run(callId);
    if (begun) this.#begin.run(begun.kind, begun.id, callId);
    const ended = endedBy(record);
    if (ended) this.#end.run(ended.kind, ended.id);
  }

  all(): readonly Unfinished[] {
    return this.#all.all();
  }
}

function begunBy({ action, resource, detail }: AuditRecord): Key | undefined {
  switch (action) {
    case 'call-started':
      return keyOf('call', resource.callId);
    case 'session-started':
      return keyOf('session', resource.sessionId);
    // A recording that is started in a secure window begins with a pause.
    case 'recording-started':
    case 'recording-paused':
      return keyOf('recording', detail.file);
    default:
      return undefined;
  }
}

function endedBy({ action, resource, detail }: AuditRecord): Key | undefined {
  switch (action) {
    case 'call-ended':
      return keyOf('call', resource.callId);
    // Not `session-failed`: its window stays open until it is canceled, tried again, or the call ends.
    case 'session-vaulted':
    case 'session-canceled':
    case 'session-ended':
      return keyOf('session', resource.sessionId);
    case 'recording-stopped':
    case 'recording-failed':
      return keyOf('recording', detail.file);
    default:
      return undefined;
  }
}

function keyOf(kind: Key['kind'], id: unknown): Key | undefined {
  return typeof id === 'string' && id !== '' ? { kind, id } : undefined;
}
