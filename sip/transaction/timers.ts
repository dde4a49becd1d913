/**
 * The clock side of RFC 3261 §17 and RFC 6026: basic intervals, the timers by their letters, and the table in which one
 * machine keeps the few that run.
 */

/** RFC 3261 §17.1.1.1 and Appendix A; tests scale nothing, they move virtual time instead. */
export type BaseIntervals = {
  /** Estimate of the round trip. */
  readonly t1Ms: number;
  /** Longest pause between two sendings of a non-INVITE request or an INVITE response. */
  readonly t2Ms: number;
  /** Longest life of a message in the network. */
  readonly t4Ms: number;
};

export const RFC_INTERVALS: BaseIntervals = { t1Ms: 500, t2Ms: 4_000, t4Ms: 5_000 };

/** 64*T1: how long any party keeps trying (timers B, D, F, H, J, L, M, and the wait for an ACK in §13.3.1.4). */
export function lifetimeMs(intervals: BaseIntervals): number {
  return 64 * intervals.t1Ms;
}

export type TimerName =
  /** INVITE request again, unreliable transports only: T1, doubling without limit. */
  | 'A'
  /** INVITE client gives up: 64*T1. */
  | 'B'
  /** INVITE client absorbs failure answers sent again: 32 s at least, 0 s on reliable transports. */
  | 'D'
  /** Non-INVITE request again, unreliable transports only: T1, doubling up to T2. */
  | 'E'
  /** Non-INVITE client gives up: 64*T1. */
  | 'F'
  /** INVITE failure answer again, unreliable transports only: T1, doubling up to T2. */
  | 'G'
  /** INVITE server gives up waiting for the ACK: 64*T1. */
  | 'H'
  /** INVITE server absorbs ACKs sent again: T4, 0 s on reliable transports. */
  | 'I'
  /** Non-INVITE server absorbs requests sent again: 64*T1, 0 s on reliable transports. */
  | 'J'
  /** Non-INVITE client absorbs answers sent again: T4, 0 s on reliable transports. */
  | 'K'
  /** INVITE server absorbs INVITEs sent again after a 2xx (RFC 6026): 64*T1. */
  | 'L'
  /** INVITE client takes 2xx answers sent again and by other forks (RFC 6026): 64*T1. */
  | 'M';

/** Timers of one machine. Two run at most at a time in a transaction, so a search beats any index. */
export class TimerTable<Name extends string> {
  readonly #names: Name[] = [];
  readonly #deadlinesMs: number[] = [];

  /** The earliest deadline; Infinity while none runs. */
  get deadlineMs(): number {
    let earliestMs = Infinity;
    for (const deadlineMs of this.#deadlinesMs) {
      earliestMs = Math.min(earliestMs, deadlineMs);
    }
    return earliestMs;
  }

  /** Starts a timer, or starts it afresh. */
  set(name: Name, deadlineMs: number): void {
    const index = this.#names.indexOf(name);
    if (index >= 0) {
      this.#deadlinesMs[index] = deadlineMs;
    } else {
      this.#names.push(name);
      this.#deadlinesMs.push(deadlineMs);
    }
  }

  stop(name: Name): void {
    const index = this.#names.indexOf(name);
    if (index >= 0) {
      this.#names.splice(index, 1);
      this.#deadlinesMs.splice(index, 1);
    }
  }

  stopAll(): void {
    this.#names.length = 0;
    this.#deadlinesMs.length = 0;
  }

  isDue(name: Name, nowMs: number): boolean {
    const index = this.#names.indexOf(name);
    return index >= 0 && this.#deadlinesMs[index] <= nowMs;
  }

  /** Takes one timer that is due, the earliest first; a timer set first wins a tie. */
  takeDue(nowMs: number): Name | undefined {
    let due = -1;
    for (let index = 0; index < this.#deadlinesMs.length; index += 1) {
      const isDue = this.#deadlinesMs[index] <= nowMs;
      if (isDue && (due < 0 || this.#deadlinesMs[index] < this.#deadlinesMs[due])) {
        due = index;
      }
    }
    if (due < 0) {
      return undefined;
    }
    this.#deadlinesMs.splice(due, 1);
    return this.#names.splice(due, 1)[0];
  }
}
