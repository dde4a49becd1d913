import { expect, test } from '@jest/globals';
import { FrameFollower, ReceivedChunks } from './ws-frames.js';

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
const CONTINUATION = 0;

test.each([0, 1, 125, 126, 65_535, 65_536])('a message of %i bytes ends where it ends, however it is cut', (size) => {
  const bytes = frame(size);
  for (const cut of [0, 1, 2, 3, 5, 9, 13, bytes.length - 1].filter((at) => at < bytes.length)) {
    const follower = new FrameFollower();
    expect(cut === 0 || !follower.follow(bytes.subarray(0, cut))).toBe(true);
    expect(follower.follow(bytes.subarray(cut))).toBe(true);
  }
});

test('byte by byte, only the last one ends it', () => {
  const bytes = frame(300);
  const follower = new FrameFollower();
  const ends = [...bytes].map((byte) => follower.follow(Buffer.from([byte])));
  expect(ends.indexOf(true)).toBe(bytes.length - 1);
});

test('a message in fragments ends with the last, whatever comes between them', () => {
  const follower = new FrameFollower();
  const ends = [
    frame(10, { fin: false }),
    frame(4, { opcode: PING }),
    frame(10, { fin: false, opcode: CONTINUATION }),
    frame(10, { opcode: CONTINUATION }),
    frame(4, { opcode: PING }),
  ].map((bytes) => follower.follow(bytes));
  expect(ends).toEqual([false, false, false, true, true]);
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
