/**
 * INFO requests of one leg, both ways (RFC 6086, and the older use for keys). Bodies may be card digits: they are bytes
 * that are handed on, and wiped.
 */
import type { Dialog } from '../dialog.js';
import { headerValue } from '../headers.js';
import type { Flow, SipResponse } from '../message.js';
import type { ClientFailure } from '../transaction/client-machine.js';
import type { ServerTransaction } from '../transaction/transaction-layer.js';
import { type LegIdentity, type LegPort, type Outcome, reply } from './leg-events.js';

/** Waiting for their answer at a time. Keys come one after the other, so more than this is a flood. */
const MAX_PENDING_INFOS = 32;

export type InfoUser = LegIdentity & {
  /** Requests of ours go into it, once it stands. */
  readonly dialog: Dialog | undefined;
  loseDialog(outcome: Outcome, nowMs: number): void;
};

export class InfoExchange {
  readonly #port: LegPort;
  readonly #leg: InfoUser;
  readonly #pending = new Map<number, ServerTransaction>();

  constructor(port: LegPort, leg: InfoUser) {
    this.#port = port;
    this.#leg = leg;
  }

  receive(transaction: ServerTransaction, isWanted: boolean, nowMs: number): void {
    const { request } = transaction;
    if (!isWanted) {
      this.#respond(transaction, { status: 481, reason: 'Call/Transaction Does Not Exist' }, nowMs);
    } else if (request.body.length === 0) {
      // RFC 6086 §4.2.2: nothing in it, nothing to ask anybody; some peers use it as a sign of life.
      this.#respond(transaction, { status: 200, reason: 'OK' }, nowMs);
    } else if (this.#pending.size >= MAX_PENDING_INFOS) {
      this.#port.count('info-flood');
      this.#respond(transaction, { status: 503, reason: 'Service Unavailable' }, nowMs);
    } else {
      const infoId = this.#port.newInfoId();
      this.#pending.set(infoId, transaction);
      this.#port.keepBody(request);
      const contentType = headerValue(request, 'Content-Type') ?? '';
      this.#port.emit(this.#leg, { kind: 'info', infoId, contentType, body: request.body });
    }
  }

  /** Content type and body of an INFO that waits, for the other leg. */
  pendingContent(infoId: number): { readonly contentType: string; readonly body: Buffer } | undefined {
    const request = this.#pending.get(infoId)?.request;
    return request && { contentType: headerValue(request, 'Content-Type') ?? '', body: request.body };
  }

  /** The body has been handed on: it is not needed here any more, though the answer is still to come. */
  wipe(infoId: number): void {
    const transaction = this.#pending.get(infoId);
    if (transaction !== undefined) {
      this.#port.wipeBody(transaction.request);
    }
  }

  answer(infoId: number, outcome: Outcome, nowMs: number): void {
    const transaction = this.#pending.get(infoId);
    if (transaction !== undefined) {
      this.#pending.delete(infoId);
      this.#port.wipeBody(transaction.request);
      this.#respond(transaction, outcome, nowMs);
    }
  }

  /** Sends one in the dialog of the leg. False where there is none, or no room. */
  send(infoId: number, content: { readonly contentType: string; readonly body: Buffer }, nowMs: number): boolean {
    const dialog = this.#leg.dialog;
    if (dialog === undefined) {
      return false;
    }
    const request = dialog.request('INFO', { body: content.body, contentType: content.contentType });
    const owner = {
      leg: this.#leg,
      handleResponse: (response: SipResponse, _flow: Flow, atMs: number) => {
        if (response.status >= 200) {
          this.#settle(infoId, { status: response.status, reason: response.reason }, atMs);
        }
      },
      handleFailure: (cause: ClientFailure, atMs: number) => {
        const isLate = cause === 'time-out';
        const reason = isLate ? 'Request Timeout' : 'Service Unavailable';
        this.#settle(infoId, { status: isLate ? 408 : 503, reason }, atMs);
      },
    };
    return this.#port.layer.request(request, { flow: this.#port.flowOf(dialog), owner }, nowMs) !== undefined;
  }

  /** The leg is over: what waits is answered, and wiped. */
  drop(nowMs: number): void {
    for (const infoId of [...this.#pending.keys()]) {
      this.answer(infoId, { status: 487, reason: 'Request Terminated' }, nowMs);
    }
  }

  /** Wipes every body and forgets what waits: the requests, which still want an answer. */
  abandon(): readonly ServerTransaction[] {
    const unanswered = [...this.#pending.values()];
    this.#pending.clear();
    for (const { request } of unanswered) {
      this.#port.wipeBody(request);
    }
    return unanswered;
  }

  #settle(infoId: number, outcome: Outcome, nowMs: number): void {
    this.#port.emit(this.#leg, { kind: 'info-answered', infoId, outcome });
    if (outcome.status === 481) {
      // RFC 5057 §5.1: of all answers this one says that the dialog is gone.
      this.#leg.loseDialog(outcome, nowMs);
    }
  }

  #respond(transaction: ServerTransaction, outcome: Outcome, nowMs: number): void {
    const { status, reason } = outcome;
    reply(this.#port, transaction, { status, reason, toTag: this.#leg.localTag }, nowMs);
  }
}
