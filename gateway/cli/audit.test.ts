import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AuditLog } from '../audit/audit-log-store.js';
import { audit } from './audit.js';

let directory = '';
let path = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-audit-cli-'));
  path = join(directory, 'audit.db');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function run(args: readonly string[], environment = {}): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
  return { code: await audit(args, io, environment), out, err };
}

function writeLog(count: number): AuditLog {
  const log = AuditLog.open(path);
  for (let index = 1; index <= count; index++) {
    log.append({
      atIso: '2026-11-23T12:04:24.123Z',
      monotonicMs: index,
      actor: 'agent',
      action: 'session-started',
      outcome: 'success',
      origin: index === 2 ? 'a\u009b2Jb' : '127.0.0.1',
      resource: { callId: `call-${index}` },
    });
  }
  return log;
}

describe('tonegate audit', () => {
  test('verify passes a whole log and counts it, also while the gateway writes', async () => {
    const log = writeLog(3);
    expect((await run(['verify', '--data', directory])).code).toBe(0);
    log.close();
    const { code, out } = await run(['verify', '--data', directory]);
    expect(code).toBe(0);
    expect(out).toEqual([expect.stringMatching(/audit\.db: 3 records, .* hash [0-9a-f]{64}$/)]);
  });

  test('verify fails and names the record after one byte of the log has changed', async () => {
    writeLog(3).close();
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('call-2') + 5] ^= 1;
    writeFileSync(path, bytes);
    expect(await run(['verify', '--data', directory])).toEqual({
      code: 1,
      out: [],
      err: [`${path}: record 2: the record, its place or its hash was changed`],
    });
  });

  test('a missing log is a failure, not an empty one', async () => {
    expect(await run(['verify', '--data', directory])).toEqual({
      code: 1,
      out: [],
      err: [`${path}: there is no audit log`],
    });
    expect((await run(['list', '--data', directory])).code).toBe(1);
  });

  test('list prints a JSON object a line, from where and as many as asked, and no terminal controls', async () => {
    writeLog(5).close();
    const { code, out } = await run(['list', '--data', directory, '--after', '1', '--limit', '2']);
    expect(code).toBe(0);
    expect(out.map((line) => JSON.parse(line).record.resource.callId)).toEqual(['call-2', 'call-3']);
    expect(JSON.parse(out[0])).toMatchObject({ sequence: 2, record: { origin: 'a\u009b2Jb' } });
    expect(out[0]).not.toContain('\u009b');
    expect((await run(['list', '--data', directory])).out.length).toBe(5);
  });

  test('the data directory may come from the configuration', async () => {
    writeLog(1).close();
    expect((await run(['verify'], { TONEGATE_DATA_DIRECTORY: directory })).code).toBe(0);
    mkdirSync(join(directory, 'etc'));
    writeFileSync(join(directory, 'etc', 'bad.yaml'), 'log: 1');
    expect((await run(['verify', '--config', join(directory, 'etc', 'bad.yaml')])).err[0]).toMatch(/^error: log: /);
  });

  test.each([
    [[]],
    [['sign']],
    [['verify', 'more']],
    [['list', '--after', '-1']],
    [['list', '--limit', 'x']],
    [['verify', '--what']],
  ])('%p is answered with the usage', async (args) => {
    const { code, err } = await run(args);
    expect(code).toBe(2);
    expect(err.at(-1)).toContain('usage: tonegate audit');
  });
});
