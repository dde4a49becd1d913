/** The operations over real HTTP: who may do what, in which state of call and session. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { RecordingAction } from '../../gateway/media/control-wire.js';
import type { SessionState, SessionView } from '../../gateway/payment/session-view.js';
import { FIELD_NAMES } from '../../vault-client/wire.js';
import { ADA, captureAll, OTHER_TOKEN, type PanelServer, startServer, TOKEN } from '../panel/panel-world.js';
import { type Answer, ApiClient, codeOf } from './api-client.js';

let world: PanelServer;
let client: ApiClient;

beforeAll(async () => {
  world = await startServer();
  client = new ApiClient(world.port);
});
afterAll(() => world.server.close());

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
      const answer = await client.post(`/v1/calls/${callId}/recording`, { action });
      return codeOf(answer) ?? (answer.body.call as CallView).recording.state;
    };
    const session = async (path: string, body: unknown = {}) => {
      const answer = await client.post(path, body);
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
        const answer = await client.ask('DELETE', `/v1/calls/${callId}`);
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
    const answer = await client.post(`/v1/calls/${callId}/payment-sessions`, {});
    expect([answer.status, codeOf(answer)]).toEqual([409, 'call-not-active']);
  });

  test('AC-8 capturing another field puts the first back to what it was', async () => {
    const { callId, sessionId } = await callIn('ready');
    const path = `/v1/payment-sessions/${sessionId}/capture`;
    await client.post(path, { field: 'cardNumber' });
    world.desk.pressKeys(callId, 5);
    const second = sessionOf(await client.post(path, { field: 'securityCode' }));
    expect(FIELD_NAMES.map((field) => second.fields[field].state)).toEqual(['empty', 'empty', 'awaiting']);
  });

  test('AC-12 AC-13 complete with three captured fields leads to the token', async () => {
    const { callId, sessionId } = await callIn('ready');
    await captureAll(world.desk, ADA, callId);
    expect(sessionOf(await client.post(`/v1/payment-sessions/${sessionId}/complete`, {})).state).toBe('tokenizing');
    world.desk.finishTokenization(callId, 'tok_1');
    expect(sessionOf(await client.ask('GET', `/v1/payment-sessions/${sessionId}`))).toMatchObject({
      state: 'vaulted',
      token: 'tok_1',
    });
  });

  test('Start answers 201 with the session, the rest 200', async () => {
    const callId = world.desk.addCall({ agent: 'ada' });
    const started = await client.post(`/v1/calls/${callId}/payment-sessions`, {});
    expect(started.status).toBe(201);
    const canceled = await client.post(`/v1/payment-sessions/${sessionOf(started).id}/cancel`, {});
    expect(canceled.status).toBe(200);
  });

  test.each(['vault-unreachable', 'media-unreachable', 'recorder-not-paused'] as const)(
    'AC-23 %s is told at Start',
    async (code) => {
      world.desk.startRefusal = code;
      const answer = await client.post(`/v1/calls/${world.desk.addCall({ agent: 'ada' })}/payment-sessions`, {});
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
      const answer = await client.ask(method, path, { token: '' });
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 401, 'unauthorized']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test("another agent's call and session are not found, for every operation", async () => {
    const { callId, sessionId } = await callIn('ready');
    const before = world.desk.requests.length;
    const answers = [
      await client.ask('GET', `/v1/calls/${callId}`, { token: OTHER_TOKEN }),
      await client.ask('DELETE', `/v1/calls/${callId}`, { token: OTHER_TOKEN }),
      await client.post(`/v1/calls/${callId}/recording`, { action: 'stop' }, OTHER_TOKEN),
      await client.post(`/v1/calls/${callId}/payment-sessions`, {}, OTHER_TOKEN),
      await client.ask('GET', `/v1/payment-sessions/${sessionId}`, { token: OTHER_TOKEN }),
      await client.post(`/v1/payment-sessions/${sessionId}/capture`, { field: 'cardNumber' }, OTHER_TOKEN),
      await client.post(`/v1/payment-sessions/${sessionId}/complete`, {}, OTHER_TOKEN),
      await client.post(`/v1/payment-sessions/${sessionId}/cancel`, {}, OTHER_TOKEN),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    const unknown = await client.ask('GET', '/v1/calls/nobody', { token: OTHER_TOKEN });
    expect(answers[0]?.body).toEqual(unknown.body);
    expect(world.desk.requests.length).toBe(before);
    const list = await client.ask('GET', '/v1/calls', { token: OTHER_TOKEN });
    expect(list.body.calls).toEqual([]);
  });

  test('AC-24 a refused resume during a payment is audited with agent and code', async () => {
    // A server that has refused nobody that yet: the same refusal is told once a minute.
    const own = await startServer();
    const callId = own.desk.addCall({ agent: 'ada' });
    await own.desk.startSession(ADA, callId);
    const resume = () => new ApiClient(own.port).post(`/v1/calls/${callId}/recording`, { action: 'resume' });
    expect(codeOf(await resume())).toBe('recording-locked');
    const refused = { source: '127.0.0.1', actor: 'ada', operation: 'record', code: 'recording-locked', count: 1 };
    expect(own.audit).toEqual([{ kind: 'operation-refused', ...refused }]);
    // Asking on is refused as well, and cannot fill the log.
    expect(codeOf(await resume())).toBe('recording-locked');
    expect(own.audit).toHaveLength(1);
    await own.server.close();
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
