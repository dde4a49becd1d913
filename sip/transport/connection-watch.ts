/**
 * Whether a WebSocket still has somebody at its other end, and no more of it than is good: when to ping, when to give up,
 * and what is a flood. No I/O: time in, verdicts out.
 */
import { FIRST_MESSAGE_TIMEOUT_MS } from './connection-limits.js';
import { MESSAGE_TIMEOUT_MS } from './stream-framer.js';

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
  /** When the message that is under way has to be whole. */
  #messageDueMs = Infinity;
  #windowEndsMs = 0;
  #messagesInWindow = 0;
  /** Anything since the last ping, the answer to it among it. */
  #hasBeenHeard = false;

  constructor(nowMs: number) {
    this.#deadlineMs = nowMs + FIRST_MESSAGE_TIMEOUT_MS;
  }

  get deadlineMs(): number {
    return Math.min(this.#deadlineMs, this.#messageDueMs);
  }

  beginMessage(nowMs: number): void {
    this.#messageDueMs = nowMs + MESSAGE_TIMEOUT_MS;
  }

  endMessage(): void {
    this.#messageDueMs = Infinity;
  }

  /** A message, or a ping of theirs, which has been answered. */
  receive(nowMs: number): 'take' | 'flood' {
    this.#hasBeenHeard = true;
    if (this.#state === 'unheard') {
      this.#state = 'quiet';
      this.#deadlineMs = nowMs + PING_INTERVAL_MS;
    }
    return this.#count(nowMs);
  }

  /** The answer to a ping of ours, asked for or not: RFC 6455 §5.5.3 allows pongs that nobody asked for. */
  receivePong(nowMs: number): 'take' | 'flood' {
    this.#hasBeenHeard = true;
    return this.#count(nowMs);
  }

  handleDeadline(nowMs: number): 'ping' | 'silent' | 'dead' | 'unfinished' | undefined {
    if (nowMs >= this.#messageDueMs) {
      this.#messageDueMs = Infinity;
      return 'unfinished';
    }
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

  #count(nowMs: number): 'take' | 'flood' {
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + WINDOW_MS;
      this.#messagesInWindow = 0;
    }
    this.#messagesInWindow += 1;
    return this.#messagesInWindow > MAX_MESSAGES_PER_WINDOW ? 'flood' : 'take';
  }
}
