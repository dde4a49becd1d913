import type Database from 'better-sqlite3';
import { openDurableDatabase } from '../storage/durable-database-store.js';
import type { Delivery } from './delivery-schedule.js';

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
 * Messages that are still to be delivered, in one SQLite file (mode 0600). A message is durable when `add` returns. It is
 * removed by `remove`, and no byte of it is left on the disk after the next `wipe`: a token lies here hardly longer than
 * its receiver stays away.
 */
export class WebhookOutbox {
  readonly #database: Database.Database;

  private constructor(path: string) {
    this.#database = openDurableDatabase(path, SCHEMA);
    // What a run that was killed had removed and not wiped.
    this.wipe();
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
  }

  /**
   * The write-ahead log still holds the pages of removed messages as they were; this empties it. Many times the price of
   * a removal, so it is for many of them together.
   */
  wipe(): void {
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
  }

  /** Wipes too: the last to close a file takes its log away. */
  close(): void {
    this.#database.close();
  }
}
