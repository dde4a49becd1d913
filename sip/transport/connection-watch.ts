/**
 * Whether a WebSocket still has somebody at its other end, and no more of it than is good: when to ping, when to give up,
 * and what is a flood. No I/O: time in, verdicts out.
 */
import { FIRST_MESSAGE_TIMEOUT_MS } from './connection-limits.js';

/** Proxies and NATs forget a connection after a minute of silence; half of that keeps it known. */
export const PING_INTERVAL_MS = 30_000;
/** One who does not answer a ping for so long is gone. */
export const PONG_TIMEOUT_MS = 10_000;
/** A browser that re-registers, dials and hangs up sends a dozen messages in a second. */
export const MAX_MESSAGES_PER_WINDOW = 200;
export const WINDOW_MS = 1_000;

type State = 'unheard' | 'quiet' | 'pinged';

export class ConnectionWatch {
  #state: State = 'unheard';
  #deadlineMs: number;
  #windowEndsMs = 0;
  #messagesInWindow = 0;
  /** Anything since the last ping, the answer to it among it. */
  #hasBeenHeard = false;

  constructor(nowMs: number) {
    this.#deadlineMs = nowMs + FIRST_MESSAGE_TIMEOUT_MS;
  }

  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** A message, or a ping of theirs, which has been answered. */
  receive(nowMs: number): 'take' | 'flood' {
    this.#hasBeenHeard = true;
    if (this.#state === 'unheard') {
      this.#state = 'quiet';
      this.#deadlineMs = nowMs + PING_INTERVAL_MS;
    }
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + WINDOW_MS;
      this.#messagesInWindow = 0;
    }
    this.#messagesInWindow += 1;
    return this.#messagesInWindow > MAX_MESSAGES_PER_WINDOW ? 'flood' : 'take';
  }

  /** The answer to a ping of ours, asked for or not. */
  receivePong(): void {
    this.#hasBeenHeard = true;
  }

  handleDeadline(nowMs: number): 'ping' | 'silent' | 'dead' | undefined {
    if (nowMs < this.#deadlineMs) {
      return undefined;
    }
    switch (this.#state) {
      case 'unheard':
        this.#deadlineMs = Infinity;
        return 'silent';
      case 'quiet':
        this.#state = 'pinged';
        this.#hasBeenHeard = false;
        this.#deadlineMs = nowMs + PONG_TIMEOUT_MS;
        return 'ping';
      case 'pinged':
        if (!this.#hasBeenHeard) {
          this.#deadlineMs = Infinity;
          return 'dead';
        }
        this.#state = 'quiet';
        this.#deadlineMs = nowMs + PING_INTERVAL_MS - PONG_TIMEOUT_MS;
        return undefined;
    }
  }
}
