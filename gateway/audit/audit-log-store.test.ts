import { spawn } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { AuditHistory } from './audit-history-store.js';
import { AuditLog, AuditLogError } from './audit-log-store.js';
import { readAuditLines } from './audit-read-store.js';
import type { AuditAction, AuditStatement } from './audit-record.js';
import { AuditTrail } from './audit-trail.js';
import { verifyAuditLog } from './audit-verify-store.js';

let directory = '';
let path = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-audit-'));
  path = join(directory, 'audit.db');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function statement(index: number): AuditStatement {
  return {
    atIso: '2026-11-23T12:04:24.123Z',
    monotonicMs: index,
    actor: 'agent',
    action: 'capture-started',
    outcome: 'success',
    origin: '127.0.0.1',
    resource: { callId: `call-${index}` },
  };
}

/** Logs written before, by their number of records: each commit waits for the disk, and once is enough. */
const written = new Map<number, { readonly log: Buffer; readonly head: Buffer }>();

/** Leaves a closed log of `count` records at `path`. */
function writeLog(count: number): void {
  const headPath = join(directory, 'audit.head');
  const known = written.get(count);
  if (known) {
    writeFileSync(path, known.log, { mode: 0o600 });
    writeFileSync(headPath, known.head, { mode: 0o600 });
    return;
  }
  const log = AuditLog.open(path);
  for (let index = 1; index <= count; index++) expect(log.append(statement(index))).toBe(index);
  log.close();
  written.set(count, { log: readFileSync(path), head: readFileSync(headPath) });
}

/** Somebody with the file in hand and SQLite, past our triggers. */
function tamper(sql: string): void {
  const database = new Database(path);
  database.pragma('synchronous = OFF');
  const triggers = database
    .prepare<[], { readonly name: string; readonly sql: string }>(
      "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    )
    .all();
  for (const trigger of triggers) database.exec(`DROP TRIGGER ${trigger.name}`);
  database.exec(sql);
  for (const trigger of triggers) database.exec(trigger.sql);
  database.close();
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof AuditLogError ? error.code : String(error);
  }
  return 'none';
}

describe('audit log', () => {
  test('records come back in order, numbered from 1, and the log goes on where it ended', () => {
    writeLog(3);
    const log = AuditLog.open(path);
    expect(log.append(statement(4))).toBe(4);
    const lines = (afterSequence: number, limit: number): unknown[] =>
      [...readAuditLines(path, { afterSequence, limit })].map(({ sequence, json }) => [
        sequence,
        JSON.parse(json).resource.callId,
      ]);
    expect(lines(2, 10)).toEqual([
      [3, 'call-3'],
      [4, 'call-4'],
    ]);
    expect(lines(0, 1)).toEqual([[1, 'call-1']]);
    expect(lines(0, -1)).toEqual([]);
    log.close();
    expect(verifyAuditLog(path)).toMatchObject({ ok: true, records: 4 });
  });

  test('an empty log verifies', () => {
    writeLog(0);
    expect(verifyAuditLog(path)).toMatchObject({ ok: true, records: 0 });
  });

  test('every file of the log is private, also while it is open', () => {
    const log = AuditLog.open(path);
    log.append(statement(1));
    for (const name of readdirSync(directory)) {
      expect([name, statSync(join(directory, name)).mode & 0o077]).toEqual([name, 0]);
    }
    expect(readdirSync(directory).length).toBeGreaterThan(2);
    log.close();
    expect(readdirSync(directory).sort()).toEqual(['audit.db', 'audit.head']);
  });

  test('a record is durable on return: another reader sees it, and the database syncs each commit', () => {
    const log = AuditLog.open(path);
    log.append(statement(1));
    expect(verifyAuditLog(path)).toMatchObject({ ok: true, records: 1 });
    log.append(statement(2));
    expect(verifyAuditLog(path)).toMatchObject({ ok: true, records: 2 });
    log.close();
  });

  test('changes and deletions are refused by the database itself', () => {
    writeLog(2);
    const database = new Database(path);
    expect(() => database.exec("UPDATE records SET record = '{}' WHERE sequence = 1")).toThrow('append-only');
    expect(() => database.exec('DELETE FROM records WHERE sequence = 2')).toThrow('append-only');
    database.close();
    expect(verifyAuditLog(path)).toMatchObject({ ok: true, records: 2 });
  });

  test('a card number never reaches the file, and the log counts the attempt', () => {
    const log = AuditLog.open(path);
    log.append({ ...statement(1), detail: { note: '4242 4242 4242 4242' } });
    expect(log.refusedValues).toBe(1);
    log.close();
    expect(readFileSync(path).includes('4242')).toBe(false);
  });

  test('a closed log takes nothing more', () => {
    const log = AuditLog.open(path);
    log.close();
    log.close();
    expect(codeOf(() => log.append(statement(1)))).toBe('closed');
  });

  test('an event that is reported again is recorded once, also by the next gateway', () => {
    const report = (eventId: string): boolean => {
      const log = AuditLog.open(path);
      const { atIso, monotonicMs, ...entry } = { ...statement(1), detail: { outcome: 'redeemed' } };
      new AuditTrail(log).recordOnce(eventId, entry);
      new AuditTrail(log).recordOnce(eventId, entry);
      const isHeld = log.holdsEvent(eventId);
      log.close();
      return isHeld;
    };
    expect(['0a1b2c3d.1', '0a1b2c3d.2', '0a1b2c3d.1', 'ffff2c3d.1'].map(report)).toEqual([true, true, true, true]);
    const lines = [...readAuditLines(path, { afterSequence: 0, limit: 10 })].map(({ json }) => JSON.parse(json).detail);
    expect(lines).toEqual(
      ['0a1b2c3d.1', '0a1b2c3d.2', 'ffff2c3d.1'].map((eventId) => ({ outcome: 'redeemed', eventId })),
    );
    expect(verifyAuditLog(path)).toMatchObject({ ok: true, records: 3 });
  });

  test('a log that has lost its tail is not opened, for new records would hide the loss', () => {
    writeLog(5);
    tamper('DELETE FROM records WHERE sequence > 3');
    expect(codeOf(() => AuditLog.open(path))).toBe('broken-tail');
  });

  test('a log whose last record was changed is not opened', () => {
    writeLog(5);
    tamper("UPDATE records SET record = replace(record, 'agent', 'other') WHERE sequence = 5");
    expect(codeOf(() => AuditLog.open(path))).toBe('broken-tail');
  });

  test('a head that a power cut has left behind is brought up to date', () => {
    writeLog(2);
    const head = readFileSync(join(directory, 'audit.head'));
    writeLogMore(3);
    writeFileSync(join(directory, 'audit.head'), head);
    expect(verifyAuditLog(path)).toMatchObject({ ok: true, records: 3 });
    AuditLog.open(path).close();
    expect(readFileSync(join(directory, 'audit.head'), 'latin1')).toContain(' 0000000000000003 ');
  });
});

