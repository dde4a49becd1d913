/** The shell of WebRTC legs in this process, where the library's packets can be made to wait. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { WebRtcIdentity } from '../../gateway/media/control-wire.js';
import { DgramEngine } from '../../gateway/media/dgram-engine-socket.js';
import { PORT_REFUSED } from '../../gateway/media/udp-engine.js';
import { WebRtcLegs } from '../../gateway/media/webrtc-legs-socket.js';
import { rtpPacket } from '../media/simulated-call.js';
import { eventually } from '../support/deadline.js';
import { LibraryPeer, releaseLibrary } from './library-peer.js';

const LIMIT_MS = 15_000;
const ADDRESS = '127.0.0.1';
const SOCKET = 2;

let engine: DgramEngine;
let legs: WebRtcLegs;
let peer: LibraryPeer;
let isConnected = false;
let taken = 0;

beforeEach(async () => {
  isConnected = false;
  taken = 0;
  engine = new DgramEngine({ address: ADDRESS, onSendFailed: () => {} });
  engine.onBatch((_first, count) => {
    taken += count;
    engine.flush();
  });
  legs = new WebRtcLegs({
    engine,
    address: ADDRESS,
    onConnected: () => {
      isConnected = true;
    },
    onLost: () => {},
    onSendFailed: () => {},
    onDropped: () => {},
    onUnavailable: () => {},
  });
  peer = await connectedLeg();
});

afterEach(() => {
  peer.close();
  legs.close(SOCKET);
  engine.removeLeg(SOCKET);
});

afterAll(releaseLibrary);

async function openLeg(firstPort: number): Promise<{ readonly port: number; readonly identity: WebRtcIdentity }> {
  for (let port = firstPort; port < firstPort + 100; port += 2) {
    const identity = await legs.open(SOCKET, port);
    if (identity === undefined) throw new Error('no leg');
    if (identity !== PORT_REFUSED) return { port, identity };
  }
  throw new Error('no port');
}

async function connectedLeg(): Promise<LibraryPeer> {
  const { port, identity } = await openLeg(23_200);
  const host = { foundation: '1', priority: 1, address: ADDRESS, port, type: 'host' } as const;
  const found = await LibraryPeer.answering({ ...identity, candidates: [host] });
  expect(legs.connect(SOCKET, found.end)).toBe(true);
  await found.connected();
  await eventually(LIMIT_MS, 'a leg that is connected', () => (isConnected ? true : undefined));
  return found;
}

/** Packets that the library has got and that wait for this thread. */
function sendPackets(count: number): void {
  for (let sequence = 0; sequence < count; sequence += 1) {
    peer.send(rtpPacket({ sequence, timestamp: sequence * 160 }, Buffer.alloc(160, 0x31)));
  }
  // The library's own threads go on meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('packets that wait when a leg ends', () => {
  test('are heard where it has not ended', async () => {
    sendPackets(10);
    await turns();
    expect(taken).toBe(10);
  });

  test('do not get into the next call, which has the same number', async () => {
    const next = peer.end;
    sendPackets(10);
    legs.close(SOCKET);
    engine.removeLeg(SOCKET);
    // Nothing of this waits for the library: it is done before what the library has queued is looked at.
    await openLeg(23_300);
    expect(legs.connect(SOCKET, next)).toBe(true);
    await turns();
    expect(taken).toBe(0);
  });
});

describe('a port that another program has', () => {
  const TAKEN = 23_400;

  test('is refused, and the process goes on: the leg there is still heard, and another port is had', async () => {
    const stranger = createSocket('udp4');
    stranger.bind(TAKEN, ADDRESS);
    await once(stranger, 'listening');
    for (let tries = 0; tries < 5; tries += 1) expect(await legs.open(SOCKET + 2, TAKEN)).toBe(PORT_REFUSED);
    expect(legs.size).toBe(1);
    sendPackets(10);
    await eventually(LIMIT_MS, 'packets of the leg', () => (taken === 10 ? true : undefined));

    stranger.close();
    await once(stranger, 'close');
    expect(await legs.open(SOCKET + 2, TAKEN)).toMatchObject({ iceUfrag: expect.any(String) });
    legs.close(SOCKET + 2);
  });
});
