/** The event socket over real WebSockets: who gets in, what is sent, and how misuse of one leaves the others alone. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import type { EventMessage } from '../../gateway/api/event-messages.js';
import { MAX_SOCKETS_PER_ACCOUNT, MAX_WAITING_SOCKETS } from '../../gateway/api/event-socket.js';
import { ADA, OTHER_TOKEN, type PanelServer, startServer, TOKEN } from '../panel/panel-world.js';
import { faultOfMessage } from './answer-check.js';

let world: PanelServer;
const open = new Set<WebSocket>();

beforeAll(async () => {
  world = await startServer();
});
afterAll(async () => {
  for (const socket of open) socket.terminate();
  await world.server.close();
});

type Client = {
  readonly socket: WebSocket;
  readonly messages: EventMessage[];
  next(): Promise<EventMessage>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
};

async function dial(options: { origin?: string; host?: string; path?: string; port?: number } = {}): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${options.port ?? world.port}${options.path ?? '/v1/events'}`, {
    ...(options.origin === undefined ? {} : { origin: options.origin }),
    headers: options.host === undefined ? {} : { Host: options.host },
  });
  open.add(socket);
  const messages: EventMessage[] = [];
  const waiting: ((message: EventMessage) => void)[] = [];
  let taken = 0;
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString());
    expect(faultOfMessage(message)).toBeUndefined();
    messages.push(message);
    while (waiting.length > 0 && taken < messages.length) waiting.shift()?.(messages[taken++] as EventMessage);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await once(socket, 'open');
  socket.on('error', () => undefined);
  const next = () =>
    new Promise<EventMessage>((resolve) => {
      if (taken < messages.length) resolve(messages[taken++] as EventMessage);
      else waiting.push(resolve);
    });
  return { socket, messages, next, closed };
}

async function enter(token = TOKEN, port = world.port): Promise<Client> {
  const client = await dial({ port });
  client.socket.send(JSON.stringify({ type: 'authenticate', token }));
  expect((await client.next()).type).toBe('snapshot');
  return client;
}

/** What a refused handshake was answered with. */
async function refusal(options: Parameters<typeof dial>[0]): Promise<number> {
  return dial(options).then(
    () => 101,
    (error: Error) => Number(/\d{3}/.exec(error.message)?.[0]),
  );
}

