import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import sodium from 'sodium-native';
import { KeyFrameOpener } from './key-frame.js';
import { KeySocket } from './key-socket.js';
import { HELLO_FRAME, KEY_FRAME, KEY_FRAME_SIZE_BYTES } from './wire.js';
import { encodeFrame } from './wire-frames.js';

const SECRET = Buffer.alloc(32, 9);
const CAPTURE_ID = '00112233445566778899aabbccddeeff';

let directory = '';
let opener: KeyFrameOpener;
let server: KeySocket;
let heard: string[] = [];
let heardEnough: (() => void) | undefined;
const clients: Socket[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tonegate-keys-'));
  opener = new KeyFrameOpener();
  heard = [];
  server = keySocket(join(directory, 'keys.sock'));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await server.close();
  rmSync(directory, { recursive: true });
});

function keySocket(path: string): KeySocket {
  const onKey = (key: { captureId: string; sequence: number; key: number }): void => {
    heard.push(`${key.captureId} ${key.sequence} ${key.key}`);
    heardEnough?.();
  };
  return new KeySocket({ path, linkSecret: SECRET, opener, onKey });
}

/** A media process as far as the vault can see. */
function connect(): Socket {
  const client = createConnection(join(directory, 'keys.sock'));
  client.on('error', () => {}).resume();
  clients.push(client);
  return client;
}

function keyFrame(sequence: number, key: number): Buffer {
  const payload = Buffer.alloc(KEY_FRAME_SIZE_BYTES);
  payload.write(CAPTURE_ID, 'hex');
  payload.writeUInt32BE(sequence, 16);
  const plaintext = Buffer.concat([payload.subarray(0, 20), Buffer.from([key])]);
  sodium.crypto_box_seal(payload.subarray(20), plaintext, opener.publicKey);
  return encodeFrame(KEY_FRAME, payload);
}

function heardKeys(count: number): Promise<void> {
  return new Promise((resolve) => {
    heardEnough = () => {
      if (heard.length >= count) resolve();
    };
    heardEnough();
  });
}

const closed = (client: Socket): Promise<void> => new Promise((resolve) => client.once('close', () => resolve()));

describe('the key socket', () => {
  test('takes keys after hello, however the bytes are cut', async () => {
    await server.listen();
    const client = connect();
    const bytes = Buffer.concat([encodeFrame(HELLO_FRAME, SECRET), keyFrame(0, 4), keyFrame(1, 2), keyFrame(2, 11)]);
    for (const byte of bytes) client.write(Buffer.from([byte]));
    await heardKeys(3);
    expect(heard).toEqual([`${CAPTURE_ID} 0 4`, `${CAPTURE_ID} 1 2`, `${CAPTURE_ID} 2 11`]);
  });

  test('is ours alone', async () => {
    await server.listen();
    expect(statSync(join(directory, 'keys.sock')).mode & 0o777).toBe(0o600);
  });

  test.each<[string, () => Buffer]>([
    ['the wrong secret', () => encodeFrame(HELLO_FRAME, Buffer.alloc(32, 8))],
    ['a short secret', () => encodeFrame(HELLO_FRAME, SECRET.subarray(1))],
    ['no hello', () => keyFrame(0, 4)],
    ['something else', () => encodeFrame(77, SECRET)],
    ['a second hello', () => Buffer.concat([encodeFrame(HELLO_FRAME, SECRET), encodeFrame(HELLO_FRAME, SECRET)])],
    ['an impossible frame', () => Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('cuts off whoever says %s', async (_, bytes) => {
    await server.listen();
    const client = connect();
    const gone = closed(client);
    client.write(Buffer.concat([bytes(), keyFrame(1, 4)]));
    await gone;
    expect(heard).toEqual([]);
    expect(server.statistics.strangers).toBe(1);
  });

  test('counts and drops what does not open, and goes on', async () => {
    await server.listen();
    const client = connect();
    const foreign = keyFrame(0, 4);
    foreign[foreign.length - 1] ^= 1;
    const relabelled = keyFrame(0, 4);
    relabelled[5] ^= 1;
    client.write(
      Buffer.concat([
        encodeFrame(HELLO_FRAME, SECRET),
        foreign,
        relabelled,
        encodeFrame(KEY_FRAME, Buffer.alloc(3)),
        keyFrame(0, 17),
        keyFrame(0, 7),
      ]),
    );
    await heardKeys(1);
    expect(heard).toEqual([`${CAPTURE_ID} 0 7`]);
    expect(server.statistics).toEqual({
      frames_wrong_size: 1,
      frames_not_for_us: 1,
      frames_relabelled: 1,
      frames_no_such_key: 1,
      strangers: 0,
    });
  });

  test('takes the place of a socket whose vault has been killed', async () => {
    await server.listen();
    // What a killed process leaves: the file without a listener.
    const left = createServer();
    const path = join(directory, 'left.sock');
    await new Promise<void>((resolve) => left.listen(path, resolve));
    const successor = keySocket(path);
    await successor.listen();
    await successor.close();
    await new Promise((resolve) => left.close(resolve));
  });

  test('makes its directory, for us alone', async () => {
    const inside = keySocket(join(directory, 'run', 'keys.sock'));
    await inside.listen();
    expect(statSync(join(directory, 'run')).mode & 0o777).toBe(0o700);
    await inside.close();
    await server.listen();
  });

  test('does not open where others could reach it, over a file, or under a path that is too long', async () => {
    await server.listen();
    const listening = (path: string) => () => keySocket(path).listen();
    writeFileSync(join(directory, 'file'), '');
    expect(listening(join(directory, 'file'))).toThrow(expect.objectContaining({ code: 'socket-path-taken' }));
    expect(listening(join(directory, 'x'.repeat(100)))).toThrow(
      expect.objectContaining({ code: 'socket-path-too-long' }),
    );
    expect(listening(join(directory, 'file', 'keys.sock'))).toThrow(
      expect.objectContaining({ code: 'socket-unavailable' }),
    );
    chmodSync(directory, 0o750);
    expect(listening(join(directory, 'other.sock'))).toThrow(
      expect.objectContaining({ code: 'socket-directory-mode' }),
    );
  });
});
