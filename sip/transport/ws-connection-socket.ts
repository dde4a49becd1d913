/** One WebSocket that carries SIP, one message of the one a message of the other (RFC 7118 §5). */
import { isUtf8 } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CLOSE_GRACE_MS, MAX_UNSENT_BYTES } from './connection-limits.js';
import { ConnectionWatch } from './connection-watch.js';
import { mayHoldInfo, overwriteReceiveBlock } from './receive-block.js';
import { ReceivedChunks } from './ws-frames.js';

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
  readonly #watch = new ConnectionWatch(performance.now());
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;

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
    socket.on('pong', () => this.#watch.receivePong());
    // An error, a message over the limit for one, is answered by ws with the close code for it, and followed by `close`.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isEnding = true;
      clearTimeout(this.#timer);
      this.#chunks.release();
      options.onClosed();
    });
    this.#setTimer();
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
    if (this.#isEnding || !this.#count()) {
      bytes.fill(0);
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

  /** False once there were too many, or their answers are not read. */
  #count(): boolean {
    const verdict = this.#watch.receive(performance.now());
    if (this.#options.socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#cut();
    } else if (verdict === 'flood') {
      this.#end(POLICY_VIOLATION, 'too many messages');
    }
    return !this.#isEnding;
  }

  #handleDeadline(): void {
    switch (this.#watch.handleDeadline(performance.now())) {
      case 'ping':
        this.#options.socket.ping();
        break;
      case 'silent':
        this.#end(POLICY_VIOLATION, 'nothing was said');
        return;
      case 'dead':
        this.#cut();
        return;
      case undefined:
        break;
    }
    this.#setTimer();
  }

  /** A message moves the deadline away: the timer that finds out too early is set again. */
  #setTimer(): void {
    const sleepMs = Math.max(1, Math.ceil(this.#watch.deadlineMs - performance.now()));
    this.#timer = setTimeout(() => this.#handleDeadline(), sleepMs);
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
