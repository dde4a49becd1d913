/**
 * One INVITE of ours, the first of a call or one inside it, with all its answers (RFC 3261 §13.2, §14.1): early dialogs
 * of several forks, the first 2xx that wins, the ACK that is sent again for every 2xx that is, and CANCEL.
 */
import { Dialog } from '../dialog.js';
import { cseqOf, headerValue, headerValues, tagOf } from '../headers.js';
import type { Flow, SipRequest, SipResponse } from '../message.js';
import type { ClientFailure } from '../transaction/client-machine.js';
import { lifetimeMs, TimerTable } from '../transaction/timers.js';
import type { ClientTransaction } from '../transaction/transaction-layer.js';
import {
  type LegIdentity,
  type LegPort,
  type Outcome,
  type ResponseOwner,
  reasonHeaderFields,
  SDP_TYPE,
} from './leg-events.js';

/** Branches of one call that are followed; a proxy that forks wider has its later branches' early media ignored. */
export const MAX_FORKS = 16;

export type OutgoingInviteUser = LegIdentity & {
  inviteProgressed(invite: OutgoingInvite, response: SipResponse): void;
  /** The first 2xx. The user acknowledges at once, or when it has the answer to the offer in it. */
  inviteAccepted(invite: OutgoingInvite, response: SipResponse, dialog: Dialog): void;
  inviteRejected(invite: OutgoingInvite, outcome: Outcome, nowMs: number): void;
};

type SentAck = { readonly flow: Flow; readonly bytes: Buffer };

export class OutgoingInvite implements ResponseOwner {
  readonly request: SipRequest;
  readonly isOfferless: boolean;
  readonly #port: LegPort;
  readonly #user: OutgoingInviteUser;
  /** The dialog a re-INVITE is in; the first INVITE of a call has none yet. */
  readonly #inside: Dialog | undefined;
  readonly #early = new Map<string, Dialog>();
  readonly #acks = new Map<string, SentAck>();
  readonly #timers = new TimerTable<'limit' | 'abandon'>();
  #transaction: ClientTransaction<ResponseOwner> | undefined;
  #state: 'calling' | 'proceeding' | 'answered' | 'acknowledged' | 'rejected' = 'calling';
  #winner: Dialog | undefined;
  /** Set when the call or the renegotiation is no longer wanted. */
  #givenUp: Outcome | undefined;

  constructor(port: LegPort, user: OutgoingInviteUser, request: SipRequest, inside: Dialog | undefined) {
    this.#port = port;
    this.#user = user;
    this.request = request;
    this.isOfferless = request.body.length === 0;
    this.#inside = inside;
  }

  get deadlineMs(): number {
    return this.#timers.deadlineMs;
  }

  get leg(): LegIdentity {
    return this.#user;
  }

  get flow(): Flow | undefined {
    return this.#transaction?.flow;
  }

  /** No final answer yet, or one that still wants its ACK. */
  get isInProgress(): boolean {
    return this.#state !== 'acknowledged' && this.#state !== 'rejected';
  }

  /** False: the transaction tables are full. */
  start(flow: Flow, nowMs: number): boolean {
    this.#timers.set('limit', nowMs + this.#port.ringingLimitMs);
    this.#transaction = this.#port.layer.request(this.request, { flow, owner: this }, nowMs);
    return this.#transaction !== undefined;
  }

  /** The early dialog (RFC 3261 §12.3) a request from the far side belongs to. */
  earlyDialog(request: SipRequest): Dialog | undefined {
    const dialog = this.#early.get(tagOf(headerValue(request, 'From') ?? '') ?? '');
    return dialog?.matches(request) ? dialog : undefined;
  }

  handleResponse(response: SipResponse, flow: Flow, nowMs: number): void {
    if (response.status < 200) {
      this.#receiveProvisional(response, flow, nowMs);
    } else if (response.status < 300) {
      this.#receiveAccepted(response, flow, nowMs);
    } else {
      const reasonHeaders = headerValues(response, 'Reason');
      this.#reject({ status: response.status, reason: response.reason, reasonHeaders }, nowMs);
    }
  }

  handleFailure(cause: ClientFailure, nowMs: number): void {
    // RFC 3261 §8.1.3.1: as if 408 or 503 had come. Deviates from it for a registered user whose connection is gone: because
    // 503 would say to the caller's side that the gateway is out of order.
    if (cause === 'time-out') {
      this.#reject({ status: 408, reason: 'Request Timeout' }, nowMs);
    } else if (this.flow?.user !== undefined) {
      this.#reject({ status: 480, reason: 'Temporarily Unavailable' }, nowMs);
    } else {
      this.#reject({ status: 503, reason: 'Service Unavailable' }, nowMs);
    }
  }

  /** Acknowledges the 2xx that won; `sdp` answers the offer in it. */
  acknowledge(sdp: Buffer | undefined): void {
    if (this.#state === 'answered' && this.#winner !== undefined) {
      this.#state = 'acknowledged';
      this.#sendAck(this.#winner, sdp);
    }
  }

