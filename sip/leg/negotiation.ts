/**
 * The INVITEs of a leg and its UPDATE: at most one each way, and the rules by which they exclude one another (RFC 3261
 * §14, RFC 3311 §5, RFC 6337 §4). The first INVITE of the call is one of them.
 */
import type { Dialog } from '../dialog.js';
import type { HeaderField } from '../message.js';
import type { ServerTransaction } from '../transaction/transaction-layer.js';
import { IncomingInvite, sdpOf } from './incoming-invite.js';
import { ALLOWED_METHODS, type LegPort, type Outcome, reply, SDP_TYPE } from './leg-events.js';
import { OutgoingInvite, type OutgoingInviteUser } from './outgoing-invite.js';
import { UpdateExchange } from './update-exchange.js';

export type NegotiationUser = OutgoingInviteUser & {
  readonly isEstablished: boolean;
  /** Our 2xx arrived. `sdp` came in the ACK. */
  inviteConfirmed(invite: IncomingInvite, sdp: Buffer | undefined, nowMs: number): void;
};

export class Negotiation {
  readonly #port: LegPort;
  readonly #user: NegotiationUser;
  readonly #update: UpdateExchange;
  #incoming: IncomingInvite | undefined;
  #outgoing: OutgoingInvite | undefined;

  constructor(port: LegPort, user: NegotiationUser) {
    this.#port = port;
    this.#user = user;
    this.#update = new UpdateExchange(port);
  }

  /** The last INVITE that came. */
  get incoming(): IncomingInvite | undefined {
    return this.#incoming;
  }

  /** The last INVITE of ours. */
  get outgoing(): OutgoingInvite | undefined {
    return this.#outgoing;
  }

  /** The requests that still want an answer. */
  get unanswered(): readonly ServerTransaction[] {
    const invite = this.#incoming?.state === 'pending' ? this.#incoming.transaction : undefined;
    return [invite, this.#update.transaction].filter((transaction) => transaction !== undefined);
  }

  get deadlineMs(): number {
    const invitesMs = Math.min(this.#incoming?.deadlineMs ?? Infinity, this.#outgoing?.deadlineMs ?? Infinity);
    return Math.min(this.#update.deadlineMs, invitesMs);
  }

  /** Enters an INVITE that came, and keeps its sender from sending it again. */
  open(transaction: ServerTransaction, nowMs: number): void {
    this.#incoming = new IncomingInvite(this.#port, transaction, this.#user.localTag, nowMs);
    this.#incoming.progress({ status: 100, reason: 'Trying' }, nowMs);
  }

  /** Enters an INVITE of ours, to be started. */
  enter(invite: OutgoingInvite): void {
    this.#outgoing = invite;
  }

  /** Starts a re-INVITE. False while another exchange is on its way (RFC 3261 §14.1), or the tables are full. */
  renegotiate(dialog: Dialog, sdp: Buffer | undefined, nowMs: number): boolean {
    if (this.#isBusy()) {
      return false;
    }
    const flow = this.#port.flowOf(dialog);
    const headers = [
      { name: 'Contact', value: this.#port.contact(flow) },
      { name: 'Allow', value: ALLOWED_METHODS },
    ];
    const content = sdp === undefined ? { headers } : { headers, body: sdp, contentType: SDP_TYPE };
    const invite = new OutgoingInvite(this.#port, this.#user, dialog.request('INVITE', content), dialog);
    if (!invite.start(flow, nowMs)) {
      return false;
    }
    this.#outgoing = invite;
    return true;
  }

  /** Answers the re-INVITE or UPDATE that waits. */
  accept(sdp: Buffer | undefined, nowMs: number): void {
    if (this.#update.isPending) {
      this.#update.accept(sdp, nowMs);
    } else {
      this.#incoming?.accept(sdp, nowMs);
    }
  }

  refuse(outcome: Outcome, nowMs: number): void {
    if (this.#update.isPending) {
      this.#update.refuse(outcome, nowMs);
    } else {
      this.#incoming?.refuse(outcome, [], nowMs);
    }
  }

  /** Everything that waits for an answer of ours gets this one. */
  refuseAll(outcome: Outcome, nowMs: number): void {
    this.#update.refuse(outcome, nowMs);
    this.#incoming?.refuse(outcome, [], nowMs);
  }

  receiveReinvite(transaction: ServerTransaction, dialog: Dialog, nowMs: number): void {
    const current = this.#incoming;
    if (!this.#user.isEstablished || current?.state === 'pending') {
      // RFC 3261 §14.2: the first INVITE has no final answer yet.
      this.#refuseForNow(transaction, nowMs);
      return;
    }
    if (current?.state === 'accepted' && current.offer !== undefined) {
      // Its sender has our 2xx, or it would not begin another one: the ACK is late or lost.
      current.acknowledge();
      this.#user.inviteConfirmed(current, undefined, nowMs);
    }
    if (this.#isBusy()) {
      this.#port.count('glare');
      this.#reply(transaction, { status: 491, reason: 'Request Pending' }, [], nowMs);
      return;
    }
    dialog.refreshTarget(transaction.request);
    this.open(transaction, nowMs);
    this.#ask(this.#incoming?.offer);
  }

  receiveUpdate(transaction: ServerTransaction, dialog: Dialog, nowMs: number): void {
    const offer = sdpOf(transaction.request);
    if (offer === undefined) {
      // A refresh of the target or of session timers (RFC 3311 §5.2, RFC 4028): nothing changes between the legs.
      dialog.refreshTarget(transaction.request);
      const headers = [{ name: 'Contact', value: this.#port.contact(transaction.flow) }];
      this.#reply(transaction, { status: 200, reason: 'OK' }, headers, nowMs);
    } else if (this.#update.isPending || this.#incoming?.state === 'pending') {
      this.#refuseForNow(transaction, nowMs);
    } else if (!this.#user.isEstablished || this.#isBusy()) {
      this.#reply(transaction, { status: 491, reason: 'Request Pending' }, [], nowMs);
    } else {
      dialog.refreshTarget(transaction.request);
      this.#update.open(transaction, nowMs);
      this.#ask(offer);
    }
  }

  /** True once, when nobody answered an UPDATE in time. */
  updateLapsed(nowMs: number): boolean {
    return this.#update.handleDeadline(nowMs);
  }

  /** An offer and its answer, or an INVITE and its ACK, are still on their way. */
  #isBusy(): boolean {
    const incoming = this.#incoming?.state;
    const isAnswering = incoming === 'pending' || incoming === 'accepted' || this.#update.isPending;
    return isAnswering || this.#outgoing?.isInProgress === true;
  }

  #ask(offer: Buffer | undefined): void {
    const content = offer === undefined ? undefined : { sdp: offer };
    this.#port.emit(this.#user, { kind: 'renegotiation-requested', ...content });
  }

  #refuseForNow(transaction: ServerTransaction, nowMs: number): void {
    // RFC 3261 §14.2: a Retry-After between 0 and 10 s.
    const seconds = this.#port.random(1)[0] % 11;
    const headers = [{ name: 'Retry-After', value: String(seconds) }];
    this.#reply(transaction, { status: 500, reason: 'Server Internal Error' }, headers, nowMs);
  }

  #reply(transaction: ServerTransaction, outcome: Outcome, headers: readonly HeaderField[], nowMs: number): void {
    const { status, reason } = outcome;
    reply(this.#port, transaction, { status, reason, toTag: this.#user.localTag, headers }, nowMs);
  }
}
