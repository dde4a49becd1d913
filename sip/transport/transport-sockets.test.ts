import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Flow } from '../message.js';
import { TransportSockets } from './transport-sockets.js';

const options = Buffer.from(
  [
    'OPTIONS sip:gateway@127.0.0.1 SIP/2.0',
    'Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKa;rport',
    'From: <sip:probe@127.0.0.1>;tag=1',
    'To: <sip:gateway@127.0.0.1>',
    'Call-ID: probe',
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n'),
);

type Received = { readonly flow: Flow; readonly bytes: Buffer };

/** Collects what comes, and lets a test wait for the n-th thing of either sort. */
class Inbox {
  readonly messages: Received[] = [];
  readonly failed: Flow[] = [];
  #wake: () => void = () => undefined;

  readonly onMessage = (flow: Flow, bytes: Buffer): void => {
    this.messages.push({ flow, bytes });
    this.#wake();
  };

  readonly onFlowFailed = (flow: Flow): void => {
    this.failed.push(flow);
    this.#wake();
  };

  async until(isReached: () => boolean): Promise<void> {
    while (!isReached()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const open: TransportSockets[] = [];
const clients: Socket[] = [];

async function start(
  inbox: Inbox,
  name = 'side',
  address = '127.0.0.1',
): Promise<{ sockets: TransportSockets; port: number }> {
  const sockets = new TransportSockets({
    listeners: [{ name, address, port: 0, transports: ['udp', 'tcp'] }],
    onMessage: inbox.onMessage,
    onFlowFailed: inbox.onFlowFailed,
  });
  open.push(sockets);
  const port = (await sockets.start()).get(name) ?? 0;
  return { sockets, port };
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(open.splice(0).map((sockets) => sockets.close()));
});

describe('UDP', () => {
  it('carries a datagram from one listener to another and back on its flow', async () => {
    const left = new Inbox();
    const right = new Inbox();
    const a = await start(left);
    const b = await start(right);
    a.sockets.send({ listener: 'side', transport: 'udp', remoteAddress: '127.0.0.1', remotePort: b.port }, options);
    await right.until(() => right.messages.length === 1);
    expect(right.messages[0].bytes.equals(options)).toBe(true);
    expect(right.messages[0].flow).toEqual({
      listener: 'side',
      transport: 'udp',
      remoteAddress: '127.0.0.1',
      remotePort: a.port,
    });
    b.sockets.send(right.messages[0].flow, options);
    await left.until(() => left.messages.length === 1);
    expect(left.messages[0].flow.remotePort).toBe(b.port);
  });

  it('tells of a datagram that the system refuses to send', async () => {
    const inbox = new Inbox();
    const { sockets } = await start(inbox);
    const flow: Flow = { listener: 'side', transport: 'udp', remoteAddress: '127.0.0.1', remotePort: 9 };
    sockets.send(flow, Buffer.alloc(70_000));
    await inbox.until(() => inbox.failed.length === 1);
    expect(inbox.failed).toEqual([flow]);
  });
});

it('ends a TCP connection on which nobody has proved in time who he is, and no other one', async () => {
  // Who was there first is asked about first, and has proved it: in this test no time that anything takes can change that.
  let provenId: number | undefined;
  const inbox = new Inbox();
  const sockets = new TransportSockets({
    listeners: [{ name: 'side', address: '127.0.0.1', port: 0, transports: ['tcp'] }],
    onMessage: inbox.onMessage,
    onFlowFailed: inbox.onFlowFailed,
    isProven: (connectionId, listener) => {
      provenId ??= connectionId;
      return connectionId === provenId && listener === 'side';
    },
    proofTimeoutMs: 200,
  });
  open.push(sockets);
  const port = (await sockets.start()).get('side') ?? 0;
  const known = connect(port, '127.0.0.1');
  clients.push(known);
  known.write(options);
  await inbox.until(() => inbox.messages.length === 1);
  const [{ flow: knownFlow }] = inbox.messages;
  const stranger = connect(port, '127.0.0.1');
  clients.push(stranger);
  stranger.write(options);
  await inbox.until(() => inbox.failed.length === 1);
  expect(provenId).toBe(knownFlow.connectionId);
  expect(inbox.failed[0].connectionId).not.toBe(provenId);
  const heardOfKnown = () => inbox.messages.filter(({ flow }) => flow.connectionId === provenId);
  expect(heardOfKnown()).toHaveLength(1);
  known.write(options);
  await inbox.until(() => heardOfKnown().length === 2);
});

describe('TCP', () => {
  it('opens a connection on demand and uses it for both directions and for what follows', async () => {
    const left = new Inbox();
    const right = new Inbox();
    const a = await start(left);
    const b = await start(right);
    const flow: Flow = { listener: 'side', transport: 'tcp', remoteAddress: '127.0.0.1', remotePort: b.port };
    a.sockets.send(flow, options);
    a.sockets.send(flow, options);
    await right.until(() => right.messages.length === 2);
    const [first, second] = right.messages;
    expect(first.flow.connectionId).toBe(second.flow.connectionId);
    b.sockets.send(first.flow, options);
    // Without the number of the connection the inbound one is found by address and port.
    const { connectionId: _connectionId, ...unnumbered } = first.flow;
    b.sockets.send(unnumbered, options);
    await left.until(() => left.messages.length === 2);
    expect(left.messages[0].flow).toMatchObject({ transport: 'tcp', remotePort: b.port });
    expect(left.messages[0].flow.connectionId).toBe(left.messages[1].flow.connectionId);
  });

  it('tells of a connection that cannot be opened', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const address = closed.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    closed.close();
    await once(closed, 'close');
    const inbox = new Inbox();
    const { sockets } = await start(inbox);
    sockets.send({ listener: 'side', transport: 'tcp', remoteAddress: '127.0.0.1', remotePort: port }, options);
    await inbox.until(() => inbox.failed.length === 1);
    expect(inbox.failed[0]).toMatchObject({ transport: 'tcp', remotePort: port });
  });

  it('does not open a connection in place of a numbered one that is gone', async () => {
    const inbox = new Inbox();
    const { sockets, port } = await start(inbox);
    const client = connect(port, '127.0.0.1');
    client.write(options);
    await inbox.until(() => inbox.messages.length === 1);
    const { flow } = inbox.messages[0];
    client.destroy();
    await inbox.until(() => inbox.failed.length === 1);
    expect(inbox.failed[0]).toEqual(flow);
    sockets.send(flow, options);
    expect(inbox.failed).toHaveLength(1);
    await inbox.until(() => inbox.failed.length === 2);
    expect(inbox.failed[1]).toEqual(flow);
  });

  it('answers a ping, and a malformed message with 400 before it closes', async () => {
    const inbox = new Inbox();
    const { port } = await start(inbox);
    const client = connect(port, '127.0.0.1');
    client.write('\r\n\r\n');
    const [pong] = await once(client, 'data');
    expect(String(pong)).toBe('\r\n');
    client.write(options.toString().replace('Content-Length: 0', 'Content-Length: -1'));
    const [answer] = await once(client, 'data');
    expect(String(answer)).toMatch(/^SIP\/2.0 400 Bad Request\r\nVia: SIP\/2.0\/TCP 127.0.0.1:5060;branch=z9hG4bKa/);
    await once(client, 'close');
    expect(inbox.messages).toHaveLength(0);
  });

  it('cuts off a peer that does not read', async () => {
    const inbox = new Inbox();
    const { sockets, port } = await start(inbox);
    const client = connect(port, '127.0.0.1');
    client.write(options);
    await inbox.until(() => inbox.messages.length === 1);
    client.pause();
    for (let sent = 0; sent < 400; sent += 1) {
      sockets.send(inbox.messages[0].flow, Buffer.alloc(65_536, 'x'));
    }
    await inbox.until(() => inbox.failed.length > 0);
    expect(inbox.failed[0]).toEqual(inbox.messages[0].flow);
    client.destroy();
  });

  it('refuses more connections from one address than it has room for', async () => {
    const inbox = new Inbox();
    const { port } = await start(inbox);
    const clients = Array.from({ length: 101 }, () => connect(port, '127.0.0.1'));
    await Promise.race(clients.map((client) => once(client, 'close')));
    expect(clients.filter((client) => client.destroyed || client.readableEnded)).toHaveLength(1);
    for (const client of clients) {
      client.destroy();
    }
  });
});

describe('a dual-stack listener', () => {
  it('names IPv4 peers as IPv4, and answers them', async () => {
    const left = new Inbox();
    const right = new Inbox();
    const a = await start(left);
    const b = await start(right, 'both', '::');
    const flow = { listener: 'side', remoteAddress: '127.0.0.1', remotePort: b.port } as const;
    a.sockets.send({ ...flow, transport: 'udp' }, options);
    a.sockets.send({ ...flow, transport: 'tcp' }, options);
    await right.until(() => right.messages.length === 2);
    for (const message of right.messages) {
      expect(message.flow.remoteAddress).toBe('127.0.0.1');
      b.sockets.send(message.flow, options);
    }
    await left.until(() => left.messages.length === 2);
  });
});

describe('start', () => {
  it('gives UDP and TCP of a listener the same port', async () => {
    const inbox = new Inbox();
    const { sockets, port } = await start(inbox);
    expect(port).toBeGreaterThan(0);
    const flow = { listener: 'side', remoteAddress: '127.0.0.1', remotePort: port } as const;
    sockets.send({ ...flow, transport: 'udp' }, options);
    sockets.send({ ...flow, transport: 'tcp' }, options);
    await inbox.until(() => inbox.messages.length === 2);
    expect(inbox.messages.map(({ flow: { transport } }) => transport).sort()).toEqual(['tcp', 'udp']);
  });

  it('fails where a port is taken, and leaves nothing open', async () => {
    const { port } = await start(new Inbox());
    const second = new TransportSockets({
      listeners: [
        { name: 'free', address: '127.0.0.1', port: 0, transports: ['udp'] },
        { name: 'taken', address: '127.0.0.1', port, transports: ['udp'] },
      ],
      onMessage: () => undefined,
      onFlowFailed: () => undefined,
    });
    await expect(second.start()).rejects.toThrow('EADDRINUSE');
    const flow: Flow = { listener: 'free', transport: 'udp', remoteAddress: '127.0.0.1', remotePort: 9 };
    expect(() => second.send(flow, options)).toThrow('there is no udp listener named free');
  });
});
