/**
 * One call through the gateway: two legs and what goes from one to the other. Leg `a` called us, leg `b` is called by
 * us. Descriptions never cross by themselves: each goes out as an exchange and comes back rewritten.
 *
 *   offer in INVITE:   a INVITE(offer) -> [initial-offer] -> b INVITE; b 200(answer) -> [initial-answer] -> a 200
 *   offerless INVITE:  a INVITE -> b INVITE; b 200(offer) -> [late-offer] -> a 200; a ACK(answer) -> [late-answer] -> b ACK
 *   renegotiation:     the same two shapes from leg `x` to its other leg `y`: [re-offer], [re-answer], or
 *                      [late-re-offer], [late-re-answer]
 */
import { type BackToBackOutput, type LegSide, other } from './back-to-back-events.js';
import { type InfoAction, InfoRelay } from './info-relay.js';
import type { CallLeg } from './leg/call-leg.js';
import type { InviteTarget } from './leg/initial-invite.js';
import type { LegEvent, Outcome } from './leg/leg-events.js';
import { passedOn, safePhrase } from './outcome-mapping.js';

export type CallPort = {
  emit(output: BackToBackOutput): void;
  /** A number for a description that waits. */
  openExchange(call: BackToBackCall): number;
  closeExchange(exchangeId: number): void;
  openInfo(call: BackToBackCall, infoId: number): void;
  closeInfo(infoId: number): void;
  callOut(call: BackToBackCall, target: InviteTarget, sdp: Buffer | undefined, nowMs: number): CallLeg;
  /** The call is over and has been told to be. */
  forget(call: BackToBackCall): void;
};

type Purpose =
  | { readonly kind: 'initial-offer' }
  | { readonly kind: 'early-answer'; readonly status: number; readonly reason: string; readonly received: Buffer }
  | { readonly kind: 'initial-answer' | 'late-offer' | 'late-answer' }
  | { readonly kind: 're-offer' | 're-answer' | 'late-re-offer' | 'late-re-answer' };

type Description = {
  readonly from: LegSide;
  readonly role: 'offer' | 'answer';
  readonly phase: 'initial' | 'early' | 'renegotiation';
  readonly sdp: Buffer;
};

/** Early answers not yet rewritten. Forks and repeated 183s come one by one; more than this is a flood. */
const MAX_PENDING_EXCHANGES = 8;

const BAD_GATEWAY: Outcome = { status: 502, reason: 'Bad Gateway' };
const PENDING: Outcome = { status: 491, reason: 'Request Pending' };
const TERMINATED: Outcome = { status: 487, reason: 'Request Terminated' };

export class BackToBackCall {
  readonly id: string;
  readonly #port: CallPort;
  readonly #a: CallLeg;
  #b: CallLeg | undefined;
  readonly #exchanges = new Map<number, Purpose>();
  readonly #infos: InfoRelay;
  #target: InviteTarget | undefined;
  #state: 'setup' | 'answered' | 'ended' = 'setup';
  #progress: 'none' | 'ringing' | 'early-media' = 'none';
  /** The last early answer, as it came and as it went on. */
  #early: { readonly received: Buffer; readonly relayed: Buffer } | undefined;
  /** True between the 200 with the late offer and the ACK that answers it. */
  #awaitsLateAnswer = false;
  /** Who asked for the renegotiation under way. */
  #renegotiation: { readonly x: LegSide; readonly isOfferless: boolean } | undefined;

