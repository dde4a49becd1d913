/** What a leg tells its user, and what it needs from the element it lives in. */
import type { Dialog } from '../dialog.js';
import type { Flow, HeaderField, SipRequest, SipResponse } from '../message.js';
import { buildResponse } from '../message-writer.js';
import type { RandomSource } from '../random-identifiers.js';
import type { ClientFailure } from '../transaction/client-machine.js';
import type { Scheduled } from '../transaction/deadline-queue.js';
import type { BaseIntervals } from '../transaction/timers.js';
import type { ServerTransaction, TransactionLayer } from '../transaction/transaction-layer.js';

/** Why a leg is over or a request was refused, in the words of SIP. */
export type Outcome = {
  readonly status: number;
  readonly reason: string;
  /** Values of the Reason header (RFC 3326) that came with it. */
  readonly reasonHeaders?: readonly string[];
};

export type LegEvent =
  /** A provisional answer beyond 100 to our INVITE. `sdp` is an early answer. */
  | { readonly kind: 'progress'; readonly status: number; readonly reason: string; readonly sdp?: Buffer }
  /** Our INVITE was answered 2xx. `sdp` is the answer to our offer, or an offer where we sent none. */
  | { readonly kind: 'accepted'; readonly sdp?: Buffer }
  /** Our 2xx, initial or renegotiation, was acknowledged. `sdp` is the answer to an offer in that 2xx. */
  | { readonly kind: 'acknowledged'; readonly sdp?: Buffer }
  /** A re-INVITE or UPDATE came. `sdp` is its offer; without one an offer is asked of us. */
  | { readonly kind: 'renegotiation-requested'; readonly sdp?: Buffer }
  /** The far side cancelled its re-INVITE, which still wants a final answer. */
  | { readonly kind: 'renegotiation-canceled' }
  | { readonly kind: 'renegotiation-accepted'; readonly sdp?: Buffer }
  /** The session goes on as it was. */
  | { readonly kind: 'renegotiation-failed'; readonly outcome: Outcome }
  | { readonly kind: 'info'; readonly infoId: number; readonly contentType: string; readonly body: Buffer }
  | { readonly kind: 'info-answered'; readonly infoId: number; readonly outcome: Outcome }
  /** Once, and the last. Not told to the one who hung up. `by` is there where a fault of ours ended the leg. */
  | { readonly kind: 'ended'; readonly outcome: Outcome; readonly by?: 'gateway' };

/** Takes what becomes of a request of ours. */
export type ResponseOwner = {
  /** The leg that a fault in handling it ends. */
  readonly leg: LegIdentity;
  handleResponse(response: SipResponse, flow: Flow, nowMs: number): void;
  handleFailure(cause: ClientFailure, nowMs: number): void;
};

/** Legs are known by the tag that we put on them: 64 random bits, so no two have the same. */
export type LegIdentity = Scheduled & {
  readonly localTag: string;
  handleDeadline(nowMs: number): void;
  /** An invariant of ours was broken in it: it ends, if need be without a word to the far side. Never throws. */
  fail(nowMs: number): void;
};

export type LegPort = {
  readonly layer: TransactionLayer<ResponseOwner>;
  readonly random: RandomSource;
  readonly intervals: BaseIntervals;
  /** Ringing longer than this is given up. */
  readonly ringingLimitMs: number;
  /** Our Contact on that flow, in angle brackets. */
  contact(flow: Flow): string;
  /** Where the next request of that dialog goes. */
  flowOf(dialog: Dialog): Flow;
  /** Sends it as soon as there is a way. */
  sendBye(dialog: Dialog, bye: SipRequest, nowMs: number): void;
  emit(leg: LegIdentity, event: LegEvent): void;
  /** The leg's deadline may have moved. */
  reschedule(leg: LegIdentity): void;
  /** Requests inside the dialog are answered 481 from here on. */
  retire(leg: LegIdentity): void;
  newInfoId(): number;
  /** The body of this INFO is still needed; whoever calls it wipes it by `wipeBody`. */
  keepBody(request: SipRequest): void;
  /** Wipes it and what follows it in the datagram. */
  wipeBody(request: SipRequest): void;
  count(code: string): void;
};

export const SDP_TYPE = 'application/sdp';

export const ALLOWED_METHODS = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE';

export function reasonHeaderFields(outcome: Outcome): readonly HeaderField[] {
  return (outcome.reasonHeaders ?? []).map((value) => ({ name: 'Reason', value }));
}

export type Reply = {
  readonly status: number;
  readonly reason: string;
  readonly toTag?: string;
  readonly headers?: readonly HeaderField[];
  readonly sdp?: Buffer;
};

/** Answers a request in its transaction. */
export function reply(port: LegPort, transaction: ServerTransaction, answer: Reply, nowMs: number): void {
  const { sdp, headers = [], ...options } = answer;
  const response =
    sdp === undefined
      ? buildResponse(transaction.request, { ...options, headers })
      : buildResponse(transaction.request, {
          ...options,
          headers: [...headers, { name: 'Content-Type', value: SDP_TYPE }],
          body: sdp,
        });
  port.layer.respond(transaction, response, nowMs);
}
