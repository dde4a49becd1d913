/**
 * All that a network may throw at the gateway, while a caller is in the middle of a card number: SIP, SDP, RTP, RTCP, HTTP
 * and WebSocket. Each thing gets its status or is counted, and in the end the capture that went on all the while brings
 * its token, in the same processes as before.
 */
import { createSocket, type Socket } from 'node:dgram';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import type { SessionView } from '../../gateway/payment/session-view.js';
import { tortureMessage, tortureNames } from '../../sip/torture/rfc4475-messages.js';
import { UserAgentSocket } from '../../sip/user-agent-socket.js';
import { brokenRtcp, brokenRtp, foreignPress } from '../support/broken-media.js';
import { eventPayload } from '../support/caller-stream.js';
import { eventually, pause, within } from '../support/deadline.js';
import type { ConfigurationInput } from '../support/gateway-under-test.js';
import { keysOf, samplesOf } from '../support/keys.js';
import { mutated, SeededRandom } from '../support/mutation.js';
import { type KeyedCard, PaymentScene } from '../support/payment-scene.js';
import { type PortRange, reservePorts } from '../support/ports.js';
import { resourcesOf } from '../support/process-resources.js';
import { writeRtp } from '../support/rtp.js';
import { description, SipStranger, sayOverTcp } from '../support/sip-stranger.js';

const TEST_LIMIT_MS = 120_000;
const ANSWER_LIMIT_MS = 10_000;
const PORTS_REST_LIMIT_MS = 30_000;
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const UDP_MUTATIONS = 3_000;
const TCP_CONNECTIONS = 60;
const MUTATIONS_A_CONNECTION = 10;
const GARBAGE_DATAGRAMS = 400;
/** So many datagrams are said without a pause. */
const BURST = 25;
const CARD: KeyedCard = { cardNumber: '4263982640269299', expirationDate: '0931', securityCode: '718' };
const FIRST_KEYS = 6;
/** A second: surely late, and surely of the same stream. */
const PACKETS_BEHIND = 50;
const PTIME_MS = 20;

let ports: PortRange;
let scene: PaymentScene;
let session: SessionView;
let callId: string;
let pids: Readonly<Record<string, number>>;
/** A telephone system at which everybody is busy. */
let busy: UserAgentSocket;
let stranger: SipStranger;

beforeAll(async () => {
  ports = await reservePorts(20);
  const busyPort = await ports.next();
  busy = new UserAgentSocket({
    listeners: [{ name: 'busy', address: '127.0.0.1', port: busyPort, transports: ['udp'] }],
    onOutput: (news) => {
      if (news.kind !== 'incoming-call') return;
      busy.handle({ kind: 'hang-up', callId: news.callId, status: 486, reason: 'Busy Here' });
    },
  });
  await busy.start();
  stranger = await SipStranger.open();
  scene = await PaymentScene.open({ limitMs: 8 * TEST_LIMIT_MS, configure: (base) => withBusySystem(base, busyPort) });
  pids = scene.gateway.pids();
  const call = await scene.dial();
  callId = call.id;
  session = await scene.desk.startSession(call.id);
  session = await scene.desk.capture(session.id, 'cardNumber');
  await scene.caller.key(keysOf(CARD.cardNumber.slice(0, FIRST_KEYS)), 'telephone-event');
}, TEST_LIMIT_MS);

/** After every kind of bad input: the same processes, a gateway that answers, and a capture that still waits. */
afterEach(async () => {
  expect(scene.gateway.pids()).toEqual(pids);
  expect(
    await stranger.ask(scene.gateway.callerSidePort, stranger.request('OPTIONS', 'anybody'), ANSWER_LIMIT_MS),
  ).toBe(200);
});

/** Also when the gateway did not start. */
afterAll(async () => {
  await scene?.close();
  await busy.close();
  await stranger.close();
  ports.release();
}, TEST_LIMIT_MS);

/** Whoever dials something else than `service` finds the busy system; the captures wait as long as the tests take. */
function withBusySystem(base: ConfigurationInput, port: number): ConfigurationInput {
  const target = { address: '127.0.0.1', port };
  return {
    ...base,
    peers: [...(base.peers ?? []), { name: 'busy', listener: 'agent-side', addresses: ['127.0.0.1'], target }],
    routes: [
      { name: 'inbound', from: 'trunk', to: 'pbx', callerSide: 'from', users: 'service' },
      { name: 'busy', from: 'trunk', to: 'busy', callerSide: 'from', users: 'busy' },
    ],
    payment: { ...base.payment, firstDigitTimeoutMs: 600_000, interDigitTimeoutMs: 600_000 },
  };
}

