/**
 * The way of the keys to the vault: a private Unix socket. Each key is sealed for the vault's public key the moment it is
 * known, into a frame allocated beforehand; the plain bytes are wiped before the frame is written.
 */
import { createConnection, type Socket } from 'node:net';
import sodium from 'sodium-native';
import {
  CAPTURE_ID_SIZE_BYTES,
  HELLO_FRAME,
  KEY_FRAME,
  KEY_FRAME_SIZE_BYTES,
  KEY_PLAINTEXT_SIZE_BYTES,
} from '../../vault-client/wire.js';
import { encodeFrame } from '../../vault-client/wire-frames.js';
import type { ArmedCapture, KeySink } from './armed-capture.js';

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2000;
/** Frames not yet taken by the kernel. People press ten keys a second; a vault this far behind is not reading. */
const MAX_QUEUED_FRAMES = 32;
/** A frame is not filled again while it may still be queued. */
const FRAME_COUNT = MAX_QUEUED_FRAMES * 2;

export type VaultLinkOptions = {
  readonly path: string;
  readonly secret: Uint8Array;
  /** The link was up and is not any more; it is being made anew. */
  readonly onLost: () => void;
  readonly onUp: () => void;
};

export class VaultLink implements KeySink {
  readonly #options: VaultLinkOptions;
  readonly #plain = sodium.sodium_malloc(KEY_PLAINTEXT_SIZE_BYTES);
  readonly #frames = Array.from({ length: FRAME_COUNT }, () =>
    encodeFrame(KEY_FRAME, new Uint8Array(KEY_FRAME_SIZE_BYTES)),
  );
  #nextFrame = 0;
  #socket: Socket | undefined;
  #isUp = false;
  #isClosed = false;
  #retryMs = FIRST_RETRY_MS;
  #upSinceMs = 0;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(options: VaultLinkOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  connect(): void {
    const socket = createConnection(this.#options.path);
    this.#socket = socket;
    socket.on('connect', () => {
      socket.write(encodeFrame(HELLO_FRAME, this.#options.secret));
      this.#upSinceMs = performance.now();
      this.#isUp = true;
      this.#options.onUp();
    });
    // The vault says nothing on this socket; reading notices when it closes.
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => this.#lost(socket));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    this.#socket?.destroy();
  }

  send(capture: ArmedCapture, key: number): boolean {
    const socket = this.#socket;
    if (!this.#isUp || socket === undefined) return false;
    if (socket.writableLength >= MAX_QUEUED_FRAMES * KEY_FRAME_SIZE_BYTES) {
      // A key that is missing in the middle would be another card number: the capture has to fail.
      socket.destroy();
      return false;
    }
    const frame = this.#frames[this.#nextFrame];
    this.#nextFrame = (this.#nextFrame + 1) % FRAME_COUNT;
    const payload = frame.subarray(frame.length - KEY_FRAME_SIZE_BYTES);
    payload.set(capture.id, 0);
    payload.writeUInt32BE(capture.nextSequence, CAPTURE_ID_SIZE_BYTES);
    capture.nextSequence += 1;
    payload.copy(this.#plain, 0, 0, CAPTURE_ID_SIZE_BYTES + 4);
    this.#plain[KEY_PLAINTEXT_SIZE_BYTES - 1] = key;
    sodium.crypto_box_seal(payload.subarray(CAPTURE_ID_SIZE_BYTES + 4), this.#plain, capture.vaultPublicKey);
    sodium.sodium_memzero(this.#plain);
    socket.write(frame);
    return true;
  }

  #lost(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    const wasUp = this.#isUp;
    this.#isUp = false;
    if (wasUp) this.#options.onLost();
    if (this.#isClosed) return;
    // Where nobody listens the vault is just starting, and asking costs nothing: no session can start meanwhile. One that
    // cuts us off at once does not know our secret, and asking more often does not help.
    const hasServed = wasUp && performance.now() - this.#upSinceMs >= LONGEST_RETRY_MS;
    if (!wasUp || hasServed) this.#retryMs = FIRST_RETRY_MS;
    this.#retryTimer = setTimeout(() => this.connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }
}