describe('what has begun and not ended', () => {
  const call = { callId: 'call-1' };
  const session = { ...call, sessionId: 'session-1' };
  const file = 'call-1-1.wav';
  let log: AuditLog;

  beforeEach(() => {
    log = AuditLog.open(path);
  });
  afterEach(() => log.close());

  function happens(action: AuditAction, resource: AuditStatement['resource'] = call, detail = {}): void {
    log.append({ ...statement(1), action, resource: { ...resource }, detail });
  }
  const left = () => log.unfinished().map(({ kind, id }) => `${kind} ${id}`);

  test('AC-22: is known to the next start, the parts of a call before the call, until each has its end on record', () => {
    happens('call-started');
    happens('recording-started', call, { file });
    happens('session-started', session);
    happens('call-started', { callId: 'call-2' });
    happens('call-ended', { callId: 'call-2' });
    log.close();
    log = AuditLog.open(path);
    expect(log.unfinished()).toEqual([
      { kind: 'recording', id: file, callId: 'call-1' },
      { kind: 'session', id: 'session-1', callId: 'call-1' },
      { kind: 'call', id: 'call-1', callId: 'call-1' },
    ]);
    happens('recording-failed', call, { file });
    // Killed over the first of them, a start leaves the others to the next.
    log.close();
    log = AuditLog.open(path);
    expect(left()).toEqual(['session session-1', 'call call-1']);
    happens('session-ended', session);
    happens('call-ended');
    expect(left()).toEqual([]);
  });

  test.each<AuditAction>(['session-vaulted', 'session-canceled', 'session-ended'])('%s ends a session', (action) => {
    happens('session-started', session);
    happens(action, session);
    expect(left()).toEqual([]);
  });

  test('a session that failed is open until it is tried again', () => {
    happens('session-started', session);
    happens('session-failed', session);
    expect(left()).toEqual(['session session-1']);
    happens('session-started', { ...call, sessionId: 'session-2' });
    expect(left()).toEqual(['session session-2']);
  });

  test('a recording is its file, begins with a pause too, and goes on through pauses and resumptions', () => {
    happens('recording-paused', call, { file });
    for (const action of ['recording-resumed', 'recording-masked', 'recording-paused'] as const) {
      happens(action, call, { file });
      expect(left()).toEqual([`recording ${file}`]);
    }
    happens('recording-stopped', call, { file });
    expect(left()).toEqual([]);
  });
});

