/**
 * The WebRTC leg of a real media process, with a peer that speaks raw RTP: what passes, what does not, and what strangers
 * achieve.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LegMedia, MediaEvent, WebRtcPeer } from '../../gateway/media/control-wire.js';
import type { Setup, TransportEnd } from '../../sip/webrtc-description.js';
import { type MediaProcessOptions, MediaProcessUnderTest, UdpPeer } from '../media/media-process-under-test.js';
import { EVENT_PAYLOAD_TYPE, eventPayload, legMedia, rtpPacket } from '../media/simulated-call.js';
import { eventually } from '../support/deadline.js';
import { reservePorts } from '../support/ports.js';
import { LibraryPeer, offerOf, releaseLibrary, transportOf } from './library-peer.js';
import { PortGrabber } from './port-grabber.js';
import { isClientHello, isDtls, isSrtp, UdpPath } from './udp-path.js';
import { WrtcEndpoint } from './wrtc-endpoint.js';

const LIMIT_MS = 15_000;
const VOICE = Buffer.alloc(160, 0x31);

let media: MediaProcessUnderTest;
let caller: UdpPeer;
let callerPort = 0;
/** Of the gateway, on the caller's leg. */
let callerLegPort = 0;
const peers: LibraryPeer[] = [];
const paths: UdpPath[] = [];

async function start(options: MediaProcessOptions = {}): Promise<void> {
  media = await MediaProcessUnderTest.start(options);
  caller = new UdpPeer();
  callerPort = await caller.bind();
}

afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
  for (const path of paths.splice(0)) path.close();
  media.close();
  caller.udp.close();
});

afterAll(releaseLibrary);

async function createCall(callHandle: number, agentTransport: 'rtp' | 'webrtc' = 'webrtc'): Promise<MediaEvent> {
  return media.request({
    kind: 'create-call',
    callHandle,
    callId: `call-${callHandle}`,
    mask: 'window',
    replacement: 'comfort-noise',
    suppression: 'tones',
    agentTransport,
    recording: { start: 'off', mode: 'pause' },
  });
}

/** The gateway's own end of the agent's leg. */
async function openCall(callHandle = 1): Promise<TransportEnd> {
  const created = await createCall(callHandle);
  if (created.kind !== 'call-created' || created.agent.webRtc === undefined) throw new Error(JSON.stringify(created));
  callerLegPort = created.caller.rtpPort;
  await media.request({ kind: 'set-leg', callHandle, leg: 'caller', media: legMedia('127.0.0.1', callerPort) });
  const { rtpPort: port, webRtc } = created.agent;
  return { ...webRtc, candidates: [{ foundation: '1', priority: 1, address: '127.0.0.1', port, type: 'host' }] };
}

function agentMedia(webRtc: WebRtcPeer): LegMedia {
  return { ...legMedia('100::', 5004), rtcpMux: true, webRtc };
}

async function setAgent(webRtc: WebRtcPeer, callHandle = 1): Promise<MediaEvent> {
  return media.request({ kind: 'set-leg', callHandle, leg: 'agent', media: agentMedia(webRtc) });
}

async function answering(end: TransportEnd, setup: Setup = 'active'): Promise<LibraryPeer> {
  const peer = await LibraryPeer.answering(end, setup);
  peers.push(peer);
  return peer;
}

async function connectedPeer(): Promise<LibraryPeer> {
  const peer = await answering(await openCall());
  expect({ ...(await setAgent(peer.end)), told: peer.end }).toMatchObject({ kind: 'done' });
  await peer.connected();
  await eventKind('leg-connected');
  return peer;
}

async function eventKind(kind: MediaEvent['kind'], count = 1): Promise<void> {
  await media.until(() => media.events.filter((event) => event.kind === kind).length >= count);
}

async function counters(): Promise<Readonly<Record<string, number>>> {
  const answer = await media.request({ kind: 'statistics' });
  return answer.kind === 'statistics' ? answer.counters : {};
}

