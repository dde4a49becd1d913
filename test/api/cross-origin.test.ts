/** What pages of other origins are told by the running server: preflights, scripts, and who may frame what. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CRM_ORIGIN, type PanelServer, startServer } from '../panel/panel-world.js';
import { type Answer, ApiClient, codeOf } from './api-client.js';

let world: PanelServer;
let client: ApiClient;

beforeAll(async () => {
  world = await startServer();
  client = new ApiClient(world.port);
});

afterAll(() => world.server.close());

function preflight(origin: string, path = '/v1/calls'): Promise<Answer> {
  return client.ask('OPTIONS', path, {
    token: '',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type',
    },
  });
}

test.each(['/v1/calls', '/v1/calls/1/payment-sessions', '/v1/panel-sessions'])(
  'a preflight for %s needs no bearer, from an allowed origin',
  async (path) => {
    const { status, headers } = await preflight(CRM_ORIGIN, path);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(CRM_ORIGIN);
    expect(headers.get('access-control-allow-headers')).toMatch(/Authorization/);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('vary')).toBe('Origin');
  },
);

test.each(['https://evil.example', 'null', 'https://crm.example:8443'])('one of %s is refused', async (origin) => {
  const answer = await preflight(origin);
  expect([answer.status, codeOf(answer)]).toEqual([403, 'forbidden-origin']);
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
});

test('an answer, and a refusal too, can be read by a page of an allowed origin only', async () => {
  for (const [token, status] of [
    [undefined, 200],
    ['', 401],
  ] as const) {
    const ask = (origin: string) =>
      client.ask('GET', '/v1/calls', { headers: { Origin: origin }, ...(token === undefined ? {} : { token }) });
    const allowed = await ask(CRM_ORIGIN);
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([status, CRM_ORIGIN]);
    const foreign = await ask('https://evil.example');
    expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([status, null]);
    expect(foreign.headers.get('vary')).toBe('Origin');
  }
});

test('every page may load the scripts; none may load the answers', async () => {
  for (const path of ['/panel/tonegate-panel.js', '/panel/desk-client.js', '/panel/embed.js']) {
    const { headers } = await client.ask('GET', path, { token: '' });
    expect([path, headers.get('access-control-allow-origin')]).toEqual([path, '*']);
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  }
  const { headers } = await client.ask('GET', '/v1/calls');
  expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
});

test('the embedded panel may be framed by the configured origins, knows them, and no other page may', async () => {
  const embedded = await client.ask('GET', '/panel/embed/', { token: '' });
  expect(embedded.headers.get('content-security-policy')).toContain(`frame-ancestors ${CRM_ORIGIN};`);
  expect(embedded.headers.get('x-frame-options')).toBeNull();
  expect(String(embedded.body.text)).toContain(`name="tonegate-frame-ancestors" content="${CRM_ORIGIN}"`);
  const panel = await client.ask('GET', '/panel/', { token: '' });
  expect(panel.headers.get('content-security-policy')).toContain("frame-ancestors 'self';");
});
