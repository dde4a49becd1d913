import { expect, test } from '@jest/globals';
import { MAX_MESSAGE_BYTES } from '../message-parser.js';
import { FrameFollower, MAX_BUFFERED_CHUNKS, MAX_KEPT_BYTES, ReceivedChunks } from './ws-frames.js';

type FrameOptions = { readonly fin?: boolean; readonly opcode?: number };

/** RFC 6455 §5.2, masked as a client has to. */
function frame(payloadBytes: number, { fin = true, opcode = 1 }: FrameOptions = {}): Buffer {
  const extended = Buffer.alloc(payloadBytes > 65_535 ? 8 : payloadBytes > 125 ? 2 : 0);
  if (extended.length > 0)
    extended.writeUIntBE(payloadBytes, Math.max(0, extended.length - 6), Math.min(6, extended.length));
  const length = extended.length === 8 ? 127 : extended.length === 2 ? 126 : payloadBytes;
  const first = Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | length]);
  return Buffer.concat([first, extended, Buffer.from('mask'), Buffer.alloc(payloadBytes, 'x')]);
}

const PING = 9;
const PONG = 10;
const CONTINUATION = 0;

test.each([0, 1, 125, 126, 65_535, 65_536])('a message of %i bytes ends where it ends, however it is cut', (size) => {
  const bytes = frame(size);
  for (const cut of [0, 1, 2, 3, 5, 9, 13, bytes.length - 1].filter((at) => at < bytes.length)) {
    const follower = new FrameFollower();
    expect(follower.follow(bytes.subarray(0, cut))).toBe(cut);
    expect(follower.follow(bytes.subarray(cut))).toBe(0);
  }
});

test('byte by byte, only the last one ends it', () => {
  const bytes = frame(300);
  const follower = new FrameFollower();
  const left = [...bytes].map((byte) => follower.follow(Buffer.from([byte])));
  expect(left.indexOf(0)).toBe(bytes.length - 1);
});

test('a message in fragments ends with the last, whatever comes between them', () => {
  const follower = new FrameFollower();
  const left = [
    frame(10, { fin: false }),
    frame(4, { opcode: PING }),
    frame(10, { fin: false, opcode: CONTINUATION }),
    frame(10, { opcode: CONTINUATION }),
    frame(4, { opcode: PING }),
  ].map((bytes) => follower.follow(bytes) === 0);
  expect(left).toEqual([false, false, false, true, true]);
});

test('the chunks of a secret message are wiped when it is over, and not before; others are left alone', () => {
  const chunks = new ReceivedChunks();
  const [plain, secret] = [frame(100), frame(100)];
  chunks.take(plain);
  const [head, tail] = [secret.subarray(0, 50), secret.subarray(50)];
  chunks.take(head);
  expect(head.some((byte) => byte !== 0)).toBe(true);
  chunks.markSecret();
  chunks.take(tail);
  expect([plain, head, tail].map((bytes) => bytes.some((byte) => byte !== 0))).toEqual([true, false, false]);
});

test('of a message that is not finished so much is kept, whatever control frames come between, and then nothing', () => {
  const chunks = new ReceivedChunks();
  expect(chunks.take(frame(10, { fin: false }))).toBe('begun');
  const pongs = Buffer.concat(Array.from({ length: 20 }, () => frame(125, { opcode: PONG })));
  const said = Array.from({ length: 2 * Math.ceil(MAX_KEPT_BYTES / pongs.length) }, () => chunks.take(pongs));
  expect(said.indexOf('too-much') * pongs.length).toBeLessThanOrEqual(MAX_KEPT_BYTES);
  expect(new Set(said)).toEqual(new Set(['under-way', 'too-much']));
  expect(said.at(-1)).toBe('too-much');
});

test('so many chunks are kept, however small: each has a price of its own', () => {
  const chunks = new ReceivedChunks();
  chunks.take(frame(0, { fin: false }));
  const said = Array.from({ length: MAX_BUFFERED_CHUNKS }, () => chunks.take(frame(0, { opcode: PONG })));
  expect(said.indexOf('too-much')).toBe(MAX_BUFFERED_CHUNKS - 1);
});

test('the largest message is not too much, and nor are many whose ends never meet the end of a chunk', () => {
  const largest = new ReceivedChunks();
  const bytes = frame(MAX_MESSAGE_BYTES);
  expect([largest.take(bytes.subarray(0, 60_000)), largest.take(bytes.subarray(60_000))]).toEqual(['begun', 'whole']);
  const stream = Buffer.concat(Array.from({ length: 100 }, () => frame(4_000)));
  const many = new ReceivedChunks();
  const said: string[] = [];
  for (let at = 0; at < stream.length; at += 1_999) said.push(many.take(stream.subarray(at, at + 1_999)));
  expect(new Set(said.slice(0, -1))).toEqual(new Set(['begun', 'under-way']));
  expect(said.at(-1)).toBe('whole');
});

test('a secret that ends where another message begins is wiped with it', () => {
  const chunks = new ReceivedChunks();
  const stream = Buffer.concat([frame(100), frame(100)]);
  const [head, middle, tail] = [stream.subarray(0, 50), stream.subarray(50, 150), stream.subarray(150)];
  chunks.take(head);
  chunks.markSecret();
  expect(chunks.take(middle)).toBe('begun');
  expect([head, middle].map((part) => part.some((byte) => byte !== 0))).toEqual([false, true]);
  chunks.take(tail);
  expect(middle.some((byte) => byte !== 0)).toBe(false);
});
