/** The shell of WebRTC legs in this process, where the library's packets can be made to wait. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DgramEngine } from '../../gateway/media/dgram-engine-socket.js';
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

async function bindLeg(firstPort: number): Promise<number> {
  let port = firstPort;
  while (!(await engine.addLeg(SOCKET, port))) port += 2;
  return port;
}

async function connectedLeg(): Promise<LibraryPeer> {
  const port = await bindLeg(23_200);
  const identity = await legs.open(SOCKET, port);
  if (identity === undefined) throw new Error('no leg');
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
    const port = await bindLeg(23_300);
    // Nothing of this waits for the library: it is done before what the library has queued is looked at.
    await legs.open(SOCKET, port);
    expect(legs.connect(SOCKET, next)).toBe(true);
    await turns();
    expect(taken).toBe(0);
  });
});
