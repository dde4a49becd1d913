import { closeSync, fchmodSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Delivery } from './delivery-schedule.js';

/** Nobody else writes to this file; somebody who locks it all the same must not hold up the calls. */
const LOCK_TIMEOUT_MS = 200;
/** `PRAGMA synchronous` = FULL: every commit is on the disk before it returns. */
const SYNCHRONOUS_FULL = 2;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS message (
    -- The order in which they came.
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    endpoint TEXT NOT NULL,
    type TEXT NOT NULL,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL
  ) STRICT;
`;

export type OutboxMessage = Delivery & { readonly type: string; readonly body: string };

type Row = {
  readonly id: string;
  readonly endpoint: string;
  readonly type: string;
  readonly body: string;
  readonly attempts: number;
  readonly due_at_ms: number;
};

/**
 * Messages that are still to be delivered, in one SQLite file (mode 0600). A message is durable when `add` returns, and
 * is gone from the file, overwritten, when `remove` does: a token lies here no longer than its receiver stays away.
 */
export class WebhookOutbox {
  readonly #database: Database.Database;

  private constructor(path: string) {
    // SQLite gives its side files the mode of the main one.
    const descriptor = openSync(path, 'a', 0o600);
    fchmodSync(descriptor, 0o600);
    closeSync(descriptor);
    this.#database = new Database(path, { timeout: LOCK_TIMEOUT_MS });
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = FULL');
    this.#database.pragma('secure_delete = ON');
    this.#database.pragma('temp_store = MEMORY');
    this.#database.exec(SCHEMA);
    // Only after a write does this build of SQLite tell, in WAL mode, which level it really uses.
    this.#database.pragma('user_version = 1');
    if (this.#database.pragma('synchronous', { simple: true }) !== SYNCHRONOUS_FULL) {
      this.#database.close();
      throw new Error('the outbox of the webhooks cannot be made durable on this disk');
    }
  }

  /** @throws when the file cannot be opened or made durable */
  static open(path: string): WebhookOutbox {
    return new WebhookOutbox(path);
  }

  /** All of them or none. @throws when the disk refuses */
  add(messages: readonly OutboxMessage[]): void {
    const insert = this.#database.prepare<[string, string, string, string, number, number]>(
      'INSERT INTO message (id, endpoint, type, body, attempts, due_at_ms) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#database.transaction(() => {
      for (const { id, endpoint, type, body, attempts, dueAtMs } of messages) {
        insert.run(id, endpoint, type, body, attempts, dueAtMs);
      }
    })();
  }

  /** What is waiting, oldest first, without the bodies. */
  deliveries(): readonly Delivery[] {
    return this.#database
      .prepare<[], Row>('SELECT id, endpoint, attempts, due_at_ms FROM message ORDER BY place')
      .all()
      .map(({ id, endpoint, attempts, due_at_ms: dueAtMs }) => ({ id, endpoint, attempts, dueAtMs }));
  }

  message(id: string): OutboxMessage | undefined {
    const row = this.#database.prepare<[string], Row>('SELECT * FROM message WHERE id = ?').get(id);
    if (row === undefined) return undefined;
    const { due_at_ms: dueAtMs, ...rest } = row;
    return { ...rest, dueAtMs };
  }

  postpone(id: string, attempts: number, dueAtMs: number): void {
    this.#database.prepare('UPDATE message SET attempts = ?, due_at_ms = ? WHERE id = ?').run(attempts, dueAtMs, id);
  }

  remove(id: string): void {
    this.#database.prepare('DELETE FROM message WHERE id = ?').run(id);
    // The log before the checkpoint still holds the page as it was.
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.#database.close();
  }
}