function fromCaller(sequence: number, payload: Uint8Array = VOICE, payloadType = 0): void {
  caller.udp.send(rtpPacket({ sequence, timestamp: sequence * 160, payloadType }, payload), callerLegPort, '127.0.0.1');
}

/** One packet each way, told apart by its number. */
async function passesBothWays(peer: LibraryPeer, sequence: number): Promise<void> {
  const up = Buffer.alloc(160, sequence);
  const down = Buffer.alloc(160, sequence ^ 0xff);
  fromCaller(sequence, up);
  peer.send(rtpPacket({ sequence, timestamp: sequence * 160, ssrc: 0xa9e47 }, down));
  await media.until(() => peer.rtp().some((packet) => packet.subarray(12).equals(up)));
  await media.until(() => caller.heard.some((packet) => packet.subarray(12).equals(down)));
}

describe('a WebRTC leg', () => {
  beforeEach(() => start());

  test('passes voice and keys both ways, byte for byte, and speaks RTCP on the same transport', async () => {
    const peer = await connectedPeer();
    await passesBothWays(peer, 1);
    fromCaller(2, eventPayload(5, 160), EVENT_PAYLOAD_TYPE);
    peer.send(
      rtpPacket({ sequence: 2, timestamp: 320, ssrc: 0xa9e47, payloadType: EVENT_PAYLOAD_TYPE }, eventPayload(7, 160)),
    );
    await media.until(() => peer.rtp().length === 2 && caller.heard.length === 2);
    expect(peer.rtp()[1].subarray(12)).toEqual(eventPayload(5, 160));
    expect(caller.heard[1].subarray(12)).toEqual(eventPayload(7, 160));

    // A receiver report of an SSRC that nobody has (RFC 3550 §6.4.2).
    peer.send(Buffer.from('80c9000100000001' + '81ca0003000000010101620000000000', 'hex'));
    await eventually(LIMIT_MS, 'our own report', () => (peer.rtcp().length > 0 ? true : undefined));
    expect(await counters()).toMatchObject({ rtcp_received: 1, dropped_malformed_rtcp: 0, dropped_foreign_source: 0 });
  });

  test('is behind the same suppression as any leg: a key pressed in a window does not reach it', async () => {
    const peer = await connectedPeer();
    await passesBothWays(peer, 1);
    expect(await media.request({ kind: 'open-window', callHandle: 1 })).toMatchObject({ kind: 'done' });
    for (let sequence = 2; sequence < 12; sequence += 1) {
      if (sequence % 2 === 0) fromCaller(sequence, eventPayload(5, sequence * 80), EVENT_PAYLOAD_TYPE);
      else fromCaller(sequence);
    }
    await media.until(() => peer.rtp().length >= 5);
    expect((await counters()).event_packets_suppressed).toBe(5);
    const types = peer.rtp().map((packet) => packet[1] & 0x7f);
    expect(new Set(types)).toEqual(new Set([0]));
  });

  test('keeps its peer: the same once more changes nothing, another one and plain RTP are refused', async () => {
    const peer = await connectedPeer();
    const { end } = peer;
    expect(await setAgent({ ...end, candidates: [] })).toMatchObject({ kind: 'done' });
    expect(await setAgent({ ...end, icePwd: `${end.icePwd}x` })).toMatchObject({
      kind: 'refused',
      code: 'bad-command',
    });
    const plain = { kind: 'set-leg', callHandle: 1, leg: 'agent', media: legMedia('127.0.0.1', callerPort) } as const;
    expect(await media.request(plain)).toMatchObject({ kind: 'refused', code: 'bad-command' });
    const onCaller = { ...plain, leg: 'caller', media: agentMedia(end) } as const;
    expect(await media.request(onCaller)).toMatchObject({ kind: 'refused', code: 'bad-command' });
    await passesBothWays(peer, 1);
  });

  test('never passes media of a peer whose certificate is not the signalled one', async () => {
    const peer = await answering(await openCall());
    const { fingerprint } = peer.end;
    const value = fingerprint.value.replace(/^../, (first) => (first === '00' ? '01' : '00'));
    await setAgent({ ...peer.end, fingerprint: { ...fingerprint, value } });
    await eventKind('leg-lost');
    fromCaller(1);
    await media.until(() => media.events.length > 0);
    expect(await counters()).toMatchObject({ webrtc_legs_connected: 0, webrtc_legs_lost: 1 });
    expect(peer.rtp()).toEqual([]);
    expect(caller.heard).toEqual([]);
  });

  test('tells when its peer has ended the transport', async () => {
    const peer = new WrtcEndpoint();
    const end = await openCall();
    const transport = transportOf(await peer.answer(offerOf(end)));
    await setAgent(transport);
    await eventKind('leg-connected');
    await peer.hangUp();
    await eventKind('leg-lost');
    peer.kill();
    expect(media.events.filter(({ kind }) => kind === 'leg-lost')).toEqual([
      { kind: 'leg-lost', callHandle: 1, leg: 'agent' },
    ]);
    fromCaller(1);
    expect((await counters()).calls_now).toBe(1);
  });

  test('leaves nothing behind: descriptors, threads and peer connections of many short calls', async () => {
    const descriptors = () => readdirSync(`/proc/${media.pid}/fd`).length;
    const threads = () => readdirSync(`/proc/${media.pid}/task`).length;
    const oneCall = async (callHandle: number) => {
      const peer = await answering(await openCall(callHandle));
      await setAgent(peer.end, callHandle);
      await peer.connected();
      await media.request({ kind: 'close-call', callHandle });
      peer.close();
    };
    // The first call loads the library, which starts threads of its own.
    await oneCall(1);
    const before = { descriptors: descriptors(), threads: threads() };
    for (let callHandle = 2; callHandle < 22; callHandle += 1) await oneCall(callHandle);
    // One that nobody ever answers.
    await openCall(22);
    expect(await counters()).toMatchObject({ calls_now: 1, webrtc_legs_now: 1 });
    expect(descriptors()).toBeGreaterThan(before.descriptors);
    await media.request({ kind: 'close-call', callHandle: 22 });
    expect(await counters()).toMatchObject({ calls_now: 0, webrtc_legs_now: 0 });
    await eventually(
      LIMIT_MS,
      () => `descriptors: ${descriptors()}, threads: ${threads()}, before ${JSON.stringify(before)}`,
      () => (descriptors() <= before.descriptors && threads() <= before.threads ? true : undefined),
    );
  });
});

