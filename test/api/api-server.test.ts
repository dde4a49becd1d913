/** The server over real HTTP: bad input, pages, services, logs and start. */

import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, posix } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessEntry } from '../../gateway/api/api-audit.js';
import { ApiServer } from '../../gateway/api/api-server.js';
import {
  ADA,
  ADMINISTRATOR_TOKEN,
  PAGES_DIRECTORY,
  type PanelServer,
  startServer,
  TOKEN,
} from '../panel/panel-world.js';
import { defaultAdministration, EMPTY_EVIDENCE, NO_SOFTPHONE } from '../support/empty-evidence.js';
import { MemoryCallDesk } from '../support/memory-call-desk.js';
import { ApiClient, codeOf } from './api-client.js';

let world: PanelServer;
let client: ApiClient;

beforeAll(async () => {
  world = await startServer();
  client = new ApiClient(world.port);
});
afterAll(() => world.server.close());

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
    const answer = await client.ask('POST', path, { body, headers });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(JSON.stringify(answer.body)).not.toContain('4242');
  });

  test('operations without a body take none, and an empty object', async () => {
    const started = await world.desk.startSession(ADA, world.desk.addCall({ agent: 'ada' }));
    const sessionId = started.ok ? started.value.id : '';
    expect((await client.ask('POST', `/v1/payment-sessions/${sessionId}/cancel`)).status).toBe(200);
    const refused = await client.post(`/v1/payment-sessions/${sessionId}/cancel`, { force: true });
    expect(codeOf(refused)).toBe('bad-request');
  });

  test.each(['/', '/v1/', '/v2/calls', '/panel/../package.json', '/panel/panel-page.js.map', '/%2e%2e/x'])(
    'an unknown address is 404 in JSON and is not repeated: %s',
    async (address) => {
      const answer = await client.ask('PUT', `${address}`, { token: '' });
      expect([answer.status, codeOf(answer)]).toEqual([404, 'unknown-route']);
      expect(Object.keys(answer.body)).toEqual(['error']);
    },
  );

  test.each(['%zz', '%00', '<script>', 'x'.repeat(127), `a${'%20'.repeat(20)}`, "';--"])(
    'an odd id is not found or refused, never repeated: %s',
    async (id) => {
      const answer = await client.ask('GET', `/v1/calls/${id}`);
      expect([400, 404]).toContain(answer.status);
      expect(JSON.stringify(answer.body)).not.toContain('script');
    },
  );

  test.each([
    ['no HTTP at all', '\x16\x03\x01\x02\x00\r\n\r\n', '400'],
    ['endless headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, '413'],
    [
      'a key without end',
      `POST /v1/calls/x/recording HTTP/1.1\r\nHost: x\r\nIdempotency-Key: ${'k'.repeat(9_000)}\r\n\r\n`,
      '413',
    ],
    [
      'a bearer without end',
      `GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'t'.repeat(9_000)}\r\n\r\n`,
      '413',
    ],
    ['a ticket before its body', 'POST /v1/panel-sessions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', '400'],
    ['two lengths', 'POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', '400'],
  ])('%s gets an answer of ours and is closed', async (_, bytes, status) => {
    const answer = await raw(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('"error":{"code"');
  });
});

