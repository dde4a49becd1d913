/**
 * UDP ports for RTP and RTCP in pairs, even and odd (RFC 3550 §11), handed out in random order so that a stranger
 * cannot foretell the next call's port, and not handed out again for a while: late packets of the last call must not
 * be heard by the next one.
 */

/** Longer than any packet lives in a network and than a peer goes on sending after a BYE. */
export const QUARANTINE_MS = 5000;

export type PortPoolOptions = {
  readonly portMin: number;
  readonly portMax: number;
  /** Random integer from 0 to `bound` - 1. */
  readonly randomBelow: (bound: number) => number;
};

export class PortPool {
  readonly #free: number[] = [];
  readonly #quarantined: { readonly port: number; readonly untilMs: number }[] = [];
  readonly #randomBelow: (bound: number) => number;

  constructor({ portMin, portMax, randomBelow }: PortPoolOptions) {
    this.#randomBelow = randomBelow;
    for (let port = portMin + (portMin & 1); port + 1 <= portMax; port += 2) this.#free.push(port);
  }

  /** Pairs that could be handed out, those in quarantine included. */
  get availableCount(): number {
    return this.#free.length + this.#quarantined.length;
  }

  /** Returns the even port of a pair, or undefined when all are in use or in quarantine. */
  take(nowMs: number): number | undefined {
    while (this.#quarantined.length > 0 && this.#quarantined[0].untilMs <= nowMs) {
      const released = this.#quarantined.shift();
      if (released !== undefined) this.#free.push(released.port);
    }
    if (this.#free.length === 0) return undefined;
    const index = this.#randomBelow(this.#free.length);
    const port = this.#free[index];
    const last = this.#free.pop();
    if (last !== undefined && index < this.#free.length) this.#free[index] = last;
    return port;
  }

  release(port: number, nowMs: number): void {
    this.#quarantined.push({ port, untilMs: nowMs + QUARANTINE_MS });
  }
}