describe('who gets in', () => {
  test('AC-25 the snapshot is the present masked state, and every change follows', async () => {
    const callId = world.desk.addCall({ agent: 'ada', caller: 'Grace' });
    const started = await world.desk.startSession(ADA, callId);
    if (!started.ok) throw new Error(started.code);
    await world.desk.capture(ADA, started.value.id, 'cardNumber');
    world.desk.pressKeys(callId, 4);
    const client = await dial();
    client.socket.send(JSON.stringify({ type: 'authenticate', token: TOKEN }));
    const snapshot = await client.next();
    if (snapshot.type !== 'snapshot') throw new Error(snapshot.type);
    expect(snapshot.calls.find(({ id }) => id === callId)?.session?.fields.cardNumber).toMatchObject({
      state: 'awaiting',
      keyCount: 4,
    });
    world.desk.endEntry(callId, { masked: '**** **** **** 4242' });
    const change = await client.next();
    if (change.type !== 'session') throw new Error(change.type);
    expect(change.session.fields.cardNumber).toMatchObject({ state: 'captured', masked: '**** **** **** 4242' });
    client.socket.close();
  });

  test("an agent hears nothing of another agent's calls", async () => {
    const bob = await enter(OTHER_TOKEN);
    const ada = await enter();
    world.desk.addCall({ agent: 'ada' });
    await ada.next();
    bob.socket.send(JSON.stringify({ type: 'ping' }));
    expect(await bob.next()).toEqual({ type: 'pong' });
    expect(bob.messages).toHaveLength(2);
    ada.socket.close();
    bob.socket.close();
  });

  test('a wrong token is refused with a reason, and audited', async () => {
    world.audit.length = 0;
    const client = await dial();
    client.socket.send(JSON.stringify({ type: 'authenticate', token: 'wrong' }));
    expect(await client.closed).toEqual({ code: 4401, reason: 'the access token was refused' });
    expect(client.messages).toEqual([]);
    expect(world.audit).toContainEqual({ kind: 'authentication-failed', source: '127.0.0.1', way: 'socket', count: 1 });
  });

  test('opening and leaving are audited with the agent', async () => {
    world.audit.length = 0;
    const client = await enter();
    client.socket.close();
    await client.closed;
    // The server hears of the close by its own turn of the loop.
    while (world.audit.length < 2) await new Promise(setImmediate);
    expect(world.audit).toEqual([
      { kind: 'socket-opened', source: '127.0.0.1', actor: 'ada' },
      { kind: 'socket-closed', source: '127.0.0.1', actor: 'ada', reason: 'client' },
    ]);
  });

  test.each([
    ['the own host', undefined, 101],
    ['an allowed origin', 'https://crm.example', 101],
    ['a foreign origin', 'https://evil.example', 403],
    ['an allowed origin with a tail', 'https://crm.example.evil.example', 403],
    ['the allowed host without TLS', 'http://crm.example', 403],
    ['a sandboxed page', 'null', 403],
    ['an extension', 'chrome-extension://abcdef', 403],
    ['no address', 'x', 403],
  ])('%s: %s', async (_, origin, status) => {
    const own = `http://127.0.0.1:${world.port}`;
    expect(await refusal({ origin: origin ?? own })).toBe(status);
  });

  test('a page that claims our host name by DNS still has to name it as its origin', async () => {
    expect(await refusal({ origin: 'http://evil.example', host: '127.0.0.1' })).toBe(403);
    expect(await refusal({ origin: 'http://evil.example:81', host: 'evil.example' })).toBe(403);
  });

  test.each(['/', '/v1/event', '/v1/events/', '/panel/', '/v1/calls'])('no socket at %s', async (path) => {
    expect(await refusal({ path })).toBe(404);
  });
});