describe('a gateway that is killed', () => {
  test('leaves every record that it had acknowledged, in a log that verifies and goes on', async () => {
    const script = `
      import { AuditLog } from ${JSON.stringify(new URL('./audit-log-store.js', import.meta.url).href)};
      const log = AuditLog.open(${JSON.stringify(path)});
      const statement = ${JSON.stringify(statement(1))};
      for (;;) process.stdout.write(log.append(statement) + '\\n');
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (said.length > 1000) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('close', resolve));
    const acknowledged = Number(said.split('\n').at(-2));

    const verdict = verifyAuditLog(path);
    expect(verdict.ok).toBe(true);
    const log = AuditLog.open(path);
    expect(log.append(statement(1))).toBeGreaterThan(acknowledged);
    log.close();
    expect(verifyAuditLog(path).ok).toBe(true);
  });
});

function writeLogMore(upTo: number): void {
  const log = AuditLog.open(path);
  log.append(statement(upTo));
  log.close();
}

describe('audit verify', () => {
  test.each<[string, string, number, string]>([
    [
      'a changed record',
      "UPDATE records SET record = replace(record, 'call-7', 'call-8') WHERE sequence = 7",
      7,
      'record-changed',
    ],
    ['a changed hash', 'UPDATE records SET hash = zeroblob(32) WHERE sequence = 6', 6, 'record-changed'],
    ['a removed record', 'DELETE FROM records WHERE sequence = 4', 4, 'record-missing'],
    ['a removed first record', 'DELETE FROM records WHERE sequence = 1', 1, 'record-missing'],
    [
      'a removed record whose gap was closed up',
      'DELETE FROM records WHERE sequence = 4; UPDATE records SET sequence = sequence - 1 WHERE sequence > 4',
      4,
      'record-changed',
    ],
    [
      'two records changed over',
      'UPDATE records SET sequence = 100 WHERE sequence = 3; UPDATE records SET sequence = 3 WHERE sequence = 4; UPDATE records SET sequence = 4 WHERE sequence = 100',
      3,
      'record-changed',
    ],
    ['a record put in before the first', "INSERT INTO records VALUES (0, '{}', zeroblob(32))", 1, 'record-changed'],
    ['a record added behind the last', "INSERT INTO records VALUES (11, '{}', zeroblob(32))", 11, 'record-changed'],
    ['a cut tail', 'DELETE FROM records WHERE sequence > 8', 9, 'tail-missing'],
    ['an emptied log', 'DELETE FROM records', 1, 'tail-missing'],
  ])('names the record of %s', (_name, sql, sequence, problem) => {
    writeLog(10);
    tamper(sql);
    expect(verifyAuditLog(path)).toEqual({ ok: false, sequence, problem });
  });

  test('any one flipped byte of a stored record is found, and that record named', () => {
    writeLog(5);
    const whole = readFileSync(path);
    const needle = Buffer.from('"callId":"call-3"');
    const begin = whole.lastIndexOf(Buffer.from('{"action"'), whole.indexOf(needle));
    // The record's JSON, closed by two braces, and its hash.
    const end = whole.indexOf(needle, begin) + needle.length + 2 + 32;
    expect(end - begin).toBeGreaterThan(100);
    for (let at = begin; at < end; at++) {
      const changed = Buffer.from(whole);
      changed[at] ^= 0x80 >> (at % 8);
      writeFileSync(path, changed);
      expect([at, verifyAuditLog(path)]).toEqual([at, { ok: false, sequence: 3, problem: 'record-changed' }]);
    }
    writeFileSync(path, whole);
    expect(verifyAuditLog(path)).toMatchObject({ ok: true });
  });

  test('a byte flipped anywhere else never verifies with another content', () => {
    writeLog(5);
    const whole = readFileSync(path);
    const good = verifyAuditLog(path);
    for (let at = 0; at < whole.length; at += 29) {
      const changed = Buffer.from(whole);
      changed[at] ^= 0xff;
      writeFileSync(path, changed);
      const verdict = verifyAuditLog(path);
      // Free space and unused header fields hold no record: there the log reads as before.
      if (verdict.ok) expect(verdict).toEqual(good);
    }
  });

  describe('what is looked up by index', () => {
    const ACTIONS = ['call-started', 'session-started', 'recording-started'] as const;
    const CALLS = ['call-1', 'call-2', 'call-3', 'nobody'];

    function writeCalls(): void {
      const log = AuditLog.open(path);
      for (const callId of CALLS.slice(0, 3)) {
        for (const action of [...ACTIONS, 'recording-stopped', 'session-ended', 'call-ended'] as const) {
          const detail = { file: `${callId}-1.wav`, eventId: `0a1b2c3d.${callId}` };
          log.append({ ...statement(1), action, resource: { callId, sessionId: `session-of-${callId}` }, detail });
        }
      }
      log.close();
    }

    /** All that the history of this log can be asked, as text. */
    function answers(): string {
      const history = AuditHistory.open(path);
      try {
        const newest = ACTIONS.map((action) => history.newest(action, { before: 1000, limit: 100 }));
        const ofCalls = CALLS.map((callId) =>
          [...history.ofCall(callId)].sort((a, b) => a.newest.sequence - b.newest.sequence),
        );
        return JSON.stringify({ newest, ofCalls });
      } finally {
        history.close();
      }
    }

    test.each([
      ['records_by_call', 'call-2'],
      ['records_by_event', '0a1b2c3d.call-2'],
    ])('a key of %s that was changed is found, and its record named', (_index, key) => {
      writeCalls();
      const whole = readFileSync(path);
      // Alone between other keys: in the records it stands between quotes.
      const positions: number[] = [];
      for (let at = whole.indexOf(key); at >= 0; at = whole.indexOf(key, at + 1)) {
        if (!/["'.-]/.test(String.fromCharCode(whole[at - 1]))) positions.push(at);
      }
      expect(positions.length).toBeGreaterThan(3);
      for (const at of positions) {
        const changed = Buffer.from(whole);
        changed[at + key.length - 1] ^= 0x20;
        writeFileSync(path, changed);
        const verdict = verifyAuditLog(path);
        expect(verdict).toMatchObject({ ok: false, problem: 'index-differs' });
        expect([7, 8, 9, 10, 11, 12]).toContain(verdict.ok ? undefined : verdict.sequence);
      }
    });

    test('no flipped bit with which the log verifies changes any answer', () => {
      writeCalls();
      const whole = readFileSync(path);
      const good = answers();
      expect(good).toContain('session-of-call-3');
      const file = openSync(path, 'r+');
      let verified = 0;
      for (let at = 0, tried = 0; at < whole.length; at++) {
        // Most of the file is empty: there a few are enough.
        if (whole[at] === 0 && at % 31 !== 0) continue;
        tried++;
        if (at >= 100 && tried % 3 !== 0) continue;
        writeSync(file, Buffer.from([whole[at] ^ (1 << (tried % 8))]), 0, 1, at);
        if (verifyAuditLog(path).ok) {
          verified++;
          expect([at, answers()]).toEqual([at, good]);
        }
        writeSync(file, whole, at, 1, at);
      }
      closeSync(file);
      expect(verified).toBeGreaterThan(0);
      expect(verifyAuditLog(path).ok).toBe(true);
    }, 120_000);

    test.each([
      ['an index that leaves a call out', 'DROP INDEX calls_started; CREATE INDEX calls_started ON records (hash)'],
      ['another table', 'CREATE TABLE more (x)'],
      ['a view', 'CREATE VIEW v AS SELECT * FROM records'],
    ])('%s is not ours', (_name, sql) => {
      writeCalls();
      tamper(sql);
      expect(verifyAuditLog(path)).toEqual({ ok: false, sequence: 0, problem: 'log-damaged' });
    });

    test('a log from before an index was thought of verifies', () => {
      writeCalls();
      tamper('DROP INDEX records_by_event; DROP TABLE unfinished');
      expect(verifyAuditLog(path)).toMatchObject({ ok: true, records: 18 });
    });
  });

  test('triggers that are gone are a problem of the whole log', () => {
    writeLog(2);
    const database = new Database(path);
    database.exec('DROP TRIGGER records_are_not_deleted');
    database.close();
    expect(verifyAuditLog(path)).toEqual({ ok: false, sequence: 0, problem: 'not-append-only' });
  });

  test('a head file that is missing, foreign, or of another log is a problem', () => {
    writeLog(2);
    const headPath = join(directory, 'audit.head');
    const head = readFileSync(headPath, 'latin1');
    rmSync(headPath);
    expect(verifyAuditLog(path)).toEqual({ ok: false, sequence: 2, problem: 'head-missing' });
    writeFileSync(headPath, 'hello');
    expect(verifyAuditLog(path)).toEqual({ ok: false, sequence: 2, problem: 'head-unreadable' });
    writeFileSync(headPath, head.replace(/[0-9a-f]{64}/, '0'.repeat(64)));
    expect(verifyAuditLog(path)).toEqual({ ok: false, sequence: 2, problem: 'head-differs' });
  });

  test('no log, or something else in its place, is told', () => {
    expect(verifyAuditLog(path)).toEqual({ ok: false, sequence: 0, problem: 'log-missing' });
    writeFileSync(path, 'this is not a database, and it is longer than a header of one would be, so it says so itself');
    expect(verifyAuditLog(path)).toMatchObject({ ok: false, problem: 'log-unreadable' });
  });
});
