/**
 * What every SIP element of ours shares: bytes to messages, messages to transactions, transactions to legs, and all
 * deadlines in one queue. Its user makes calls, and then drains the `CoreOutput`s that came of them.
 */
import { admitPeer, admitUser } from './admission.js';
import type { Dialog } from './dialog.js';
import { headerValue, headerValues, tagOf } from './headers.js';
import { CallLeg } from './leg/call-leg.js';
import type { InviteTarget } from './leg/initial-invite.js';
import type { LegEvent, LegIdentity, LegPort, ResponseOwner } from './leg/leg-events.js';
import { type LocalAddress, LocalAddresses } from './local-addresses.js';
import type { Flow, SipRequest } from './message.js';
import { type ParseFailure, parseMessage } from './message-parser.js';
import { buildFailureResponse, buildResponse, writeMessage } from './message-writer.js';
import { nextHopOf } from './next-hop.js';
import { newTag, type RandomSource } from './random-identifiers.js';
import { ReceivedBodies } from './received-bodies.js';
import type { LoginReport } from './registrar/login-reports.js';
import type { Registrar } from './registrar/registrar.js';
import { UserPaths } from './registrar/user-paths.js';
import { capabilityHeaders, checkRequest, type Refusal } from './request-checks.js';
import { DeadlineQueue } from './transaction/deadline-queue.js';
import { type BaseIntervals, RFC_INTERVALS } from './transaction/timers.js';
import { type LayerOutput, type ServerTransaction, TransactionLayer } from './transaction/transaction-layer.js';

export type UserAgentCoreOptions = {
  readonly addresses: readonly LocalAddress[];
  readonly random: RandomSource;
  readonly intervals?: BaseIntervals;
  readonly maxTransactions?: number;
  readonly ringingLimitMs?: number;
  /** A new call, or an OPTIONS, that is to be refused whoever sends it: overload, shutting down. */
  readonly admit?: () => Refusal | undefined;
  /**
   * Who may speak to us on that listener: requests from elsewhere, but for those inside a dialog from where it was made,
   * are refused before anything is kept of them. Requests inside a dialog may come from, and go to, any of these. Without
   * it everybody may call, and a dialog stays with the address it was made with, whatever Contact and Route say: nobody
   * can make us send elsewhere.
   */
  readonly isPeer?: ((address: string, listener: string) => boolean) | undefined;
  /** Whose users may speak to us on the listeners that it serves; no peer is heard there. */
  readonly registrar?: Registrar | undefined;
  /** Hears of a broken invariant. The leg it was met in is ended, and it is counted as `internal-error`. */
  readonly onFault?: ((error: unknown) => void) | undefined;
};

export type CoreOutput =
  | { readonly kind: 'send'; readonly flow: Flow; readonly bytes: Buffer }
  /** An INVITE that passed all checks; 100 Trying is out. */
  | { readonly kind: 'call'; readonly leg: CallLeg; readonly request: SipRequest; readonly flow: Flow }
  | { readonly kind: 'leg'; readonly localTag: string; readonly event: LegEvent }
  /** Somebody failed to authenticate, for the first time in a minute or once too often. */
  | ({ readonly kind: 'login-refused'; readonly flow: Flow } & LoginReport)
  | { readonly kind: 'counted'; readonly code: string };

/** RFC 3261 §13.3.1.1 lets a proxy give up after 3 minutes; nobody waits longer. */
const DEFAULT_RINGING_LIMIT_MS = 180_000;

const FORBIDDEN: Refusal = { status: 403, reason: 'Forbidden' };
/** For a mistake of ours. */
const FAULT: Refusal = { status: 500, reason: 'Server Internal Error' };

export class UserAgentCore implements LegPort {
  readonly random: RandomSource;
  readonly intervals: BaseIntervals;
  readonly ringingLimitMs: number;
  readonly layer: TransactionLayer<ResponseOwner>;
  readonly #options: UserAgentCoreOptions;
  /** By the tag we gave them. */
  readonly #legs = new Map<string, CallLeg>();
  /** By their INVITE: a CANCEL has no tag of ours. */
  readonly #invited = new WeakMap<ServerTransaction, CallLeg>();
  readonly #queue = new DeadlineQueue<LegIdentity>();
  readonly #addresses: LocalAddresses;
  readonly #paths: UserPaths<CallLeg>;
  readonly #bodies = new ReceivedBodies();
  #outputs: CoreOutput[] = [];
  #lastInfoId = 0;

