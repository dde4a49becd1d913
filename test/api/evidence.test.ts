/** What auditors read, over real HTTP from a real audit log and real recordings. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import type { CallRecord, RecordingRecord, SessionRecord } from '../../gateway/api/evidence-desk.js';
import { AuditLog } from '../../gateway/audit/audit-log-store.js';
import { type AuditEntry, AuditTrail } from '../../gateway/audit/audit-trail.js';
import { EvidenceStore } from '../../gateway/evidence/evidence-store.js';
import { CallRecorder } from '../../gateway/recording/call-recorder-store.js';
import { parseRecording } from '../../gateway/recording/wav-file.js';
import { AUDITOR_TOKEN, type PanelServer, startServer } from '../panel/panel-world.js';
import { ApiClient, codeOf } from './api-client.js';

let directory = '';
let recordings = '';
let auditLog = '';
let log: AuditLog;
let evidence: EvidenceStore;
let world: PanelServer;
let client: ApiClient;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-evidence-'));
  recordings = join(directory, 'recordings');
  auditLog = join(directory, 'audit.db');
  log = AuditLog.open(auditLog);
  await happen();
  evidence = new EvidenceStore({ auditLog, recordings });
  world = await startServer({ evidence });
  client = new ApiClient(world.port);
});
afterAll(async () => {
  await world.server.close();
  log.close();
  rmSync(directory, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  client.ask('GET', path, { token: AUDITOR_TOKEN, headers });

/** Three calls: one with a payment in its recording, one with a failed and a canceled one, one that goes on. */
async function happen(): Promise<void> {
  const trail = new AuditTrail(log);
  const gateway = (action: AuditEntry['action'], callId: string, detail: AuditEntry['detail'] = {}) =>
    trail.record({ actor: 'gateway', origin: 'gateway', action, outcome: 'success', resource: { callId }, detail });
  const payment = (
    action: AuditEntry['action'],
    callId: string,
    sessionId: string,
    detail: AuditEntry['detail'] = {},
  ) =>
    trail.record({
      actor: 'ada',
      origin: '127.0.0.1',
      action,
      outcome: 'success',
      resource: { callId, sessionId },
      detail,
    });
  for (const callId of ['call-a', 'call-b', 'call-c']) {
    gateway('call-started', callId, { route: 'inbound', agent: callId === 'call-c' ? 'bob' : 'ada' });
  }
  gateway('call-answered', 'call-a');
  gateway('recording-started', 'call-a', { file: 'call-a-1.wav' });
  gateway('recording-started', 'call-b', { file: 'call-b-1.wav' });
  payment('session-started', 'call-a', 'session-a');
  payment('session-started', 'call-b', 'session-b');
  for (const action of ['capture-started', 'capture-rejected', 'capture-started', 'capture-accepted'] as const) {
    payment(action, 'call-a', 'session-a');
  }
  payment('session-failed', 'call-b', 'session-b', { code: 'vault-unreachable' });
  payment('session-canceled', 'call-b', 'session-b');
  payment('session-started', 'call-b', 'session-c');
  payment('session-vaulted', 'call-a', 'session-a');
  gateway('call-ended', 'call-a', { by: 'caller', reason: 'bye' });
  await record('call-a');
  // Of recorders that were killed at once, and notes of nobody's.
  writeFileSync(join(recordings, 'call-e-1.wav'), '');
  writeFileSync(join(recordings, 'call-f-1.wav.json'), '{"callId":"call-f"}');
  // A name that leads out of the folder, and one that is no file of ours.
  writeFileSync(join(directory, 'secret.wav'), 'secret');
  symlinkSync(join(directory, 'secret.wav'), join(recordings, 'link-1.wav'));
  writeFileSync(join(recordings, 'notes.txt'), 'secret');
}

/** Two seconds, of which the second half lies in a payment. */
async function record(callId: string): Promise<void> {
  const recorder = new CallRecorder({ directory: recordings, callId, mode: 'pause', onState: () => undefined });
  recorder.start('automatic', 0);
  for (let nowMs = 0; nowMs < 2000; nowMs += 20) {
    if (nowMs === 1000) recorder.pause('window', nowMs);
    recorder.write('caller', new Int16Array(160).fill(1000), 160, nowMs * 8, nowMs);
    recorder.write('agent', new Int16Array(160).fill(500), 160, nowMs * 8, nowMs);
  }
  recorder.resume('window', 2000);
  await recorder.stop('call-ended', 2000);
}

