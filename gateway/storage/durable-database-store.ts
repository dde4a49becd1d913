/** SQLite files that nobody else may read, and of which every commit is on the disk before it returns. */
import { closeSync, fchmodSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Nobody else writes to these files; somebody who locks one all the same must not hold up the calls. */
const LOCK_TIMEOUT_MS = 200;
/** `PRAGMA synchronous` = FULL. */
const SYNCHRONOUS_FULL = 2;

export class NotDurableError extends Error {
  override readonly name = 'NotDurableError';
}

/** @throws NotDurableError on a disk that cannot promise it; what SQLite throws on a file that is none of its own */
export function openDurableDatabase(path: string, schema: string): Database.Database {
  // SQLite gives its side files the mode of the main one.
  const descriptor = openSync(path, 'a', 0o600);
  fchmodSync(descriptor, 0o600);
  closeSync(descriptor);
  const database = new Database(path, { timeout: LOCK_TIMEOUT_MS });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('secure_delete = ON');
    database.pragma('temp_store = MEMORY');
    database.exec(schema);
    // Only after a write does this build of SQLite tell, in WAL mode, which level it really uses.
    database.pragma('user_version = 1');
    if (database.pragma('synchronous', { simple: true }) !== SYNCHRONOUS_FULL) {
      throw new NotDurableError(`${path} cannot be made durable on this disk`);
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
