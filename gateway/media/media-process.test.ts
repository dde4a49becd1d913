import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import sodium from 'sodium-native';
import {
  CAPTURE_ID,
  type CommandWithoutId,
  EVENT_PAYLOAD_TYPE,
  eventPayload,
  legMedia,
  rtpPacket,
} from '../../test/media/simulated-call.js';
import { HELLO_FRAME, KEY_FRAME } from '../../vault-client/wire.js';
import { encodeFrame, encodeJsonFrame, FrameDecoder, JSON_FRAME } from '../../vault-client/wire-frames.js';
import { INFO_FRAME, type MediaCommand, type MediaEvent } from './control-wire.js';

const LINK_SECRET = Buffer.alloc(32, 3);
const SCRIPT = join(import.meta.dirname, 'media-process.js');

/** The vault's end of the key socket, with a key pair of its own. */
class StandInVault {
  readonly publicKey = Buffer.alloc(sodium.crypto_box_PUBLICKEYBYTES);
  readonly opened: { readonly captureId: string; readonly sequence: number; readonly key: number }[] = [];
  readonly hellos: string[] = [];
  readonly server: Server;
  readonly #secretKey = Buffer.alloc(sodium.crypto_box_SECRETKEYBYTES);

  constructor(path: string) {
    sodium.crypto_box_keypair(this.publicKey, this.#secretKey);
    this.server = createServer((socket) => {
      const decoder = new FrameDecoder();
      socket.on('data', (chunk) => decoder.push(chunk, ({ type, payload }) => this.#take(type, payload)));
      socket.on('error', () => {});
      this.server.once('close-links', () => socket.destroy());
    }).listen(path);
  }

  #take(type: number, payload: Buffer): void {
    if (type === HELLO_FRAME) this.hellos.push(payload.toString('hex'));
    if (type !== KEY_FRAME) return;
    const plain = Buffer.alloc(21);
    const isOurs = sodium.crypto_box_seal_open(plain, payload.subarray(20), this.publicKey, this.#secretKey);
    if (!isOurs || !plain.subarray(0, 20).equals(payload.subarray(0, 20))) throw new Error('a frame does not match');
    const captureId = plain.toString('hex', 0, 16);
    this.opened.push({ captureId, sequence: plain.readUInt32BE(16), key: plain[20] });
  }
}

class Peer {
  readonly heard: Buffer[] = [];
  readonly udp: UdpSocket = createSocket('udp4');

  async bind(): Promise<number> {
    this.udp.on('message', (bytes) => this.heard.push(bytes));
    this.udp.bind(0, '127.0.0.1');
    await once(this.udp, 'listening');
    return this.udp.address().port;
  }
}

let directory = '';
let child: ChildProcess;
let channel: Duplex;
let vault: StandInVault;
let events: MediaEvent[] = [];
let errorOutput = '';
const caller = { peer: new Peer(), port: 0 };
const agent = { peer: new Peer(), port: 0 };
let nextRequestId = 1;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-media-'));
  vault = new StandInVault(join(directory, 'keys.sock'));
  events = [];
  errorOutput = '';
  child = spawn(process.execPath, [SCRIPT], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], env: {} });
  child.stderr?.on('data', (text) => {
    errorOutput += text;
  });
  channel = child.stdio[3] as Duplex;
  const decoder = new FrameDecoder();
  channel.on('data', (chunk: Buffer) =>
    decoder.push(chunk, ({ type, payload }) => {
      if (type === JSON_FRAME) events.push(JSON.parse(payload.toString('utf8')) as MediaEvent);
    }),
  );
  channel.on('error', () => {});
  for (const side of [caller, agent]) {
    side.peer = new Peer();
    side.port = await side.peer.bind();
  }
  const configuration = {
    address: '127.0.0.1',
    portMin: 21_000,
    portMax: 21_999,
    webRtcServers: [],
    keySocketPath: join(directory, 'keys.sock'),
    linkSecret: LINK_SECRET.toString('base64'),
    recordingDirectory: join(directory, 'recordings'),
    silenceTimeoutMs: 60_000,
  };
  channel.write(encodeJsonFrame({ kind: 'configure', configuration }));
  await until(() => events.some(({ kind }) => kind === 'ready'));
});

