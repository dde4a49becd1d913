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
    stream.on('data', (chunk: Buffer) => this.#follow(chunk));
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) this.#receive(data);
    });
    // The answer to it is out already, and takes room if it is not read.
    socket.on('ping', () => this.#obey(this.#watch.receive(performance.now())));
    socket.on('pong', () => this.#obey(this.#watch.receivePong(performance.now())));
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

  #follow(chunk: Buffer): void {
    switch (this.#chunks.take(chunk)) {
      case 'whole':
        this.#watch.endMessage();
        return;
      case 'begun':
        this.#watch.beginMessage(performance.now());
        this.#setTimer();
        return;
      case 'under-way':
        return;
      case 'too-much':
        // What ws has found too large by itself it is just closing, with a code that says so.
        if (this.#options.socket.readyState === this.#options.socket.OPEN) {
          this.#cut();
        }
        return;
    }
  }

  #receive(data: Buffer): void {
    // A copy, since ws hands out views of what it received. An INFO body may be a key press, and is wiped wherever it was.
    const bytes = Buffer.from(data);
    if (mayHoldInfo(bytes)) {
      overwriteReceiveBlock(bytes);
      data.fill(0);
      this.#chunks.markSecret();
    }
    if (this.#isEnding || !this.#obey(this.#watch.receive(performance.now()))) {
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
  #obey(verdict: 'take' | 'flood'): boolean {
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
      case 'unfinished':
        this.#end(POLICY_VIOLATION, 'a message was not finished');
        return;
      case 'dead':
        this.#cut();
        return;
      case undefined:
        break;
    }
    this.#setTimer();
  }

  /** A message moves the deadline away: the timer that finds out too early is set again. One that begins moves it here. */
  #setTimer(): void {
    if (this.#isEnding) {
      return;
    }
    clearTimeout(this.#timer);
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
