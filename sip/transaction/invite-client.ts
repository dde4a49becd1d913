/**
 * INVITE client transaction: RFC 3261 §17.1.1, figure 5, as changed by RFC 6026 §7.2 (figure 5 there: Accepted and
 * timer M).
 *
 *               | start INVITE
 *   A: again    v              1xx                    B or transport error, from Calling: tell the user, Terminated
 *    +------ Calling ------------------+
 *    +-------->|                       v
 *              |  2xx             Proceeding --+ 1xx
 *              +--------+------------- |  <----+
 *              |        v  2xx         |
 *              |     Accepted --+ 2xx  | 300-699: ACK
 *              |        |  <----+      |
 *              +--------|----> Completed --+ 300-699: ACK again
 *         300-699: ACK  | M        | D <---+
 *                       v          v
 *                        Terminated
 */
import type { SipResponse } from '../message.js';
import type { ClientInput, ClientOutput } from './client-machine.js';
import { type BaseIntervals, lifetimeMs, type TimerName, TimerTable } from './timers.js';

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

export type InviteClientOptions = {
  /** The INVITE as it goes out, again and again. */
  readonly bytes: Buffer;
  /** Builds the ACK for a failure answer (RFC 3261 §17.1.1.3). */
  readonly buildAck: (response: SipResponse) => Buffer;
  readonly reliable: boolean;
  readonly intervals: BaseIntervals;
};

export class InviteClient {
  #state: InviteClientState = 'calling';
  readonly #timers = new TimerTable<TimerName>();
  readonly #options: InviteClientOptions;
  #pauseMs: number;
  #ack: Buffer | undefined;

  constructor(options: InviteClientOptions) {
    this.#options = options;
    this.#pauseMs = options.intervals.t1Ms;
  }

  get state(): InviteClientState {
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
        return this.#failTransport();
      case 'deadline':
        return this.#expire(nowMs);
    }
  }

  #start(nowMs: number): readonly ClientOutput[] {
    if (!this.#options.reliable) {
      this.#timers.set('A', nowMs + this.#pauseMs);
    }
    this.#timers.set('B', nowMs + lifetimeMs(this.#options.intervals));
    return [{ kind: 'send', bytes: this.#options.bytes }];
  }

  #receive(response: SipResponse, nowMs: number): readonly ClientOutput[] {
    const pass: ClientOutput = { kind: 'response', response };
    switch (this.#state) {
      case 'calling':
      case 'proceeding':
        if (response.status < 200) {
          this.#enter('proceeding');
          return [pass];
        }
        if (response.status < 300) {
          this.#enter('accepted');
          this.#timers.set('M', nowMs + lifetimeMs(this.#options.intervals));
          return [pass];
        }
        return [...this.#complete(response, nowMs), pass];
      case 'completed':
        // The user heard of the failure once; only the ACK is sent again.
        return response.status >= 300 && this.#ack !== undefined ? [{ kind: 'send', bytes: this.#ack }] : [];
      case 'accepted':
        // RFC 6026 §7.2: 2xx sent again, and 2xx of other forks, are the user's to acknowledge.
        return response.status >= 200 && response.status < 300 ? [pass] : [];
      case 'terminated':
        return [];
    }
  }

  #complete(response: SipResponse, nowMs: number): readonly ClientOutput[] {
    this.#ack = this.#options.buildAck(response);
    if (this.#options.reliable) {
      // Timer D is 0 s: nothing can be sent again on a stream.
      this.#enter('terminated');
    } else {
      this.#enter('completed');
      this.#timers.set('D', nowMs + lifetimeMs(this.#options.intervals));
    }
    return [{ kind: 'send', bytes: this.#ack }];
  }

  #failTransport(): readonly ClientOutput[] {
    switch (this.#state) {
      case 'calling':
      case 'proceeding':
        // Deviates from RFC 3261 figure 5 in Proceeding: because a lost connection brings no final answer either.
        this.#enter('terminated');
        return [{ kind: 'failed', cause: 'transport-error' }];
      case 'completed':
        // The ACK could not be sent; the user was told of the failure that mattered.
        this.#enter('terminated');
        return [];
      case 'accepted':
      case 'terminated':
        return [];
    }
  }

  #expire(nowMs: number): readonly ClientOutput[] {
    // Where a late clock finds A and B due at once, giving up wins over sending again.
    if (this.#timers.isDue('B', nowMs)) {
      this.#enter('terminated');
      return [{ kind: 'failed', cause: 'time-out' }];
    }
    switch (this.#timers.takeDue(nowMs)) {
      case 'A':
        this.#pauseMs *= 2;
        this.#timers.set('A', nowMs + this.#pauseMs);
        return [{ kind: 'send', bytes: this.#options.bytes }];
      case 'D':
      case 'M':
        this.#enter('terminated');
        return [];
      default:
        return [];
    }
  }

  #enter(state: InviteClientState): void {
    if (state !== this.#state) {
      this.#state = state;
      this.#timers.stopAll();
    }
  }
}