const SOUND_AUDIO = ['m=audio 9000 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000'];

type Metrics = ReadonlyMap<string, number>;

async function metrics(): Promise<Metrics> {
  const { text } = await scene.desk.request('GET', '/metrics');
  return new Map([...text.matchAll(/^tonegate_(\w+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
}

/** What was counted more often than `before`, by name. */
async function countedSince(before: Metrics): Promise<Readonly<Record<string, number>>> {
  const grown = [...(await metrics())].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([name, growth]) => growth > 0 && name.endsWith('_total')));
}

async function captureStillWaits(): Promise<void> {
  const { state, fields, droppedKeys } = await scene.desk.session(session.id);
  expect({ state, field: fields.cardNumber.state, keyCount: fields.cardNumber.keyCount, droppedKeys }).toEqual({
    state: 'capturing',
    field: 'awaiting',
    keyCount: FIRST_KEYS,
    droppedKeys: 0,
  });
}

/** All that came until the gateway closed the connection, as it has to. */
async function sayUntilClosed(port: number, pieces: readonly Buffer[]): Promise<string> {
  const begunMs = performance.now();
  const text = await sayOverTcp(port, pieces, ANSWER_LIMIT_MS);
  expect(performance.now() - begunMs).toBeLessThan(ANSWER_LIMIT_MS);
  return text;
}

describe('SIP', () => {
  test(
    'RFC 4475: every message over UDP and TCP, on both listeners',
    async () => {
      const before = await metrics();
      for (const port of [scene.gateway.callerSidePort, scene.gateway.agentSidePort]) {
        for (const name of tortureNames) await stranger.say(port, tortureMessage(name));
        for (const name of tortureNames) await sayOverTcp(port, [tortureMessage(name)], 200);
      }
      await eventually(ANSWER_LIMIT_MS, 'refusals', () => stranger.answers.find(({ status }) => status === 400));
      const counted = await countedSince(before);
      expect(Object.keys(counted)).toEqual(
        expect.arrayContaining(['gateway_sip_unreadable_cseq_total', 'gateway_sip_unreadable_start_line_total']),
      );
      expect(counted.gateway_sip_internal_error_total).toBeUndefined();
      await captureStillWaits();
    },
    TEST_LIMIT_MS,
  );

  test(
    `${UDP_MUTATIONS} mutations over UDP and ${TCP_CONNECTIONS * MUTATIONS_A_CONNECTION} over TCP, seed ${SEED}`,
    async () => {
      const before = await metrics();
      const random = new SeededRandom(SEED);
      const listeners = [scene.gateway.callerSidePort, scene.gateway.agentSidePort];
      for (let count = 0; count < UDP_MUTATIONS; count += 1) {
        await stranger.say(random.pick(listeners), mutated(soundMessage(random), random));
        if (count % BURST === 0) await pause(5);
      }
      for (let connection = 0; connection < TCP_CONNECTIONS; connection += 1) {
        const pieces = Array.from({ length: MUTATIONS_A_CONNECTION }, () => mutated(soundMessage(random), random));
        await sayOverTcp(random.pick(listeners), pieces, 50);
      }
      const sound = stranger.request('OPTIONS', 'anybody');
      const answered = /^SIP\/2\.0 \d{3} /;
      const over = await sayOverTcp(scene.gateway.callerSidePort, [sound], ANSWER_LIMIT_MS, answered);
      expect(over).toMatch(/^SIP\/2\.0 200 /);
      const counted = await countedSince(before);
      const unreadable = Object.entries(counted).filter(([name]) => name.startsWith('gateway_sip_unreadable_'));
      expect(unreadable.length).toBeGreaterThan(5);
      expect(counted.gateway_sip_internal_error_total).toBeUndefined();
      await captureStillWaits();
    },
    TEST_LIMIT_MS,
  );

  function soundMessage(random: SeededRandom): Buffer {
    const sdp = description(...SOUND_AUDIO);
    return random.pick([
      () => stranger.request('INVITE', 'busy', sdp),
      () => stranger.request('INVITE', 'nobody', sdp),
      () =>
        stranger.request(random.pick(['OPTIONS', 'REGISTER', 'BYE', 'CANCEL', 'ACK', 'UPDATE', 'SUBSCRIBE']), 'busy'),
      () => stranger.request('INFO', 'busy', 'Signal=5\r\nDuration=100\r\n', 'application/dtmf-relay'),
      () => tortureMessage(random.pick(tortureNames)),
    ])();
  }

  test('a megabyte without an end over TCP is cut off', async () => {
    const endless = [Buffer.from('INVITE sip:x@y SIP/2.0\r\n'), Buffer.alloc(1 << 20, 'a')];
    const text = await sayUntilClosed(scene.gateway.callerSidePort, endless);
    expect(text).not.toContain('200 OK');
  });
});

describe('SDP in an INVITE', () => {
  /** Sound calls among the mutations took all ports for media, which rest for some seconds after a call: 503 meanwhile. */
  async function answerTo(sdp: string, contentType?: string): Promise<number> {
    const endMs = performance.now() + PORTS_REST_LIMIT_MS;
    for (;;) {
      const invite = stranger.request('INVITE', 'busy', sdp, contentType);
      const status = await stranger.ask(scene.gateway.callerSidePort, invite, ANSWER_LIMIT_MS);
      if (status !== 503 || performance.now() > endMs) return status;
      await pause(250);
    }
  }

  const audio = (line: string) => description(line);

  test.each([
    ['that is none', 'hello', 400],
    ['with a NUL in it', description(...SOUND_AUDIO).replace('s=-', 's=\0'), 400],
    ['with a payload type beyond 32 bits', audio('m=audio 9000 RTP/AVP 4294967296'), 400],
    ['with a port beyond 16 bits', audio('m=audio 99999 RTP/AVP 0'), 400],
    ['without audio', audio('m=video 9000 RTP/AVP 31'), 488],
    ['with a codec that cannot be inspected', audio('m=audio 9000 RTP/AVP 18'), 488],
    ['with keys for SRTP alone', audio('m=audio 9000 RTP/SAVP 0'), 488],
    ['with a multicast address', description(...SOUND_AUDIO).replace('c=IN IP4 127.0.0.1', 'c=IN IP4 239.1.1.1'), 488],
    ['with two thousand media lines', description(...Array(2_000).fill('m=audio 9000 RTP/AVP 0')), 400],
  ])('%s is refused', async (_name, sdp, status) => {
    expect(await answerTo(sdp)).toBe(status);
  });

  test('of another type is refused, and a sound one goes through to the busy telephone', async () => {
    expect(await answerTo('<xml/>', 'application/xml')).toBe(415);
    expect(await answerTo(description(...SOUND_AUDIO))).toBe(486);
    await captureStillWaits();
  });
});

describe('media', () => {
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) await new Promise<void>((resolve) => socket.close(() => resolve()));
  });

  function bound(port: number): Promise<Socket> {
    const socket = createSocket('udp4');
    sockets.push(socket);
    return new Promise((resolve) => socket.bind(port, '127.0.0.1', () => resolve(socket)));
  }

  /** RTP and RTCP of both legs. */
  function mediaPorts(): readonly number[] {
    const { udpPorts } = resourcesOf(scene.gateway.pid('media-0'));
    expect(udpPorts.length).toBeGreaterThanOrEqual(4);
    return udpPorts;
  }

  async function throwAt(socket: Socket, datagrams: readonly Buffer[]): Promise<void> {
    const targets = mediaPorts();
    for (let thrown = 0; thrown < datagrams.length; thrown += BURST) {
      // Right behind a packet of the caller's: in a pause of the caller's, another stream may hide a key, and is told so.
      await scene.caller.talker.nextPacket();
      for (const datagram of datagrams.slice(thrown, thrown + BURST)) {
        for (const port of targets) socket.send(datagram, port, '127.0.0.1');
      }
    }
    await pause(50);
  }

  test(
    'garbage and forged keys from strangers are dropped and counted',
    async () => {
      const random = new SeededRandom(SEED);
      const noise = Array.from({ length: GARBAGE_DATAGRAMS }, () => random.bytes(random.below(300)));
      const oversize = [Buffer.alloc(1_600, 0x80), Buffer.alloc(9_000, 0x80)];
      const before = await metrics();
      await throwAt(await bound(0), [...noise, ...oversize, ...brokenRtp, ...brokenRtcp, ...foreignPress()]);
      const counted = await countedSince(before);
      expect(counted.media_dropped_foreign_source_total).toBeGreaterThan(0);
      expect(counted.media_dropped_malformed_rtp_total).toBeGreaterThan(0);
      expect(counted.media_keys_captured_total).toBeUndefined();
      await captureStillWaits();
    },
    TEST_LIMIT_MS,
  );

  test(
    'and so they are from the right sources, with a stream that is not the one',
    async () => {
      const random = new SeededRandom(SEED + 1);
      const noise = Array.from({ length: GARBAGE_DATAGRAMS }, () => random.bytes(random.below(60)));
      const before = await metrics();
      await throwAt(scene.caller.ear.socket, [...noise, ...brokenRtp, ...foreignPress()]);
      const rtcp = await bound(scene.caller.ear.port + 1);
      await throwAt(rtcp, [...noise, ...brokenRtcp]);
      const counted = await countedSince(before);
      expect(counted.media_dropped_malformed_rtp_total).toBeGreaterThan(0);
      expect(counted.media_dropped_malformed_rtcp_total).toBeGreaterThan(0);
      expect(counted.media_dropped_foreign_ssrc_total).toBeGreaterThan(0);
      expect(counted.media_keys_captured_total).toBeUndefined();
      await captureStillWaits();
    },
    TEST_LIMIT_MS,
  );

  test(
    'events in the right stream that are no keys are counted and press nothing',
    async () => {
      const before = await metrics();
      const { ssrc, nextNumbers } = scene.caller.talker;
      // Ahead of the talker's own numbers they would be followed, and its packets be late until it has caught up.
      const numbers = {
        sequenceNumber: (nextNumbers.sequenceNumber - PACKETS_BEHIND) & 0xffff,
        timestamp: (nextNumbers.timestamp - samplesOf(PACKETS_BEHIND * PTIME_MS)) >>> 0,
      };
      const payloads = [
        Buffer.alloc(0),
        Buffer.from([5, 10, 0]),
        eventPayload(200, true, 800),
        eventPayload(16, true, 800),
      ];
      const port = mediaPorts();
      for (const payload of payloads) {
        const datagram = writeRtp({ payloadType: 101, marker: true, ...numbers, ssrc, payload });
        for (const each of port) scene.caller.ear.socket.send(datagram, each, '127.0.0.1');
      }
      await pause(100);
      const counted = await countedSince(before);
      expect(counted.media_malformed_events_total ?? 0).toBeGreaterThan(0);
      expect(counted.media_keys_captured_total).toBeUndefined();
      await captureStillWaits();
    },
    TEST_LIMIT_MS,
  );
});

