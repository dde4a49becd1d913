import { closeSync, fchmodSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { NotDurableError, openDurableDatabase } from '../storage/durable-database-store.js';
import { formatHead, HEAD_SIZE_BYTES, headPathOf, parseHead } from './audit-head.js';
import { FIND_EVENT } from './audit-history-store.js';
import { type AuditRecord, type AuditStatement, auditRecord } from './audit-record.js';
import { LOG_SCHEMA } from './audit-schema.js';
import { canonicalJson, chainHash, GENESIS_HASH } from './hash-chain.js';
import { type Unfinished, UnfinishedBusiness } from './unfinished-store.js';

export type AuditLogErrorCode = 'not-durable' | 'broken-tail' | 'closed';

const ERROR_TEXTS: Readonly<Record<AuditLogErrorCode, string>> = {
  'not-durable': 'the audit log cannot be made durable on this disk',
  'broken-tail': 'the end of the audit log does not fit its head file: run `tonegate audit verify`',
  closed: 'the audit log is closed',
};

export class AuditLogError extends Error {
  override readonly name = 'AuditLogError';
  readonly code: AuditLogErrorCode;

  constructor(code: AuditLogErrorCode) {
    super(ERROR_TEXTS[code]);
    this.code = code;
  }
}

type Row = { readonly sequence: number; readonly record: string; readonly hash: Buffer };

/**
 * The append-only audit log in one SQLite file (mode 0600) with its head file beside it. A record is durable when
 * `append` returns; whoever acknowledges an action appends first.
 *
 * Nothing here ever deletes a record. PCI DSS 10.5.1 wants twelve months kept and three of them at hand: to make room,
 * stop the gateway, archive the file together with its head, and let the next start begin a new one.
 */
export class AuditLog {
  readonly #database: Database.Database;
  readonly #store: (sequence: number, text: string, hash: Buffer, record: AuditRecord) => void;
  readonly #unfinished: UnfinishedBusiness;
  readonly #findEvent: Database.Statement<[string], unknown>;
  readonly #headDescriptor: number;
  #sequence: number;
  #hash: Buffer;
  #refusedValues = 0;

  private constructor(path: string) {
    this.#database = openDatabase(path);
    try {
      const insert = this.#database.prepare('INSERT INTO records (sequence, record, hash) VALUES (?, ?, ?)');
      this.#unfinished = new UnfinishedBusiness(this.#database);
      this.#store = this.#database.transaction((sequence, text, hash, record) => {
        insert.run(sequence, text, hash);
        this.#unfinished.follow(record);
      });
      this.#findEvent = this.#database.prepare(FIND_EVENT);
      const tail = tailOf(this.#database);
      checkHead(this.#database, headPathOf(path), tail.sequence);
      this.#sequence = tail.sequence;
      this.#hash = tail.hash;
      this.#headDescriptor = openHead(headPathOf(path));
      this.#writeHead();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** @throws AuditLogError when the log is not durable or has lost its tail; nothing is appended to such a log. */
  static open(path: string): AuditLog {
    return new AuditLog(path);
  }

  /** Values that records have refused since the log was opened: each is a bug, and an alarm. */
  get refusedValues(): number {
    return this.#refusedValues;
  }

  /** Returns the record's sequence number. @throws when the disk refuses: what was to be recorded must not happen. */
  append(statement: AuditStatement): number {
    if (!this.#database.open) throw new AuditLogError('closed');
    const record = auditRecord(statement);
    this.#refusedValues += record.refusedValues;
    const text = canonicalJson(record);
    const sequence = this.#sequence + 1;
    const hash = chainHash(sequence, this.#hash, Buffer.from(text, 'utf8'));
    this.#store(sequence, text, hash, record);
    this.#sequence = sequence;
    this.#hash = hash;
    this.#writeHead();
    return sequence;
  }

  /** Whether a record has this `eventId` in its detail. */
  holdsEvent(eventId: string): boolean {
    if (!this.#database.open) throw new AuditLogError('closed');
    return this.#findEvent.get(eventId) !== undefined;
  }

  /** What the log has the beginning of and not the end: of a gateway that was killed, asked before anything new begins. */
  unfinished(): readonly Unfinished[] {
    return this.#unfinished.all();
  }

  /** Folds everything into the one file, which can be copied, and read from a read-only medium, from then on. */
  close(): void {
    if (!this.#database.open) return;
    try {
      this.#database.pragma('journal_mode = DELETE');
    } catch {
      // Somebody is reading: the write-ahead log stays beside the file, and nothing is lost.
    }
    this.#database.close();
    closeSync(this.#headDescriptor);
  }

  /** After the commit, never before it: a head ahead of its log would look like a lost tail. */
  #writeHead(): void {
    writeSync(this.#headDescriptor, formatHead({ records: this.#sequence, hash: this.#hash }), 0, HEAD_SIZE_BYTES, 0);
  }
}

function openDatabase(path: string): Database.Database {
  try {
    return openDurableDatabase(path, LOG_SCHEMA);
  } catch (error) {
    throw error instanceof NotDurableError ? new AuditLogError('not-durable') : error;
  }
}

function tailOf(database: Database.Database): { readonly sequence: number; readonly hash: Buffer } {
  const rows = database.prepare<[], Row>('SELECT * FROM records ORDER BY sequence DESC LIMIT 2').all();
  if (rows.length === 0) return { sequence: 0, hash: GENESIS_HASH };
  const [last, previous] = [rows[0], rows.at(1)];
  const previousHash = previous?.hash ?? GENESIS_HASH;
  const expected = chainHash(last.sequence, previousHash, Buffer.from(last.record, 'utf8'));
  const inOrder = last.sequence === (previous?.sequence ?? 0) + 1;
  if (!inOrder || !expected.equals(last.hash)) throw new AuditLogError('broken-tail');
  return { sequence: last.sequence, hash: last.hash };
}

/** The head may be behind, by what a power cut took from it, but never ahead. */
function checkHead(database: Database.Database, path: string, records: number): void {
  const bytes = readHead(path);
  if (bytes === undefined && records === 0) return;
  const head = bytes && parseHead(bytes);
  if (head === undefined || head.records > records) throw new AuditLogError('broken-tail');
  if (head.records === 0) return;
  const row = database
    .prepare<[number], { readonly hash: Buffer }>('SELECT hash FROM records WHERE sequence = ?')
    .get(head.records);
  if (!row?.hash.equals(head.hash)) throw new AuditLogError('broken-tail');
}

function readHead(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function openHead(path: string): number {
  // Not truncated: the old head stands until the new one is written over it.
  const descriptor = openSync(path, 'a', 0o600);
  fchmodSync(descriptor, 0o600);
  closeSync(descriptor);
  // The names of new files are durable only when their directory is.
  const directory = openSync(dirname(path), 'r');
  fsyncSync(directory);
  closeSync(directory);
  return openSync(path, 'r+');
}
