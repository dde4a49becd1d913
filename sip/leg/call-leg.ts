/**
 * One leg of a call: the INVITE that makes it, the dialog, renegotiations, INFO, and its end (RFC 3261 §12 to §15, RFC
 * 3264, RFC 6337). Commands come from its user, who hears of everything else by `LegEvent`s.
 *
 *   role server:  setup --answer()--> established --BYE, hangUp()--> ended
 *                 setup --hangUp() refuses, CANCEL, BYE----------->  ended
 *   role client:  setup --2xx-------> established --BYE, hangUp()--> ended
 *                 setup --300-699, time-out, hangUp() cancels----->  ended
 *   leaving:      hung up by us, but RFC 3261 §15 lets no BYE out before the ACK for our 2xx
 */
import { Dialog } from '../dialog.js';
import { cseqOf, headerValues } from '../headers.js';
import type { Flow, HeaderField, SipRequest, SipResponse } from '../message.js';
import { newTag } from '../random-identifiers.js';
import type { ServerTransaction } from '../transaction/transaction-layer.js';
import { type IncomingInvite, sdpOf } from './incoming-invite.js';
import { InfoExchange } from './info-exchange.js';
import { type InviteTarget, initialInvite } from './initial-invite.js';
import { ALLOWED_METHODS, type LegPort, type Outcome, reasonHeaderFields, reply } from './leg-events.js';
import { Negotiation, type NegotiationUser } from './negotiation.js';
import { OutgoingInvite } from './outgoing-invite.js';

/** RFC 3261 §15.1.2 and §9.2: what a request gets that is pending when its call ends. */
const TERMINATED: Outcome = { status: 487, reason: 'Request Terminated' };

/** What the far side is told of a mistake of ours. */
const FAULT: Outcome = { status: 500, reason: 'Server Internal Error' };

type Phase = 'setup' | 'established' | 'leaving' | 'ended';

export class CallLeg implements NegotiationUser {
  queuePosition = -1;
  readonly role: 'server' | 'client';
  readonly localTag: string;
  readonly infos: InfoExchange;
  readonly #port: LegPort;
  readonly #negotiation: Negotiation;
  #phase: Phase = 'setup';
  #dialog: Dialog | undefined;
  /** Why the BYE goes out that waits for the ACK. */
  #farewell: Outcome | undefined;
  #isAbandoned = false;

  private constructor(port: LegPort, role: 'server' | 'client') {
    this.#port = port;
    this.role = role;
    this.localTag = newTag(port.random);
    this.infos = new InfoExchange(port, this);
    this.#negotiation = new Negotiation(port, this);
  }

  /** The leg of somebody who calls us; rings until told otherwise. */
  static incoming(port: LegPort, transaction: ServerTransaction, nowMs: number): CallLeg {
    const leg = new CallLeg(port, 'server');
    leg.#dialog = Dialog.asServer(transaction.request, { tag: leg.localTag, sequence: 0 }, transaction.flow);
    leg.#negotiation.open(transaction, nowMs);
    port.reschedule(leg);
    return leg;
  }

  /** The leg of somebody we call; without `sdp` the far side makes the offer. */
  static outgoing(port: LegPort, target: InviteTarget, sdp: Buffer | undefined, nowMs: number): CallLeg {
    const leg = new CallLeg(port, 'client');
    const request = initialInvite(target, { tag: leg.localTag, contact: port.contact(target.flow), sdp }, port.random);
    const invite = new OutgoingInvite(port, leg, request, undefined);
    leg.#negotiation.enter(invite);
    if (!invite.start(target.flow, nowMs)) {
      leg.#end({ status: 503, reason: 'Service Unavailable' }, nowMs);
    }
    port.reschedule(leg);
    return leg;
  }

  get deadlineMs(): number {
    return this.#isAbandoned ? Infinity : this.#negotiation.deadlineMs;
  }

  get isEnded(): boolean {
    return this.#phase === 'ended' || this.#phase === 'leaving';
  }

  get isEstablished(): boolean {
    return this.#phase === 'established';
  }

  /** The dialog requests of ours go into, once there is one. */
  get dialog(): Dialog | undefined {
    return this.#phase === 'established' ? this.#dialog : undefined;
  }

  /** By which path the far side is reached, as far as known. */
  get flow(): Flow | undefined {
    return this.#dialog?.flow ?? this.#negotiation.outgoing?.flow;
  }

  /** The offer of the INVITE that made this leg. */
  get initialOffer(): Buffer | undefined {
    return this.#negotiation.incoming?.offer;
  }

  ring(answer: { readonly status: number; readonly reason: string; readonly sdp?: Buffer }, nowMs: number): void {
    if (this.#phase === 'setup') {
      this.#negotiation.incoming?.progress(answer, nowMs);
    }
  }