async function raw(bytes: string): Promise<string> {
  const socket = connect(world.port, '127.0.0.1');
  socket.setEncoding('utf8');
  socket.end(bytes, 'latin1');
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

describe('pages and services', () => {
  test('the root leads to the panel', async () => {
    for (const path of ['/', '/panel']) {
      const answer = await client.ask('GET', path, { token: '' });
      expect([answer.status, answer.headers.get('location')]).toEqual([302, '/panel/']);
    }
  });

  test('the panel is served with a policy that allows itself and nothing else', async () => {
    const answer = await client.ask('GET', '/panel/', { token: '' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "frame-ancestors 'self'; base-uri 'none'; form-action 'none'; " +
        "require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    const etag = answer.headers.get('etag') ?? '';
    expect((await client.ask('GET', '/panel/', { token: '', headers: { 'If-None-Match': etag } })).status).toBe(304);
  });

  test('answers of the API are not cached, sniffed or framed', async () => {
    for (const path of ['/v1/calls', '/v1/nothing', '/healthz']) {
      const { headers } = await client.ask('GET', path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('set-cookie')).toBeNull();
    }
  });

  test('every module the page reaches is served, and no other file', async () => {
    const reached = new Set<string>();
    const follow = async (path: string): Promise<void> => {
      if (reached.has(path)) return;
      reached.add(path);
      const answer = await client.ask('GET', path, { token: '' });
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      const source = await readFile(join(PAGES_DIRECTORY, path), 'utf8');
      for (const [, next] of source.matchAll(/from"([^"]+)"/g)) {
        if (next !== undefined) await follow(posix.join(posix.dirname(path), next));
      }
    };
    await follow('/panel/panel-page.js');
    expect(reached.size).toBeGreaterThan(1);
    expect((await client.ask('GET', '/panel/panel-view-model.test.js', { token: '' })).status).toBe(404);
  });

  test('a page of elsewhere whose name leads to this machine reads no metrics', async () => {
    const statusOf = async (host: string) =>
      (await raw(`GET /metrics HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).split(' ')[1];
    expect(await statusOf('evil.example')).toBe('401');
    expect(await statusOf(`127.0.0.1:${world.port}`)).toBe('200');
    expect(await statusOf('localhost')).toBe('200');
  });

  test('health needs no token; metrics need one unless asked from this machine', async () => {
    expect((await client.ask('GET', '/healthz', { token: '' })).body).toEqual({ ok: true, parts: { vault: true } });
    const local = await client.ask('GET', '/metrics', { token: '' });
    expect(String(local.body.text)).toContain('tonegate_api_requests_total');
    const proxied = { 'X-Forwarded-For': '203.0.113.7' };
    expect((await client.ask('GET', '/metrics', { token: '', headers: proxied })).status).toBe(401);
    expect((await client.ask('GET', '/metrics', { token: ADMINISTRATOR_TOKEN, headers: proxied })).status).toBe(200);
    expect(codeOf(await client.ask('GET', '/metrics', { headers: proxied }))).toBe('forbidden-role');
  });

  test("the event socket's address without a handshake says so", async () => {
    expect(codeOf(await client.ask('GET', '/v1/events'))).toBe('upgrade-required');
  });
});

describe('faults, logs and starting', () => {
  type Options = ConstructorParameters<typeof ApiServer>[0];

  function serverOf(more: Partial<Options>): ApiServer {
    return new ApiServer({
      listen: { address: '127.0.0.1', port: 0 },
      desk: new MemoryCallDesk(),
      watch: new MemoryCallDesk().watch,
      evidence: EMPTY_EVIDENCE,
      administration: defaultAdministration(),
      softphone: NO_SOFTPHONE,
      accounts: [{ name: 'ada', role: 'agent', token: TOKEN }],
      allowedOrigins: [],
      frameAncestors: [],
      panelSessionLifetimeMs: 60_000,
      onAudit: () => undefined,
      metrics: async () => '',
      health: () => ({ ok: false, parts: { vault: false } }),
      pagesDirectory: PAGES_DIRECTORY,
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
      { method: 'POST', route: '/v1/payment-sessions/:id/capture', status: 404, source: '127.0.0.1', account: 'ada' },
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
    const server = serverOf({ pagesDirectory: '/nonexistent' });
    await expect(server.start()).rejects.toThrow(/nonexistent.*npm run build/);
    await server.close();
    const second = serverOf({ listen: { address: '127.0.0.1', port: world.port } });
    await expect(second.start()).rejects.toThrow(/EADDRINUSE/);
    await second.close();
  });
});
