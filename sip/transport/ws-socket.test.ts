/** The WebSocket listener against the client of ws, and against bytes that no client would send. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ClientOptions, WebSocket } from 'ws';
import type { Flow } from '../message.js';
import { MAX_MESSAGE_BYTES } from '../message-parser.js';
import { MAX_CONNECTIONS_PER_SOURCE, MAX_UNSENT_BYTES } from './connection-limits.js';
import { MAX_MESSAGES_PER_WINDOW } from './connection-watch.js';
import { TransportSockets } from './transport-sockets.js';

const LOOPBACK = '127.0.0.1';
const PAGE = 'https://pay.example';

type Received = { readonly flow: Flow; readonly text: string };

let sockets: TransportSockets;
let port = 0;
let received: Received[] = [];
let failed: Flow[] = [];
const opened: { terminate(): void }[] = [];
let onReceived: (one: Received) => void = () => {};
let onFailed: (flow: Flow) => void = () => {};

beforeEach(async () => {
  // Of this listener alone: the last words of an earlier one may still come.
  const [heard, lost]: [Received[], Flow[]] = [[], []];
  received = heard;
  failed = lost;
  onReceived = () => {};
  onFailed = () => {};
  sockets = new TransportSockets({
    listeners: [{ name: 'users', address: LOOPBACK, port: 0, transports: ['ws'] }],
    isOriginAllowed: (origin, listener) => origin === PAGE && listener === 'users',
    onMessage: (flow, bytes) => {
      const one = { flow, text: bytes.toString('latin1') };
      heard.push(one);
      onReceived(one);
    },
    onFlowFailed: (flow) => {
      lost.push(flow);
      onFailed(flow);
    },
  });
  port = (await sockets.start()).get('users') ?? 0;
});

afterEach(async () => {
  for (const one of opened.splice(0)) one.terminate();
  await sockets.close();
});

function client(options: ClientOptions = {}, protocol: string | string[] = 'sip'): WebSocket {
  const socket = new WebSocket(`ws://${LOOPBACK}:${port}/`, protocol, options);
  socket.on('error', () => undefined);
  opened.push(socket);
  return socket;
}

async function openClient(options?: ClientOptions, protocol?: string | string[]): Promise<WebSocket> {
  const socket = client(options, protocol);
  await once(socket, 'open');
  return socket;
}

/** The HTTP status that a handshake is refused with. */
async function refusalOf(options: ClientOptions, protocol: string | string[]): Promise<number | undefined> {
  const socket = client(options, protocol);
  const [, response] = await once(socket, 'unexpected-response');
  return response.statusCode;
}

/** The loss of a connection, which this end may hear of after the other one. */
function nextFailed(): Promise<Flow> {
  return new Promise((resolve) => {
    onFailed = resolve;
  });
}

function nextReceived(): Promise<Received> {
  return new Promise((resolve) => {
    onReceived = resolve;
  });
}

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, 'close');
  return code;
}

async function rawClient(head: string): Promise<Socket> {
  const socket = connect(port, LOOPBACK);
  opened.push({ terminate: () => socket.destroy() });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(head);
  return socket;
}

/** A short text message, masked (RFC 6455 §5.3). */
function frame(text: string): Buffer {
  const mask = Buffer.from('mask');
  const payload = Buffer.from(text).map((byte, index) => byte ^ mask[index % 4]);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload]);
}

const UPGRADE = [
  'GET / HTTP/1.1',
  'Host: gateway.example',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: sip',
  '',
  '',
].join('\r\n');

