/**
 * Calls whose user's connection broke. Their media goes on, so that they are given some time in which the user's phone
 * comes back on another connection; only then are they over.
 */
import type { LegIdentity } from './leg-events.js';

/** A page that is reloaded is back in two seconds, one that changes networks in ten. */
export const CONNECTION_GRACE_MS = 30_000;

export class ConnectionGrace<Leg extends LegIdentity> {
  /** In the order in which they fall due, as all wait equally long. */
  readonly #waiting = new Map<Leg, { readonly connectionId: number | undefined; readonly dueMs: number }>();

  get deadlineMs(): number {
    for (const { dueMs } of this.#waiting.values()) {
      return dueMs;
    }
    return Infinity;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Every request that is tried on it meanwhile tells once more that the connection is gone: the first time counts. */
  begin(leg: Leg, connectionId: number | undefined, nowMs: number): void {
    if (this.#waiting.get(leg)?.connectionId !== connectionId) {
      this.#waiting.delete(leg);
      this.#waiting.set(leg, { connectionId, dueMs: nowMs + CONNECTION_GRACE_MS });
    }
  }

  forget(leg: Leg): void {
    this.#waiting.delete(leg);
  }

  takeDue(nowMs: number): Leg | undefined {
    for (const [leg, { dueMs }] of this.#waiting) {
      if (dueMs > nowMs) {
        break;
      }
      this.#waiting.delete(leg);
      return leg;
    }
    return undefined;
  }
}