  answer(sdp: Buffer | undefined, nowMs: number): void {
    if (this.#phase === 'setup' && this.#negotiation.incoming !== undefined) {
      this.#phase = 'established';
      this.#negotiation.incoming.accept(sdp, nowMs);
      this.#port.reschedule(this);
    }
  }

  /** Sends the ACK that waited for the answer to an offer in a 2xx. */
  acknowledge(sdp: Buffer | undefined): void {
    this.#negotiation.outgoing?.acknowledge(sdp);
    this.#port.reschedule(this);
  }

  /** Starts a re-INVITE. False while another one is on its way either way (RFC 3261 §14.1), or there is no session. */
  renegotiate(sdp: Buffer | undefined, nowMs: number): boolean {
    if (this.#phase !== 'established' || this.#dialog === undefined) {
      return false;
    }
    const isSent = this.#negotiation.renegotiate(this.#dialog, sdp, nowMs);
    this.#port.reschedule(this);
    return isSent;
  }

  /** Answers `renegotiation-requested`, with an answer or, where the request had none, an offer. */
  acceptRenegotiation(sdp: Buffer | undefined, nowMs: number): void {
    if (this.#phase === 'established') {
      this.#negotiation.accept(sdp, nowMs);
      this.#port.reschedule(this);
    }
  }

  refuseRenegotiation(outcome: Outcome, nowMs: number): void {
    if (this.#phase === 'established') {
      this.#negotiation.refuse(outcome, nowMs);
      this.#port.reschedule(this);
    }
  }

  /** Takes back a re-INVITE of ours; its outcome is told all the same. */
  cancelRenegotiation(nowMs: number): void {
    if (this.#phase === 'established') {
      this.#negotiation.outgoing?.giveUp(TERMINATED, nowMs);
      this.#port.reschedule(this);
    }
  }

  /**
   * Ends the leg in the way its state demands: refusal, CANCEL or BYE. No `ended` event follows.
   *
   * @throws what a broken invariant threw; the leg is over all the same.
   */
  hangUp(outcome: Outcome, nowMs: number): void {
    try {
      this.#hangUp(outcome, nowMs);
    } catch (error) {
      this.#abandon();
      throw error;
    }
  }

  fail(nowMs: number): void {
    if (this.isEnded) {
      this.#abandon();
      return;
    }
    try {
      this.#hangUp(FAULT, nowMs);
    } catch {
      this.#abandon();
    }
    this.#port.emit(this, { kind: 'ended', outcome: FAULT, by: 'gateway' });
  }

