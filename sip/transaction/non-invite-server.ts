/**
 * Non-INVITE server transaction: RFC 3261 §17.2.2, figure 8.
 *
 *               | request
 *               v        1xx from user: send
 *            Trying ---------------------> Proceeding --+ request: last 1xx again; 1xx from user: send
 *               |                              |   <----+
 *               | 200-699 from user: send      | 200-699 from user: send
 *               +--------> Completed <---------+
 *                            |  ^  | request: answer again
 *                          J |  +--+
 *                            v
 *                        Terminated
 */
import type { ServerInput, ServerOutput } from './server-machine.js';
import { type BaseIntervals, lifetimeMs, type TimerName, TimerTable } from './timers.js';

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated';

export class NonInviteServer {
  #state: NonInviteServerState = 'trying';
  readonly #timers = new TimerTable<TimerName>();
  readonly #reliable: boolean;
  readonly #intervals: BaseIntervals;
  #lastAnswer: Buffer | undefined;

  constructor(options: { readonly reliable: boolean; readonly intervals: BaseIntervals }) {
    this.#reliable = options.reliable;
    this.#intervals = options.intervals;
  }

  get state(): NonInviteServerState {
    return this.#state;
  }

  get deadlineMs(): number {
    return this.#timers.deadlineMs;
  }

  handle(input: ServerInput, nowMs: number): readonly ServerOutput[] {
    switch (input.kind) {
      case 'request-again':
        // In Trying there is nothing to send yet, and after the end nothing any more.
        return this.#lastAnswer === undefined || this.#state === 'terminated'
          ? []
          : [{ kind: 'send', bytes: this.#lastAnswer }];
      case 'ack':
        return [];
      case 'respond':
        return this.#respond(input.status, input.bytes, nowMs);
      case 'deadline':
        if (this.#timers.takeDue(nowMs) === 'J') {
          this.#state = 'terminated';
        }
        return [];
    }
  }

  #respond(status: number, bytes: Buffer, nowMs: number): readonly ServerOutput[] {
    switch (this.#state) {
      case 'trying':
      case 'proceeding':
        this.#lastAnswer = bytes;
        if (status < 200) {
          this.#state = 'proceeding';
        } else if (this.#reliable) {
          this.#state = 'terminated';
        } else {
          this.#state = 'completed';
          this.#timers.set('J', nowMs + lifetimeMs(this.#intervals));
        }
        return [{ kind: 'send', bytes }];
      case 'completed':
      case 'terminated':
        return [];
    }
  }
}
