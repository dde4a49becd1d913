/** An UPDATE with an offer that waits for its answer (RFC 3311 §5.2): a renegotiation without an ACK. */
import type { HeaderField } from '../message.js';
import { TimerTable } from '../transaction/timers.js';
import type { ServerTransaction } from '../transaction/transaction-layer.js';
import { type LegPort, type Outcome, reply } from './leg-events.js';

/** RFC 3311 §5.2 wants its answer at once; its sender gives up after 32 s (timer F). */
const UPDATE_LIMIT_MS = 20_000;

export class UpdateExchange {
  readonly #port: LegPort;
  readonly #timers = new TimerTable<'limit'>();
  #transaction: ServerTransaction | undefined;

  constructor(port: LegPort) {
    this.#port = port;
  }

  get deadlineMs(): number {
    return this.#timers.deadlineMs;
  }

  get isPending(): boolean {
    return this.#transaction !== undefined;
  }

  /** The UPDATE that waits. */
  get transaction(): ServerTransaction | undefined {
    return this.#transaction;
  }

  open(transaction: ServerTransaction, nowMs: number): void {
    this.#transaction = transaction;
    this.#timers.set('limit', nowMs + UPDATE_LIMIT_MS);
  }

  accept(sdp: Buffer | undefined, nowMs: number): void {
    if (this.#transaction !== undefined) {
      const headers = [{ name: 'Contact', value: this.#port.contact(this.#transaction.flow) }];
      this.#close({ status: 200, reason: 'OK' }, headers, sdp, nowMs);
    }
  }

  refuse(outcome: Outcome, nowMs: number): void {
    this.#close(outcome, [], undefined, nowMs);
  }

  /** True once, when nobody answered in time; the UPDATE has been refused then. */
  handleDeadline(nowMs: number): boolean {
    if (this.#timers.takeDue(nowMs) === undefined) {
      return false;
    }
    this.refuse({ status: 504, reason: 'Server Time-out' }, nowMs);
    return true;
  }

  #close(outcome: Outcome, headers: readonly HeaderField[], sdp: Buffer | undefined, nowMs: number): void {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    this.#timers.stopAll();
    if (transaction !== undefined) {
      reply(this.#port, transaction, { ...outcome, headers, ...(sdp === undefined ? undefined : { sdp }) }, nowMs);
    }
  }
}
