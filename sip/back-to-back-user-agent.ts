/**
 * The back-to-back user agent: every SIP rule of the gateway and no policy (see `back-to-back-events.ts`). Bytes, time
 * and decisions go in by `handle`; bytes, questions and news come out of it.
 */
import { BackToBackCall, type CallPort } from './back-to-back-call.js';
import type { BackToBackInput, BackToBackOutput, CallParty, LegSide } from './back-to-back-events.js';
import { plainText } from './characters.js';
import { headerValue, parseNameAddress } from './headers.js';
import type { CallLeg } from './leg/call-leg.js';
import type { InviteTarget } from './leg/initial-invite.js';
import { MAX_FORWARDS, type SipRequest } from './message.js';
import { safePhrase } from './outcome-mapping.js';
import type { Registrar } from './registrar/registrar.js';
import type { Refusal } from './request-checks.js';
import { parseUri } from './uri.js';
import { type CoreOutput, UserAgentCore, type UserAgentCoreOptions } from './user-agent-core.js';

/** `random` must be cryptographic outside of tests. A fault ends the call it was met in. */
export type BackToBackOptions = Omit<UserAgentCoreOptions, 'admit'> & { readonly maxCalls: number };

/** What a caller is told to wait when we are full. */
const RETRY_AFTER_SECONDS = '10';

type Place = { readonly call: BackToBackCall; readonly side: LegSide };

/** By it a registered phone that is called knows the call as the API does; one that dials has the same in the To tag. */
const CALL_HEADER = 'X-Tonegate-Call';

export class BackToBackUserAgent {
  readonly #core: UserAgentCore;
  readonly #maxCalls: number;
  readonly #registrar: Registrar | undefined;
  readonly #calls = new Map<string, BackToBackCall>();
  readonly #hops = new Map<string, number>();
  readonly #places = new Map<string, Place>();
  readonly #exchanges = new Map<number, BackToBackCall>();
  readonly #infos = new Map<number, BackToBackCall>();
  readonly #port: CallPort;
  #lastExchangeId = 0;
  #isDraining = false;
  #outputs: BackToBackOutput[] = [];

  constructor(options: BackToBackOptions) {
    this.#maxCalls = options.maxCalls;
    this.#registrar = options.registrar;
    this.#core = new UserAgentCore({ ...options, admit: () => this.#admit() });
    this.#port = this.#makePort();
  }

  get deadlineMs(): number {
    return this.#core.deadlineMs;
  }

