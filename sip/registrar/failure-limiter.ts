/** Who failed too often of late, and for how long nothing more of theirs is tried. A value a key, time by its caller. */

export type FailureLimit = {
  /** So many within the window are let through; then no more. */
  readonly maxFailures: number;
  readonly windowMs: number;
  /** Keys held at most; the one that began longest ago goes first. */
  readonly maxKeys: number;
};

type Failures = { count: number; endsMs: number };

export class FailureLimiter {
  readonly #limit: FailureLimit;
  readonly #failures = new Map<string, Failures>();

  constructor(limit: FailureLimit) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#failures.size;
  }

  /** 0 for one who may try. */
  blockedForMs(key: string, nowMs: number): number {
    const failures = this.#failures.get(key);
    if (failures === undefined || failures.count < this.#limit.maxFailures) {
      return 0;
    }
    return Math.max(0, failures.endsMs - nowMs);
  }

  /** @returns the how manieth it was in its window; `maxFailures` is the one too many. */
  fail(key: string, nowMs: number): number {
    const { maxFailures, windowMs, maxKeys } = this.#limit;
    const before = this.#failures.get(key);
    const count = before === undefined || before.endsMs <= nowMs ? 1 : before.count + 1;
    // The wait begins with the last failure, not with the first.
    const endsMs = before === undefined || count === 1 || count === maxFailures ? nowMs + windowMs : before.endsMs;
    this.#failures.delete(key);
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size < maxKeys) {
        break;
      }
      this.#failures.delete(oldest);
    }
    this.#failures.set(key, { count, endsMs });
    return count;
  }
}
