/** One WebSocket that carries SIP, one message of the one a message of the other (RFC 7118 §5). */
import { isUtf8 } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CLOSE_GRACE_MS, FIRST_MESSAGE_TIMEOUT_MS, MAX_UNSENT_BYTES } from './connection-limits.js';
import { mayHoldInfo, overwriteReceiveBlock } from './receive-block.js';
import { ReceivedChunks } from './ws-frames.js';

/** Proxies and NATs forget a connection after a minute of silence; half of that keeps it known. */
const PING_INTERVAL_MS = 30_000;
/** One who does not answer a ping for so long is gone. */
const PONG_TIMEOUT_MS = 10_000;
/** A browser that re-registers, dials and hangs up sends a dozen messages in a second. */
export const MAX_MESSAGES_PER_WINDOW = 200;
const WINDOW_MS = 1_000;

/** RFC 6455 §7.4.1. */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

const pong = Buffer.from('\r\n');

export type WsConnectionOptions = {
  readonly socket: WebSocket;
  /** What it is carried by. */
  readonly stream: Duplex;
  /** `bytes` is a Buffer of its own: whoever gets it may wipe it. */
  readonly onMessage: (bytes: Buffer) => void;
  /** Once, whatever the reason. */
  readonly onClosed: () => void;
};

export class WsConnection {
  readonly #options: WsConnectionOptions;
  readonly #chunks = new ReceivedChunks();
  #timer: NodeJS.Timeout;
  #isEnding = false;
  #hasSpoken = false;
  /** Anything since the last ping, answers to it among it. */
  #hasBeenHeard = false;
  #windowEndsMs = 0;
  #messagesInWindow = 0;

  constructor(options: WsConnectionOptions) {
    this.#options = options;
    const { socket, stream } = options;
    // ws listens already: a chunk comes here when its messages have been handled.
    stream.on('data', (chunk: Buffer) => this.#chunks.take(chunk));
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) this.#receive(data);
    });
    // The answer to it is out already, and takes room if it is not read.
    socket.on('ping', () => this.#count());
    socket.on('pong', () => {
      this.#hasBeenHeard = true;
    });
    // An error, a message over the limit for one, is answered by ws with the close code for it, and followed by `close`.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isEnding = true;
      clearTimeout(this.#timer);
      this.#chunks.release();
      options.onClosed();
    });
    this.#timer = setTimeout(() => this.#expectFirstMessage(), FIRST_MESSAGE_TIMEOUT_MS);
  }

  send(bytes: Buffer): void {
    const { socket } = this.#options;
    if (this.#isEnding) {
      return;
    }
    if (socket.bufferedAmount + bytes.length > MAX_UNSENT_BYTES) {
      this.#cut();
      return;
    }
    // RFC 7118 §5: text or binary. Browsers read text more easily, and only UTF-8 can be text.
    socket.send(bytes, { binary: !isUtf8(bytes) });
  }

  /** Says goodbye, and closes once what still waits has been sent, or a little later. */
  closeSoon(): void {
    this.#end(GOING_AWAY, 'the gateway stops');
  }

  #receive(data: Buffer): void {
    // A copy, since ws hands out views of what it received. An INFO body may be a key press, and is wiped wherever it was.
    const bytes = Buffer.from(data);
    if (mayHoldInfo(bytes)) {
      overwriteReceiveBlock(bytes);
      data.fill(0);
      this.#chunks.markSecret();
    }
    this.#hasSpoken = true;
    this.#hasBeenHeard = true;
    if (this.#isEnding || !this.#count()) {
      return;
    }
    // RFC 5626 §4.4.1: the keep-alive of a connection. Other lines without anything in them ask for nothing.
    if (bytes.length <= 4 && /^[\r\n]*$/.test(bytes.toString('latin1'))) {
      if (bytes.length === 4) {
        this.send(pong);
      }
      return;
    }
    this.#options.onMessage(bytes);
  }

  /** False once there were too many. */
  #count(): boolean {
    const nowMs = performance.now();
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + WINDOW_MS;
      this.#messagesInWindow = 0;
    }
    this.#messagesInWindow += 1;
    if (this.#options.socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#cut();
    } else if (this.#messagesInWindow > MAX_MESSAGES_PER_WINDOW) {
      this.#end(POLICY_VIOLATION, 'too many messages');
    }
    return !this.#isEnding;
  }

  #expectFirstMessage(): void {
    if (this.#hasSpoken) {
      this.#ping();
    } else {
      this.#end(POLICY_VIOLATION, 'nothing was said');
    }
  }

  #ping(): void {
    this.#hasBeenHeard = false;
    this.#options.socket.ping();
    this.#timer = setTimeout(() => {
      if (this.#hasBeenHeard) {
        this.#timer = setTimeout(() => this.#ping(), PING_INTERVAL_MS - PONG_TIMEOUT_MS);
      } else {
        this.#cut();
      }
    }, PONG_TIMEOUT_MS);
  }

  #end(code: number, reason: string): void {
    if (this.#isEnding) {
      return;
    }
    this.#isEnding = true;
    clearTimeout(this.#timer);
    this.#options.socket.close(code, reason);
    this.#timer = setTimeout(() => this.#options.socket.terminate(), CLOSE_GRACE_MS);
  }

  #cut(): void {
    this.#isEnding = true;
    this.#options.socket.terminate();
  }
}