describe('strangers at the port of a WebRTC leg', () => {
  beforeEach(() => start());

  /** A call whose peer, which begins the handshake, is seen through a path. */
  async function callOverPath(): Promise<{ peer: LibraryPeer; path: UdpPath; gatewayPort: number }> {
    const end = await openCall();
    const path = await UdpPath.open(end);
    paths.push(path);
    // It begins the handshake, so that we are the one who waits for a ClientHello.
    const peer = await answering(path.gatewaySeen(end), 'actpass');
    expect(peer.end.setup).toBe('active');
    return { peer, path, gatewayPort: end.candidates[0].port };
  }

  test('a foreign ClientHello is not heard, before the handshake is done or after', async () => {
    const { peer, path, gatewayPort } = await callOverPath();
    const stranger = createSocket('udp4');
    const answers: Buffer[] = [];
    stranger.on('message', (datagram) => answers.push(datagram));
    stranger.bind(0, '127.0.0.1');
    await once(stranger, 'listening');

    path.passes = (datagram) => !isDtls(datagram);
    await setAgent(path.peerSeen(peer.end));
    const hello = await eventually(LIMIT_MS, 'a ClientHello', () => path.fromPeer.find(isClientHello));
    for (let count = 0; count < 20; count += 1) stranger.send(hello, gatewayPort, '127.0.0.1');
    await peerSpoke(path);
    expect(path.fromGateway.filter(isDtls)).toEqual([]);
    // The same datagram is answered when it comes from where ICE has found the peer.
    // ICE may have found it there a little later than the peer has spoken.
    await eventually(LIMIT_MS, 'an answer to the ClientHello', () => {
      path.inject(hello);
      return path.fromGateway.find(isDtls);
    });
    for (let count = 0; count < 20; count += 1) stranger.send(hello, gatewayPort, '127.0.0.1');

    path.passes = () => true;
    await peer.connected();
    await eventKind('leg-connected');
    for (let count = 0; count < 20; count += 1) stranger.send(hello, gatewayPort, '127.0.0.1');
    await passesBothWays(peer, 1);
    // Nor does it end the call when it comes from the right place at the wrong time.
    path.inject(hello);
    await passesBothWays(peer, 2);
    expect(answers).toEqual([]);
    expect(media.events.some(({ kind }) => kind === 'leg-lost')).toBe(false);
    stranger.close();
  });

  test('packets that are not encrypted, altered, or heard before, go no further', async () => {
    const { peer, path, gatewayPort } = await callOverPath();
    await setAgent(path.peerSeen(peer.end));
    await peer.connected();
    await eventKind('leg-connected');
    await passesBothWays(peer, 1);
    const srtp = await eventually(LIMIT_MS, 'SRTP', () => path.fromPeer.find(isSrtp));
    const altered = Buffer.from(srtp);
    altered[20] ^= 1;
    altered.writeUInt16BE(77, 2);
    const plain = rtpPacket({ sequence: 50, timestamp: 8000, ssrc: 0xa9e47 }, VOICE);
    for (const datagram of [srtp, altered, plain, plain.subarray(0, 13), Buffer.alloc(0)]) path.inject(datagram);
    const stranger = createSocket('udp4');
    for (const datagram of [srtp, altered, plain]) stranger.send(datagram, gatewayPort, '127.0.0.1');

    await passesBothWays(peer, 2);
    expect(caller.heard).toHaveLength(2);
    expect((await counters()).rtp_received).toBe(4);
    // The library tells of them about once a second.
    const isTold = ({ webrtc_packets_replayed, webrtc_packets_unauthentic }: Readonly<Record<string, number>>) =>
      webrtc_packets_replayed === 1 && webrtc_packets_unauthentic >= 2;
    const endMs = performance.now() + LIMIT_MS;
    while (!isTold(await counters()) && performance.now() < endMs) path.inject(altered);
    expect(isTold(await counters())).toBe(true);
    stranger.close();
  });

  test('noise of every kind at the port changes nothing', async () => {
    const { peer, path, gatewayPort } = await callOverPath();
    const stranger = createSocket('udp4');
    await setAgent(path.peerSeen(peer.end));
    for (let first = 0; first < 256; first += 1) stranger.send(noiseOf(first), gatewayPort, '127.0.0.1');
    await peer.connected();
    await eventKind('leg-connected');
    await passesBothWays(peer, 1);
    // So few at a time that the port's buffer holds them all: what it drops itself nobody has heard.
    const AT_A_TIME = 16;
    for (let from = 0; from < 256; from += AT_A_TIME) {
      for (let first = from; first < from + AT_A_TIME; first += 1) {
        stranger.send(noiseOf(first), gatewayPort, '127.0.0.1');
        path.inject(noiseOf(first));
      }
      await passesBothWays(peer, 2 + from / AT_A_TIME);
    }
    expect(caller.heard).toHaveLength(1 + 256 / AT_A_TIME);
    expect(media.events.some(({ kind }) => kind === 'leg-lost')).toBe(false);
    stranger.close();
  });
});

