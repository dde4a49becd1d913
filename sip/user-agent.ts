/** A single-leg user agent: the demo's phones, and both ends in tests. The same legs as in the back-to-back one. */
import { headerValue } from './headers.js';
import type { CallLeg } from './leg/call-leg.js';
import type { LegEvent } from './leg/leg-events.js';
import { DeadlineQueue } from './transaction/deadline-queue.js';
import { type CoreOutput, UserAgentCore, type UserAgentCoreOptions } from './user-agent-core.js';
import type { UserAgentInput, UserAgentOutput } from './user-agent-events.js';

/** Renegotiations that meet glare again and again are told as failed after this many tries. */
const MAX_GLARE_RETRIES = 5;

type Call = {
  readonly callId: string;
  readonly leg: CallLeg;
  queuePosition: number;
  /** When the renegotiation that met glare is tried again. */
  deadlineMs: number;
  retries: number;
  sdp: Buffer | undefined;
};

export class UserAgent {
  readonly #core: UserAgentCore;
  readonly #options: UserAgentCoreOptions;
  readonly #calls = new Map<string, Call>();
  readonly #callsByTag = new Map<string, Call>();
  readonly #retries = new DeadlineQueue<Call>();
  #outputs: UserAgentOutput[] = [];

  constructor(options: UserAgentCoreOptions) {
    this.#options = options;
    this.#core = new UserAgentCore(options);
  }

  get deadlineMs(): number {
    return Math.min(this.#core.deadlineMs, this.#retries.deadlineMs);
  }

  get holdings(): Readonly<Record<'calls' | 'legs' | 'transactions' | 'deadlines', number>> {
    return { calls: this.#calls.size, ...this.#core.holdings };
  }

  handle(input: UserAgentInput, nowMs: number): readonly UserAgentOutput[] {
    switch (input.kind) {
      case 'received':
        this.#core.receive(input.flow, input.bytes, nowMs);
        break;
      case 'flow-failed':
        this.#core.flowFailed(input.flow, nowMs);
        break;
      case 'deadline':
        this.#core.handleDeadline(nowMs);
        this.#retryRenegotiations(nowMs);
        break;
      case 'place-call':
        this.#enter(input.callId, this.#core.call(input.target, input.sdp, nowMs));
        break;
      default: {
        const call = this.#calls.get(input.callId);
        if (call !== undefined) {
          this.#core.guard(call.leg, nowMs, () => this.#command(call, input, nowMs));
        }
      }
    }
    this.#core.drain(nowMs, (output) => this.#takeCoreOutput(output, nowMs));
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #command(call: Call, input: UserAgentInput & { readonly callId: string }, nowMs: number): void {
    const { leg } = call;
    switch (input.kind) {
      case 'place-call':
        break;
      case 'ring':
        leg.ring(input, nowMs);
        break;
      case 'answer':
        leg.answer(input.sdp, nowMs);
        break;
      case 'acknowledge':
        leg.acknowledge(input.sdp);
        break;
      case 'hang-up':
        leg.hangUp({ status: input.status ?? 480, reason: input.reason ?? 'Temporarily Unavailable' }, nowMs);
        this.#forget(call);
        break;
      case 'renegotiate':
        call.retries = 0;
        call.sdp = input.sdp;
        this.#renegotiate(call, nowMs);
        break;
      case 'accept-renegotiation':
        leg.acceptRenegotiation(input.sdp, nowMs);
        break;
      case 'refuse-renegotiation':
        leg.refuseRenegotiation(input, nowMs);
        break;
      case 'send-info':
        // One way: its number is of use only to a relay.
        leg.infos.send(this.#core.newInfoId(), input, nowMs);
        break;
      case 'answer-info':
        leg.infos.answer(
          input.infoId,
          { status: input.status, reason: input.status === 200 ? 'OK' : 'Refused' },
          nowMs,
        );
        break;
    }
  }

  #takeCoreOutput(output: CoreOutput, nowMs: number): void {
    switch (output.kind) {
      case 'send':
      case 'counted':
        this.#outputs.push(output);
        break;
      case 'login-refused':
        // A phone has no registrar.
        break;
      case 'call': {
        const { leg, request, flow } = output;
        const from = headerValue(request, 'From') ?? '';
        const to = headerValue(request, 'To') ?? '';
        const offer = leg.initialOffer === undefined ? undefined : { sdp: leg.initialOffer };
        const callId = leg.localTag;
        this.#enter(callId, leg);
        const { requestUri } = request;
        this.#outputs.push({ kind: 'incoming-call', callId, flow, requestUri, from, to, ...offer });
        break;
      }
      case 'leg': {
        const call = this.#callsByTag.get(output.localTag);
        if (call !== undefined) {
          this.#takeEvent(call, output.event, nowMs);
        }
        break;
      }
    }
  }

  #takeEvent(call: Call, event: LegEvent, nowMs: number): void {
    if (event.kind === 'renegotiation-failed' && event.outcome.status === 491 && call.retries < MAX_GLARE_RETRIES) {
      this.#waitAfterGlare(call, nowMs);
      return;
    }
    if (event.kind === 'ended') {
      this.#forget(call);
    }
    this.#outputs.push({ ...event, callId: call.callId });
  }

  #renegotiate(call: Call, nowMs: number): void {
    if (!call.leg.renegotiate(call.sdp, nowMs) && call.leg.isEstablished) {
      if (call.retries < MAX_GLARE_RETRIES) {
        this.#waitAfterGlare(call, nowMs);
      } else {
        const outcome = { status: 491, reason: 'Request Pending' };
        this.#outputs.push({ kind: 'renegotiation-failed', callId: call.callId, outcome });
      }
    }
  }

  /** RFC 3261 §14.1: 2.1 to 4 s for whoever made the Call-ID, up to 2 s for the other, in steps of 10 ms. */
  #waitAfterGlare(call: Call, nowMs: number): void {
    const draw = this.#options.random(2).readUInt16BE();
    const waitMs = call.leg.role === 'client' ? 2_100 + 10 * (draw % 191) : 10 * (draw % 201);
    call.retries += 1;
    call.deadlineMs = nowMs + waitMs;
    this.#retries.update(call);
  }

  #retryRenegotiations(nowMs: number): void {
    for (let due = this.#retries.peekDue(nowMs); due !== undefined; due = this.#retries.peekDue(nowMs)) {
      due.deadlineMs = Infinity;
      this.#retries.update(due);
      this.#renegotiate(due, nowMs);
    }
  }

  #enter(callId: string, leg: CallLeg): void {
    const call = { callId, leg, queuePosition: -1, deadlineMs: Infinity, retries: 0, sdp: undefined };
    this.#calls.set(callId, call);
    this.#callsByTag.set(leg.localTag, call);
  }

  #forget(call: Call): void {
    this.#calls.delete(call.callId);
    this.#callsByTag.delete(call.leg.localTag);
    this.#retries.remove(call);
  }
}
