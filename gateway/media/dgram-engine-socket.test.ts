import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DgramEngine } from './dgram-engine-socket.js';
import { readAddress, writeAddress } from './ip-address.js';
import { OUT_OFFSET, OUT_SIZE, OUT_SOCKET, ROW_LENGTH, SIZE, SLOT_SIZE_BYTES, SOCKET, SOURCE } from './udp-engine.js';

const ENGINE_SOCKET = 5;

let engine: DgramEngine;
let peer: Socket;
let peerPort = 0;
let enginePort = 0;

beforeEach(async () => {
  engine = new DgramEngine({ address: '127.0.0.1', onSendFailed: () => {} });
  peer = createSocket('udp4');
  peer.bind(0, '127.0.0.1');
  await once(peer, 'listening');
  peerPort = peer.address().port;
  for (enginePort = 23_000; !(await engine.addLeg(ENGINE_SOCKET, enginePort)); enginePort += 1);
});

afterEach(() => {
  engine.removeLeg(ENGINE_SOCKET);
  peer.close();
});

/** What the engine hands on for one datagram sent to it, after `then` has had the slot. */
async function received(datagram: Buffer, then: (slot: number) => void = () => {}): Promise<number> {
  const slot = await new Promise<number>((resolve) => {
    engine.onBatch((first, count) => {
      expect(count).toBe(1);
      then(first);
      engine.flush();
      resolve(first);
    });
    peer.send(datagram, enginePort, '127.0.0.1');
  });
  return slot;
}

describe('the engine on node:dgram', () => {
  test('hands on a datagram with its socket, size and source', async () => {
    const slot = await received(Buffer.from('hello'));
    const row = slot * ROW_LENGTH;
    expect([engine.rows[row + SOCKET], engine.rows[row + SIZE]]).toEqual([ENGINE_SOCKET, 5]);
    expect([readAddress(engine.rows, row + SOURCE), engine.rows[row + SOURCE + 4]]).toEqual(['127.0.0.1', peerPort]);
    expect(engine.slab.toString('latin1', slot * SLOT_SIZE_BYTES, slot * SLOT_SIZE_BYTES + 5)).toBe('hello');
  });

  test('tells the true size of a datagram that does not fit its slot', async () => {
    const slot = await received(Buffer.alloc(4000, 1));
    expect(engine.rows[slot * ROW_LENGTH + SIZE]).toBe(4000);
  });

  test('sends from the slot of a received packet and from one of its own, to where the socket is connected', async () => {
    const heard: string[] = [];
    peer.on('message', (bytes) => heard.push(bytes.toString('latin1')));
    const words = new Int32Array(5);
    writeAddress('127.0.0.1', words, 0);
    words[4] = peerPort;
    engine.connectLeg(ENGINE_SOCKET, words, 0);
    const send = (slot: number, offset: number, size: number): void => {
      engine.rows[slot * ROW_LENGTH + OUT_SOCKET] = ENGINE_SOCKET;
      engine.rows[slot * ROW_LENGTH + OUT_OFFSET] = offset;
      engine.rows[slot * ROW_LENGTH + OUT_SIZE] = size;
    };
    await received(Buffer.from('hello'), (slot) => {
      send(slot, 1, 4);
      const own = engine.takeSlot();
      engine.slab.write('own', own * SLOT_SIZE_BYTES, 'latin1');
      send(own, 0, 3);
      // Taken, and not used.
      engine.takeSlot();
    });
    while (heard.length < 2) await once(peer, 'message');
    expect(heard).toEqual(['ello', 'own']);
  });

  test('says that a port is in use, and gives it back', async () => {
    expect(await engine.addLeg(6, enginePort)).toBe(false);
    engine.removeLeg(ENGINE_SOCKET);
    expect(await engine.addLeg(ENGINE_SOCKET, enginePort)).toBe(true);
  });

  test('lets packets come and go another way, from where they are sent to, and wipes what came', () => {
    const sent: string[] = [];
    engine.addWay(8, { send: (packet) => sent.push(Buffer.from(packet).toString('latin1')) });
    const words = new Int32Array(5);
    writeAddress('100::', words, 0);
    words[4] = 5004;
    engine.connectLeg(8, words, 0);
    const sources: unknown[] = [];
    engine.onBatch((slot) => {
      const row = slot * ROW_LENGTH;
      sources.push([engine.rows[row + SOCKET], readAddress(engine.rows, row + SOURCE), engine.rows[row + SOURCE + 4]]);
      engine.rows[row + OUT_SOCKET] = 8;
      engine.rows[row + OUT_OFFSET] = 2;
      engine.rows[row + OUT_SIZE] = 3;
      engine.flush();
    });
    const packet = Buffer.from('hello');
    engine.take(8, packet);
    expect(sources).toEqual([[8, '100:0:0:0:0:0:0:0', 5004]]);
    expect(sent).toEqual(['llo']);
    expect(packet).toEqual(Buffer.alloc(5));

    engine.removeLeg(8);
    const late = Buffer.from('late');
    engine.take(8, late);
    expect(sources).toHaveLength(1);
    expect(late).toEqual(Buffer.alloc(4));
  });

  test('has more slots than one batch needs', () => {
    const slots = new Set<number>();
    for (let taken = 0; taken < 10_000; taken += 1) slots.add(engine.takeSlot());
    expect(slots.size).toBeGreaterThan(1000);
    expect(Math.max(...slots) * SLOT_SIZE_BYTES).toBeLessThan(engine.slab.length);
    engine.flush();
  });
});
