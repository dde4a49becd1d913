/** The demo's server as a browser, a foreign page and a rebound name would meet it, with a stand-in for the gateway. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { DemoPageSocket } from './demo-page-socket.js';
import type { PageCommand, PageOrder } from './page-messages.js';

let directory: string;
let gateway: Server;
let sip: Server;
let gatewayRequests: string[];
let page: DemoPageSocket;
let commands: PageCommand[];
let orders: PageOrder[];
let heard: number[][];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-demo-page-'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>page</title>');
  gatewayRequests = [];
  gateway = createServer((incoming, answer) => {
    gatewayRequests.push(`${incoming.method} ${incoming.url}`);
    answer.writeHead(200, { 'X-Gateway': 'yes' }).end('from the gateway');
  });
  sip = createServer();
  for (const [name, server] of Object.entries({ gateway, sip })) {
    const echo = new WebSocketServer({ server });
    echo.on('connection', (socket) => socket.on('message', (data) => socket.send(`${name}: ${data.toString()}`)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  commands = [];
  orders = [];
  heard = [];
  page = await DemoPageSocket.open(directory);
  page.serve({
    gatewayPort: portOf(gateway),
    softphonePort: portOf(sip),
    onHeard: (samples) => heard.push([...samples]),
    greeting: () => [{ kind: 'phone', state: 'idle', talking: true }],
    onCommand: (command) => commands.push(command),
    placeOrder: async (order) => {
      orders.push(order);
      return { kind: 'paid', orderId: order.orderId, masked: '**** **** **** 4242', brand: 'visa' };
    },
  });
});

afterEach(async () => {
  await page.close();
  for (const server of [gateway, sip]) {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
  rmSync(directory, { recursive: true });
});

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

type Answer = { readonly status: number | undefined; readonly headers: NodeJS.Dict<string | string[]>; body: string };

/** Unlike `fetch`, lets the test name any host. */
async function ask(
  path: string,
  options: { readonly headers?: Record<string, string>; readonly method?: string; readonly body?: string } = {},
): Promise<Answer> {
  const { port } = new URL(page.address);
  const outgoing = request({ host: '127.0.0.1', port, path, method: options.method, headers: options.headers });
  outgoing.end(options.body);
  const [incoming] = await once(outgoing, 'response');
  let body = '';
  for await (const chunk of incoming) body += chunk;
  return { status: incoming.statusCode, headers: incoming.headers, body };
}

const secretPath = () => new URL(page.address).pathname;

function openSocket(path: string, origin: string | undefined): WebSocket {
  const { host } = new URL(page.address);
  return new WebSocket(`ws://${host}${path}`, origin === undefined ? {} : { origin });
}

async function refusalOf(socket: WebSocket): Promise<number | undefined> {
  const [, answer] = await once(
    socket.on('error', () => {}),
    'unexpected-response',
  );
  return answer.statusCode;
}

describe('the page', () => {
  test('is there under the secret path, with a policy of its own origin only', async () => {
    const { status, headers, body } = await ask(secretPath());
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(body).toContain('<title>page</title>');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect((await ask(`${secretPath()}../index.html`)).status).toBe(404);
    expect((await ask(`${secretPath()}toString`)).status).toBe(404);
  });

  test('has another secret with every start', async () => {
    expect(secretPath()).toMatch(/^\/[\w-]{22}\/$/);
    const other = await DemoPageSocket.open(directory);
    expect(new URL(other.address).pathname).not.toBe(secretPath());
    // There is nothing behind it yet.
    expect((await fetch(other.address)).status).toBe(503);
    await other.close();
  });

  test('all else is the gateway’s, and comes as the gateway answers it', async () => {
    const { status, headers, body } = await ask('/panel/');
    expect([status, headers['x-gateway'], body]).toEqual([200, 'yes', 'from the gateway']);
    const { origin } = new URL(page.address);
    for (const [path, name] of [
      ['/v1/events', 'gateway'],
      ['/sip', 'sip'],
    ] as const) {
      const socket = openSocket(path, origin);
      await once(socket, 'open');
      socket.send('hello');
      expect(String((await once(socket, 'message'))[0])).toBe(`${name}: hello`);
      socket.close();
    }
    expect(gatewayRequests).toEqual(['GET /panel/']);
  });
});