describe('history', () => {
  test('sessions, newest first, with their outcome', async () => {
    const { body } = await get('/v1/history/sessions');
    expect(body.nextBefore).toBeUndefined();
    expect(body.sessions).toMatchObject([
      { sessionId: 'session-c', callId: 'call-b', agent: 'ada', outcome: 'open' },
      { sessionId: 'session-b', outcome: 'canceled', error: 'vault-unreachable', captures: 0 },
      { sessionId: 'session-a', callId: 'call-a', outcome: 'vaulted', captures: 2, rejectedEntries: 1 },
    ]);
    expect((body.sessions as SessionRecord[])[2]).not.toHaveProperty('error');
  });

  test('calls with agent, times and the number of payments', async () => {
    const { body } = await get('/v1/history/calls');
    expect(body.calls).toMatchObject([
      { callId: 'call-c', agent: 'bob', sessions: 0 },
      { callId: 'call-b', agent: 'ada', sessions: 2 },
      { callId: 'call-a', route: 'inbound', endedBy: 'caller', reason: 'bye', sessions: 1 },
    ]);
    const [open, , ended] = body.calls as CallRecord[];
    expect(open).not.toHaveProperty('endedAt');
    expect(Date.parse(ended?.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(ended?.answeredAt ?? ''));
  });

  test('a call of very many records has its outcomes all the same', async () => {
    const own = mkdtempSync(join(tmpdir(), 'tonegate-long-call-'));
    const path = join(own, 'audit.db');
    const long = AuditLog.open(path);
    const trail = new AuditTrail(long);
    const resource = { callId: 'long', sessionId: 'last' };
    const say = (action: AuditEntry['action'], detail: AuditEntry['detail'] = {}) =>
      trail.record({ actor: 'ada', origin: '127.0.0.1', action, outcome: 'success', resource, detail });
    say('call-started', { agent: 'ada' });
    say('session-started');
    for (let n = 0; n < 2100; n += 1) say('capture-started');
    say('session-vaulted');
    say('call-ended', { by: 'caller', reason: 'bye' });
    long.close();
    const past = new EvidenceStore({ auditLog: path, recordings });
    const range = { before: Number.MAX_SAFE_INTEGER, limit: 10 };
    expect(await past.sessions(range)).toMatchObject([{ outcome: 'vaulted', captures: 2100 }]);
    expect(await past.calls(range)).toMatchObject([{ endedBy: 'caller', sessions: 1 }]);
    rmSync(own, { recursive: true, force: true });
  });

  test('pages are read one at a time, and no more are waited for than can be', async () => {
    const range = { before: Number.MAX_SAFE_INTEGER, limit: 1 };
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => evidence.calls(range)));
    const refused = asked.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(4);
    for (const { reason } of refused as PromiseRejectedResult[])
      expect(reason).toMatchObject({ code: 'too-many-requests' });
    expect(await evidence.calls(range)).toHaveLength(1);
  });

  test.each(['calls', 'sessions'])('%s come page by page, each once', async (list) => {
    const seen: number[] = [];
    let before = '';
    for (let page = 0; page < 4; page += 1) {
      const { body } = await get(`/v1/history/${list}?limit=1${before}`);
      seen.push(...(body[list] as { sequence: number }[]).map(({ sequence }) => sequence));
      if (body.nextBefore === undefined) break;
      before = `&before=${body.nextBefore}`;
    }
    expect(seen).toHaveLength(3);
    expect(seen).toEqual([...new Set(seen)].sort((one, other) => other - one));
  });

  test.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'before=-1',
    'before=1.5',
    'before=1e99',
    'unknown=1',
    'limit=1&limit=2',
  ])('a page that cannot be is refused: %s', async (query) =>
    expect(codeOf(await get(`/v1/history/sessions?${query}`))).toBe('bad-request'),
  );

  test('is found by index, not by reading the whole log', () => {
    const database = new Database(auditLog, { readonly: true });
    const plan = database
      .prepare(
        `EXPLAIN QUERY PLAN SELECT sequence FROM records WHERE CASE WHEN json_valid(record)
         THEN json_extract(record, '$.resource.callId') END = 'call-a'`,
      )
      .all();
    database.close();
    expect(JSON.stringify(plan)).toContain('records_by_call');
  });
});