  /** Everything held; all zero when the last call is over and its transactions have run out. */
  get holdings(): Readonly<Record<'calls' | 'legs' | 'exchanges' | 'infos' | 'transactions' | 'deadlines', number>> {
    const tables = { calls: this.#calls.size, exchanges: this.#exchanges.size, infos: this.#infos.size };
    const { legs, transactions, deadlines } = this.#core.holdings;
    return { ...tables, legs: Math.max(legs, this.#places.size), transactions, deadlines };
  }

  handle(input: BackToBackInput, nowMs: number): readonly BackToBackOutput[] {
    switch (input.kind) {
      case 'received':
        this.#core.receive(input.flow, input.bytes, nowMs);
        break;
      case 'flow-failed':
        this.#core.flowFailed(input.flow, nowMs);
        break;
      case 'deadline':
        this.#core.handleDeadline(nowMs);
        break;
      case 'route-call':
        this.#act(this.#calls.get(input.callId), nowMs, (call) => {
          call.route({ ...input.target, ...this.#hopsOf(input.callId) }, nowMs);
        });
        break;
      case 'route-call-to-user':
        this.#act(this.#calls.get(input.callId), nowMs, (call) => this.#routeToUser(call, input, nowMs));
        break;
      case 'refuse-call':
        this.#act(this.#calls.get(input.callId), nowMs, (call) => {
          call.refuse(refusal(input.status, input.reason), nowMs);
        });
        break;
      case 'description-ready':
        this.#act(this.#exchanges.get(input.exchangeId), nowMs, (call) => {
          call.takeDescription(input.exchangeId, input.sdp, nowMs);
        });
        break;
      case 'description-refused':
        this.#act(this.#exchanges.get(input.exchangeId), nowMs, (call) => {
          call.refuseDescription(input.exchangeId, refusal(input.status, input.reason), nowMs);
        });
        break;
      case 'answer-info':
        this.#act(this.#infos.get(input.infoId), nowMs, (call) => {
          call.answerInfo(input.infoId, input.action, nowMs);
        });
        break;
      case 'hang-up':
        this.#act(this.#calls.get(input.callId), nowMs, (call) => call.hangUp(input, nowMs));
        break;
      case 'drain':
        this.#isDraining = true;
        break;
    }
    this.#core.drain(nowMs, (output) => this.#takeCoreOutput(output, nowMs));
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #routeToUser(call: BackToBackCall, route: BackToBackInput & { readonly kind: 'route-call-to-user' }, nowMs: number) {
    const { user, listener, from, to } = route;
    const binding = this.#registrar?.bindingOf(user, listener, nowMs);
    if (binding === undefined) {
      call.refuse({ status: 480, reason: 'Not Registered' }, nowMs);
      return;
    }
    // RFC 3261 §16.6: addressed to the phone's own Contact, and sent by the path on which it registered.
    const { contact: requestUri, flow } = binding;
    const headers = [{ name: CALL_HEADER, value: call.id }];
    call.route({ flow, requestUri, from, to, headers, ...this.#hopsOf(call.id) }, nowMs);
  }

  #takeCoreOutput(output: CoreOutput, nowMs: number): void {
    switch (output.kind) {
      case 'send':
      case 'counted':
      case 'login-refused':
        this.#outputs.push(output);
        break;
      case 'call':
        this.#core.guard(output.leg, nowMs, () => this.#open(output));
        break;
      case 'leg': {
        const place = this.#places.get(output.localTag);
        this.#act(place?.call, nowMs, (call) => {
          call.handleLeg(place?.side ?? 'a', output.event, nowMs);
        });
        break;
      }
    }
  }

  /** Our own mistakes end the call they are made in, and no other. */
  #act(call: BackToBackCall | undefined, nowMs: number, act: (call: BackToBackCall) => void): void {
    if (call === undefined) {
      return;
    }
    if (!this.#core.guard(undefined, nowMs, () => act(call))) {
      // Its tables are empty and it has been told to be over, even where a leg cannot be hung up in order either.
      this.#core.guard(undefined, nowMs, () => call.hangUp({ reason: 'internal error' }, nowMs));
    }
  }

  #open(arrival: CoreOutput & { readonly kind: 'call' }): void {
    const { leg, request, flow } = arrival;
    const call = new BackToBackCall(this.#port, leg);
    // Where the caller gave none (RFC 2543 did not ask for it), loops end all the same.
    const hops = Number.parseInt(headerValue(request, 'Max-Forwards') ?? '', 10);
    this.#calls.set(call.id, call);
    this.#hops.set(call.id, Number.isNaN(hops) ? MAX_FORWARDS : Math.min(hops, MAX_FORWARDS));
    this.#places.set(leg.localTag, { call, side: 'a' });
    const from = partyOf(request, 'From');
    const to = partyOf(request, 'To');
    this.#outputs.push({
      kind: 'call-arrived',
      callId: call.id,
      flow,
      requestUri: request.requestUri,
      from,
      to,
    });
  }

  #admit(): Refusal | undefined {
    if (!this.#isDraining && this.#calls.size < this.#maxCalls) {
      return undefined;
    }
    const headers = [{ name: 'Retry-After', value: RETRY_AFTER_SECONDS }];
    return { status: 503, reason: 'Service Unavailable', headers };
  }

  #hopsOf(callId: string): { readonly maxForwards: number } {
    return { maxForwards: (this.#hops.get(callId) ?? MAX_FORWARDS) - 1 };
  }

  #makePort(): CallPort {
    return {
      emit: (output) => {
        this.#outputs.push(output);
      },
      openExchange: (call) => {
        this.#lastExchangeId += 1;
        this.#exchanges.set(this.#lastExchangeId, call);
        return this.#lastExchangeId;
      },
      closeExchange: (exchangeId) => {
        this.#exchanges.delete(exchangeId);
      },
      openInfo: (call, infoId) => {
        this.#infos.set(infoId, call);
      },
      closeInfo: (infoId) => {
        this.#infos.delete(infoId);
      },
      callOut: (call, target, sdp, nowMs) => this.#callOut(call, target, sdp, nowMs),
      forget: (call) => {
        this.#calls.delete(call.id);
        this.#hops.delete(call.id);
        for (const tag of call.localTags) {
          this.#places.delete(tag);
        }
      },
    };
  }

  #callOut(call: BackToBackCall, target: InviteTarget, sdp: Buffer | undefined, nowMs: number): CallLeg {
    const leg = this.#core.call(target, sdp, nowMs);
    this.#places.set(leg.localTag, { call, side: 'b' });
    return leg;
  }
}

function partyOf(request: SipRequest, name: 'From' | 'To'): CallParty {
  const address = parseNameAddress(headerValue(request, name) ?? '');
  const uri = address?.uri ?? '';
  return { displayName: plainText(address?.displayName ?? ''), uri, user: parseUri(uri)?.user ?? '' };
}

function refusal(status: number, reason: string): { readonly status: number; readonly reason: string } {
  const isFinal = Number.isInteger(status) && status >= 400 && status <= 699;
  return { status: isFinal ? status : 500, reason: safePhrase(reason, 'Refused') };
}
