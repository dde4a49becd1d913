/** `POST /v1/softphone`: the agent's telephone gets its password, and nobody else does. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pageHeaders } from '../../gateway/api/page-policy.js';
import type { SoftphoneAccess } from '../../gateway/api/softphone-access.js';
import { OTHER_TOKEN, type PanelServer, startServer, TOKEN } from '../panel/panel-world.js';
import { ApiClient, codeOf } from './api-client.js';

const ACCESS: SoftphoneAccess = {
  server: 'wss://phones.example:7443',
  aor: 'sip:ada@phones.example',
  user: 'ada',
  password: 'good-for-an-hour',
  realm: 'tonegate',
  expiresAt: '2026-11-23T09:30:00.000Z',
  iceServers: [],
};

let world: PanelServer;
let client: ApiClient;

beforeAll(async () => {
  const open = (agent: string) => (agent === 'ada' ? ACCESS : undefined);
  world = await startServer({ softphone: { serverOrigin: 'wss://phones.example:7443', open } });
  client = new ApiClient(world.port);
});
afterAll(() => world.server.close());

test('an agent with a SIP user gets what the telephone needs, which is audited without the password', async () => {
  const answer = await client.post('/v1/softphone', {}, TOKEN);
  expect(answer).toMatchObject({ status: 200, body: { softphone: ACCESS } });
  const records = world.audit.filter(({ kind }) => kind === 'softphone-opened');
  expect(records).toEqual([{ kind: 'softphone-opened', source: '127.0.0.1', actor: 'ada', user: 'ada' }]);
  expect(JSON.stringify(world.audit)).not.toContain(ACCESS.password);
});

test('an agent without one is told so, and that is audited', async () => {
  const answer = await client.post('/v1/softphone', {}, OTHER_TOKEN);
  expect([answer.status, codeOf(answer)]).toEqual([409, 'softphone-unavailable']);
  expect(world.audit).toContainEqual(
    expect.objectContaining({ kind: 'operation-refused', actor: 'bob', operation: 'open-softphone' }),
  );
});

test('passwords are given out so many at a time, since each is a record of the audit log', async () => {
  world.audit.length = 0;
  const statuses: number[] = [];
  let last = await client.post('/v1/softphone', {}, TOKEN);
  while (last.status === 200 && statuses.length < 50) {
    statuses.push(last.status);
    last = await client.post('/v1/softphone', {}, TOKEN);
  }
  expect([last.status, codeOf(last)]).toEqual([429, 'too-many-requests']);
  expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(world.audit.filter(({ kind }) => kind === 'softphone-opened')).toHaveLength(statuses.length);
});

test('its page may connect to that address and use the microphone; others may not', async () => {
  const context = { frameAncestors: [], softphoneServer: 'wss://phones.example:7443' };
  for (const [path, connect] of [
    ['/softphone/', "connect-src 'self' wss://phones.example:7443;"],
    ['/panel/', "connect-src 'self';"],
  ] as const) {
    const response = await fetch(`http://127.0.0.1:${world.port}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-security-policy')).toContain(connect);
    expect(response.headers.get('permissions-policy')).toBe(pageHeaders(path, context)['Permissions-Policy']);
  }
});