describe('the API', () => {
  const url = (path: string): string => `http://127.0.0.1:${scene.gateway.apiPort}${path}`;

  async function status(path: string, init: RequestInit & { readonly token?: string }): Promise<number> {
    const { token = scene.gateway.apiToken(), headers, ...rest } = init;
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const response = await fetch(url(path), {
      signal,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...rest,
    });
    const text = await response.text();
    expect(text).not.toMatch(/\bat .*:\d+:\d+/);
    return response.status;
  }

  const json = { 'content-type': 'application/json' };
  const post = (path: string, body: string, headers: Readonly<Record<string, string>> = json): Promise<number> =>
    status(path, { method: 'POST', headers, body });
  const capturePath = () => `/v1/payment-sessions/${session.id}/capture`;

  test.each<readonly [string, () => Promise<number>, number]>([
    ['a body of 100 KiB', () => post(capturePath(), 'x'.repeat(102_400)), 413],
    ['JSON that ends too early', () => post(capturePath(), '{"field":'), 400],
    ['JSON ten thousand deep', () => post(capturePath(), '['.repeat(10_000)), 400],
    ['a field of another kind', () => post(capturePath(), '{"field":7}'), 400],
    ['a member too many', () => post(capturePath(), '{"field":"cardNumber","x":1}'), 400],
    ['a prototype', () => post(capturePath(), '{"__proto__":{"field":"cardNumber"}}'), 400],
    ['text', () => post(capturePath(), 'field', { 'content-type': 'text/plain' }), 415],
    ['a session that nobody has', () => post('/v1/payment-sessions/none/capture', '{"field":"cardNumber"}'), 404],
    ['a path that climbs', () => status('/panel/..%2f..%2fpackage.json', {}), 404],
    ['a wrong token', () => status('/v1/calls', { token: 'wrong' }), 401],
    ['a second session on the call', () => status(`/v1/calls/${callId}/payment-sessions`, { method: 'POST' }), 409],
  ])('refuses %s', async (_name, ask, expected) => {
    expect(await ask()).toBe(expected);
    await captureStillWaits();
  });

  test.each([
    ['no HTTP at all', '\0\x01\x02garbage\r\n\r\n', 400],
    ['a header of 20 KiB', `GET /v1/calls HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_480)}\r\n\r\n`, 413],
    ['a length that is no number', 'POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: -7\r\n\r\n', 400],
    [
      'two lengths',
      'POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
  ])('answers %s and closes', async (_name, text, expected) => {
    const answer = await sayUntilClosed(scene.gateway.apiPort, [Buffer.from(text, 'latin1')]);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${expected} `));
  });

  test.each<readonly [string, (socket: WebSocket) => void, number]>([
    ['a wrong token', (socket) => socket.send('{"type":"authenticate","token":"wrong"}'), 4401],
    ['text that is no JSON', (socket) => socket.send('{"type":'), 1007],
    ['a message of another kind', (socket) => socket.send('{"type":"capture"}'), 1008],
    ['bytes', (socket) => socket.send(Buffer.alloc(10)), 1003],
    ['20 KiB', (socket) => socket.send('x'.repeat(20_480)), 1009],
  ])('closes an event socket that sends %s', async (_name, act, code) => {
    const socket = new WebSocket(url('/v1/events').replace('http', 'ws'));
    socket.on('error', () => {});
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.once('open', () => act(socket));
    expect(await within(ANSWER_LIMIT_MS, 'the end of the event socket', closed)).toBe(code);
    expect(scene.desk.closeCode).toBeUndefined();
  });

  test.each<readonly [string, RequestInit & { readonly token?: string }, number]>([
    ['a wrong credential', { method: 'POST', token: 'wrong', body: '{}' }, 401],
    ['JSON that ends too early', { method: 'POST', body: '{"token":' }, 400],
    ['a made-up token', { method: 'POST', body: '{"token":"tgt_AAAAAAAAAAAAAAAAAAAAAA","orderId":"1"}' }, 404],
    ['100 KiB', { method: 'POST', body: 'x'.repeat(102_400) }, 413],
  ])('of the vault refuses %s', async (_name, { token, ...init }, expected) => {
    const authorization = `Bearer ${token ?? scene.gateway.secret('redeem.token')}`;
    const response = await fetch(`http://127.0.0.1:${scene.gateway.redeemPort}/v1/redeem`, {
      headers: { authorization, ...json },
      ...init,
    });
    expect(response.status).toBe(expected);
    await response.text();
  });
});