  constructor(options: UserAgentCoreOptions) {
    this.#options = options;
    this.#addresses = new LocalAddresses(options.addresses);
    this.#paths = new UserPaths(options.registrar);
    this.random = options.random;
    this.intervals = options.intervals ?? RFC_INTERVALS;
    this.ringingLimitMs = options.ringingLimitMs ?? DEFAULT_RINGING_LIMIT_MS;
    this.layer = new TransactionLayer({
      random: options.random,
      intervals: this.intervals,
      sentBy: (flow) => this.#addresses.of(flow),
      ...(options.maxTransactions === undefined ? undefined : { maxTransactions: options.maxTransactions }),
    });
  }

  get deadlineMs(): number {
    return Math.min(this.layer.deadlineMs, this.#queue.deadlineMs, this.#paths.deadlineMs);
  }

  /** What is held for calls and for the time after them; all zero some 40 s after the last call. */
  get holdings(): { readonly legs: number; readonly transactions: number; readonly deadlines: number } {
    return { legs: this.#legs.size, transactions: this.layer.size, deadlines: this.#queue.size + this.#paths.size };
  }

  /** Hands over all that came of the calls made since the last time, and what comes of that, until there is no more. */
  drain(nowMs: number, take: (output: CoreOutput) => void): void {
    for (;;) {
      this.#drainLayer(nowMs);
      const outputs = this.#outputs;
      if (outputs.length === 0) {
        return;
      }
      this.#outputs = [];
      for (const output of outputs) {
        this.guard(undefined, nowMs, () => take(output));
      }
    }
  }

  receive(flow: Flow, bytes: Buffer, nowMs: number): void {
    const message = parseMessage(bytes);
    if (message.kind === 'failure') {
      this.#answerUnread(message, flow);
      bytes.fill(0);
      return;
    }
    this.#bodies.open(message, bytes);
    try {
      this.guard(undefined, nowMs, () => {
        if (message.kind === 'response') {
          this.layer.receiveResponse(message, flow, nowMs);
          return;
        }
        const welcome = this.#welcome(message, flow, nowMs);
        if (welcome !== undefined) {
          this.layer.receiveRequest(message, welcome, nowMs);
        }
      });
      this.#drainLayer(nowMs);
    } finally {
      this.#bodies.close(message);
    }
  }

  /**
   * Our own mistakes end the leg they are made in, and no other; the caller goes on.
   *
   * @returns false after a fault.
   */
  guard(leg: LegIdentity | undefined, nowMs: number, act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.#options.onFault?.(error);
      this.count('internal-error');
      leg?.fail(nowMs);
      return false;
    }
  }

  flowFailed(flow: Flow, nowMs: number): void {
    if (flow.transport !== 'udp') {
      this.#options.registrar?.flowFailed(flow);
      for (const leg of this.#legs.values()) {
        this.guard(leg, nowMs, () => this.#loseConnection(leg, flow, nowMs));
      }
    }
    this.guard(undefined, nowMs, () => this.layer.flowFailed(flow, nowMs));
  }

  handleDeadline(nowMs: number): void {
    this.guard(undefined, nowMs, () => this.layer.handleDeadline(nowMs));
    this.#drainLayer(nowMs);
    for (let due = this.#queue.peekDue(nowMs); due !== undefined; due = this.#queue.peekDue(nowMs)) {
      // Out first: should it throw, it cannot come round for ever.
      this.#queue.remove(due);
      this.guard(due, nowMs, () => due.handleDeadline(nowMs));
      this.#drainLayer(nowMs);
    }
    for (const leg of this.#paths.takeLost(nowMs)) {
      this.guard(leg, nowMs, () => leg.loseDialog({ status: 480, reason: 'Connection Lost' }, nowMs));
      this.#drainLayer(nowMs);
    }
  }

  /** Starts a call of ours. Its `ended` event may be the first thing heard of it. */
  call(target: InviteTarget, sdp: Buffer | undefined, nowMs: number): CallLeg {
    const leg = CallLeg.outgoing(this, target, sdp, nowMs);
    if (!leg.isEnded) {
      this.#legs.set(leg.localTag, leg);
    }
    return leg;
  }

  contact(flow: Flow): string {
    return this.#addresses.contact(flow);
  }

  flowOf(dialog: Dialog): Flow {
    // What browsers write into Contact is nobody's address (RFC 7118 §5.2), and a phone's may lie behind a NAT.
    return dialog.flow.user === undefined
      ? nextHopOf(dialog, this.#options.isPeer)
      : (this.#paths.of(dialog) ?? dialog.flow);
  }

  sendBye(dialog: Dialog, bye: SipRequest, nowMs: number): void {
    if (!this.#paths.postpone({ dialog, bye }, nowMs)) {
      this.layer.request(bye, { flow: this.flowOf(dialog) }, nowMs);
    }
  }

  emit(leg: LegIdentity, event: LegEvent): void {
    this.#outputs.push({ kind: 'leg', localTag: leg.localTag, event });
  }

  reschedule(leg: LegIdentity): void {
    this.#queue.update(leg);
  }

  retire(leg: LegIdentity): void {
    const known = this.#legs.get(leg.localTag);
    this.#legs.delete(leg.localTag);
    if (known !== undefined) {
      this.#paths.forget(known);
    }
  }

  newInfoId(): number {
    this.#lastInfoId += 1;
    return this.#lastInfoId;
  }

  keepBody(request: SipRequest): void {
    this.#bodies.keep(request);
  }

  wipeBody(request: SipRequest): void {
    this.#bodies.wipe(request);
  }

  count(code: string): void {
    this.#outputs.push({ kind: 'counted', code });
  }

  /**
   * The path of one who may speak. One who may not gets his answer here: a transaction would be work for him, and sent
   * again to whom he names.
   */
  #welcome(request: SipRequest, flow: Flow, nowMs: number): Flow | undefined {
    let welcome: Flow | undefined;
    const isJudged = this.guard(undefined, nowMs, () => {
      welcome = this.#judge(request, flow, nowMs);
    });
    if (!isJudged && request.method !== 'ACK') {
      this.layer.refuse(request, flow, FAULT);
    }
    return welcome;
  }

  #judge(request: SipRequest, flow: Flow, nowMs: number): Flow | undefined {
    const { registrar, isPeer } = this.#options;
    const dialogFlow = this.#legs.get(tagOf(headerValue(request, 'To') ?? '') ?? '')?.flow;
    const admission = registrar?.serves(flow.listener)
      ? admitUser(registrar, request, flow, { transactionFlow: this.layer.flowOfRequest(request), dialogFlow }, nowMs)
      : admitPeer(isPeer, request, flow, dialogFlow);
    switch (admission.kind) {
      case 'welcome':
        return admission.flow;
      case 'stray-ack':
        this.count('stray-ack');
        return undefined;
      case 'refused':
        this.count(admission.code);
        if (admission.report !== undefined) {
          this.#outputs.push({ kind: 'login-refused', flow, ...admission.report });
        }
        this.layer.refuse(request, flow, admission.refusal);
        return undefined;
    }
  }

  #drainLayer(nowMs: number): void {
    for (let output = this.layer.nextOutput(); output !== undefined; output = this.layer.nextOutput()) {
      const leg = output.kind === 'response' || output.kind === 'failed' ? output.owner.leg : undefined;
      this.guard(leg, nowMs, () => this.#takeLayerOutput(output, nowMs));
    }
  }

  #takeLayerOutput(output: LayerOutput<ResponseOwner>, nowMs: number): void {
    switch (output.kind) {
      case 'send':
      case 'counted':
        this.#outputs.push(output);
        break;
      case 'request':
        if (!this.guard(undefined, nowMs, () => this.#dispatch(output.transaction, output.cancels, nowMs))) {
          this.#answerFault(output.transaction);
        }
        break;
      case 'ack':
        this.#dispatchAck(output.request, nowMs);
        break;
      case 'response':
        output.owner.handleResponse(output.response, output.flow, nowMs);
        break;
      case 'failed':
        output.owner.handleFailure(output.cause, nowMs);
        break;
    }
  }

  /** Unanswered, the transaction of a request would wait for ever. */
  #answerFault(transaction: ServerTransaction): void {
    const { state } = transaction.machine;
    if (state === 'trying' || state === 'proceeding') {
      this.#refuse(transaction, FAULT);
    }
  }

  #dispatch(transaction: ServerTransaction, cancels: ServerTransaction | undefined, nowMs: number): void {
    const { request, flow } = transaction;
    const refusal = checkRequest(request, flow.user === undefined ? 'peer' : 'registered-user');
    if (refusal !== undefined) {
      this.#refuse(transaction, refusal);
      return;
    }
    const localTag = tagOf(headerValue(request, 'To') ?? '');
    if (request.method === 'CANCEL') {
      this.#dispatchCancel(transaction, cancels, nowMs);
    } else if (localTag === undefined) {
      this.#dispatchNew(transaction, nowMs);
    } else {
      const leg = this.#legs.get(localTag);
      if (leg !== undefined && !this.#isFrom(leg, flow)) {
        this.count('foreign-in-dialog');
        this.#refuse(transaction, FORBIDDEN);
      } else if (leg === undefined) {
        this.#refuse(transaction, { status: 481, reason: 'Call/Transaction Does Not Exist' });
      } else if (!this.guard(leg, nowMs, () => leg.receiveRequest(transaction, nowMs))) {
        this.#answerFault(transaction);
      }
    }
  }

