/** The event socket as the page sees it: authenticates, stays alive, comes back, and hands on what it hears. */
import type { EventMessage } from '../api/event-messages.js';
import { type ConnectionStatus, parseServerMessage } from './desk-state.js';
import {
  CONNECT_TIMEOUT_MS,
  crowdedDelayMs,
  isCrowded,
  isFinal,
  type Liveness,
  livenessVerdict,
  retryDelayMs,
} from './reconnection-policy.js';

export type EventConnectionOptions = {
  /** `ws:` or `wss:` address of the event socket. */
  readonly url: string;
  readonly token: string;
  readonly onMessage: (message: EventMessage) => void;
  readonly onStatus: (status: ConnectionStatus) => void;
};

const LIVENESS_CHECK_MS = 1_000;

export class EventConnection {
  readonly #options: EventConnectionOptions;
  #socket: WebSocket | undefined;
  #failures = 0;
  #everOpen = false;
  #closed = false;
  #liveness: Liveness = { heardAtMs: 0, pingedAtMs: undefined };
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #checkTimer: ReturnType<typeof setInterval> | undefined;
  readonly #retryNow = (): void => {
    if (this.#socket === undefined) this.#connect();
  };

  constructor(options: EventConnectionOptions) {
    this.#options = options;
  }

  open(): void {
    this.#options.onStatus('connecting');
    // The network is back: no reason to sit out a delay.
    globalThis.addEventListener('online', this.#retryNow);
    this.#connect();
  }

  /** The token is no good any more. */
  refuse(): void {
    this.close();
    this.#options.onStatus('refused');
  }

  close(): void {
    this.#closed = true;
    globalThis.removeEventListener('online', this.#retryNow);
    clearTimeout(this.#retryTimer);
    clearInterval(this.#checkTimer);
    this.#socket?.close(1000);
    this.#socket = undefined;
  }

  #connect(): void {
    if (this.#closed) return;
    clearTimeout(this.#retryTimer);
    const socket = new WebSocket(this.#options.url);
    this.#socket = socket;
    const giveUp = setTimeout(() => this.#lose(socket), CONNECT_TIMEOUT_MS);
    socket.addEventListener('open', () => {
      socket.send(JSON.stringify({ type: 'authenticate', token: this.#options.token }));
    });
    socket.addEventListener('message', (event) => {
      if (socket !== this.#socket || typeof event.data !== 'string') return;
      this.#liveness = { ...this.#liveness, heardAtMs: performance.now() };
      const message = parseServerMessage(event.data);
      if (message === undefined) return;
      this.#options.onMessage(message);
      if (message.type === 'snapshot') {
        clearTimeout(giveUp);
        this.#opened(socket);
      }
    });
    socket.addEventListener('close', (event) => {
      clearTimeout(giveUp);
      if (socket !== this.#socket) return;
      if (isFinal(event.code)) this.refuse();
      else if (isCrowded(event.code)) this.#lose(socket, 'crowded');
      else this.#lose(socket);
    });
  }

  #opened(socket: WebSocket): void {
    this.#failures = 0;
    this.#everOpen = true;
    this.#liveness = { heardAtMs: performance.now(), pingedAtMs: undefined };
    clearInterval(this.#checkTimer);
    this.#checkTimer = setInterval(() => this.#check(socket), LIVENESS_CHECK_MS);
    this.#options.onStatus('open');
  }

  #check(socket: WebSocket): void {
    const nowMs = performance.now();
    switch (livenessVerdict(this.#liveness, nowMs)) {
      case 'alive':
        return;
      case 'ask':
        this.#liveness = { ...this.#liveness, pingedAtMs: nowMs };
        socket.send(JSON.stringify({ type: 'ping' }));
        return;
      case 'dead':
        this.#lose(socket);
    }
  }

  #lose(socket: WebSocket, why: 'lost' | 'crowded' = 'lost'): void {
    if (socket !== this.#socket || this.#closed) return;
    this.#socket = undefined;
    clearInterval(this.#checkTimer);
    socket.close();
    const isCrowdedOut = why === 'crowded';
    this.#options.onStatus(isCrowdedOut ? 'crowded' : this.#everOpen ? 'reconnecting' : 'connecting');
    const delayMs = isCrowdedOut ? crowdedDelayMs(Math.random()) : retryDelayMs(this.#failures, Math.random());
    this.#retryTimer = setTimeout(() => this.#connect(), delayMs);
    this.#failures += 1;
  }
}