describe('after all that', () => {
  test(
    'the capture that went on all the while brings its token',
    async () => {
      await scene.caller.key(keysOf(`${CARD.cardNumber.slice(FIRST_KEYS)}#`), 'telephone-event');
      const captured = await scene.settled(session, 'cardNumber');
      expect(captured.fields.cardNumber).toMatchObject({ state: 'captured', masked: '**** **** **** 9299' });
      await scene.enter(session, 'expirationDate', CARD.expirationDate, 'in-band');
      await scene.enter(session, 'securityCode', CARD.securityCode, 'sip-info');
      const token = await scene.complete(session);
      expect((await scene.gateway.redeem({ token, orderId: 'order-1' })).status).toBe(200);
      expect(scene.desk.closeCode).toBeUndefined();
      await scene.hangUp(await scene.desk.call());
    },
    TEST_LIMIT_MS,
  );

  test('no line of the log is anything but JSON, tells of a fault of ours, or has a run of twelve digits', () => {
    const lines = scene.gateway.logLines;
    expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    const withoutIds = (line: string): string => line.replaceAll(/\b(?=\d*[a-f])[0-9a-f]{32,}\b/g, 'id');
    expect(scene.gateway.outputLines.filter((line) => /\d{12}/.test(withoutIds(line)))).toEqual([]);
  });
});
