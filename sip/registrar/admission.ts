/**
 * Which requests are let in on a listener for registered users, before anything is kept of them. Outside a dialog each has
 * to be authenticated by itself; inside one its path tells whose it is, or else it is asked too.
 */
import { headerValue, parseNameAddress, tagOf } from '../headers.js';
import type { Flow, SipRequest } from '../message.js';
import type { Refusal } from '../request-checks.js';
import { parseUri } from '../uri.js';
import type { Registrar } from './registrar.js';

export type Admission =
  /** `flow` names the user. */
  | { readonly kind: 'welcome'; readonly flow: Flow }
  /** `code` is a metric suffix; `isBlocked` as in `Verdict`. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly code: string; readonly isBlocked?: boolean }
  /** An ACK, which nothing answers. */
  | { readonly kind: 'dropped'; readonly code: string };

/** What the element knows of that request already. */
export type Acquaintance = {
  /** Path of the transaction it belongs to: sent again, or an ACK or CANCEL of that INVITE. */
  readonly transactionFlow: Flow | undefined;
  /** Path of the dialog whose tag of ours it bears. */
  readonly dialogFlow: Flow | undefined;
};

const FORBIDDEN: Refusal = { status: 403, reason: 'Forbidden' };
const UNKNOWN_DIALOG: Refusal = { status: 481, reason: 'Call/Transaction Does Not Exist' };

export function admit(
  registrar: Registrar,
  request: SipRequest,
  flow: Flow,
  known: Acquaintance,
  nowMs: number,
): Admission {
  const { transactionFlow, dialogFlow } = known;
  const sender = transactionFlow?.user;
  if (transactionFlow !== undefined && sender !== undefined && isSamePath(transactionFlow, flow)) {
    return { kind: 'welcome', flow: { ...flow, user: sender } };
  }
  if (request.method === 'CANCEL') {
    // RFC 3261 §22.1: it cannot be challenged; it comes from where its INVITE came.
    return { kind: 'refused', refusal: UNKNOWN_DIALOG, code: 'refused-481' };
  }
  if (tagOf(headerValue(request, 'To') ?? '') === undefined) {
    return request.method === 'ACK' ? strayAck : admitByName(registrar, request, flow, nowMs);
  }
  const owner = dialogFlow?.user;
  if (dialogFlow !== undefined && owner !== undefined) {
    if (isSamePath(dialogFlow, flow) || registrar.isConnectionOf(flow, owner)) {
      return { kind: 'welcome', flow: { ...flow, user: owner } };
    }
    return request.method === 'ACK' ? strayAck : admitAs(registrar, owner, request, flow, nowMs);
  }
  if (request.method === 'ACK') {
    return strayAck;
  }
  return dialogFlow === undefined
    ? { kind: 'refused', refusal: UNKNOWN_DIALOG, code: 'refused-481' }
    : { kind: 'refused', refusal: FORBIDDEN, code: 'stranger' };
}

const strayAck: Admission = { kind: 'dropped', code: 'stray-ack' };

/** RFC 3261 §10.3 step 4 and §22: nobody registers, and nobody calls, in another user's name. */
function admitByName(registrar: Registrar, request: SipRequest, flow: Flow, nowMs: number): Admission {
  const named = headerValue(request, request.method === 'REGISTER' ? 'To' : 'From') ?? '';
  const user = parseUri(parseNameAddress(named)?.uri ?? '')?.user ?? '';
  return admitAs(registrar, user, request, flow, nowMs);
}

function admitAs(registrar: Registrar, user: string, request: SipRequest, flow: Flow, nowMs: number): Admission {
  const verdict = registrar.authenticate(request, flow, nowMs);
  if (verdict.kind === 'refused') {
    return verdict;
  }
  return verdict.user === user
    ? { kind: 'welcome', flow: { ...flow, user } }
    : { kind: 'refused', refusal: FORBIDDEN, code: 'foreign-name' };
}

/** On a connection it is the connection; a datagram comes from an address, of which NATs change the port. */
function isSamePath(one: Flow, other: Flow): boolean {
  return (
    one.listener === other.listener &&
    one.transport === other.transport &&
    one.connectionId === other.connectionId &&
    one.remoteAddress === other.remoteAddress
  );
}
