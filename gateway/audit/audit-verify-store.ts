import { existsSync, readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type AuditHead, headPathOf, parseHead } from './audit-head.js';
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
  | 'head-differs';

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
  return { ok: true, records: sequence, hash: hash.toString('hex') };
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