describe('messages', () => {
  test.each([
    ['text', false],
    ['binary', true],
  ])('come whole as %s, and name the connection they came on', async (_kind, binary) => {
    const socket = await openClient();
    expect(socket.protocol).toBe('sip');
    const message = nextReceived();
    socket.send(Buffer.from('OPTIONS sip:a SIP/2.0\r\n\r\n'), { binary });
    const { flow, text } = await message;
    expect(text).toBe('OPTIONS sip:a SIP/2.0\r\n\r\n');
    expect(flow).toMatchObject({ listener: 'users', transport: 'ws', remoteAddress: LOOPBACK });
    expect(flow.connectionId).toBeDefined();
  });

  test('in fragments come whole', async () => {
    const socket = await openClient();
    const message = nextReceived();
    socket.send('OPTIONS ', { fin: false });
    socket.send('sip:a ', { fin: false });
    socket.send('SIP/2.0', { fin: true });
    expect((await message).text).toBe('OPTIONS sip:a SIP/2.0');
  });

  test('cut up by the network come whole', async () => {
    const socket = await rawClient(UPGRADE);
    await once(socket, 'data');
    const message = nextReceived();
    // RFC 6455 §5.7: a masked text message with the word Hello.
    for (const byte of Buffer.from('818537fa213d7f9f4d5158', 'hex')) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await message).text).toBe('Hello');
  });

  test('behind an INFO that is wiped, and was cut up by the network, come whole like it', async () => {
    const socket = await rawClient(UPGRADE);
    await once(socket, 'data');
    const texts = ['INFO sip:a SIP/2.0\r\n\r\nSignal=5', 'BYE sip:a SIP/2.0', 'INFO sip:b SIP/2.0'];
    const bytes = Buffer.concat(texts.map((text) => frame(text)));
    const last = new Promise<void>((resolve) => {
      onReceived = () => received.length === texts.length && resolve();
    });
    // The cut is in the first message; the rest of it and the others share a chunk.
    socket.write(bytes.subarray(0, 20));
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(bytes.subarray(20, bytes.length - 3));
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(bytes.subarray(bytes.length - 3));
    await last;
    expect(received.map(({ text }) => text)).toEqual(texts);
  });

  test('of the largest size come whole, and one byte more closes with 1009', async () => {
    const socket = await openClient();
    const message = nextReceived();
    socket.send('x'.repeat(MAX_MESSAGE_BYTES));
    expect((await message).text).toHaveLength(MAX_MESSAGE_BYTES);
    const gone = nextFailed();
    socket.send('x'.repeat(MAX_MESSAGE_BYTES + 1));
    expect(await closeCode(socket)).toBe(1009);
    await gone;
    expect(received).toHaveLength(1);
    expect(failed).toHaveLength(1);
  });

  test('too large in fragments close with 1009', async () => {
    const socket = await openClient();
    for (let part = 0; part < 3; part += 1) socket.send('x'.repeat(30_000), { fin: false });
    expect(await closeCode(socket)).toBe(1009);
    expect(received).toEqual([]);
  });

  test('in more fragments than anything honest close', async () => {
    const socket = await openClient();
    for (let part = 0; part < 100; part += 1) socket.send('x', { fin: false });
    expect(await closeCode(socket)).toBe(1008);
  });

  test('without a mask close with 1002', async () => {
    const socket = await rawClient(UPGRADE);
    await once(socket, 'data');
    socket.write(Buffer.from('810548656c6c6f', 'hex'));
    const [answer] = await once(socket, 'data');
    expect(answer.subarray(0, 4).toString('hex')).toMatch(/^88..03ea$/);
  });

  test('go out as text, and as binary where they are no UTF-8', async () => {
    const socket = await openClient();
    const message = nextReceived();
    socket.send('hello');
    const { flow } = await message;
    for (const [bytes, wanted] of [
      [Buffer.from('SIP/2.0 200 Ölküche\r\n\r\n'), false],
      [Buffer.from([0x53, 0xff, 0x0d, 0x0a]), true],
    ] as const) {
      const arrival = once(socket, 'message');
      sockets.send(flow, bytes);
      const [data, isBinary] = await arrival;
      expect([data, isBinary]).toEqual([bytes, wanted]);
    }
  });

  test('that are keep-alives are answered, or asked nothing by (RFC 5626 §4.4.1, RFC 7118 §6)', async () => {
    const socket = await openClient();
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(String(data)));
    socket.send('\r\n');
    socket.send('');
    socket.send('\r\n\r\n');
    // Behind them, so that whatever they are answered with has come when this is.
    const message = nextReceived();
    socket.send('hello');
    const { flow } = await message;
    const said = new Promise<void>((resolve) => {
      socket.on('message', (data) => String(data) === 'goodbye' && resolve());
    });
    sockets.send(flow, Buffer.from('goodbye'));
    await said;
    expect(heard).toEqual(['\r\n', 'goodbye']);
    expect(received.map(({ text }) => text)).toEqual(['hello']);
  });
});

