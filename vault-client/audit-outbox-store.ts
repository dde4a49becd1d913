import { randomBytes } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { VaultEvent } from './wire.js';

export type AuditEvent = Extract<VaultEvent, { readonly kind: 'audit' }>;

/** What is owed to the audit log: the outbox adds number and time. */
export type AuditDuty = Omit<AuditEvent, 'kind' | 'eventId' | 'happenedAt'>;

/** The audit log is written at once. So many that wait mean that it is not written at all. */
export const MAX_UNRECORDED_EVENTS = 1000;

/**
 * The audit events of the vault, on disk from the moment at which what they tell of has happened until control has said
 * that each is in the audit log. `add` belongs into the transaction of what the event tells of: then neither is there
 * without the other, whatever dies when.
 */
export class AuditOutbox {
  readonly #database: Database;
  readonly #wallClock: () => number;
  /** Drawn at each opening: a database that is brought back from a backup must not give out ids that were given out. */
  readonly #opening = randomBytes(4).toString('hex');
  #events = 0;

  constructor(database: Database, wallClock: () => number) {
    this.#database = database;
    this.#wallClock = wallClock;
  }

  get size(): number {
    return this.#database.prepare<[], number>('SELECT count(*) FROM audit_outbox').pluck().get() ?? 0;
  }

  add(duty: AuditDuty): AuditEvent {
    const happenedAt = new Date(this.#wallClock()).toISOString();
    this.#events += 1;
    const event: AuditEvent = { kind: 'audit', eventId: `${this.#opening}.${this.#events}`, happenedAt, ...duty };
    const insert = this.#database.prepare('INSERT INTO audit_outbox (event_id, event) VALUES (?, ?)');
    insert.run(event.eventId, JSON.stringify(event));
    return event;
  }

  /** Oldest first. */
  unrecorded(): readonly AuditEvent[] {
    return this.#database
      .prepare<[], string>('SELECT event FROM audit_outbox ORDER BY number')
      .pluck()
      .all()
      .map((event) => JSON.parse(event));
  }

  /** Forgets an event; one that is forgotten already, or another database's, is no fault. */
  recorded(eventId: string): void {
    this.#database.prepare('DELETE FROM audit_outbox WHERE event_id = ?').run(eventId);
  }
}