/** Every first octet, in datagrams of every length. */
function noiseOf(first: number): Buffer {
  return Buffer.concat([Buffer.from([first]), Buffer.alloc(first * 5, first)]);
}

/** Another datagram has come from the peer, so that what was sent before has been read. */
async function peerSpoke(path: UdpPath): Promise<void> {
  const before = path.fromPeer.length;
  await eventually(LIMIT_MS, 'traffic on the path', () => (path.fromPeer.length > before ? true : undefined));
}

describe('a media process and the WebRTC library', () => {
  /** Where the package cannot be found. */
  const WITHOUT_LIBRARY = `data:text/javascript,${encodeURIComponent(
    'import { register } from "node:module"; register("data:text/javascript," + encodeURIComponent(`export function resolve(name, context, next) { if (name === "node-datachannel") throw new Error("not installed"); return next(name, context); }`));',
  )}`;
  const isLoaded = () => readFileSync(`/proc/${media.pid}/maps`, 'latin1').includes('node-datachannel');

  test('loads it with the first call that needs it, and not before', async () => {
    await start();
    expect(await createCall(1, 'rtp')).toMatchObject({ kind: 'call-created' });
    expect(isLoaded()).toBe(false);
    expect(await createCall(2, 'webrtc')).toMatchObject({ kind: 'call-created' });
    expect(isLoaded()).toBe(true);
  });

  test('refuses such calls where it cannot be loaded, and carries all others', async () => {
    await start({ nodeArguments: ['--import', WITHOUT_LIBRARY] });
    expect(await createCall(1, 'webrtc')).toMatchObject({ kind: 'refused', code: 'webrtc-unavailable' });
    expect(media.errorOutput).toContain('node-datachannel cannot be loaded');
    expect(await createCall(2, 'rtp')).toMatchObject({ kind: 'call-created' });
    expect(await counters()).toMatchObject({ calls_now: 1, calls_refused: 1, webrtc_legs_now: 0 });
  });

  test('refuses a call when no port is left, and outlives it', async () => {
    // Four ports, which are nobody else's: a call of two legs, and no second one.
    const ports = await reservePorts(5);
    const portMin = ports.first + (ports.first % 2);
    await start({ configuration: { portMin, portMax: portMin + 3 } });
    const first = await createCall(1);
    expect(first).toMatchObject({ kind: 'call-created' });
    expect(await createCall(2)).toMatchObject({ kind: 'refused', code: 'no-ports' });
    await media.request({ kind: 'close-call', callHandle: 1 });
    expect(await counters()).toMatchObject({ calls_now: 0 });
    ports.release();
  });

  test('keep a port without a break: who waits for it gets it when the call is over, and not before', async () => {
    await start();
    const exits: number[] = [];
    media.child.on('exit', (code) => exits.push(code ?? -1));
    // What would be free for less than a millisecond is not caught each time.
    for (let callHandle = 1; callHandle <= 5; callHandle += 1) {
      const end = await openCall(callHandle);
      const grabber = await PortGrabber.waiting(end.candidates[0].port);
      const peer = await answering(end);
      expect(await setAgent(peer.end, callHandle)).toMatchObject({ kind: 'done' });
      await peer.connected();
      expect({ exits, hasPort: grabber.hasPort }).toEqual({ exits: [], hasPort: false });
      await media.request({ kind: 'close-call', callHandle });
      await grabber.gotPort();
      await grabber.end();
    }
    expect(await counters()).toMatchObject({ calls_now: 0, calls_created: 5, webrtc_legs_now: 0 });
  });

  test('take other ports where a program sits on some of the range, and refuse a call when there is none', async () => {
    // Ten pairs, of which two are free.
    const strangers = Array.from({ length: 8 }, () => createSocket('udp4'));
    for (const [index, stranger] of strangers.entries()) {
      stranger.bind(21_520 + 2 * index, '127.0.0.1');
      await once(stranger, 'listening');
    }
    await start({ configuration: { portMin: 21_520, portMax: 21_539 } });
    const peer = await connectedPeer();
    expect(await createCall(2)).toMatchObject({ kind: 'refused', code: 'no-ports' });
    await passesBothWays(peer, 1);
    expect(await counters()).toMatchObject({ calls_now: 1, calls_refused: 1, ports_refused: 8 });
    for (const stranger of strangers) stranger.close();
  });

  test('ends in good order with a call going on', async () => {
    await start();
    await connectedPeer();
    const exited = once(media.child, 'exit');
    media.channel.destroy();
    expect(await exited).toEqual([0, null]);
    expect(media.errorOutput).toBe('');
  });
});