describe('handshakes', () => {
  test.each([
    ['no sub-protocol', {}, []],
    ['another one', {}, ['xmpp', 'mqtt']],
    ['nearly the right one', {}, ['SIP']],
  ])('with %s are refused', async (_what, options, protocol) => {
    expect(await refusalOf(options, protocol)).toBe(400);
  });

  test.each(['https://evil.example', 'https://pay.example.evil.example', 'null', 'http://pay.example'])(
    'of a page of %s are refused',
    async (origin) => {
      expect(await refusalOf({ headers: { origin } }, 'sip')).toBe(403);
    },
  );

  test('of our page, of a program, and with other sub-protocols beside ours are taken', async () => {
    const taken = await Promise.all([
      openClient({ headers: { origin: PAGE } }),
      openClient(),
      openClient({}, ['xmpp', 'sip']),
    ]);
    expect(taken.map(({ protocol }) => protocol)).toEqual(['sip', 'sip', 'sip']);
  });

  test('a plain request is told what is spoken here', async () => {
    const response = await fetch(`http://${LOOPBACK}:${port}/`);
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });

  test.each([
    ['no HTTP', 'INVITE sip:a SIP/2.0\r\n\r\n'],
    ['an endless header', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`],
    ['no key', UPGRADE.replace(/Sec-WebSocket-Key.*\r\n/, '')],
    ['an old version', UPGRADE.replace('Version: 13', 'Version: 7')],
  ])('%s is answered with an error and closed', async (_what, head) => {
    const socket = await rawClient(head);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 4\d\d /);
    await once(socket, 'close');
    expect(await openClient()).toBeDefined();
  });
});

describe('limits', () => {
  test(`one source has ${MAX_CONNECTIONS_PER_SOURCE} connections, half-open ones among them`, async () => {
    const silent = await rawClient('');
    const held = await Promise.all(Array.from({ length: MAX_CONNECTIONS_PER_SOURCE - 1 }, () => openClient()));
    const [error] = await once(client(), 'error');
    expect(String(error)).toMatch(/socket hang up|ECONNRESET/);
    held[0].terminate();
    silent.destroy();
    await new Promise<void>((resolve) => {
      onFailed = () => resolve();
    });
    expect((await openClient()).protocol).toBe('sip');
  });

  test('a flood of messages is closed with 1008, and nobody else notices', async () => {
    const [flooder, other] = [await openClient(), await openClient()];
    for (let count = 0; count < MAX_MESSAGES_PER_WINDOW + 50; count += 1) flooder.send('flood');
    expect(await closeCode(flooder)).toBe(1008);
    expect(received).toHaveLength(MAX_MESSAGES_PER_WINDOW);
    const message = nextReceived();
    other.send('still here');
    expect((await message).text).toBe('still here');
  });

  test('a flood of pings is one too, which ws cuts off when their answers cannot be sent as fast', async () => {
    const flooder = await openClient();
    const gone = nextFailed();
    for (let count = 0; count < MAX_MESSAGES_PER_WINDOW + 50; count += 1) flooder.ping();
    expect([1006, 1008]).toContain(await closeCode(flooder));
    await gone;
    expect(failed).toHaveLength(1);
  });

  test('a flood of pongs behind a message that is never finished is cut off', async () => {
    const flooder = await openClient();
    flooder.send('x', { fin: false });
    for (let count = 0; count < MAX_MESSAGES_PER_WINDOW + 50; count += 1) flooder.pong(Buffer.alloc(125));
    expect([1006, 1008]).toContain(await closeCode(flooder));
    expect(received).toEqual([]);
  });

  test('a peer that does not read is cut off', async () => {
    const socket = await openClient();
    const message = nextReceived();
    socket.send('hello');
    const { flow } = await message;
    socket.pause();
    const gone = nextFailed();
    const large = Buffer.alloc(MAX_MESSAGE_BYTES, 'x');
    // Beyond what the system buffers on the way, and then some.
    for (let count = 0; count < (64 * MAX_UNSENT_BYTES) / large.length; count += 1) sockets.send(flow, large);
    expect(await gone).toMatchObject({ connectionId: flow.connectionId });
  });
});

describe('ends', () => {
  test('of a connection are told once, with its number', async () => {
    const socket = await openClient();
    const message = nextReceived();
    socket.send('hello');
    const { flow } = await message;
    const gone = nextFailed();
    socket.terminate();
    expect(await gone).toEqual(flow);
    expect(failed).toHaveLength(1);
  });

  test('what is sent on a connection that is gone, or on none, is told as failed', async () => {
    const told = nextFailed();
    sockets.send(
      { listener: 'users', transport: 'ws', remoteAddress: LOOPBACK, remotePort: 9, connectionId: 77 },
      Buffer.from('x'),
    );
    expect(failed).toEqual([]);
    expect(await told).toMatchObject({ connectionId: 77 });
  });

  test('closing says so to every client, and cuts those that never finished a handshake', async () => {
    const [socket, silent] = [await openClient(), await rawClient('')];
    const goodbye = closeCode(socket);
    const cut = once(silent, 'close');
    await sockets.close();
    expect(await goodbye).toBe(1001);
    await cut;
  });

  test('a listener whose certificate cannot be read does not open, and nor do the others', async () => {
    const tls = { certificateFile: '/nowhere/certificate.pem', keyFile: '/nowhere/key.pem' };
    const broken = new TransportSockets({
      listeners: [
        { name: 'plain', address: LOOPBACK, port: 0, transports: ['ws'] },
        { name: 'secure', address: LOOPBACK, port: 0, transports: ['wss'], tls },
      ],
      onMessage: () => undefined,
      onFlowFailed: () => undefined,
    });
    await expect(broken.start()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
