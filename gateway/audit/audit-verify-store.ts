import { existsSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type AuditHead, headPathOf, parseHead } from './audit-head.js';
import { LOG_SCHEMA } from './audit-schema.js';
import { chainHash, GENESIS_HASH } from './hash-chain.js';

export type AuditProblem =
  | 'log-missing'
  | 'log-unreadable'
  | 'not-append-only'
  | 'record-missing'
  | 'record-changed'
  | 'tail-missing'
  | 'head-missing'
  | 'head-unreadable'
  | 'head-differs'
  | 'index-differs'
  | 'log-damaged';

/** For people, behind `record N: `. */
export const AUDIT_PROBLEM_TEXTS: Readonly<Record<AuditProblem, string>> = {
  'log-missing': 'there is no audit log',
  'log-unreadable': 'the log cannot be read from here on',
  'not-append-only': 'the triggers that keep the log append-only are gone',
  'record-missing': 'the record is missing',
  'record-changed': 'the record, its place or its hash was changed',
  'tail-missing': 'the log ends before this record, which its head file counts',
  'head-missing': 'the head file is missing, so lost records at the end would not show',
  'head-unreadable': 'the head file is not one',
  'head-differs': 'the head file holds another hash for this record',
  'index-differs': 'the indexes do not find the record that the log holds, so the history of its call would be another',
  'log-damaged': 'the file is damaged beside its records, so what is looked up in it may not be found',
};

export type AuditVerdict =
  | { readonly ok: true; readonly records: number; readonly hash: string }
  /** `sequence` is the first record that is broken; 0 when the log as a whole is. */
  | { readonly ok: false; readonly sequence: number; readonly problem: AuditProblem };

type RawRow = { readonly sequence: number; readonly record: Buffer; readonly hash: Buffer };

/**
 * Reads the whole log, without changing anything, and names the first record that is not what it was. Works on a copy
 * and beside a running gateway.
 */
export function verifyAuditLog(path: string): AuditVerdict {
  // Read first: a gateway at work may write more records meanwhile, and its head with them.
  const head = readHead(headPathOf(path));
  if (!existsSync(path)) return { ok: false, sequence: 0, problem: 'log-missing' };
  let database: Database.Database;
  try {
    database = new Database(path, { readonly: true, fileMustExist: true });
  } catch {
    return { ok: false, sequence: 0, problem: 'log-unreadable' };
  }
  try {
    return verifyDatabase(database, head);
  } finally {
    database.close();
  }
}

function verifyDatabase(
  database: Database.Database,
  head: AuditHead | 'head-missing' | 'head-unreadable',
): AuditVerdict {
  let sequence = 0;
  let hash: Buffer = GENESIS_HASH;
  try {
    // As bytes: text that is no UTF-8 would come out as other bytes than are stored.
    const rows = database
      .prepare<[], RawRow>('SELECT sequence, CAST(record AS BLOB) AS record, hash FROM records ORDER BY sequence')
      .iterate();
    for (const row of rows) {
      const expected = sequence + 1;
      if (row.sequence !== expected) {
        return {
          ok: false,
          sequence: expected,
          problem: row.sequence > expected ? 'record-missing' : 'record-changed',
        };
      }
      const computed = chainHash(expected, hash, row.record);
      if (!computed.equals(row.hash)) return { ok: false, sequence: expected, problem: 'record-changed' };
      sequence = expected;
      hash = computed;
      if (typeof head === 'object' && head.records === sequence && !head.hash.equals(hash)) {
        return { ok: false, sequence, problem: 'head-differs' };
      }
    }
    if (!hasTriggers(database)) return { ok: false, sequence: 0, problem: 'not-append-only' };
  } catch {
    return { ok: false, sequence: sequence + 1, problem: 'log-unreadable' };
  }
  if (typeof head === 'string') return { ok: false, sequence, problem: head };
  if (head.records > sequence) return { ok: false, sequence: sequence + 1, problem: 'tail-missing' };
  if (head.records === 0 && !head.hash.equals(GENESIS_HASH)) return { ok: false, sequence: 0, problem: 'head-differs' };
  const damage = damageBesideRecords(database);
  if (damage) return damage;
  return { ok: true, records: sequence, hash: hash.toString('hex') };
}

/**
 * The chain covers the records, but whoever looks something up goes by indexes and by the tree that the records are stored
 * in: SQLite compares all of them with each other, once the schema is known to be ours.
 */
function damageBesideRecords(database: Database.Database): Extract<AuditVerdict, { readonly ok: false }> | undefined {
  try {
    if (!hasOwnSchema(database)) return { ok: false, sequence: 0, problem: 'log-damaged' };
    const found = database.prepare<[], string>('PRAGMA integrity_check').pluck().all();
    if (found[0] === 'ok') return undefined;
    // Rows are counted from 1, and so are sequence numbers, of which none is missing by now.
    const rows = found.flatMap((text) => /^row (\d+) missing from index /.exec(text)?.[1] ?? []);
    if (rows.length > 0) return { ok: false, sequence: Number(rows[0]), problem: 'index-differs' };
    const isIndex = found.some((text) => /\bindex\b/.test(text));
    return { ok: false, sequence: 0, problem: isIndex ? 'index-differs' : 'log-damaged' };
  } catch {
    return { ok: false, sequence: 0, problem: 'log-damaged' };
  }
}

type SchemaRow = { readonly name: string; readonly type: string; readonly tbl_name: string; readonly sql: string };

/** An older log may lack what is made at its next opening, but has nothing under our names that is not ours. */
function hasOwnSchema(database: Database.Database): boolean {
  const own = new Database(':memory:');
  try {
    own.exec(LOG_SCHEMA);
    const select =
      "SELECT name, type, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND substr(name, 1, 7) <> 'sqlite_'";
    const ours = new Map(
      own
        .prepare<[], SchemaRow>(select)
        .all()
        .map((row) => [row.name, JSON.stringify(row)]),
    );
    return database
      .prepare<[], SchemaRow>(select)
      .all()
      .every((row) => ours.get(row.name) === JSON.stringify(row));
  } finally {
    own.close();
  }
}

function hasTriggers(database: Database.Database): boolean {
  const triggers = database
    .prepare<[], { readonly name: string; readonly sql: string }>(
      "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    )
    .all();
  return ['records_are_not_changed', 'records_are_not_deleted'].every((name) =>
    triggers.some((trigger) => trigger.name === name && trigger.sql.includes('RAISE(ABORT')),
  );
}

function readHead(path: string): AuditHead | 'head-missing' | 'head-unreadable' {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return 'head-missing';
  }
  return parseHead(bytes) ?? 'head-unreadable';
}