describe('who is refused', () => {
  test.each(['evil.example', 'localhost.evil.example:80', '127.0.0.1'])('a name that leads here: %s', async (host) => {
    for (const path of [secretPath(), '/panel/']) expect((await ask(path, { headers: { host } })).status).toBe(403);
    expect(gatewayRequests).toEqual([]);
  });

  test('a page of another origin, on any path', async () => {
    const headers = { origin: 'https://evil.example' };
    expect((await ask(secretPath(), { headers })).status).toBe(403);
    expect((await ask('/v1/calls', { headers })).status).toBe(403);
    expect(await refusalOf(openSocket(`${secretPath()}socket`, headers.origin))).toBe(403);
    for (const path of ['/v1/events', '/sip']) expect(await refusalOf(openSocket(path, headers.origin))).toBe(403);
    expect(gatewayRequests).toEqual([]);
  });

  test('a program that names no origin gets no socket of the page', async () => {
    expect(await refusalOf(openSocket(`${secretPath()}socket`, undefined))).toBe(403);
  });
});

describe('the socket', () => {
  test('greets, obeys, and closes on what it does not understand', async () => {
    const socket = openSocket(`${secretPath()}socket`, new URL(page.address).origin);
    const [greeting] = await once(socket, 'message');
    expect(JSON.parse(String(greeting))).toEqual({ kind: 'phone', state: 'idle', talking: true });
    socket.send('{"kind":"call","agentPhone":"softphone"}');
    socket.send('{"kind":"dial"}');
    const [code] = await once(socket, 'close');
    expect(code).toBe(1008);
    expect(commands).toEqual([{ kind: 'call', agentPhone: 'softphone' }]);
  });

  test('hears what the agent’s browser plays, of one page only', async () => {
    const { origin } = new URL(page.address);
    const [first, second] = [openSocket(`${secretPath()}socket`, origin), openSocket(`${secretPath()}socket`, origin)];
    await Promise.all([once(first, 'message'), once(second, 'message')]);
    first.send(Buffer.from([1, 0, 0xff, 0xff, 7]));
    while (heard.length < 1) await new Promise((resolve) => setImmediate(resolve));
    second.send(Buffer.from([2, 0]));
    second.send('{"kind":"hang-up"}');
    while (commands.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([[1, -1]]);
    first.close();
    second.close();
  });

  test('plays a lane only to who listens to it', async () => {
    const socket = openSocket(`${secretPath()}socket`, new URL(page.address).origin);
    await once(socket, 'message');
    socket.send('{"kind":"listen","to":"agent"}');
    socket.send('{"kind":"call","agentPhone":"softphone"}');
    const arrived: Buffer[] = [];
    socket.on('message', (data, isBinary) => {
      if (isBinary) arrived.push(data as Buffer);
    });
    // Commands are obeyed in order: when the call is there, the lane has been chosen.
    while (commands.length === 0) await new Promise((resolve) => setImmediate(resolve));
    page.play('caller', Int16Array.of(1, 2));
    page.play('agent', Int16Array.of(3, -4));
    await once(socket, 'message');
    expect(arrived.map((data) => [data.readInt16LE(0), data.readInt16LE(2)])).toEqual([[3, -4]]);
    socket.close();
  });
});

describe('orders', () => {
  test('are placed, and answered as the order system answers', async () => {
    const order = { orderId: 'order-1001', token: 'tgt_1' };
    const answer = await ask(`${secretPath()}orders`, { method: 'POST', body: JSON.stringify(order) });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ kind: 'paid', orderId: 'order-1001' });
    expect(orders).toEqual([order]);
  });

  test.each(['{', '{"orderId":"order-1"}', `{"orderId":"a","token":"${'t'.repeat(5000)}"}`])(
    'that are none are refused: %.30s',
    async (body) => {
      expect((await ask(`${secretPath()}orders`, { method: 'POST', body })).status).toBe(400);
      expect(orders).toEqual([]);
    },
  );
});
