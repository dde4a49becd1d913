import { describe, expect, test } from '@jest/globals';
import sodium from 'sodium-native';
import { KeyFrameOpener } from './key-frame.js';
import { CAPTURE_ID_SIZE_BYTES, DISTURBANCE_MARK, KEY_FRAME_SIZE_BYTES, KEY_PLAINTEXT_SIZE_BYTES } from './wire.js';

const CAPTURE_ID = '00112233445566778899aabbccddeeff';

function frameOf(publicKey: Buffer, key: number, sequence = 5, captureId = CAPTURE_ID): Buffer {
  const frame = Buffer.alloc(KEY_FRAME_SIZE_BYTES);
  const plaintext = Buffer.alloc(KEY_PLAINTEXT_SIZE_BYTES);
  frame.write(captureId, 'hex');
  frame.writeUInt32BE(sequence, CAPTURE_ID_SIZE_BYTES);
  frame.copy(plaintext, 0, 0, CAPTURE_ID_SIZE_BYTES + 4);
  plaintext[KEY_PLAINTEXT_SIZE_BYTES - 1] = key;
  sodium.crypto_box_seal(frame.subarray(CAPTURE_ID_SIZE_BYTES + 4), plaintext, publicKey);
  return frame;
}

function openAll(opener: KeyFrameOpener, frame: Buffer) {
  const taken: unknown[] = [];
  const failure = opener.open(frame, (key) => taken.push({ ...key }));
  return { failure, taken };
}

describe('key frames', () => {
  test('open to capture id, number and key', () => {
    const opener = new KeyFrameOpener();
    expect(openAll(opener, frameOf(opener.publicKey, 7))).toEqual({
      failure: undefined,
      taken: [{ kind: 'key', captureId: CAPTURE_ID, sequence: 5, key: 7 }],
    });
  });

  test('carry the mark of a disturbed line as they carry a key', () => {
    const opener = new KeyFrameOpener();
    expect(openAll(opener, frameOf(opener.publicKey, DISTURBANCE_MARK)).taken).toEqual([
      { kind: 'key', captureId: CAPTURE_ID, sequence: 5, key: DISTURBANCE_MARK },
    ]);
  });

  test('leave no key behind in the object that carried it', () => {
    const opener = new KeyFrameOpener();
    let kept: { readonly key: number } | undefined;
    opener.open(frameOf(opener.publicKey, 9), (key) => {
      kept = key;
    });
    expect(kept?.key).toBe(0);
  });

  test('of another vault, of the one before a restart, do not open', () => {
    const frame = frameOf(new KeyFrameOpener().publicKey, 7);
    expect(openAll(new KeyFrameOpener(), frame)).toEqual({ failure: 'not-for-us', taken: [] });
  });

  test('put under another capture or another number are refused', () => {
    const opener = new KeyFrameOpener();
    for (const at of [0, CAPTURE_ID_SIZE_BYTES - 1, CAPTURE_ID_SIZE_BYTES, CAPTURE_ID_SIZE_BYTES + 3]) {
      const frame = frameOf(opener.publicKey, 7);
      frame[at] ^= 1;
      expect(openAll(opener, frame)).toEqual({ failure: 'relabelled', taken: [] });
    }
  });

  test('changed anywhere in the sealed part do not open', () => {
    const opener = new KeyFrameOpener();
    for (let at = CAPTURE_ID_SIZE_BYTES + 4; at < KEY_FRAME_SIZE_BYTES; at += 1) {
      const frame = frameOf(opener.publicKey, 7);
      frame[at] ^= 0x40;
      expect(openAll(opener, frame)).toEqual({ failure: 'not-for-us', taken: [] });
    }
  });

  test.each([17, 255])('with key %i are refused', (key) => {
    const opener = new KeyFrameOpener();
    expect(openAll(opener, frameOf(opener.publicKey, key))).toEqual({ failure: 'no-such-key', taken: [] });
  });

  test.each([0, KEY_FRAME_SIZE_BYTES - 1, KEY_FRAME_SIZE_BYTES + 1])('of %i bytes are refused', (sizeBytes) => {
    expect(openAll(new KeyFrameOpener(), Buffer.alloc(sizeBytes))).toEqual({ failure: 'wrong-size', taken: [] });
  });

  test('do not open once the opener is released', () => {
    const opener = new KeyFrameOpener();
    opener.release();
    expect(openAll(opener, frameOf(opener.publicKey, 7)).failure).toBe('not-for-us');
  });
});
