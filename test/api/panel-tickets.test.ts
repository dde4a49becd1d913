/** Panel tickets over real HTTP: who gets one, what it opens, and how misuse is told, counted and audited. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { ADA, CRM_ORIGIN, INTEGRATION_TOKEN, type PanelServer, startServer, TOKEN } from '../panel/panel-world.js';
import { type Answer, ApiClient, codeOf } from './api-client.js';

let world: PanelServer;
let client: ApiClient;

beforeAll(async () => {
  world = await startServer();
  client = new ApiClient(world.port);
});
beforeEach(() => {
  world.audit.length = 0;
});
afterAll(() => world.server.close());

const order = (more: object = {}, token = INTEGRATION_TOKEN) =>
  client.post('/v1/panel-tickets', { agent: 'ada', origin: CRM_ORIGIN, ...more }, token);
const exchange = (ticket: unknown, origin = CRM_ORIGIN): Promise<Answer> =>
  client.post('/v1/panel-sessions', { ticket, origin }, '');

async function open(more: object = {}): Promise<string> {
  const opened = await exchange((await order(more)).body.ticket);
  expect(opened.status).toBe(201);
  return String(opened.body.token);
}

describe('from ticket to panel', () => {
  test("an integration's ticket opens the agent's panel, which may what the agent may", async () => {
    const callId = world.desk.addCall({ agent: 'ada' });
    const ticket = await order();
    expect([ticket.status, Object.keys(ticket.body)]).toEqual([201, ['ticket', 'expiresAt']]);
    expect(Date.parse(String(ticket.body.expiresAt)) - Date.now()).toBeLessThanOrEqual(60_000);
    const opened = await exchange(ticket.body.ticket);
    expect([opened.status, opened.body.agent]).toEqual([201, 'ada']);
    const token = String(opened.body.token);
    expect((await client.ask('GET', '/v1/me', { token })).body).toMatchObject({ name: 'ada', role: 'agent' });
    expect((await client.post(`/v1/calls/${callId}/payment-sessions`, {}, token)).status).toBe(201);
    expect((await snapshot(token)).map(({ id }) => id)).toContain(callId);
    expect(world.audit).toMatchObject([
      { kind: 'panel-ticket-issued', actor: 'crm', agent: 'ada' },
      { kind: 'panel-session-opened', actor: 'ada' },
      { kind: 'socket-opened', actor: 'ada' },
    ]);
    expect(JSON.stringify(world.audit)).not.toContain(token);
    expect(JSON.stringify(world.audit)).not.toContain(String(ticket.body.ticket));
  });

  test('a ticket for one call opens a panel that knows no other', async () => {
    const [own, other] = [world.desk.addCall({ agent: 'ada' }), world.desk.addCall({ agent: 'ada' })];
    const started = await world.desk.startSession(ADA, other);
    if (!started.ok) throw new Error(started.code);
    const token = await open({ callId: own });
    expect((await client.ask('GET', '/v1/me', { token })).body.callId).toBe(own);
    const { body } = await client.ask('GET', '/v1/calls', { token });
    expect((body.calls as { id: string }[]).map(({ id }) => id)).toEqual([own]);
    expect((await snapshot(token)).map(({ id }) => id)).toEqual([own]);
    for (const [method, path] of [
      ['GET', `/v1/calls/${other}`],
      ['DELETE', `/v1/calls/${other}`],
      ['POST', `/v1/calls/${other}/payment-sessions`],
      ['GET', `/v1/payment-sessions/${started.value.id}`],
      ['POST', `/v1/payment-sessions/${started.value.id}/cancel`],
    ] as const) {
      expect([path, codeOf(await client.ask(method, path, { token }))]).toEqual([path, 'not-found']);
    }
  });

  test('an agent has tickets for itself only, and a panel has none to give', async () => {
    const own = await client.post('/v1/panel-tickets', { origin: CRM_ORIGIN });
    expect(own.status).toBe(201);
    expect(codeOf(await order({ agent: 'bob' }, TOKEN))).toBe('agent-unknown');
    const panel = String((await exchange(own.body.ticket)).body.token);
    expect(codeOf(await order({}, panel))).toBe('forbidden-role');
  });

  async function snapshot(token: string): Promise<readonly { readonly id: string }[]> {
    const socket = new WebSocket(`ws://127.0.0.1:${world.port}/v1/events`);
    try {
      return await new Promise((resolve, reject) => {
        socket.on('open', () => socket.send(JSON.stringify({ type: 'authenticate', token })));
        socket.on('message', (data) => resolve(JSON.parse(data.toString()).calls));
        socket.on('close', reject);
      });
    } finally {
      socket.terminate();
    }
  }
});

describe('misuse', () => {
  test.each([
    ['no agent named', { agent: undefined }, 'bad-request'],
    ['an unknown agent', { agent: 'nobody' }, 'agent-unknown'],
    ['a supervisor as agent', { agent: 'sue' }, 'agent-unknown'],
    ['an unknown call', { callId: 'nothing' }, 'not-found'],
    ['an origin that may not frame us', { origin: 'https://evil.example' }, 'ticket-origin'],
    ['no origin', { origin: undefined }, 'bad-request'],
    ['a member of no meaning', { role: 'administrator' }, 'bad-request'],
  ])('no ticket for %s', async (_, more, code) => {
    expect(codeOf(await order(more))).toBe(code);
  });

  test("no ticket for another agent's call", async () => {
    expect(codeOf(await order({ callId: world.desk.addCall({ agent: 'bob' }) }))).toBe('not-found');
  });

  test('unknown, used and foreign tickets have codes of their own, are counted, and audited once a minute', async () => {
    const own = await startServer();
    const there = new ApiClient(own.port);
    const ticketOf = async () =>
      (await there.post('/v1/panel-tickets', { agent: 'ada', origin: CRM_ORIGIN }, INTEGRATION_TOKEN)).body.ticket;
    const offer = async (ticket: unknown, origin = CRM_ORIGIN) =>
      codeOf(await there.post('/v1/panel-sessions', { ticket, origin }, ''));
    const used = await ticketOf();
    expect(await offer(used)).toBeUndefined();
    own.audit.length = 0;
    expect(await offer(used)).toBe('ticket-used');
    expect(await offer('nothing')).toBe('ticket-unknown');
    expect(await offer(await ticketOf(), 'https://evil.example')).toBe('ticket-origin');
    const kinds = own.audit.filter(({ kind }) => kind === 'panel-ticket-refused');
    expect(kinds).toEqual([{ kind: 'panel-ticket-refused', source: '127.0.0.1', code: 'ticket-used', count: 1 }]);
    expect(own.server.counters()).toMatchObject({
      panelTicketsIssued: 2,
      panelTicketsRefused: 3,
      panelSessionsOpened: 1,
    });
    const codes = [];
    for (let n = 0; n < 20; n += 1) codes.push(await offer('nothing'));
    expect(codes).toContain('too-many-requests');
    // Who has a good one is let in all the same.
    expect(await offer(await ticketOf())).toBeUndefined();
    await own.server.close();
  });

  test('a foreign page cannot even try, and a flood of it is one audit record', async () => {
    const body = JSON.stringify({ ticket: 'x', origin: CRM_ORIGIN });
    for (let n = 0; n < 20; n += 1) {
      const headers = { 'Content-Type': 'application/json', Origin: 'https://evil.example' };
      expect(codeOf(await client.ask('POST', '/v1/panel-sessions', { token: '', headers, body }))).toBe(
        'forbidden-origin',
      );
    }
    expect(world.audit).toEqual([{ kind: 'origin-refused', source: '127.0.0.1', count: 1 }]);
    expect(world.server.counters().originsRefused).toBe(20);
  });

  test.each([{}, { ticket: 1, origin: CRM_ORIGIN }, { ticket: 'x'.repeat(200), origin: CRM_ORIGIN }, { ticket: '' }])(
    'what is no request is none: %j',
    async (body) => expect(codeOf(await client.post('/v1/panel-sessions', body, ''))).toBe('bad-request'),
  );

  test('the panel for frames may be framed by those configured, no other page is', async () => {
    const policyOf = async (path: string) =>
      (await client.ask('GET', path, { token: '' })).headers.get('content-security-policy') ?? '';
    expect(await policyOf('/panel/')).toContain("frame-ancestors 'self';");
  });
});

test('tickets for one agent are given out so many at a time; those for another go on', async () => {
  const own = await startServer();
  const there = new ApiClient(own.port);
  const orderFor = (agent: string) => there.post('/v1/panel-tickets', { agent, origin: CRM_ORIGIN }, INTEGRATION_TOKEN);
  let [issued, last] = [0, await orderFor('ada')];
  for (; last.status === 201 && issued < 50; issued += 1) last = await orderFor('ada');
  expect([last.status, codeOf(last)]).toEqual([429, 'too-many-requests']);
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(own.audit.filter(({ kind }) => kind === 'panel-ticket-issued')).toHaveLength(issued);
  expect((await orderFor('bob')).status).toBe(201);
  await own.server.close();
});
