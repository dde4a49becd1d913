import { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { SealedKey } from './card-sessions.js';
import { VaultError } from './errors.js';
import type { KeyFrameFailure, KeyFrameOpener } from './key-frame.js';
import { HELLO_FRAME, KEY_FRAME, type VaultStatistics } from './wire.js';
import { type Frame, FrameDecoder, FrameError } from './wire-frames.js';

/** One for each media process, of which there are 64 at most, and one more for each while it is being replaced. */
const MAX_CONNECTIONS = 128;
/** A media process says hello in the same turn in which it connects. */
const HELLO_TIMEOUT_MS = 2000;
/** `sun_path` of Linux, less the closing zero. */
const MAX_PATH_SIZE_BYTES = 107;

export type KeySocketOptions = {
  readonly path: string;
  readonly linkSecret: Buffer;
  readonly opener: KeyFrameOpener;
  /** The key is good until the call returns. */
  readonly onKey: (key: SealedKey) => void;
};

/**
 * The private Unix socket on which media processes hand over sealed keys: HELLO_FRAME with the link secret, then
 * KEY_FRAMEs. Whoever says anything else is cut off. A key frame that does not open is counted and dropped, and its
 * connection goes on: after a restart of the vault a few keys still come sealed for the one before.
 */
export class KeySocket {
  readonly #options: KeySocketOptions;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  readonly #counters: Record<KeyFrameFailure | 'strangers', number> = {
    'wrong-size': 0,
    'not-for-us': 0,
    relabelled: 0,
    'no-such-key': 0,
    strangers: 0,
  };

  constructor(options: KeySocketOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  get statistics(): VaultStatistics {
    const { strangers, 'wrong-size': wrongSize, 'not-for-us': notForUs, relabelled } = this.#counters;
    return {
      strangers,
      frames_wrong_size: wrongSize,
      frames_not_for_us: notForUs,
      frames_relabelled: relabelled,
      frames_no_such_key: this.#counters['no-such-key'],
    };
  }

  /**
   * Makes the directory (0700) if it is missing and takes a dead socket's place.
   * @throws VaultError `socket-path-too-long`, `socket-directory-mode`, `socket-path-taken`, `socket-unavailable`.
   */
  listen(): Promise<void> {
    const { path } = this.#options;
    preparePath(path);
    return new Promise((resolve, reject) => {
      this.#server.once('error', () => reject(new VaultError('socket-unavailable')));
      this.#server.listen(path, () => {
        // The directory has kept others out since before the socket was there.
        chmodSync(path, 0o600);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    const decoder = new FrameDecoder();
    const connection = { greeted: false };
    this.#connections.add(socket);
    const helloTimer = setTimeout(() => this.#cutOff(socket), HELLO_TIMEOUT_MS);
    socket.on('data', (chunk: Buffer) => {
      try {
        decoder.push(chunk, (frame) => {
          if (socket.destroyed) return;
          if (connection.greeted && frame.type === KEY_FRAME) this.#key(frame.payload);
          else if (!connection.greeted && this.#isHello(frame)) connection.greeted = true;
          else this.#cutOff(socket);
        });
      } catch (error) {
        if (error instanceof FrameError) this.#cutOff(socket);
        else throw error;
      }
      if (connection.greeted) clearTimeout(helloTimer);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(helloTimer);
      this.#connections.delete(socket);
    });
  }

  #key(payload: Buffer): void {
    const failure = this.#options.opener.open(payload, this.#options.onKey);
    if (failure !== undefined) this.#counters[failure] += 1;
  }

  #isHello(frame: Frame): boolean {
    return frame.type === HELLO_FRAME && timingSafeEqual(digestOf(frame.payload), digestOf(this.#options.linkSecret));
  }

  #cutOff(socket: Socket): void {
    this.#counters.strangers += 1;
    socket.destroy();
  }
}

function digestOf(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}

function preparePath(path: string): void {
  if (Buffer.byteLength(path) > MAX_PATH_SIZE_BYTES) throw new VaultError('socket-path-too-long');
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const directory = statSync(dirname(path));
    if (directory.uid !== process.geteuid?.() || (directory.mode & 0o077) !== 0) {
      throw new VaultError('socket-directory-mode');
    }
    const taken = lstatSync(path, { throwIfNoEntry: false });
    // Left over from a vault that was killed: the directory is ours alone, and the database is locked by us by now.
    if (taken?.isSocket()) rmSync(path);
    else if (taken !== undefined) throw new VaultError('socket-path-taken');
  } catch (error) {
    throw error instanceof VaultError ? error : new VaultError('socket-unavailable');
  }
}