  /** A request with our tag, ACK and CANCEL excepted. */
  receiveRequest(transaction: ServerTransaction, nowMs: number): void {
    const { request } = transaction;
    const dialog = this.#dialogOf(request);
    if (dialog === undefined || this.#phase === 'ended') {
      this.#port.layer.respondStatelessly(transaction, { status: 481, reason: 'Call/Transaction Does Not Exist' });
      return;
    }
    if (!dialog.acceptSequence(request)) {
      this.#port.count('cseq-out-of-order');
      this.#port.layer.respondStatelessly(transaction, { status: 500, reason: 'CSeq Out Of Order' });
      return;
    }
    // The far side may have opened a new connection, or its NAT a new port.
    dialog.flow = transaction.flow;
    switch (request.method) {
      case 'BYE':
        this.#receiveBye(transaction, nowMs);
        break;
      case 'INVITE':
        this.#negotiation.receiveReinvite(transaction, dialog, nowMs);
        break;
      case 'UPDATE':
        this.#negotiation.receiveUpdate(transaction, dialog, nowMs);
        break;
      case 'INFO':
        this.infos.receive(transaction, this.#phase !== 'leaving', nowMs);
        break;
      default:
        // OPTIONS: what else is allowed has been sorted out before.
        this.#reply(transaction, 200, 'OK', [{ name: 'Allow', value: ALLOWED_METHODS }], nowMs);
    }
    this.#port.reschedule(this);
  }

  receiveAck(request: SipRequest, nowMs: number): void {
    const invite = this.#negotiation.incoming;
    const isForIt = invite?.sequence === cseqOf(request)?.number && this.#dialogOf(request) !== undefined;
    if (invite !== undefined && isForIt && invite.acknowledge()) {
      this.inviteConfirmed(invite, sdpOf(request), nowMs);
    }
  }

  /** A CANCEL that matched the INVITE of this leg, or a re-INVITE in it. The CANCEL itself has been answered. */
  receiveCancel(invite: ServerTransaction, reasonHeaders: readonly string[], nowMs: number): void {
    if (this.#negotiation.incoming?.transaction !== invite || this.#negotiation.incoming.state !== 'pending') {
      return;
    }
    if (this.#phase === 'setup') {
      this.#negotiation.incoming.refuse(TERMINATED, [], nowMs);
      this.#end({ status: 487, reason: 'Canceled', reasonHeaders }, nowMs);
    } else if (this.#phase === 'established') {
      this.#port.emit(this, { kind: 'renegotiation-canceled' });
    }
    this.#port.reschedule(this);
  }

  handleDeadline(nowMs: number): void {
    if (this.#negotiation.updateLapsed(nowMs)) {
      this.#port.emit(this, { kind: 'renegotiation-canceled' });
    }
    const lapse = this.#negotiation.incoming?.handleDeadline(nowMs);
    if (lapse === 'unanswered' && this.#phase === 'setup') {
      this.#negotiation.incoming?.refuse({ status: 480, reason: 'Temporarily Unavailable' }, [], nowMs);
      this.#end({ status: 480, reason: 'No answer in time' }, nowMs);
    } else if (lapse === 'unanswered') {
      this.#negotiation.incoming?.refuse({ status: 504, reason: 'Server Time-out' }, [], nowMs);
      this.#port.emit(this, { kind: 'renegotiation-canceled' });
    } else if (lapse === 'unacknowledged') {
      this.#giveUpAck(nowMs);
    }
    if (this.#negotiation.outgoing?.handleDeadline(nowMs)) {
      this.#negotiation.outgoing.giveUp({ status: 408, reason: 'Request Timeout' }, nowMs);
      if (this.#phase === 'setup') {
        this.#end({ status: 480, reason: 'No answer in time' }, nowMs);
      }
    }
    this.#port.reschedule(this);
  }

  /**
   * The connection of this leg may be the one that is gone. The next request to a peer opens another one to the same place.
   * A registered user cannot be connected to: a call that stands `waits` for the user to come back, while one who was
   * calling us could not even be told the answer, and is taken to have given up.
   */
  loseConnection(failed: Flow, nowMs: number): 'waits' | undefined {
    const flow = this.#dialog?.flow;
    if (this.#dialog === undefined || flow?.connectionId === undefined || flow.connectionId !== failed.connectionId) {
      return undefined;
    }
    if (flow.user === undefined) {
      const { connectionId: _, ...unconnected } = flow;
      this.#dialog.flow = unconnected;
      return undefined;
    }
    if (this.#phase === 'setup') {
      this.#negotiation.incoming?.refuse(TERMINATED, [], nowMs);
      this.#end({ status: 487, reason: 'Connection Lost' }, nowMs);
    }
    return this.#phase === 'established' ? 'waits' : undefined;
  }

  inviteConfirmed(invite: IncomingInvite, sdp: Buffer | undefined, nowMs: number): void {
    if (this.#phase === 'leaving') {
      this.#sayGoodbye(this.#farewell ?? { status: 200, reason: 'OK' }, nowMs);
    } else {
      const isAnswer = invite.offer === undefined && sdp !== undefined;
      this.#port.emit(this, { kind: 'acknowledged', ...(isAnswer ? { sdp } : undefined) });
    }
    this.#port.reschedule(this);
  }

  inviteProgressed(invite: OutgoingInvite, response: SipResponse): void {
    if (invite === this.#negotiation.outgoing && this.#phase === 'setup') {
      // RFC 3261 §13.2.1: an unreliable provisional answer can bring an answer, never an offer.
      const sdp = invite.isOfferless ? undefined : sdpOf(response);
      const { status, reason } = response;
      this.#port.emit(this, { kind: 'progress', status, reason, ...(sdp === undefined ? undefined : { sdp }) });
    }
  }

  inviteAccepted(invite: OutgoingInvite, response: SipResponse, dialog: Dialog): void {
    const sdp = sdpOf(response);
    const isInitial = this.#phase === 'setup';
    if (isInitial) {
      this.#phase = 'established';
      this.#dialog = dialog;
    }
    if (!invite.isOfferless || sdp === undefined || this.#phase !== 'established') {
      // Offer and answer are exchanged, or there is nothing to answer: RFC 3261 §13.2.2.4 wants the ACK now.
      invite.acknowledge(undefined);
    }
    if (this.#phase === 'established') {
      const content = sdp === undefined ? undefined : { sdp };
      this.#port.emit(this, { kind: isInitial ? 'accepted' : 'renegotiation-accepted', ...content });
    }
    this.#port.reschedule(this);
  }

  inviteRejected(invite: OutgoingInvite, outcome: Outcome, nowMs: number): void {
    if (invite !== this.#negotiation.outgoing) {
      return;
    }
    if (this.#phase === 'setup') {
      this.#end(outcome, nowMs);
    } else if (this.#phase === 'established') {
      if (outcome.status === 481 || outcome.status === 408) {
        // RFC 3261 §12.2.1.2: the far side does not know this dialog, or is gone.
        this.#sayGoodbye(outcome, nowMs);
        this.#port.emit(this, { kind: 'ended', outcome });
      } else {
        this.#port.emit(this, { kind: 'renegotiation-failed', outcome });
      }
    }
    this.#port.reschedule(this);
  }

  /** The far side no longer knows the dialog; whatever asked has found out. */
  loseDialog(outcome: Outcome, nowMs: number): void {
    if (this.#phase === 'established') {
      this.#sayGoodbye(outcome, nowMs);
      this.#port.emit(this, { kind: 'ended', outcome });
      this.#port.reschedule(this);
    }
  }

  #hangUp(outcome: Outcome, nowMs: number): void {
    switch (this.#phase) {
      case 'setup':
        this.#negotiation.incoming?.refuse(outcome, [], nowMs);
        this.#negotiation.outgoing?.giveUp(outcome, nowMs);
        this.#leave(nowMs);
        break;
      case 'established':
        if (this.#negotiation.incoming?.state === 'accepted') {
          this.#phase = 'leaving';
          this.#farewell = outcome;
          this.infos.drop(nowMs);
        } else {
          this.#sayGoodbye(outcome, nowMs);
        }
        break;
      case 'leaving':
      case 'ended':
        break;
    }
    this.#port.reschedule(this);
  }