  #dispatchNew(transaction: ServerTransaction, nowMs: number): void {
    const { request, flow } = transaction;
    if (request.method === 'REGISTER') {
      this.#register(transaction, nowMs);
      return;
    }
    if (request.method !== 'INVITE' && request.method !== 'OPTIONS') {
      this.#refuse(transaction, { status: 481, reason: 'Call/Transaction Does Not Exist' });
      return;
    }
    const refusal = this.#options.admit?.();
    if (refusal !== undefined) {
      this.#refuse(transaction, refusal);
    } else if (request.method === 'OPTIONS') {
      const sender = flow.user === undefined ? 'peer' : 'registered-user';
      const headers = [...capabilityHeaders(sender), { name: 'Contact', value: this.contact(flow) }];
      this.layer.respondStatelessly(transaction, { status: 200, reason: 'OK', headers });
    } else {
      const leg = CallLeg.incoming(this, transaction, nowMs);
      this.#legs.set(leg.localTag, leg);
      this.#invited.set(transaction, leg);
      this.#outputs.push({ kind: 'call', leg, request, flow });
    }
  }

  #register(transaction: ServerTransaction, nowMs: number): void {
    const { request, flow } = transaction;
    const { registrar } = this.#options;
    if (registrar === undefined || flow.user === undefined) {
      throw new Error('a REGISTER came in without a user');
    }
    const answer = registrar.register(request, { ...flow, user: flow.user }, nowMs);
    this.count(answer.status === 200 ? 'registered' : `refused-${answer.status}`);
    this.layer.respond(transaction, buildResponse(request, { ...answer, toTag: newTag(this.random) }), nowMs);
    for (const { dialog, bye } of this.#paths.takeFarewells(flow.user)) {
      this.layer.request(bye, { flow: this.flowOf(dialog) }, nowMs);
    }
  }

  #loseConnection(leg: CallLeg, flow: Flow, nowMs: number): void {
    if (leg.loseConnection(flow, nowMs) === 'waits') {
      this.count('connection-lost-in-call');
      this.#paths.lose(leg, flow.connectionId, nowMs);
    }
  }

  #dispatchCancel(transaction: ServerTransaction, cancels: ServerTransaction | undefined, nowMs: number): void {
    if (cancels === undefined) {
      this.#refuse(transaction, { status: 481, reason: 'Call/Transaction Does Not Exist' });
      return;
    }
    const invitedTag = tagOf(headerValue(cancels.request, 'To') ?? '');
    const leg = this.#invited.get(cancels) ?? (invitedTag === undefined ? undefined : this.#legs.get(invitedTag));
    // RFC 3261 §9.2: the To tag is the one of the answers to the INVITE.
    const toTag = leg?.localTag ?? newTag(this.random);
    this.layer.respond(transaction, buildResponse(transaction.request, { status: 200, reason: 'OK', toTag }), nowMs);
    const reasonHeaders = headerValues(transaction.request, 'Reason');
    this.guard(leg, nowMs, () => leg?.receiveCancel(cancels, reasonHeaders, nowMs));
  }

  #dispatchAck(request: SipRequest, nowMs: number): void {
    const leg = this.#legs.get(tagOf(headerValue(request, 'To') ?? '') ?? '');
    if (leg === undefined) {
      // After a stateless refusal, or of a call long over.
      this.count('stray-ack');
    } else {
      this.guard(leg, nowMs, () => leg.receiveAck(request, nowMs));
    }
  }

  #refuse(transaction: ServerTransaction, refusal: Refusal): void {
    this.count(`refused-${refusal.status}`);
    this.layer.respondStatelessly(transaction, refusal);
  }

  #answerUnread(failure: ParseFailure, flow: Flow): void {
    if (failure.code !== 'empty') {
      this.count(`unreadable-${failure.code}`);
    }
    const response = buildFailureResponse(failure, newTag(this.random));
    if (response !== undefined) {
      this.#outputs.push({ kind: 'send', flow, bytes: writeMessage(response) });
    }
  }

  #isFrom(leg: CallLeg, flow: Flow): boolean {
    if (leg.flow?.user !== undefined || flow.user !== undefined) {
      return leg.flow?.user === flow.user;
    }
    return (
      leg.flow?.remoteAddress === flow.remoteAddress ||
      this.#options.isPeer?.(flow.remoteAddress, flow.listener) === true
    );
  }
}
