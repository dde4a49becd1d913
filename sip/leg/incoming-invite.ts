/**
 * One INVITE that came to us, the first of a call or one inside it, up to the ACK (RFC 3261 §13.3, §14.2). The 2xx is
 * sent again from here and not from the transaction: only the two ends know that it arrived (§13.3.1.4).
 */
import { cseqOf, headerValue, mediaTypeOf } from '../headers.js';
import type { HeaderField, SipRequest } from '../message.js';
import { lifetimeMs, TimerTable } from '../transaction/timers.js';
import type { ServerTransaction } from '../transaction/transaction-layer.js';
import { ALLOWED_METHODS, type LegPort, type Outcome, reasonHeaderFields, reply, SDP_TYPE } from './leg-events.js';

export type IncomingInviteState = 'pending' | 'accepted' | 'confirmed' | 'refused';

/** What a deadline found: nobody here answered in time, or nobody there acknowledged. */
export type IncomingInviteLapse = 'unanswered' | 'unacknowledged';

export class IncomingInvite {
  readonly request: SipRequest;
  /** The offer in it; without one we make the offer in our 2xx (RFC 3264 §4). */
  readonly offer: Buffer | undefined;
  readonly transaction: ServerTransaction;
  readonly #port: LegPort;
  readonly #localTag: string;
  readonly #timers = new TimerTable<'repeat' | 'limit'>();
  #state: IncomingInviteState = 'pending';
  #pauseMs: number;
  #answer: { readonly sdp: Buffer | undefined } | undefined;

  constructor(port: LegPort, transaction: ServerTransaction, localTag: string, nowMs: number) {
    this.#port = port;
    this.transaction = transaction;
    this.request = transaction.request;
    this.offer = sdpOf(transaction.request);
    this.#localTag = localTag;
    this.#pauseMs = port.intervals.t1Ms;
    this.#timers.set('limit', nowMs + port.ringingLimitMs);
  }

  get state(): IncomingInviteState {
    return this.#state;
  }

  get deadlineMs(): number {
    return this.#timers.deadlineMs;
  }

  get sequence(): number {
    return cseqOf(this.request)?.number ?? 0;
  }

  /** A provisional answer; 100 carries no tag and forms no dialog. */
  progress(answer: { readonly status: number; readonly reason: string; readonly sdp?: Buffer }, nowMs: number): void {
    if (this.#state === 'pending') {
      this.#respond(answer, answer.status === 100 ? [] : [this.#contact()], answer.sdp, nowMs);
    }
  }

  accept(sdp: Buffer | undefined, nowMs: number): void {
    if (this.#state !== 'pending') {
      return;
    }
    this.#state = 'accepted';
    this.#answer = { sdp };
    this.#timers.stopAll();
    this.#timers.set('limit', nowMs + lifetimeMs(this.#port.intervals));
    // RFC 3261 §13.3.1.4: by our clock on any transport, since a later hop may be UDP.
    this.#timers.set('repeat', nowMs + this.#pauseMs);
    this.#sendAccepted(nowMs);
  }

  refuse(outcome: Outcome, headers: readonly HeaderField[], nowMs: number): void {
    if (this.#state === 'pending') {
      this.#state = 'refused';
      this.#timers.stopAll();
      this.#respond(outcome, [...reasonHeaderFields(outcome), ...headers], undefined, nowMs);
    }
  }

  /** The ACK is here, or what came makes it certain that our 2xx arrived. False if none was waited for. */
  acknowledge(): boolean {
    if (this.#state !== 'accepted') {
      return false;
    }
    this.#state = 'confirmed';
    this.#timers.stopAll();
    return true;
  }

  handleDeadline(nowMs: number): IncomingInviteLapse | undefined {
    if (this.#timers.isDue('limit', nowMs)) {
      this.#timers.stopAll();
      return this.#state === 'accepted' ? 'unacknowledged' : 'unanswered';
    }
    if (this.#timers.takeDue(nowMs) === 'repeat') {
      this.#pauseMs = Math.min(2 * this.#pauseMs, this.#port.intervals.t2Ms);
      this.#timers.set('repeat', nowMs + this.#pauseMs);
      this.#sendAccepted(nowMs);
    }
    return undefined;
  }

  #sendAccepted(nowMs: number): void {
    const headers = [this.#contact(), { name: 'Allow', value: ALLOWED_METHODS }];
    this.#respond({ status: 200, reason: 'OK' }, headers, this.#answer?.sdp, nowMs);
  }

  #respond(
    outcome: { readonly status: number; readonly reason: string },
    headers: readonly HeaderField[],
    sdp: Buffer | undefined,
    nowMs: number,
  ): void {
    const { status, reason } = outcome;
    const content = sdp === undefined ? undefined : { sdp };
    const answer = { status, reason, toTag: this.#localTag, headers, ...content };
    reply(this.#port, this.transaction, answer, nowMs);
  }

  #contact(): HeaderField {
    return { name: 'Contact', value: this.#port.contact(this.transaction.flow) };
  }
}

/** The description in a message, if its body is one. */
export function sdpOf(message: Pick<SipRequest, 'headers' | 'body'>): Buffer | undefined {
  const type = mediaTypeOf(headerValue(message, 'Content-Type') ?? '');
  return type === SDP_TYPE && message.body.length > 0 ? message.body : undefined;
}