describe('misuse closes with a reason and leaves others alone', () => {
  test.each<[string, string | Buffer, number]>([
    ['no JSON', '{"type":', 1007],
    ['another message', '{"type":"capture"}', 1008],
    ['bytes', Buffer.from('{"type":"authenticate"}'), 1003],
    ['over 16 KiB', JSON.stringify({ type: 'authenticate', token: 'x'.repeat(16 * 1024) }), 1009],
  ])('%s', async (_, message, code) => {
    const bystander = await enter();
    const client = await dial();
    client.socket.send(message);
    expect((await client.closed).code).toBe(code);
    bystander.socket.send(JSON.stringify({ type: 'ping' }));
    expect(await bystander.next()).toEqual({ type: 'pong' });
    bystander.socket.close();
  });

  test.each([
    ['text that is no UTF-8', '81 82 00 00 00 00 c3 28', 1007],
    ['an unmasked frame', '81 02 7b 7d', 1002],
    ['a reserved bit', 'c1 82 00 00 00 00 7b 7d', 1002],
    ['an unknown opcode', '83 82 00 00 00 00 7b 7d', 1002],
    ['a length of 2^63', '81 ff 7f ff ff ff ff ff ff ff 00 00 00 00', 1009],
    ['a ping of 126 bytes', '89 fe 00 7e 00 00 00 00', 1002],
    ['a continuation of nothing', '80 82 00 00 00 00 7b 7d', 1002],
  ])('frame: %s', async (_, hex, code) => {
    const { socket, answer } = await handshake();
    socket.write(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    expect(closeCodeIn(await answer)).toBe(code);
  });

  test('a flood of messages', async () => {
    const client = await enter();
    for (let n = 0; n < 100; n += 1) client.socket.send('{"type":"ping"}');
    expect(await client.closed).toEqual({ code: 1008, reason: 'too many messages' });
  });

  test('more connections of an agent than agents need', async () => {
    const own = await startServer();
    const clients: Client[] = [];
    for (let n = 0; n < MAX_SOCKETS_PER_ACCOUNT; n += 1) clients.push(await enter(TOKEN, own.port));
    const surplus = await dial({ port: own.port });
    surplus.socket.send(JSON.stringify({ type: 'authenticate', token: TOKEN }));
    expect((await surplus.closed).code).toBe(4430);
    expect((await enter(OTHER_TOKEN, own.port)).messages).toHaveLength(1);
    clients[0]?.socket.close();
    await clients[0]?.closed;
    await enter(TOKEN, own.port);
    await own.server.close();
  });

  test('200 who never say who they are do not keep out one who does', async () => {
    const own = await startServer();
    const silent = await Promise.all(Array.from({ length: 200 }, () => dial({ port: own.port })));
    await enter(TOKEN, own.port);
    expect(await silent[0]?.closed).toMatchObject({ code: 1013 });
    expect(own.server.openSockets).toBeLessThanOrEqual(MAX_WAITING_SOCKETS + 2);
    await own.server.close();
  });

  test('a client that does not read is closed, and a reading one misses nothing', async () => {
    const own = await startServer();
    const callId = own.desk.addCall({ agent: 'ada', caller: 'x'.repeat(4000) });
    const reader = await enter(TOKEN, own.port);
    const { socket } = await handshake(own.port);
    socket.pause();
    socket.write(maskedText(JSON.stringify({ type: 'authenticate', token: TOKEN })));
    let told = 0;
    while (own.server.counters().socketsClosedSlow === 0 && told < 100_000) {
      for (let n = 0; n < 50; n += 1) own.desk.tellAgain(callId);
      told += 50;
      while (reader.messages.length < told + 1) await new Promise(setImmediate);
    }
    expect(own.server.counters().socketsClosedSlow).toBe(1);
    expect(reader.messages).toHaveLength(told + 1);
    socket.destroy();
    await own.server.close();
  });

  test('random bytes in place of frames, from many, while one works', async () => {
    const seed = Number(process.env.TEST_SEED ?? 20261123);
    const random = generator(seed);
    const bystander = await enter();
    for (let n = 0; n < 100; n += 1) {
      const { socket, answer } = await handshake();
      socket.end(Buffer.from(Array.from({ length: 1 + Math.floor(random() * 400) }, () => Math.floor(random() * 256))));
      await answer;
    }
    bystander.socket.send(JSON.stringify({ type: 'ping' }));
    expect([seed, await bystander.next()]).toEqual([seed, { type: 'pong' }]);
    bystander.socket.close();
  });
});

test('stopping says goodbye to everybody and leaves nothing behind', async () => {
  const own = await startServer();
  const [entered, waiting] = [await enter(TOKEN, own.port), await dial({ port: own.port })];
  await own.server.close();
  expect((await entered.closed).code).toBe(1001);
  expect((await waiting.closed).code).toBe(1001);
  expect(own.server.openSockets).toBe(0);
});

/** A WebSocket by hand: ws refuses to send what these tests have to. */
async function handshake(port = world.port): Promise<{ socket: Socket; answer: Promise<Buffer> }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    'GET /v1/events HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  const [first] = await once(socket, 'data');
  expect(String(first)).toContain('101 Switching Protocols');
  const chunks: Buffer[] = [];
  const answer = new Promise<Buffer>((resolve) => {
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      // The close frame is the last there is to read; a real peer would answer it.
      if (closeCodeIn(Buffer.concat(chunks)) !== undefined) socket.end();
    });
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
  return { socket, answer };
}

function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** RFC 6455 §5.5.1: opcode 8, then a length, then the code. */
function closeCodeIn(bytes: Buffer): number | undefined {
  const at = bytes.indexOf(0x88);
  return at < 0 || bytes.length < at + 4 ? undefined : bytes.readUInt16BE(at + 2);
}

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
