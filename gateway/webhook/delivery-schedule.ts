/**
 * When which message is tried, and when it is given up. A machine without I/O; the clock is the wall's, because what
 * waits outlives the process.
 *
 * ```
 *          added                    2xx
 *  (none) ──────► waiting ──► trying ──► delivered
 *                    ▲           │
 *                    └───────────┤ anything else: postponed, a step further back each time
 *                                ▼
 *                              dead     no step left, or 410: the receiver wants it no more
 * ```
 */

/** As Standard Webhooks recommends; behind the last of them a message is given up, after some three days. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000,
];
/** Up to so much of a delay is added to it by chance, so that what failed together is not tried together again. */
const JITTER = 0.2;
/** Tries under way to one receiver: a slow one is not run over, and does not hold up the others. */
export const MAX_IN_FLIGHT_PER_ENDPOINT = 8;
/** Messages that wait for one receiver; when it stays away for longer than that lasts, the one left alone longest goes. */
export const MAX_WAITING_PER_ENDPOINT = 10_000;

const GONE = 410;

export type Delivery = {
  readonly id: string;
  readonly endpoint: string;
  /** Tries that have failed. */
  readonly attempts: number;
  readonly dueAtMs: number;
};

export type ScheduleInput =
  | { readonly kind: 'added'; readonly delivery: Delivery }
  /** What came of an `attempt`; undefined when there was no answer. */
  | { readonly kind: 'answered'; readonly id: string; readonly status: number | undefined }
  | { readonly kind: 'tick' };

export type ScheduleOutput =
  | { readonly kind: 'attempt'; readonly id: string; readonly endpoint: string }
  | { readonly kind: 'postponed'; readonly id: string; readonly attempts: number; readonly dueAtMs: number }
  | { readonly kind: 'delivered'; readonly id: string; readonly attempts: number }
  | {
      readonly kind: 'dead';
      readonly id: string;
      readonly attempts: number;
      readonly reason: 'exhausted' | 'gone' | 'crowded-out';
    };

export class DeliverySchedule {
  readonly #queues = new Map<string, EndpointQueue>();
  /** Messages under way, by id. */
  readonly #trying = new Map<string, Delivery>();
  readonly #random: () => number;

  /** @param random a number from 0 to 1, as `Math.random` */
  constructor(random: () => number) {
    this.#random = random;
  }

  get waiting(): number {
    let waiting = this.#trying.size;
    for (const queue of this.#queues.values()) waiting += queue.size;
    return waiting;
  }

  /** When `tick` is wanted; infinity when nothing can be tried before something else happens. */
  get deadlineMs(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...[...this.#queues.values()].map((queue) => queue.deadlineMs));
  }

  handle(input: ScheduleInput, nowMs: number): readonly ScheduleOutput[] {
    switch (input.kind) {
      case 'added':
        return [...this.#add(input.delivery), ...this.#tryDue(nowMs)];
      case 'answered':
        return [...this.#answered(input.id, input.status, nowMs), ...this.#tryDue(nowMs)];
      case 'tick':
        return this.#tryDue(nowMs);
    }
  }

  #add(delivery: Delivery): readonly ScheduleOutput[] {
    const queue = this.#queueOf(delivery.endpoint);
    queue.put(delivery);
    const leftAlone = queue.size > MAX_WAITING_PER_ENDPOINT ? queue.takeLeftAlone() : undefined;
    return leftAlone ? [dead(leftAlone, 'crowded-out')] : [];
  }

  #answered(id: string, status: number | undefined, nowMs: number): readonly ScheduleOutput[] {
    const tried = this.#trying.get(id);
    if (tried === undefined) return [];
    this.#trying.delete(id);
    const queue = this.#queueOf(tried.endpoint);
    queue.inFlight -= 1;
    const attempts = tried.attempts + 1;
    if (status !== undefined && status >= 200 && status < 300) return [{ kind: 'delivered', id, attempts }];
    const failed = { ...tried, attempts };
    if (status === GONE) return [dead(failed, 'gone')];
    const delayMs = RETRY_DELAYS_MS[tried.attempts];
    if (delayMs === undefined) return [dead(failed, 'exhausted')];
    const dueAtMs = nowMs + Math.round(delayMs * (1 + JITTER * this.#random()));
    queue.put({ ...failed, dueAtMs });
    return [{ kind: 'postponed', id, attempts, dueAtMs }];
  }

  #tryDue(nowMs: number): readonly ScheduleOutput[] {
    const outputs: ScheduleOutput[] = [];
    for (const queue of this.#queues.values()) {
      for (let due = queue.takeDue(nowMs); due !== undefined; due = queue.takeDue(nowMs)) {
        this.#trying.set(due.id, due);
        outputs.push({ kind: 'attempt', id: due.id, endpoint: due.endpoint });
      }
    }
    return outputs;
  }

  #queueOf(endpoint: string): EndpointQueue {
    const queue = this.#queues.get(endpoint) ?? new EndpointQueue();
    this.#queues.set(endpoint, queue);
    return queue;
  }
}

function dead({ id, attempts }: Delivery, reason: 'exhausted' | 'gone' | 'crowded-out'): ScheduleOutput {
  return { kind: 'dead', id, attempts, reason };
}

/** What waits for one receiver: since when it was left alone, and by when it is to be tried. */
class EndpointQueue {
  inFlight = 0;
  readonly #byLastTry = new Map<string, Delivery>();
  #byDueTime: Delivery[] = [];

  get size(): number {
    return this.#byLastTry.size;
  }

  get deadlineMs(): number {
    const next = this.inFlight < MAX_IN_FLIGHT_PER_ENDPOINT ? this.#byDueTime[0] : undefined;
    return next?.dueAtMs ?? Number.POSITIVE_INFINITY;
  }

  put(delivery: Delivery): void {
    this.#byLastTry.set(delivery.id, delivery);
    // Behind all that are due no later: those of one time keep their order.
    let [low, high] = [0, this.#byDueTime.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#byDueTime[middle]?.dueAtMs ?? 0) <= delivery.dueAtMs) low = middle + 1;
      else high = middle;
    }
    this.#byDueTime.splice(low, 0, delivery);
  }

  takeDue(nowMs: number): Delivery | undefined {
    if (this.deadlineMs > nowMs) return undefined;
    const due = this.#byDueTime.shift();
    if (due === undefined) return undefined;
    this.#byLastTry.delete(due.id);
    this.inFlight += 1;
    return due;
  }

  takeLeftAlone(): Delivery | undefined {
    const oldest = this.#byLastTry.values().next().value;
    if (oldest === undefined) return undefined;
    this.#byLastTry.delete(oldest.id);
    this.#byDueTime = this.#byDueTime.filter(({ id }) => id !== oldest.id);
    return oldest;
  }
}