describe('recordings', () => {
  test('one without a byte is read as that', async () => {
    expect(await get('/v1/recordings/call-e-1.wav')).toMatchObject({ status: 200, body: { text: '' } });
    expect((await get('/v1/recordings/call-e-1.wav', { Range: 'bytes=0-' })).status).toBe(416);
  });

  test('what stands beside one and is no notes is not given out as such', async () => {
    expect(codeOf(await get('/v1/recordings/call-f-1.wav/notes'))).toBe('not-found');
  });

  test('are listed with duration and gaps; one whose file is gone is still told of', async () => {
    const { body } = await get('/v1/recordings');
    expect(body.recordings).toMatchObject([
      { id: 'call-b-1.wav', callId: 'call-b', agent: 'ada', outcome: 'missing', gaps: [] },
      {
        id: 'call-a-1.wav',
        callId: 'call-a',
        durationMs: 2000,
        outcome: 'complete',
        gaps: [{ kind: 'paused', reason: 'window', startSample: 8000, endSample: 16_000 }],
      },
    ]);
    expect((body.recordings as RecordingRecord[])[0]).not.toHaveProperty('durationMs');
  });

  test('are read whole, in the payment silent, and each reading is audited', async () => {
    world.audit.length = 0;
    const response = await fetch(`http://127.0.0.1:${world.port}/v1/recordings/call-a-1.wav`, {
      headers: { Authorization: `Bearer ${AUDITOR_TOKEN}` },
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'audio/wav']);
    const parsed = parseRecording(Buffer.from(await response.arrayBuffer()));
    if (!parsed.ok) throw new Error(parsed.code);
    expect([parsed.audio.caller[4000], parsed.audio.caller[12_000]]).toEqual([1000, 0]);
    expect(world.audit).toEqual([{ kind: 'recording-read', source: '127.0.0.1', actor: 'oda', name: 'call-a-1.wav' }]);
  });

  test.each([
    ['bytes=0-3', 206, 'bytes 0-3/64044', 'RIFF'],
    ['bytes=8-11', 206, 'bytes 8-11/64044', 'WAVE'],
    ['bytes=64040-', 206, 'bytes 64040-64043/64044', '\0\0\0\0'],
    ['bytes=-4', 206, 'bytes 64040-64043/64044', '\0\0\0\0'],
    ['bytes=64044-', 416, 'bytes */64044', undefined],
    ['lines=1-2', 200, null, undefined],
    ['bytes=0-1,4-5', 200, null, undefined],
  ])('range %s is answered %i', async (range, status, contentRange, text) => {
    const answer = await get('/v1/recordings/call-a-1.wav', { Range: range });
    expect([answer.status, answer.headers.get('content-range')]).toEqual([status, contentRange]);
    if (text !== undefined) expect(answer.body.text).toBe(text);
  });

  test('notes of one recording', async () => {
    const { body } = await get('/v1/recordings/call-a-1.wav/notes');
    expect(body.notes).toMatchObject({ callId: 'call-a', lengthSamples: 16_000, outcome: 'complete' });
  });

  test.each(['..%2Fsecret.wav', '%2e%2e', 'link-1.wav', 'notes.txt', 'call-a-1.wav.json', 'call-x-1.wav', '%00'])(
    'nothing else is read: %s',
    async (name) => {
      for (const path of [`/v1/recordings/${name}`, `/v1/recordings/${name}/notes`]) {
        const answer = await get(path);
        expect([400, 404]).toContain(answer.status);
        expect(JSON.stringify(answer.body)).not.toContain('secret');
      }
    },
  );
});

describe('the audit log', () => {
  test('is read page by page, in order, and each reading is audited first', async () => {
    world.audit.length = 0;
    const first = await get('/v1/audit?limit=2');
    expect(first.body.records).toMatchObject([
      { sequence: 1, record: { action: 'call-started' } },
      { sequence: 2, record: { action: 'call-started' } },
    ]);
    expect(first.body.nextAfter).toBe(2);
    const rest = await get('/v1/audit?after=2&limit=200');
    expect((rest.body.records as { sequence: number }[])[0]?.sequence).toBe(3);
    expect(rest.body.nextAfter).toBeUndefined();
    expect(world.audit).toEqual([
      { kind: 'audit-log-read', source: '127.0.0.1', actor: 'oda', after: 0 },
      { kind: 'audit-log-read', source: '127.0.0.1', actor: 'oda', after: 2 },
    ]);
  });

  test('is verified, also by several at once, and a changed record is found', async () => {
    const verdicts = await Promise.all([1, 2, 3].map(() => get('/v1/audit/verification')));
    for (const { body } of verdicts)
      expect(body).toMatchObject({ ok: true, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const database = new Database(auditLog);
    database.exec('DROP TRIGGER records_are_not_changed');
    database.exec("UPDATE records SET record = replace(record, 'inbound', 'outbound') WHERE sequence = 2");
    database.close();
    expect((await get('/v1/audit/verification')).body).toEqual({ ok: false, sequence: 2, problem: 'record-changed' });
  });
});
