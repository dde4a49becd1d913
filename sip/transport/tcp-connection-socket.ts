/** One TCP connection that carries SIP, opened by either side. */
import type { Socket } from 'node:net';
import type { ParseFailure } from '../message-parser.js';
import { FIRST_MESSAGE_TIMEOUT_MS, MAX_UNSENT_BYTES } from './connection-limits.js';
import { overwriteReceiveBlock } from './receive-block.js';
import { type FramerOutput, StreamFramer } from './stream-framer.js';

const pong = Buffer.from('\r\n');

export type TcpConnectionOptions = {
  readonly socket: Socket;
  /** Opened by the other side, or by us. */
  readonly origin: 'accepted' | 'opened';
  readonly onMessage: (bytes: Buffer) => void;
  /** The stream cannot be read on; what can still be answered has to be sent from within this call. */
  readonly onMalformed: (failure: ParseFailure) => void;
  /** Once, whatever the reason. */
  readonly onClosed: () => void;
};

export class TcpConnection {
  readonly #options: TcpConnectionOptions;
  readonly #framer: StreamFramer;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: TcpConnectionOptions) {
    this.#options = options;
    const { socket, origin } = options;
    this.#framer = new StreamFramer(
      origin === 'accepted' ? performance.now() + FIRST_MESSAGE_TIMEOUT_MS : Number.POSITIVE_INFINITY,
    );
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      overwriteReceiveBlock(bytes);
      this.#handle(this.#framer.handle({ kind: 'received', bytes }, performance.now()));
      // The framer has copied them, and an INFO body may be a key press.
      bytes.fill(0);
    });
    // An error is always followed by `close`.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
    this.#setTimer();
  }

  send(bytes: Buffer): void {
    const { socket } = this.#options;
    if (this.#isClosed || socket.destroyed) {
      return;
    }
    if (socket.writableLength + bytes.length > MAX_UNSENT_BYTES) {
      socket.destroy();
      return;
    }
    socket.write(bytes);
  }

  /** Closes once what still waits has been sent. */
  destroySoon(): void {
    this.#options.socket.destroySoon();
  }

  /** Closes now. */
  destroy(): void {
    this.#options.socket.destroy();
  }

  #handle(outputs: readonly FramerOutput[]): void {
    for (const output of outputs) {
      switch (output.kind) {
        case 'message':
          this.#options.onMessage(output.bytes);
          break;
        case 'ping':
          this.send(pong);
          break;
        case 'failed':
          if (output.reason === 'malformed') {
            this.#options.onMalformed(output.failure);
          }
          // Closes once what waits, the answer among it, has been sent.
          this.#options.socket.destroySoon();
          break;
      }
    }
    this.#setTimer();
  }

  #setTimer(): void {
    const { deadlineMs } = this.#framer;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (deadlineMs !== Number.POSITIVE_INFINITY && !this.#isClosed) {
      this.#timer = setTimeout(
        () => this.#handle(this.#framer.handle({ kind: 'deadline' }, performance.now())),
        Math.max(1, deadlineMs - performance.now() + 1),
      );
    }
  }

  #closed(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      clearTimeout(this.#timer);
      this.#options.onClosed();
    }
  }
}