  #receiveBye(transaction: ServerTransaction, nowMs: number): void {
    this.#reply(transaction, 200, 'OK', [], nowMs);
    const wasLeaving = this.#phase === 'leaving';
    // RFC 3261 §15.1.2: requests still pending are answered 487.
    this.#negotiation.incoming?.refuse(TERMINATED, [], nowMs);
    this.#negotiation.incoming?.acknowledge();
    this.#negotiation.outgoing?.giveUp(TERMINATED, nowMs);
    this.#negotiation.outgoing?.acknowledge(undefined);
    this.#leave(nowMs);
    if (!wasLeaving) {
      const reasonHeaders = headerValues(transaction.request, 'Reason');
      this.#port.emit(this, { kind: 'ended', outcome: { status: 200, reason: 'Hung up', reasonHeaders } });
    }
  }

  /** RFC 3261 §13.3.1.4: no ACK within 64*T1; the dialog stands, and is ended by BYE. */
  #giveUpAck(nowMs: number): void {
    this.#port.count('ack-missing');
    this.#negotiation.incoming?.acknowledge();
    const outcome = this.#farewell ?? { status: 408, reason: 'No ACK' };
    const wasLeaving = this.#phase === 'leaving';
    this.#sayGoodbye(outcome, nowMs);
    if (!wasLeaving) {
      this.#port.emit(this, { kind: 'ended', outcome });
    }
  }

  #sayGoodbye(outcome: Outcome, nowMs: number): void {
    this.#negotiation.incoming?.refuse(TERMINATED, [], nowMs);
    this.#negotiation.outgoing?.acknowledge(undefined);
    this.#negotiation.outgoing?.giveUp(outcome, nowMs);
    if (this.#dialog !== undefined) {
      const bye = this.#dialog.request('BYE', { headers: reasonHeaderFields(outcome) });
      this.#port.sendBye(this.#dialog, bye, nowMs);
    }
    this.#leave(nowMs);
  }

  #reply(
    transaction: ServerTransaction,
    status: number,
    reason: string,
    headers: readonly HeaderField[],
    nowMs: number,
  ): void {
    reply(this.#port, transaction, { status, reason, toTag: this.localTag, headers }, nowMs);
  }

  #dialogOf(request: SipRequest): Dialog | undefined {
    if (this.#dialog !== undefined) {
      return this.#dialog.matches(request) ? this.#dialog : undefined;
    }
    return this.#negotiation.outgoing?.earlyDialog(request);
  }

  #end(outcome: Outcome, nowMs: number): void {
    this.#leave(nowMs);
    this.#port.emit(this, { kind: 'ended', outcome });
  }

  #leave(nowMs: number): void {
    this.#phase = 'ended';
    this.#negotiation.refuseAll(TERMINATED, nowMs);
    this.infos.drop(nowMs);
    this.#port.retire(this);
  }

  /** Not even its end could be said in order: what the far side makes of it is its own affair. */
  #abandon(): void {
    this.#phase = 'ended';
    this.#isAbandoned = true;
    this.#port.retire(this);
    this.#port.reschedule(this);
    // Unanswered, their transactions would wait for ever.
    for (const transaction of [...this.infos.abandon(), ...this.#negotiation.unanswered]) {
      this.#port.layer.respondStatelessly(transaction, FAULT);
    }
  }
}
