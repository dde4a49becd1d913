/** The API over real HTTP, on calls in memory: who may do what, in which state, and what is refused how. */

import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessEntry } from '../../gateway/api/api-audit.js';
import { ApiServer } from '../../gateway/api/api-server.js';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { RecordingAction } from '../../gateway/media/control-wire.js';
import type { SessionState, SessionView } from '../../gateway/payment/session-view.js';
import { FIELD_NAMES } from '../../vault-client/wire.js';
import { ADA, OTHER_TOKEN, PANEL_DIRECTORY, type PanelServer, startServer, TOKEN } from '../panel/panel-world.js';
import { captureAll, MemoryCallDesk } from '../support/memory-call-desk.js';

let world: PanelServer;
let base: string;

beforeAll(async () => {
  world = await startServer();
  base = `http://127.0.0.1:${world.port}`;
});
afterAll(() => world.server.close());

type Answer = { readonly status: number; readonly body: Record<string, unknown>; readonly headers: Headers };

async function ask(method: string, path: string, options: RequestInit & { token?: string } = {}): Promise<Answer> {
  const { token = TOKEN, ...init } = options;
  const response = await fetch(`${base}${path}`, {
    method,
    redirect: 'manual',
    ...init,
    headers: { ...(token === '' ? {} : { Authorization: `Bearer ${token}` }), ...init.headers },
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return { status: response.status, body: isJson ? JSON.parse(text) : { text }, headers: response.headers };
}

const post = (path: string, body: unknown, token = TOKEN) =>
  ask('POST', path, { token, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });

const codeOf = ({ body }: Answer) => (body.error as { code?: string } | undefined)?.code;
const sessionOf = ({ body }: Answer) => body.session as SessionView;

/** A call whose newest session is in the wanted state, built as agent and caller would. */
async function callIn(state: SessionState | 'none'): Promise<{ callId: string; sessionId: string }> {
  const { desk } = world;
  const callId = desk.addCall({ agent: 'ada' });
  if (state === 'none') return { callId, sessionId: 'none' };
  if (state === 'starting') desk.startAnswers = 'held';
  const started = await desk.startSession(ADA, callId);
  desk.startAnswers = 'at-once';
  if (!started.ok) throw new Error(started.code);
  const sessionId = started.value.id;
  if (state === 'capturing') await desk.capture(ADA, sessionId, 'cardNumber');
  if (state === 'tokenizing' || state === 'vaulted') {
    await captureAll(desk, ADA, callId);
    await desk.complete(ADA, sessionId);
  }
  if (state === 'vaulted') desk.finishTokenization(callId, 'tok_1');
  if (state === 'failed') desk.fail(callId, 'payment-connector-error');
  if (state === 'canceled') await desk.cancel(ADA, sessionId);
  if (state === 'ended') desk.endCall(callId);
  return { callId, sessionId };
}

describe('operation × session state', () => {
  const states = [
    'none',
    'starting',
    'ready',
    'capturing',
    'tokenizing',
    'vaulted',
    'failed',
    'canceled',
    'ended',
  ] as const;
  type Row = Readonly<Record<(typeof states)[number], string>>;
  const wrong = 'session-not-in-state';
  // Columns: the states above. A cell is the state after the operation, or the code of the refusal.
  const matrix: Readonly<Record<string, Row>> = {
    'AC-1 start': row(
      'ready',
      'session-in-progress',
      'session-in-progress',
      'session-in-progress',
      'session-in-progress',
      'ready',
      'ready',
      'ready',
      'call-not-active',
    ),
    'AC-8 capture': row('not-found', wrong, 'capturing', 'capturing', wrong, wrong, wrong, wrong, wrong),
    'AC-12 complete': row('not-found', wrong, wrong, wrong, wrong, wrong, wrong, wrong, wrong),
    'AC-15 cancel': row('not-found', 'canceled', 'canceled', 'canceled', 'canceled', wrong, 'canceled', wrong, wrong),
    'AC-24 recording pause': row(
      'paused',
      'recording-locked',
      'recording-locked',
      'recording-locked',
      'recording-locked',
      'paused',
      'recording-locked',
      'paused',
      'call-not-active',
    ),
    'AC-24 recording resume': row(
      'recording-unavailable',
      'recording-locked',
      'recording-locked',
      'recording-locked',
      'recording-locked',
      'recording-unavailable',
      'recording-locked',
      'recording-unavailable',
      'call-not-active',
    ),
    'hang up': row('ended', 'ended', 'ended', 'ended', 'ended', 'ended', 'ended', 'ended', 'call-not-active'),
  };

  function row(...cells: string[]): Row {
    return Object.fromEntries(states.map((state, index) => [state, cells[index] ?? ''])) as Row;
  }

  async function perform(operation: string, callId: string, sessionId: string): Promise<string> {
    const record = async (action: RecordingAction) => {
      const answer = await post(`/v1/calls/${callId}/recording`, { action });
      return codeOf(answer) ?? (answer.body.call as CallView).recording.state;
    };
    const session = async (path: string, body: unknown = {}) => {
      const answer = await post(path, body);
      return codeOf(answer) ?? sessionOf(answer).state;
    };
    switch (operation) {
      case 'AC-1 start':
        return session(`/v1/calls/${callId}/payment-sessions`);
      case 'AC-8 capture':
        return session(`/v1/payment-sessions/${sessionId}/capture`, { field: 'securityCode' });
      case 'AC-12 complete':
        return session(`/v1/payment-sessions/${sessionId}/complete`);
      case 'AC-15 cancel':
        return session(`/v1/payment-sessions/${sessionId}/cancel`);
      case 'AC-24 recording pause':
        return record('pause');
      case 'AC-24 recording resume':
        return record('resume');
      default: {
        const answer = await ask('DELETE', `/v1/calls/${callId}`);
        return codeOf(answer) ?? (answer.body.call as CallView).state;
      }
    }
  }

  for (const [operation, cells] of Object.entries(matrix)) {
    test.each(states.map((state) => [state, cells[state]] as const))(
      `${operation} in %s: %s`,
      async (state, expected) => {
        const { callId, sessionId } = await callIn(state);
        expect(await perform(operation, callId, sessionId)).toBe(expected);
      },
    );
  }

  test.each(['ringing', 'held', 'ended'] as const)('AC-1 Start is refused on a %s call', async (state) => {
    const callId = world.desk.addCall({ agent: 'ada', state });
    const answer = await post(`/v1/calls/${callId}/payment-sessions`, {});
    expect([answer.status, codeOf(answer)]).toEqual([409, 'call-not-active']);
  });

  test('AC-8 capturing another field puts the first back to what it was', async () => {
    const { callId, sessionId } = await callIn('ready');
    const path = `/v1/payment-sessions/${sessionId}/capture`;
    await post(path, { field: 'cardNumber' });
    world.desk.pressKeys(callId, 5);
    const second = sessionOf(await post(path, { field: 'securityCode' }));
    expect(FIELD_NAMES.map((field) => second.fields[field].state)).toEqual(['empty', 'empty', 'awaiting']);
  });

  test('AC-12 AC-13 complete with three captured fields leads to the token', async () => {
    const { callId, sessionId } = await callIn('ready');
    await captureAll(world.desk, ADA, callId);
    expect(sessionOf(await post(`/v1/payment-sessions/${sessionId}/complete`, {})).state).toBe('tokenizing');
    world.desk.finishTokenization(callId, 'tok_1');
    expect(sessionOf(await ask('GET', `/v1/payment-sessions/${sessionId}`))).toMatchObject({
      state: 'vaulted',
      token: 'tok_1',
    });
  });

  test('Start answers 201 with the session, the rest 200', async () => {
    const callId = world.desk.addCall({ agent: 'ada' });
    const started = await post(`/v1/calls/${callId}/payment-sessions`, {});
    expect(started.status).toBe(201);
    const canceled = await post(`/v1/payment-sessions/${sessionOf(started).id}/cancel`, {});
    expect(canceled.status).toBe(200);
  });

  test.each(['vault-unreachable', 'media-unreachable', 'recorder-not-paused'] as const)(
    'AC-23 %s is told at Start',
    async (code) => {
      world.desk.startRefusal = code;
      const answer = await post(`/v1/calls/${world.desk.addCall({ agent: 'ada' })}/payment-sessions`, {});
      expect([answer.status, codeOf(answer)]).toEqual([503, code]);
    },
  );
});

describe('who asks', () => {
  test('every v1 route needs a token', async () => {
    for (const [method, path] of [
      ['GET', '/v1/calls'],
      ['GET', '/v1/calls/x'],
      ['DELETE', '/v1/calls/x'],
      ['POST', '/v1/calls/x/recording'],
      ['POST', '/v1/calls/x/payment-sessions'],
      ['GET', '/v1/payment-sessions/x'],
      ['POST', '/v1/payment-sessions/x/capture'],
      ['POST', '/v1/payment-sessions/x/complete'],
      ['POST', '/v1/payment-sessions/x/cancel'],
    ] as const) {
      const answer = await ask(method, path, { token: '' });
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 401, 'unauthorized']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test("another agent's call and session are not found, for every operation", async () => {
    const { callId, sessionId } = await callIn('ready');
    const before = world.desk.requests.length;
    const answers = [
      await ask('GET', `/v1/calls/${callId}`, { token: OTHER_TOKEN }),
      await ask('DELETE', `/v1/calls/${callId}`, { token: OTHER_TOKEN }),
      await post(`/v1/calls/${callId}/recording`, { action: 'stop' }, OTHER_TOKEN),
      await post(`/v1/calls/${callId}/payment-sessions`, {}, OTHER_TOKEN),
      await ask('GET', `/v1/payment-sessions/${sessionId}`, { token: OTHER_TOKEN }),
      await post(`/v1/payment-sessions/${sessionId}/capture`, { field: 'cardNumber' }, OTHER_TOKEN),
      await post(`/v1/payment-sessions/${sessionId}/complete`, {}, OTHER_TOKEN),
      await post(`/v1/payment-sessions/${sessionId}/cancel`, {}, OTHER_TOKEN),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    const unknown = await ask('GET', '/v1/calls/nobody', { token: OTHER_TOKEN });
    expect(answers[0]?.body).toEqual(unknown.body);
    expect(world.desk.requests.length).toBe(before);
    const list = await ask('GET', '/v1/calls', { token: OTHER_TOKEN });
    expect(list.body.calls).toEqual([]);
  });

  test('AC-24 a refused resume during a payment is audited with agent and code', async () => {
    const { callId } = await callIn('ready');
    world.audit.length = 0;
    await post(`/v1/calls/${callId}/recording`, { action: 'resume' });
    expect(world.audit).toEqual([
      { kind: 'operation-refused', source: '127.0.0.1', agent: 'ada', operation: 'record', code: 'recording-locked' },
    ]);
  });

  test('wrong tokens are refused, limited and audited once, and a right one is let in all the same', async () => {
    const own = await startServer();
    try {
      const url = `http://127.0.0.1:${own.port}/v1/calls`;
      const wrong = { headers: { Authorization: `Bearer ${'wrong'.repeat(8)}` } };
      const statuses: number[] = [];
      for (let n = 0; n < 30; n += 1) statuses.push((await fetch(url, wrong)).status);
      expect(statuses.filter((status) => status === 401)).toHaveLength(10);
      expect(statuses.filter((status) => status === 429)).toHaveLength(20);
      expect(Number((await fetch(url, wrong)).headers.get('retry-after'))).toBeGreaterThan(0);
      expect(own.audit).toEqual([{ kind: 'authentication-failed', source: '127.0.0.1', way: 'http', count: 1 }]);
      expect((await fetch(url, { headers: { Authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
    } finally {
      await own.server.close();
    }
  });

  test('an agent who floods is slowed down, another is not', async () => {
    const own = await startServer();
    try {
      const url = `http://127.0.0.1:${own.port}/v1/calls`;
      const as = (token: string) => fetch(url, { headers: { Authorization: `Bearer ${token}` } });
      const statuses = (await Promise.all(Array.from({ length: 400 }, () => as(TOKEN)))).map(({ status }) => status);
      expect(statuses).toContain(200);
      expect(statuses).toContain(429);
      expect((await as(OTHER_TOKEN)).status).toBe(200);
    } finally {
      await own.server.close();
    }
  });
});

describe('bad input', () => {
  const json = { 'Content-Type': 'application/json' };
  const path = '/v1/payment-sessions/x/capture';

  test.each([
    ['no JSON', '{"field":', json, 400, 'bad-request'],
    ['no member', '{}', json, 400, 'bad-request'],
    ['an unknown member', '{"field":"cardNumber","value":"4242424242424242"}', json, 400, 'bad-request'],
    ['an unknown field', '{"field":"4242424242424242"}', json, 400, 'bad-request'],
    ['a list', '[]', json, 400, 'bad-request'],
    ['null', 'null', json, 400, 'bad-request'],
    ['a prototype', '{"__proto__":{"field":"cardNumber"}}', json, 400, 'bad-request'],
    ['nothing', '', json, 400, 'bad-request'],
    [
      'a form',
      'field=cardNumber',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported-media-type',
    ],
    ['text', '{"field":"cardNumber"}', { 'Content-Type': 'text/plain' }, 415, 'unsupported-media-type'],
    ['16 KiB and more', JSON.stringify({ field: 'x'.repeat(16 * 1024) }), json, 413, 'request-too-large'],
  ])('%s is refused', async (_, body, headers, status, code) => {
    const answer = await ask('POST', path, { body, headers });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(JSON.stringify(answer.body)).not.toContain('4242');
  });

  test('operations without a body take none, and an empty object', async () => {
    const { sessionId } = await callIn('ready');
    expect((await ask('POST', `/v1/payment-sessions/${sessionId}/cancel`)).status).toBe(200);
    const refused = await post(`/v1/payment-sessions/${sessionId}/cancel`, { force: true });
    expect(codeOf(refused)).toBe('bad-request');
  });

  test.each(['/', '/v1/', '/v2/calls', '/panel/../package.json', '/panel/panel-page.js.map', '/%2e%2e/x'])(
    'an unknown address is 404 in JSON and is not repeated: %s',
    async (address) => {
      const answer = await ask('PUT', `${address}`, { token: '' });
      expect([answer.status, codeOf(answer)]).toEqual([404, 'unknown-route']);
      expect(Object.keys(answer.body)).toEqual(['error']);
    },
  );

  test.each(['%zz', '%00', '<script>', 'x'.repeat(127), `a${'%20'.repeat(20)}`, "';--"])(
    'an odd id is not found or refused, never repeated: %s',
    async (id) => {
      const answer = await ask('GET', `/v1/calls/${id}`);
      expect([400, 404]).toContain(answer.status);
      expect(JSON.stringify(answer.body)).not.toContain('script');
    },
  );

  test.each([
    ['no HTTP at all', '\x16\x03\x01\x02\x00\r\n\r\n', '400'],
    ['endless headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, '413'],
    ['two lengths', 'POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', '400'],
  ])('%s gets an answer of ours and is closed', async (_, bytes, status) => {
    const answer = await raw(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('"error":{"code"');
  });

  async function raw(bytes: string): Promise<string> {
    const socket = connect(world.port, '127.0.0.1');
    socket.setEncoding('utf8');
    socket.end(bytes, 'latin1');
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    return answer;
  }
});

describe('pages and services', () => {
  test('the root leads to the panel', async () => {
    for (const path of ['/', '/panel']) {
      const answer = await ask('GET', path, { token: '' });
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/panel/']);
    }
  });

  test('the panel is served with a policy that allows itself and nothing else', async () => {
    const answer = await ask('GET', '/panel/', { token: '' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "frame-ancestors 'self'; base-uri 'none'; form-action 'none'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    const etag = answer.headers.get('etag') ?? '';
    expect((await ask('GET', '/panel/', { token: '', headers: { 'If-None-Match': etag } })).status).toBe(304);
  });

  test('answers of the API are not cached, sniffed or framed', async () => {
    for (const path of ['/v1/calls', '/v1/nothing', '/healthz']) {
      const { headers } = await ask('GET', path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('set-cookie')).toBeNull();
    }
  });

  test('every module the page reaches is served, and no other file', async () => {
    const reached = new Set<string>();
    const follow = async (name: string): Promise<void> => {
      if (reached.has(name)) return;
      reached.add(name);
      const source = await readFile(join(PANEL_DIRECTORY, name), 'utf8');
      for (const [, next] of source.matchAll(/from '\.\/([\w-]+\.js)'/g)) if (next !== undefined) await follow(next);
      expect(source).not.toMatch(/from '\.\.\//);
    };
    await follow('panel-page.js');
    for (const name of reached) {
      const answer = await ask('GET', `/panel/${name}`, { token: '' });
      expect([name, answer.status]).toEqual([name, 200]);
      expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    }
    expect((await ask('GET', '/panel/panel-view-model.test.js', { token: '' })).status).toBe(404);
  });

  test('health needs no token; metrics need one unless asked from this machine', async () => {
    expect((await ask('GET', '/healthz', { token: '' })).body).toEqual({ ok: true, parts: { vault: true } });
    const local = await ask('GET', '/metrics', { token: '' });
    expect(String(local.body.text)).toContain('tonegate_api_requests_total');
    const proxied = { 'X-Forwarded-For': '203.0.113.7' };
    expect((await ask('GET', '/metrics', { token: '', headers: proxied })).status).toBe(401);
    expect((await ask('GET', '/metrics', { headers: proxied })).status).toBe(200);
  });

  test("the event socket's address without a handshake says so", async () => {
    expect(codeOf(await ask('GET', '/v1/events'))).toBe('upgrade-required');
  });
});

describe('faults, logs and starting', () => {
  type Options = ConstructorParameters<typeof ApiServer>[0];

  function serverOf(more: Partial<Options>): ApiServer {
    return new ApiServer({
      listen: { address: '127.0.0.1', port: 0 },
      desk: new MemoryCallDesk(),
      agents: [{ name: 'ada', token: TOKEN }],
      allowedOrigins: [],
      onAudit: () => undefined,
      metrics: async () => '',
      health: () => ({ ok: false, parts: { vault: false } }),
      panelDirectory: PANEL_DIRECTORY,
      ...more,
    });
  }

  test('a fault inside is told to the log, not to the client', async () => {
    class BrokenDesk extends MemoryCallDesk {
      override calls(): never {
        throw new Error('secret 4242424242424242');
      }
    }
    const faults: unknown[] = [];
    const server = serverOf({ desk: new BrokenDesk(), onFault: (error) => faults.push(error) });
    const port = await server.start();
    const response = await fetch(`http://127.0.0.1:${port}/v1/calls`, {
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(faults).toHaveLength(1);
    await server.close();
  });

  test('the access log has the route, never the id, the query, the token or the body', async () => {
    const entries: AccessEntry[] = [];
    const server = serverOf({ onAccess: (entry) => entries.push(entry) });
    const port = await server.start();
    const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
    const init = { method: 'POST', headers, body: '{"field":"cardNumber"}' };
    await fetch(`http://127.0.0.1:${port}/v1/payment-sessions/4242424242424242/capture?token=secret`, init);
    await fetch(`http://127.0.0.1:${port}/4242424242424242?token=secret`);
    expect(entries).toMatchObject([
      { method: 'POST', route: '/v1/payment-sessions/:id/capture', status: 404, source: '127.0.0.1', agent: 'ada' },
      { method: 'GET', route: 'unknown', status: 404 },
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/4242|secret|test-token|cardNumber/);
    await server.close();
  });

  test('a part that is down makes health 503', async () => {
    const server = serverOf({});
    const port = await server.start();
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(503);
    await server.close();
  });

  test('a panel that was not built and a port that is taken are named at start', async () => {
    const server = serverOf({ panelDirectory: '/nonexistent' });
    await expect(server.start()).rejects.toThrow(/panel.html.*npm run build/);
    await server.close();
    const second = serverOf({ listen: { address: '127.0.0.1', port: world.port } });
    await expect(second.start()).rejects.toThrow(/EADDRINUSE/);
    await second.close();
  });
});
