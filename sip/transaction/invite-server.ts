/**
 * INVITE server transaction: RFC 3261 §17.2.1, figure 7, as changed by RFC 6026 §7.1 (figure 7 there: Accepted and
 * timer L).
 *
 *               | INVITE, 100 Trying
 *               v
 *          Proceeding --+ INVITE: last 1xx again; 1xx from user: send
 *           |        | <+
 *       2xx |        | 300-699 from user: send
 *           v        v
 *      Accepted   Completed --+ INVITE or G: answer again
 *        |  | ^      |   |  <-+
 *        |  +-+      |   | H: tell the user
 *        | INVITE:   v   +-----------+
 *        |  absorb  Confirmed --+ ACK|
 *        | ACK: to   |       <--+    |
 *      L | the user  | I             |
 *        v           v               v
 *                 Terminated
 */
import type { ServerInput, ServerOutput } from './server-machine.js';
import { type BaseIntervals, lifetimeMs, type TimerName, TimerTable } from './timers.js';

export type InviteServerState = 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated';

export class InviteServer {
  #state: InviteServerState = 'proceeding';
  readonly #timers = new TimerTable<TimerName>();
  readonly #reliable: boolean;
  readonly #intervals: BaseIntervals;
  #pauseMs: number;
  #lastAnswer: Buffer | undefined;

  constructor(options: { readonly reliable: boolean; readonly intervals: BaseIntervals }) {
    this.#reliable = options.reliable;
    this.#intervals = options.intervals;
    this.#pauseMs = options.intervals.t1Ms;
  }

  get state(): InviteServerState {
    return this.#state;
  }

  get deadlineMs(): number {
    return this.#timers.deadlineMs;
  }

  handle(input: ServerInput, nowMs: number): readonly ServerOutput[] {
    switch (input.kind) {
      case 'request-again':
        return this.#repeat();
      case 'ack':
        return this.#acknowledge(nowMs);
      case 'respond':
        return this.#respond(input.status, input.bytes, nowMs);
      case 'deadline':
        return this.#expire(nowMs);
    }
  }

  #repeat(): readonly ServerOutput[] {
    switch (this.#state) {
      case 'proceeding':
      case 'completed':
        return this.#lastAnswer === undefined ? [] : [{ kind: 'send', bytes: this.#lastAnswer }];
      case 'accepted':
      case 'confirmed':
      case 'terminated':
        // RFC 6026 §7.1: the user sends its 2xx again by its own clock.
        return [];
    }
  }

  #acknowledge(nowMs: number): readonly ServerOutput[] {
    switch (this.#state) {
      case 'completed':
        this.#enter('confirmed');
        if (this.#reliable) {
          this.#enter('terminated');
        } else {
          this.#timers.set('I', nowMs + this.#intervals.t4Ms);
        }
        return [];
      case 'accepted':
        return [{ kind: 'ack-for-user' }];
      case 'proceeding':
      case 'confirmed':
      case 'terminated':
        return [];
    }
  }

  #respond(status: number, bytes: Buffer, nowMs: number): readonly ServerOutput[] {
    switch (this.#state) {
      case 'proceeding':
        this.#lastAnswer = bytes;
        if (status >= 300) {
          this.#enter('completed');
          this.#timers.set('H', nowMs + lifetimeMs(this.#intervals));
          if (!this.#reliable) {
            this.#timers.set('G', nowMs + this.#pauseMs);
          }
        } else if (status >= 200) {
          this.#enter('accepted');
          this.#lastAnswer = undefined;
          this.#timers.set('L', nowMs + lifetimeMs(this.#intervals));
        }
        return [{ kind: 'send', bytes }];
      case 'accepted':
        // The user's 2xx once more (RFC 3261 §13.3.1.4); nothing else fits here.
        return status >= 200 && status < 300 ? [{ kind: 'send', bytes }] : [];
      case 'completed':
      case 'confirmed':
      case 'terminated':
        return [];
    }
  }

  #expire(nowMs: number): readonly ServerOutput[] {
    // Where a late clock finds G and H due at once, giving up wins over sending again.
    if (this.#timers.isDue('H', nowMs)) {
      this.#enter('terminated');
      return [{ kind: 'ack-missing' }];
    }
    switch (this.#timers.takeDue(nowMs)) {
      case 'G':
        this.#pauseMs = Math.min(2 * this.#pauseMs, this.#intervals.t2Ms);
        this.#timers.set('G', nowMs + this.#pauseMs);
        return this.#repeat();
      case 'I':
      case 'L':
        this.#enter('terminated');
        return [];
      default:
        return [];
    }
  }

  #enter(state: InviteServerState): void {
    this.#state = state;
    this.#timers.stopAll();
  }
}