afterEach(() => {
  child.kill('SIGKILL');
  vault.server.close();
  vault.server.emit('close-links');
  caller.peer.udp.close();
  agent.peer.udp.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Turns of the event loop until `isSo`, at most twenty seconds. */
async function until(isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + 20_000;
  while (!isSo()) {
    if (performance.now() > endMs)
      throw new Error(`did not come about; ${JSON.stringify(events.at(-1))} ${errorOutput}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function request(command: CommandWithoutId): Promise<MediaEvent> {
  const requestId = nextRequestId;
  nextRequestId += 1;
  channel.write(encodeJsonFrame({ ...command, requestId } as MediaCommand));
  const isReply = (event: MediaEvent) => 'requestId' in event && event.requestId === requestId;
  await until(() => events.some(isReply));
  const reply = events.find(isReply);
  if (reply === undefined) throw new Error('no reply');
  return reply;
}

async function startCall(): Promise<{ callerPort: number; agentPort: number }> {
  const created = await request({
    kind: 'create-call',
    callHandle: 1,
    callId: 'call-1',
    mask: 'window',
    replacement: 'comfort-noise',
    suppression: 'tones',
    agentTransport: 'rtp',
    recording: { start: 'automatic', mode: 'pause' },
  });
  if (created.kind !== 'call-created') throw new Error(JSON.stringify(created));
  await request({ kind: 'set-leg', callHandle: 1, leg: 'caller', media: legMedia('127.0.0.1', caller.port) });
  await request({ kind: 'set-leg', callHandle: 1, leg: 'agent', media: legMedia('127.0.0.1', agent.port) });
  return { callerPort: created.caller.rtpPort, agentPort: created.agent.rtpPort };
}

describe('a media process', () => {
  test('AC-4 carries a call and brings keys to the vault alone, sealed', async () => {
    const { callerPort, agentPort } = await startCall();
    const voice = Buffer.alloc(160, 0x10);
    agent.peer.udp.send(rtpPacket({ sequence: 1, timestamp: 0 }, voice), agentPort, '127.0.0.1');
    caller.peer.udp.send(rtpPacket({ sequence: 1, timestamp: 0 }, voice), callerPort, '127.0.0.1');
    await until(() => caller.peer.heard.length === 1 && agent.peer.heard.length === 1);
    expect(agent.peer.heard[0].subarray(12)).toEqual(voice);

    expect(await request({ kind: 'open-window', callHandle: 1 })).toMatchObject({ kind: 'done' });
    expect(events.filter((event) => event.kind === 'recording').map(({ state }) => state)).toEqual([
      'recording',
      'paused',
    ]);
    const vaultPublicKey = vault.publicKey.toString('base64');
    await request({ kind: 'arm-capture', callHandle: 1, captureId: CAPTURE_ID, vaultPublicKey });
    const keys = [4, 2, 4, 2, 11];
    keys.forEach((key, index) => {
      const header = { timestamp: 160 + index * 800, payloadType: EVENT_PAYLOAD_TYPE };
      const sequence = 2 + index * 2;
      caller.peer.udp.send(rtpPacket({ ...header, sequence }, eventPayload(key, 0)), callerPort, '127.0.0.1');
      caller.peer.udp.send(
        rtpPacket({ ...header, sequence: sequence + 1 }, eventPayload(key, 320, true)),
        callerPort,
        '127.0.0.1',
      );
    });
    await until(() => vault.opened.length === keys.length);
    channel.write(
      encodeFrame(INFO_FRAME, Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0]), Buffer.from('Signal=7\r\n')])),
    );
    await until(() => vault.opened.length === keys.length + 1);

    expect(vault.hellos).toEqual([LINK_SECRET.toString('hex')]);
    expect(vault.opened).toEqual([...keys, 7].map((key, sequence) => ({ captureId: CAPTURE_ID, sequence, key })));
    expect(agent.peer.heard.every((bytes) => (bytes[1] & 0x7f) === 0)).toBe(true);
    const statistics = await request({ kind: 'statistics' });
    expect(statistics).toMatchObject({ counters: { keys_captured: 6, vault_link_up_now: 1, calls_now: 1 } });
    await request({ kind: 'close-window', callHandle: 1 });
    expect(await request({ kind: 'close-call', callHandle: 1 })).toMatchObject({ kind: 'done' });
    expect(readdirSync(join(directory, 'recordings'))).toContain('call-1-1.wav');
  });

  test('tells a fault when the vault goes away in a capture, and finds it again', async () => {
    await startCall();
    await request({ kind: 'open-window', callHandle: 1 });
    await request({
      kind: 'arm-capture',
      callHandle: 1,
      captureId: CAPTURE_ID,
      vaultPublicKey: vault.publicKey.toString('base64'),
    });
    vault.server.close();
    vault.server.emit('close-links');
    await until(() => events.some((event) => event.kind === 'fault' && event.code === 'vault-link-down'));
    const refused = await request({
      kind: 'arm-capture',
      callHandle: 1,
      captureId: CAPTURE_ID,
      vaultPublicKey: vault.publicKey.toString('base64'),
    });
    expect(refused).toMatchObject({ kind: 'refused', code: 'vault-link-down' });
    vault = new StandInVault(join(directory, 'keys.sock'));
    await until(() => vault.hellos.length === 1);
  });

  test('answers what it cannot read with a refusal, survives SIGUSR1 without an inspector, ends with its parent', async () => {
    channel.write(encodeJsonFrame({ kind: 'open-window', requestId: 900 }));
    channel.write(encodeFrame(JSON_FRAME, Buffer.from('{"kind":')));
    channel.write(encodeFrame(77, Buffer.alloc(4)));
    await until(() => events.some((event) => event.kind === 'refused' && event.requestId === 900));
    child.kill('SIGUSR1');
    expect(await request({ kind: 'ping' })).toMatchObject({ kind: 'done' });
    expect(errorOutput).toBe('');
    const exited = once(child, 'exit');
    channel.destroy();
    expect(await exited).toEqual([0, null]);
  });
});
