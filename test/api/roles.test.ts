/** Every operation × every role over real HTTP: what a role may is answered, anything else is `forbidden-role`. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { contractOf, OPERATION_NAMES, type OperationName } from '../../gateway/api/operations.js';
import { ROLES, type Role } from '../../gateway/api/roles.js';
import {
  ADA,
  ADMINISTRATOR_TOKEN,
  AUDITOR_TOKEN,
  captureAll,
  INTEGRATION_TOKEN,
  type PanelServer,
  SUPERVISOR_TOKEN,
  startServer,
  TOKEN,
} from '../panel/panel-world.js';
import { ApiClient, codeOf } from './api-client.js';

const tokens: Readonly<Record<Role, string>> = {
  agent: TOKEN,
  supervisor: SUPERVISOR_TOKEN,
  auditor: AUDITOR_TOKEN,
  integration: INTEGRATION_TOKEN,
  administrator: ADMINISTRATOR_TOKEN,
};

/** Written down here once more, by hand: a change of the table in the gateway has to be meant. */
const allowed: Readonly<Record<OperationName, readonly Role[] | 'anybody'>> = {
  'read-account': ROLES,
  'list-calls': ['agent', 'supervisor'],
  'read-call': ['agent', 'supervisor'],
  'hang-up': ['agent'],
  record: ['agent'],
  'start-session': ['agent'],
  'read-session': ['agent', 'supervisor'],
  capture: ['agent'],
  complete: ['agent'],
  cancel: ['agent'],
  'watch-events': ['agent', 'supervisor'],
  'list-past-sessions': ['auditor'],
  'list-past-calls': ['auditor'],
  'list-recordings': ['auditor'],
  'read-recording': ['auditor'],
  'read-recording-notes': ['auditor'],
  'read-audit-log': ['auditor'],
  'verify-audit-log': ['auditor'],
  'read-configuration': ['administrator'],
  'list-accounts': ['administrator'],
  'create-panel-ticket': ['agent', 'integration'],
  'open-softphone': ['agent'],
  'open-panel-session': 'anybody',
  'read-openapi': 'anybody',
  'read-health': 'anybody',
  'read-metrics': ['administrator'],
};

let world: PanelServer;
let client: ApiClient;

beforeAll(async () => {
  world = await startServer();
  client = new ApiClient(world.port);
});
afterAll(() => world.server.close());

/** A proxy hands the request on, so that the metrics are not asked for from this machine. */
const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': '203.0.113.7' };

async function ask(name: OperationName, token: string): Promise<string> {
  const { method, path } = contractOf(name);
  const body = method === 'POST' ? { body: '{}' } : {};
  const answer = await client.ask(method, path.replace('{id}', 'nobody'), { token, headers, ...body });
  return codeOf(answer) ?? String(answer.status);
}

async function closeCode(token: string): Promise<number | 'open'> {
  const socket = new WebSocket(`ws://127.0.0.1:${world.port}/v1/events`);
  try {
    return await new Promise((resolve) => {
      socket.on('open', () => socket.send(JSON.stringify({ type: 'authenticate', token })));
      socket.on('message', () => resolve('open'));
      socket.on('close', resolve);
    });
  } finally {
    socket.terminate();
  }
}

const overHttp = OPERATION_NAMES.filter((name) => name !== 'watch-events');

describe.each(ROLES)('%s', (role) => {
  test.each(overHttp.filter((name) => allowed[name] === 'anybody' || allowed[name].includes(role)))(
    'may %s',
    async (name) => {
      expect(['forbidden-role', 'unauthorized']).not.toContain(await ask(name, tokens[role]));
    },
  );

  const forbidden = overHttp.filter((name) => allowed[name] !== 'anybody' && !allowed[name].includes(role));
  test.each(forbidden)('may not %s, and the try is audited', async (name) => {
    world.audit.length = 0;
    expect(await ask(name, tokens[role])).toBe('forbidden-role');
    expect(world.audit).toMatchObject([{ kind: 'operation-refused', operation: name, code: 'forbidden-role' }]);
  });

  test('the event socket', async () => {
    const may = allowed['watch-events'].includes(role);
    expect(await closeCode(tokens[role])).toBe(may ? 'open' : 4403);
  });

  test('is told what it may', async () => {
    const { body } = await client.ask('GET', '/v1/me', { token: tokens[role] });
    const expected = OPERATION_NAMES.filter((name) => allowed[name] === 'anybody' || allowed[name].includes(role));
    expect(body).toMatchObject({ role, operations: expected });
  });
});

test('nobody without a bearer gets further than what is for anybody', async () => {
  const open = [];
  for (const name of overHttp) if ((await ask(name, '')) !== 'unauthorized') open.push(name);
  expect(open).toEqual(['open-panel-session', 'read-openapi', 'read-health']);
});

describe('a supervisor', () => {
  test("sees everybody's calls and sessions, masked and without the token", async () => {
    const callId = world.desk.addCall({ agent: 'ada' });
    const nobodys = world.desk.addCall({ agent: '' });
    const started = await world.desk.startSession(ADA, callId);
    if (!started.ok) throw new Error(started.code);
    await captureAll(world.desk, ADA, callId);
    await world.desk.complete(ADA, started.value.id);
    const events = await watching(async () => world.desk.finishTokenization(callId, 'tok_secret'));
    const list = await client.ask('GET', '/v1/calls', { token: SUPERVISOR_TOKEN });
    const call = await client.ask('GET', `/v1/calls/${callId}`, { token: SUPERVISOR_TOKEN });
    const session = await client.ask('GET', `/v1/payment-sessions/${started.value.id}`, { token: SUPERVISOR_TOKEN });
    expect((list.body.calls as { id: string }[]).map(({ id }) => id)).toEqual(
      expect.arrayContaining([callId, nobodys]),
    );
    for (const told of [list.body, call.body, session.body, events]) {
      const text = JSON.stringify(told);
      expect(text).toContain('**** **** **** 4242');
      expect(text).toContain('vaulted');
      expect(text).not.toContain('tok_secret');
      expect(text).not.toContain('tokenExpiresAt');
    }
    // The control: the agent is given it.
    const own = await client.ask('GET', `/v1/payment-sessions/${started.value.id}`);
    expect(JSON.stringify(own.body)).toContain('tok_secret');
  });

  /** What the supervisor's socket says while something happens, up to the answer to a ping behind it. */
  async function watching(happens: () => Promise<void>): Promise<readonly unknown[]> {
    const socket = new WebSocket(`ws://127.0.0.1:${world.port}/v1/events`);
    const told: { readonly type: string }[] = [];
    return new Promise((resolve) => {
      socket.on('open', () => socket.send(JSON.stringify({ type: 'authenticate', token: SUPERVISOR_TOKEN })));
      socket.on('message', async (data) => {
        told.push(JSON.parse(data.toString()));
        if (told.length === 1) {
          await happens();
          socket.send('{"type":"ping"}');
        }
        if (told.at(-1)?.type !== 'pong') return;
        socket.terminate();
        resolve(told.slice(1));
      });
    });
  }
});