  constructor(port: CallPort, a: CallLeg) {
    this.#port = port;
    this.#a = a;
    this.#infos = new InfoRelay(
      (side) => this.#leg(side),
      (infoId) => port.closeInfo(infoId),
    );
    // 64 random bits, unlike any other call's on any gateway. A phone that dials finds it in our answers.
    this.id = a.localTag;
  }

  get localTags(): readonly string[] {
    return this.#b === undefined ? [this.#a.localTag] : [this.#a.localTag, this.#b.localTag];
  }

  route(target: InviteTarget, nowMs: number): void {
    if (this.#state !== 'setup' || this.#target !== undefined) {
      return;
    }
    this.#target = target;
    const sdp = this.#a.initialOffer;
    if (sdp === undefined) {
      this.#b = this.#port.callOut(this, target, undefined, nowMs);
    } else {
      this.#handOut({ from: 'a', role: 'offer', phase: 'initial', sdp }, { kind: 'initial-offer' }, nowMs);
    }
  }

  refuse(outcome: Outcome, nowMs: number): void {
    if (this.#state === 'setup' && this.#target === undefined) {
      this.#finish('gateway', outcome, nowMs);
    }
  }

  /** With a `cause`, both sides are told it and `reason` (RFC 3326 §2). */
  hangUp({ reason, cause }: { readonly reason: string; readonly cause?: number }, nowMs: number): void {
    const reasonHeaders = cause === undefined ? [] : [`SIP;cause=${cause};text="${reason}"`];
    this.#finish('gateway', { status: 503, reason: 'Service Unavailable', reasonHeaders }, nowMs, reason);
  }

  takeDescription(exchangeId: number, sdp: Buffer, nowMs: number): void {
    const purpose = this.#closeExchange(exchangeId);
    switch (purpose?.kind) {
      case undefined:
        break;
      case 'initial-offer':
        if (this.#target !== undefined) {
          this.#b = this.#port.callOut(this, this.#target, sdp, nowMs);
        }
        break;
      case 'early-answer':
        this.#early = { received: purpose.received, relayed: sdp };
        this.#ring(purpose, sdp, nowMs);
        break;
      case 'initial-answer':
        this.#answer(sdp, nowMs);
        break;
      case 'late-offer':
        this.#awaitsLateAnswer = true;
        this.#answer(sdp, nowMs);
        break;
      case 'late-answer':
        this.#b?.acknowledge(sdp);
        break;
      case 're-offer':
        this.#offerAgain(sdp, nowMs);
        break;
      case 're-answer':
        this.#requester()?.acceptRenegotiation(sdp, nowMs);
        this.#renegotiation = undefined;
        break;
      case 'late-re-offer':
        this.#requester()?.acceptRenegotiation(sdp, nowMs);
        break;
      case 'late-re-answer':
        this.#responder()?.acknowledge(sdp);
        this.#renegotiation = undefined;
        break;
    }
  }

  refuseDescription(exchangeId: number, outcome: Outcome, nowMs: number): void {
    const purpose = this.#closeExchange(exchangeId);
    switch (purpose?.kind) {
      case undefined:
        break;
      case 'early-answer':
        this.#ring(purpose, undefined, nowMs);
        break;
      case 'initial-offer':
      case 'initial-answer':
      case 'late-offer':
      case 'late-answer':
        this.#finish('gateway', outcome, nowMs);
        break;
      case 're-offer':
      case 're-answer':
        this.#failRenegotiation(outcome, nowMs);
        break;
      case 'late-re-offer':
      case 'late-re-answer':
        // The far side made an offer and gets its ACK without an answer: its old session stands.
        this.#responder()?.acknowledge(undefined);
        this.#failRenegotiation(outcome, nowMs);
        break;
    }
  }

  answerInfo(infoId: number, action: InfoAction, nowMs: number): void {
    this.#infos.answer(infoId, action, nowMs);
  }

  handleLeg(side: LegSide, event: LegEvent, nowMs: number): void {
    if (this.#state === 'ended') {
      return;
    }
    switch (event.kind) {
      case 'progress':
        this.#takeProgress(event, nowMs);
        break;
      case 'accepted':
        this.#takeAcceptance(event.sdp, nowMs);
        break;
      case 'acknowledged':
        this.#takeAcknowledgement(side, event.sdp, nowMs);
        break;
      case 'renegotiation-requested':
        this.#takeRenegotiation(side, event.sdp, nowMs);
        break;
      case 'renegotiation-canceled':
        this.#cancelRenegotiation(side, nowMs);
        break;
      case 'renegotiation-accepted':
        this.#takeRenegotiationAnswer(event.sdp, nowMs);
        break;
      case 'renegotiation-failed':
        this.#failRenegotiation(passedOn(event.outcome), nowMs);
        break;
      case 'info':
        this.#infos.open(event.infoId, side);
        this.#port.openInfo(this, event.infoId);
        this.#port.emit({ ...event, kind: 'info-received', callId: this.id, from: side });
        break;
      case 'info-answered':
        this.#infos.settle(event.infoId, passedOn(event.outcome), nowMs);
        break;
      case 'ended':
        this.#finish(event.by ?? side, event.outcome, nowMs);
        break;
    }
  }

  #takeProgress(event: LegEvent & { readonly kind: 'progress' }, nowMs: number): void {
    const { status, reason, sdp } = event;
    const answer = { status: Math.min(status, 183), reason: safePhrase(reason, 'Session Progress') };
    if (sdp === undefined) {
      this.#ring(answer, undefined, nowMs);
    } else if (this.#early?.received.equals(sdp)) {
      // Gateways repeat their early answer in every provisional response.
      this.#ring(answer, this.#early.relayed, nowMs);
    } else {
      const purpose: Purpose = { kind: 'early-answer', ...answer, received: Buffer.from(sdp) };
      this.#handOut({ from: 'b', role: 'answer', phase: 'early', sdp }, purpose, nowMs);
    }
  }

  #ring(answer: { readonly status: number; readonly reason: string }, sdp: Buffer | undefined, nowMs: number): void {
    const { status, reason } = answer;
    this.#a.ring({ status, reason, ...(sdp === undefined ? undefined : { sdp }) }, nowMs);
    const progress = sdp === undefined ? 'ringing' : 'early-media';
    if (progress !== this.#progress && this.#progress !== 'early-media') {
      this.#progress = progress;
      this.#port.emit({ kind: 'call-progress', callId: this.id, state: progress });
    }
  }

  #takeAcceptance(sdp: Buffer | undefined, nowMs: number): void {
    // Early answers still being rewritten are overtaken.
    this.#closeAllExchanges();
    const isLate = this.#a.initialOffer === undefined;
    if (sdp !== undefined) {
      const description: Description = { from: 'b', role: isLate ? 'offer' : 'answer', phase: 'initial', sdp };
      this.#handOut(description, { kind: isLate ? 'late-offer' : 'initial-answer' }, nowMs);
    } else if (!isLate && this.#early !== undefined) {
      // Against RFC 3261 §13.2.1, but met: the answer was only in a provisional response.
      this.#answer(this.#early.relayed, nowMs);
    } else {
      this.#finish('b', BAD_GATEWAY, nowMs);
    }
  }

  #answer(sdp: Buffer, nowMs: number): void {
    this.#state = 'answered';
    this.#a.answer(sdp, nowMs);
    this.#port.emit({ kind: 'call-progress', callId: this.id, state: 'answered' });
  }

  #takeAcknowledgement(side: LegSide, sdp: Buffer | undefined, nowMs: number): void {
    if (this.#awaitsLateAnswer && side === 'a') {
      this.#awaitsLateAnswer = false;
      if (sdp === undefined) {
        this.#finish('a', { status: 488, reason: 'No answer to the offer' }, nowMs);
      } else {
        this.#handOut({ from: 'a', role: 'answer', phase: 'initial', sdp }, { kind: 'late-answer' }, nowMs);
      }
    } else if (this.#renegotiation?.isOfferless && this.#renegotiation.x === side) {
      if (sdp === undefined) {
        this.#responder()?.acknowledge(undefined);
        this.#failRenegotiation({ status: 488, reason: 'No answer to the offer' }, nowMs);
      } else {
        this.#handOut({ from: side, role: 'answer', phase: 'renegotiation', sdp }, { kind: 'late-re-answer' }, nowMs);
      }
    }
  }

  #takeRenegotiation(x: LegSide, sdp: Buffer | undefined, nowMs: number): void {
    if (this.#state !== 'answered' || this.#renegotiation !== undefined || this.#exchanges.size > 0) {
      this.#leg(x)?.refuseRenegotiation(PENDING, nowMs);
      return;
    }
    this.#renegotiation = { x, isOfferless: sdp === undefined };
    if (sdp === undefined) {
      this.#offerAgain(undefined, nowMs);
    } else {
      this.#handOut({ from: x, role: 'offer', phase: 'renegotiation', sdp }, { kind: 're-offer' }, nowMs);
    }
  }

  #offerAgain(sdp: Buffer | undefined, nowMs: number): void {
    if (this.#responder()?.renegotiate(sdp, nowMs) !== true) {
      this.#failRenegotiation(PENDING, nowMs);
    }
  }

  #takeRenegotiationAnswer(sdp: Buffer | undefined, nowMs: number): void {
    const renegotiation = this.#renegotiation;
    if (renegotiation === undefined || sdp === undefined) {
      this.#failRenegotiation(BAD_GATEWAY, nowMs);
      return;
    }
    const from = other(renegotiation.x);
    const role = renegotiation.isOfferless ? 'offer' : 'answer';
    const kind = renegotiation.isOfferless ? 'late-re-offer' : 're-answer';
    this.#handOut({ from, role, phase: 'renegotiation', sdp }, { kind }, nowMs);
  }

  #cancelRenegotiation(x: LegSide, nowMs: number): void {
    if (this.#renegotiation?.x !== x) {
      return;
    }
    if ([...this.#exchanges.values()].some(({ kind }) => kind === 're-offer')) {
      // The other leg has heard nothing yet.
      this.#closeAllExchanges();
      this.#failRenegotiation(TERMINATED, nowMs);
    } else {
      // Its answer, 487 or a 200 that was faster, becomes the answer here.
      this.#responder()?.cancelRenegotiation(nowMs);
    }
  }

  #failRenegotiation(outcome: Outcome, nowMs: number): void {
    if (this.#renegotiation !== undefined) {
      this.#requester()?.refuseRenegotiation(outcome, nowMs);
      this.#renegotiation = undefined;
      this.#port.emit({ kind: 'renegotiation-failed', callId: this.id, status: outcome.status });
    }
  }

  /** Ends both legs, each as its own state demands, and the call. */
  #finish(by: LegSide | 'gateway', outcome: Outcome, nowMs: number, reason = outcome.reason): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#state = 'ended';
    // The tables first: whatever a leg may throw, nothing of the call is left, and its end has been told.
    this.#closeAllExchanges();
    this.#infos.closeAll();
    this.#port.forget(this);
    this.#port.emit({ kind: 'call-ended', callId: this.id, by, status: outcome.status, reason });
    const passed = passedOn(outcome);
    try {
      this.#a.hangUp(passed, nowMs);
    } finally {
      this.#b?.hangUp(passed, nowMs);
    }
  }

  #handOut(description: Description, purpose: Purpose, nowMs: number): void {
    if (this.#exchanges.size >= MAX_PENDING_EXCHANGES) {
      this.#port.emit({ kind: 'counted', code: 'exchanges-full' });
      if (purpose.kind === 'early-answer') {
        this.#ring(purpose, undefined, nowMs);
      }
      return;
    }
    const exchangeId = this.#port.openExchange(this);
    this.#exchanges.set(exchangeId, purpose);
    this.#port.emit({ kind: 'description-received', callId: this.id, exchangeId, ...description });
  }

  #closeExchange(exchangeId: number): Purpose | undefined {
    const purpose = this.#exchanges.get(exchangeId);
    this.#exchanges.delete(exchangeId);
    this.#port.closeExchange(exchangeId);
    return purpose;
  }

  #closeAllExchanges(): void {
    for (const exchangeId of [...this.#exchanges.keys()]) {
      this.#closeExchange(exchangeId);
    }
  }

  #leg(side: LegSide): CallLeg | undefined {
    return side === 'a' ? this.#a : this.#b;
  }

  #requester(): CallLeg | undefined {
    return this.#renegotiation && this.#leg(this.#renegotiation.x);
  }

  #responder(): CallLeg | undefined {
    return this.#renegotiation && this.#leg(other(this.#renegotiation.x));
  }
}
