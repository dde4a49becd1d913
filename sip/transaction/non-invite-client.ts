/**
 * Non-INVITE client transaction: RFC 3261 §17.1.2, figure 6.
 *
 *               | start request
 *   E: again    v        1xx
 *    +------- Trying ------------> Proceeding --+ E: again (every T2), 1xx
 *    +--------->|                       |  <----+
 *               | 200-699               | 200-699         F or transport error: tell the user, Terminated
 *               +------> Completed <----+
 *                            | K
 *                            v
 *                        Terminated
 */
import type { SipResponse } from '../message.js';
import type { ClientFailure, ClientInput, ClientOutput } from './client-machine.js';
import { type BaseIntervals, lifetimeMs, type TimerName, TimerTable } from './timers.js';

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated';

export type NonInviteClientOptions = {
  /** The request as it goes out. Wiped when it cannot go out again: an INFO may carry a key. */
  readonly bytes: Buffer;
  readonly reliable: boolean;
  readonly intervals: BaseIntervals;
};

export class NonInviteClient {
  #state: NonInviteClientState = 'trying';
  readonly #timers = new TimerTable<TimerName>();
  readonly #options: NonInviteClientOptions;
  #pauseMs: number;

  constructor(options: NonInviteClientOptions) {
    this.#options = options;
    this.#pauseMs = options.intervals.t1Ms;
  }

  get state(): NonInviteClientState {
    return this.#state;
  }

  get deadlineMs(): number {
    return this.#timers.deadlineMs;
  }

  handle(input: ClientInput, nowMs: number): readonly ClientOutput[] {
    switch (input.kind) {
      case 'start':
        return this.#start(nowMs);
      case 'response':
        return this.#receive(input.response, nowMs);
      case 'transport-error':
        return this.#fail('transport-error');
      case 'deadline':
        return this.#expire(nowMs);
    }
  }

  #start(nowMs: number): readonly ClientOutput[] {
    this.#timers.set('F', nowMs + lifetimeMs(this.#options.intervals));
    if (!this.#options.reliable) {
      this.#timers.set('E', nowMs + this.#pauseMs);
    }
    return [{ kind: 'send', bytes: this.#options.bytes }];
  }

  #receive(response: SipResponse, nowMs: number): readonly ClientOutput[] {
    switch (this.#state) {
      case 'trying':
      case 'proceeding':
        if (response.status < 200) {
          // Timers E and F run on; E fires every T2 from here.
          this.#state = 'proceeding';
        } else {
          this.#complete(nowMs);
        }
        return [{ kind: 'response', response }];
      case 'completed':
      case 'terminated':
        return [];
    }
  }

  #complete(nowMs: number): void {
    this.#timers.stopAll();
    this.#options.bytes.fill(0);
    if (this.#options.reliable) {
      this.#state = 'terminated';
    } else {
      this.#state = 'completed';
      this.#timers.set('K', nowMs + this.#options.intervals.t4Ms);
    }
  }

  #fail(cause: ClientFailure): readonly ClientOutput[] {
    const told = this.#state === 'completed' || this.#state === 'terminated';
    this.#state = 'terminated';
    this.#timers.stopAll();
    this.#options.bytes.fill(0);
    return told ? [] : [{ kind: 'failed', cause }];
  }

  #expire(nowMs: number): readonly ClientOutput[] {
    // Where a late clock finds E and F due at once, giving up wins over sending again.
    if (this.#timers.isDue('F', nowMs)) {
      return this.#fail('time-out');
    }
    switch (this.#timers.takeDue(nowMs)) {
      case 'E': {
        const { t2Ms } = this.#options.intervals;
        this.#pauseMs = this.#state === 'proceeding' ? t2Ms : Math.min(2 * this.#pauseMs, t2Ms);
        this.#timers.set('E', nowMs + this.#pauseMs);
        return [{ kind: 'send', bytes: this.#options.bytes }];
      }
      case 'K':
        this.#state = 'terminated';
        return [];
      default:
        return [];
    }
  }
}
