import type { Database } from 'better-sqlite3';
import { VaultError } from './errors.js';
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
  readonly #source: string;

  constructor(database: Database, wallClock: () => number) {
    this.#database = database;
    this.#wallClock = wallClock;
    const source = database.prepare<[], string>('SELECT name FROM audit_source').pluck().get();
    if (source === undefined) throw new VaultError('store-unavailable');
    this.#source = source;
  }

  get size(): number {
    return this.#database.prepare<[], number>('SELECT count(*) FROM audit_outbox').pluck().get() ?? 0;
  }

  add(duty: AuditDuty): AuditEvent {
    const happenedAt = new Date(this.#wallClock()).toISOString();
    const text = JSON.stringify({ kind: 'audit', happenedAt, ...duty });
    const { lastInsertRowid } = this.#database.prepare('INSERT INTO audit_outbox (event) VALUES (?)').run(text);
    return { kind: 'audit', eventId: this.#idOf(lastInsertRowid), happenedAt, ...duty };
  }

  /** Oldest first. */
  unrecorded(): readonly AuditEvent[] {
    return this.#database
      .prepare<[], { readonly number: number; readonly event: string }>('SELECT * FROM audit_outbox ORDER BY number')
      .all()
      .map(({ number, event }) => ({ eventId: this.#idOf(number), ...JSON.parse(event) }));
  }

  /** Forgets an event; one that is forgotten already, or another database's, is no fault. */
  recorded(eventId: string): void {
    const [source, number] = eventId.split('.');
    if (source === this.#source)
      this.#database.prepare('DELETE FROM audit_outbox WHERE number = ?').run(Number(number));
  }

  #idOf(number: number | bigint): string {
    return `${this.#source}.${number}`;
  }
}
