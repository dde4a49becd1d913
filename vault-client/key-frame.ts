import { Buffer } from 'node:buffer';
import sodium from 'sodium-native';
import {
  CAPTURE_ID_SIZE_BYTES,
  DISTURBANCE_MARK,
  KEY_FRAME_SIZE_BYTES,
  KEY_PLAINTEXT_SIZE_BYTES,
  SEAL_OVERHEAD_SIZE_BYTES,
} from './wire.js';

const HEADER_SIZE_BYTES = CAPTURE_ID_SIZE_BYTES + 4;
const KEY_AT = KEY_PLAINTEXT_SIZE_BYTES - 1;

export type KeyFrameFailure =
  | 'wrong-size'
  /** Sealed for another vault, e.g. for the one before a restart, or changed on the way. */
  | 'not-for-us'
  /** Capture id and number inside are not those outside. */
  | 'relabelled'
  | 'no-such-key';

/** What was sealed. The opener changes this one object for every frame, so that no trail of keys stays in the heap. */
type OpenedKey = { readonly kind: 'key'; captureId: string; sequence: number; key: number };

/**
 * Opens the key frames of `wire.ts` with a key pair of its own, made anew for every vault process. The plaintext lives
 * in one piece of locked memory and is wiped before `open` returns.
 */
export class KeyFrameOpener {
  readonly publicKey: Buffer;
  readonly #secretKey: Buffer;
  readonly #plaintext: Buffer;
  readonly #opened: OpenedKey = { kind: 'key', captureId: '', sequence: 0, key: 0 };

  constructor() {
    this.publicKey = Buffer.alloc(sodium.crypto_box_PUBLICKEYBYTES);
    this.#secretKey = sodium.sodium_malloc(sodium.crypto_box_SECRETKEYBYTES);
    this.#plaintext = sodium.sodium_malloc(KEY_PLAINTEXT_SIZE_BYTES);
    sodium.crypto_box_keypair(this.publicKey, this.#secretKey);
  }

  /** Calls `take` with the key; what it is handed is good until it returns. */
  open(frame: Buffer, take: (key: Readonly<OpenedKey>) => void): KeyFrameFailure | undefined {
    if (frame.length !== KEY_FRAME_SIZE_BYTES) return 'wrong-size';
    const sealed = frame.subarray(
      HEADER_SIZE_BYTES,
      HEADER_SIZE_BYTES + KEY_PLAINTEXT_SIZE_BYTES + SEAL_OVERHEAD_SIZE_BYTES,
    );
    try {
      if (!sodium.crypto_box_seal_open(this.#plaintext, sealed, this.publicKey, this.#secretKey)) return 'not-for-us';
      if (this.#plaintext.compare(frame, 0, HEADER_SIZE_BYTES, 0, HEADER_SIZE_BYTES) !== 0) return 'relabelled';
      if (this.#plaintext[KEY_AT] > DISTURBANCE_MARK) return 'no-such-key';
      this.#opened.captureId = frame.toString('hex', 0, CAPTURE_ID_SIZE_BYTES);
      this.#opened.sequence = frame.readUInt32BE(CAPTURE_ID_SIZE_BYTES);
      this.#opened.key = this.#plaintext[KEY_AT];
      take(this.#opened);
      return undefined;
    } finally {
      this.#plaintext.fill(0);
      this.#opened.key = 0;
    }
  }

  /** Wipes the secret key; nothing opens any more. */
  release(): void {
    sodium.sodium_memzero(this.#secretKey);
  }
}
