/**
 * Tells others' servers what happens, at least once each: what is worth telling is decided in `webhook-events.ts`, when
 * it is tried in `delivery-schedule.ts`; this is the shell that signs and sends, and
 * has the outbox store.
 */
import type { DeskEvent } from '../api/call-desk.js';
import type { WebhookEvent, WebhookType } from '../api/webhook-schemas.js';
import { randomIdentifier } from '../payment/identifiers.js';
import { DeliverySchedule, type ScheduleInput, type ScheduleOutput } from './delivery-schedule.js';
import { WebhookEvents } from './webhook-events.js';
import { type OutboxMessage, WebhookOutbox } from './webhook-outbox-store.js';
import { postWebhook } from './webhook-request-socket.js';
import { headersOf } from './webhook-signature.js';

/** The wall's clock may be set while the timer runs, so it is looked at again after so long. */
const LONGEST_TIMER_MS = 86_400_000;
/** Wiping holds up the signalling for some writes to the disk: once for all that was removed in this time, no oftener. */
const WIPE_INTERVAL_MS = 1000;

export type WebhookEndpoint = {
  readonly name: string;
  readonly url: string;
  readonly events: readonly WebhookType[];
  readonly key: Buffer;
};

export type WebhookAudit = {
  readonly kind: 'webhook-delivered' | 'webhook-given-up';
  readonly endpoint: string;
  readonly type: string;
  readonly attempts: number;
  /** Why it was given up. */
  readonly reason?: 'exhausted' | 'gone' | 'crowded-out' | 'no-endpoint';
};

export type WebhooksOptions = {
  readonly endpoints: readonly WebhookEndpoint[];
  readonly outboxPath: string;
  readonly onAudit: (event: WebhookAudit) => void;
  readonly onFault: (error: unknown) => void;
  /** Milliseconds since the epoch: what waits outlives the process. */
  readonly wallClock: () => number;
};

export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #endpoints: ReadonlyMap<string, WebhookEndpoint>;
  readonly #outbox: WebhookOutbox;
  readonly #events = new WebhookEvents();
  readonly #schedule = new DeliverySchedule(Math.random);
  readonly #counters = { messages: 0, attempts: 0, delivered: 0, failed_attempts: 0, given_up: 0, not_stored: 0 };
  #timer: NodeJS.Timeout | undefined;
  #wipeTimer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @throws when the outbox cannot be opened */
  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#endpoints = new Map(options.endpoints.map((endpoint) => [endpoint.name, endpoint]));
    this.#outbox = WebhookOutbox.open(options.outboxPath);
  }

  /** Names are metric suffixes. */
  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters };
  }

  get waiting(): number {
    return this.#schedule.waiting;
  }

  /** Goes on with what an earlier run has left. */
  start(): void {
    for (const delivery of this.#outbox.deliveries()) {
      if (this.#endpoints.has(delivery.endpoint)) this.#turn({ kind: 'added', delivery });
      else this.#giveUp(delivery.id, delivery.attempts, 'no-endpoint');
    }
  }

  /** Durable on return. What cannot be stored is counted: a call must not end because nobody can be told of it. */
  deskChanged(event: DeskEvent): void {
    try {
      const told = this.#events.handle(event, new Date(this.#options.wallClock()).toISOString());
      this.#enqueue(told.flatMap((message) => this.#messagesOf(message)));
    } catch (error) {
      this.#counters.not_stored += 1;
      this.#options.onFault(error);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#wipeTimer);
    this.#outbox.close();
  }

  #messagesOf(event: WebhookEvent): readonly OutboxMessage[] {
    const body = JSON.stringify(event);
    const dueAtMs = this.#options.wallClock();
    return [...this.#endpoints.values()]
      .filter(({ events }) => events.includes(event.type))
      .map(({ name }) => ({
        id: `msg_${randomIdentifier()}`,
        endpoint: name,
        type: event.type,
        body,
        attempts: 0,
        dueAtMs,
      }));
  }

  #enqueue(messages: readonly OutboxMessage[]): void {
    if (messages.length === 0) return;
    this.#outbox.add(messages);
    this.#counters.messages += messages.length;
    for (const { id, endpoint, attempts, dueAtMs } of messages) {
      this.#turn({ kind: 'added', delivery: { id, endpoint, attempts, dueAtMs } });
    }
  }

  #turn(input: ScheduleInput): void {
    if (this.#closed) return;
    for (const output of this.#schedule.handle(input, this.#options.wallClock())) {
      try {
        this.#act(output);
      } catch (error) {
        // Neither a full disk nor a locked file ends the process, or keeps the other messages; what is still stored is
        // tried again after the next start.
        this.#options.onFault(error);
      }
    }
    clearTimeout(this.#timer);
    const { deadlineMs } = this.#schedule;
    if (!Number.isFinite(deadlineMs)) return;
    const delayMs = Math.min(Math.max(0, deadlineMs - this.#options.wallClock()), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#turn({ kind: 'tick' }), delayMs + 1).unref();
  }

  #act(output: ScheduleOutput): void {
    switch (output.kind) {
      case 'attempt':
        void this.#try(output.id);
        return;
      case 'postponed':
        this.#counters.failed_attempts += 1;
        this.#outbox.postpone(output.id, output.attempts, output.dueAtMs);
        return;
      case 'delivered':
        this.#counters.delivered += 1;
        this.#settle(output.id, { kind: 'webhook-delivered', attempts: output.attempts });
        return;
      case 'dead':
        this.#giveUp(output.id, output.attempts, output.reason);
    }
  }

  /** Always ends in an answer: the schedule counts the try as under way until then. */
  async #try(id: string): Promise<void> {
    const status = await this.#send(id).catch((error: unknown) => {
      this.#options.onFault(error);
      return undefined;
    });
    this.#turn({ kind: 'answered', id, status });
  }

  async #send(id: string): Promise<number | undefined> {
    const message = this.#outbox.message(id);
    const endpoint = message && this.#endpoints.get(message.endpoint);
    if (message === undefined || endpoint === undefined) throw new Error('a message that was to be sent is not there');
    this.#counters.attempts += 1;
    const { body } = message;
    const signed = headersOf({ id, timestampS: Math.floor(this.#options.wallClock() / 1000), body }, endpoint.key);
    return postWebhook({ url: endpoint.url, headers: signed, body });
  }

  #giveUp(id: string, attempts: number, reason: NonNullable<WebhookAudit['reason']>): void {
    this.#counters.given_up += 1;
    this.#settle(id, { kind: 'webhook-given-up', attempts, reason });
  }

  /** Recorded first: what is gone from the outbox has its record. */
  #settle(id: string, audit: Omit<WebhookAudit, 'endpoint' | 'type'>): void {
    const message = this.#outbox.message(id);
    if (message !== undefined) this.#options.onAudit({ ...audit, endpoint: message.endpoint, type: message.type });
    this.#outbox.remove(id);
    this.#wipeTimer ??= setTimeout(() => this.#wipe(), WIPE_INTERVAL_MS).unref();
  }

  #wipe(): void {
    this.#wipeTimer = undefined;
    try {
      this.#outbox.wipe();
    } catch (error) {
      this.#options.onFault(error);
    }
  }
}