  /** The answer is no longer wanted: CANCEL as soon as RFC 3261 §9.1 allows, ACK and BYE if a 2xx was faster. */
  giveUp(outcome: Outcome, nowMs: number): void {
    if (this.#givenUp !== undefined || !this.isInProgress || this.#state === 'answered') {
      return;
    }
    this.#givenUp = outcome;
    this.#timers.stop('limit');
    if (this.#state === 'proceeding') {
      this.#cancel(outcome, nowMs);
    }
  }

  /** True once, when nobody answered within the ringing limit; the user then gives up. */
  handleDeadline(nowMs: number): boolean {
    switch (this.#timers.takeDue(nowMs)) {
      case 'limit':
        return this.#state === 'calling' || this.#state === 'proceeding';
      case 'abandon':
        // RFC 3261 §9.1: 64*T1 after a CANCEL the INVITE counts as canceled, whatever the far side does.
        if (this.#transaction !== undefined) {
          this.#port.layer.abandon(this.#transaction);
        }
        this.#reject({ status: 487, reason: 'Request Terminated' }, nowMs);
        return false;
      default:
        return false;
    }
  }

  #receiveProvisional(response: SipResponse, flow: Flow, nowMs: number): void {
    if (this.#state === 'calling') {
      this.#state = 'proceeding';
      if (this.#givenUp !== undefined) {
        this.#cancel(this.#givenUp, nowMs);
      }
    }
    const tag = tagOf(headerValue(response, 'To') ?? '');
    if (this.#givenUp !== undefined || this.#state !== 'proceeding' || response.status === 100) {
      return;
    }
    if (this.#inside === undefined && tag !== undefined && !this.#early.has(tag)) {
      if (this.#early.size >= MAX_FORKS) {
        this.#port.count('too-many-forks');
        return;
      }
      this.#early.set(tag, Dialog.asClient(this.request, response, this.#flowFor(flow)));
    }
    this.#user.inviteProgressed(this, response);
  }

  #receiveAccepted(response: SipResponse, flow: Flow, nowMs: number): void {
    const tag = tagOf(headerValue(response, 'To') ?? '') ?? '';
    const sent = this.#acks.get(tag);
    if (sent !== undefined) {
      this.#port.layer.sendAgain(sent.flow, sent.bytes);
      return;
    }
    if (this.#winner?.remoteTag === tag) {
      // Sent again while the answer to its offer is still being made.
      return;
    }
    if (this.#acks.size >= MAX_FORKS) {
      this.#port.count('too-many-forks');
      return;
    }
    const dialog = this.#inside ?? Dialog.asClient(this.request, response, this.#flowFor(flow));
    if (this.#inside !== undefined && this.#inside.remoteTag !== tag) {
      this.#port.count('foreign-dialog');
      return;
    }
    this.#timers.stopAll();
    if (this.#winner === undefined && this.#givenUp === undefined) {
      this.#winner = dialog;
      this.#state = 'answered';
      dialog.refreshTarget(response);
      this.#early.clear();
      this.#user.inviteAccepted(this, response, dialog);
      return;
    }
    // RFC 3261 §13.2.2.4: a branch that lost, or won too late, is acknowledged and hung up.
    this.#sendAck(dialog, undefined);
    if (this.#inside === undefined) {
      const headers = reasonHeaderFields(this.#givenUp ?? { status: 200, reason: 'OK' });
      this.#port.sendBye(dialog, dialog.request('BYE', { headers }), nowMs);
    }
    if (this.#givenUp !== undefined && this.isInProgress) {
      this.#state = 'acknowledged';
      this.#user.inviteRejected(this, { status: 487, reason: 'Request Terminated' }, nowMs);
    }
  }

  #reject(outcome: Outcome, nowMs: number): void {
    this.#timers.stopAll();
    this.#early.clear();
    if (this.#state === 'calling' || this.#state === 'proceeding') {
      this.#state = 'rejected';
      this.#user.inviteRejected(this, outcome, nowMs);
    }
  }

  #cancel(outcome: Outcome, nowMs: number): void {
    if (this.#transaction !== undefined) {
      this.#port.layer.cancel(this.#transaction, reasonHeaderFields(outcome), nowMs);
      this.#timers.set('abandon', nowMs + lifetimeMs(this.#port.intervals));
      this.#port.reschedule(this.#user);
    }
  }

  #sendAck(dialog: Dialog, sdp: Buffer | undefined): void {
    const flow = this.#port.flowOf(dialog);
    const content = sdp === undefined ? {} : { body: sdp, contentType: SDP_TYPE };
    const ack = dialog.acknowledge(cseqOf(this.request)?.number ?? 0, content);
    this.#acks.set(dialog.remoteTag, { flow, bytes: this.#port.layer.sendAck(ack, flow) });
  }

  /** On a stream the dialog stays on the connection that brought the answer; with a registered user, on the user's path. */
  #flowFor(answered: Flow): Flow {
    const sent = this.#transaction?.flow;
    return sent !== undefined && (answered.transport === 'udp' || sent.user !== undefined) ? sent : answered;
  }
}
