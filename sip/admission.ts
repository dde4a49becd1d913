/**
 * Which requests are let in, before anything is kept of them. On a listener for peers the address decides. On one for
 * registered users each request outside a dialog has to be authenticated by itself; inside one its path tells whose it is,
 * or else it is asked too.
 */
import { headerValue, parseNameAddress, tagOf } from './headers.js';
import type { Flow, SipRequest } from './message.js';
import type { LoginReport } from './registrar/login-reports.js';
import type { Registrar } from './registrar/registrar.js';
import type { Refusal } from './request-checks.js';
import { parseUri } from './uri.js';

export type Admission =
  /** `flow` names the user where it is one. */
  | { readonly kind: 'welcome'; readonly flow: Flow }
  /** `code` is a metric suffix. `report` as in `Verdict`. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly code: string; readonly report?: LoginReport }
  /** An ACK: nothing answers it, and it ends nothing of ours. */
  | { readonly kind: 'stray-ack' };

/** What the element knows of that request already. */
export type Acquaintance = {
  /** Path of the transaction it belongs to: sent again, or an ACK or CANCEL of that INVITE. */
  readonly transactionFlow: Flow | undefined;
  /** Path of the dialog whose tag of ours it bears. */
  readonly dialogFlow: Flow | undefined;
};

const FORBIDDEN: Refusal = { status: 403, reason: 'Forbidden' };
const UNKNOWN_DIALOG: Refusal = { status: 481, reason: 'Call/Transaction Does Not Exist' };

const welcome = (flow: Flow): Admission => ({ kind: 'welcome', flow });
const refused = (refusal: Refusal, code: string): Admission => ({ kind: 'refused', refusal, code });

/** @param isPeer see `UserAgentCoreOptions`; everybody is one where it is missing */
export function admitPeer(
  isPeer: ((address: string, listener: string) => boolean) | undefined,
  request: SipRequest,
  flow: Flow,
  dialogFlow: Flow | undefined,
): Admission {
  const isAtHome = dialogFlow?.user === undefined && dialogFlow?.remoteAddress === flow.remoteAddress;
  if (isPeer === undefined || isAtHome || isPeer(flow.remoteAddress, flow.listener)) {
    return welcome(flow);
  }
  return request.method === 'ACK' ? { kind: 'stray-ack' } : refused(FORBIDDEN, 'stranger');
}

export function admitUser(
  registrar: Registrar,
  request: SipRequest,
  flow: Flow,
  known: Acquaintance,
  nowMs: number,
): Admission {
  const { transactionFlow, dialogFlow } = known;
  const isAck = request.method === 'ACK';
  const sender = transactionFlow?.user;
  if (transactionFlow !== undefined && sender !== undefined && isSamePath(transactionFlow, flow)) {
    return welcome({ ...flow, user: sender });
  }
  if (request.method === 'CANCEL') {
    // RFC 3261 §22.1: it cannot be challenged; it comes from where its INVITE came.
    return refused(UNKNOWN_DIALOG, 'refused-481');
  }
  if (tagOf(headerValue(request, 'To') ?? '') === undefined) {
    return isAck ? { kind: 'stray-ack' } : admitByName(registrar, request, flow, nowMs);
  }
  const owner = dialogFlow?.user;
  if (dialogFlow !== undefined && owner !== undefined) {
    if (isSamePath(dialogFlow, flow) || registrar.isConnectionOf(flow, owner)) {
      return welcome({ ...flow, user: owner });
    }
    return isAck ? { kind: 'stray-ack' } : admitAs(registrar, owner, request, flow, nowMs);
  }
  if (isAck) {
    return { kind: 'stray-ack' };
  }
  return dialogFlow === undefined ? refused(UNKNOWN_DIALOG, 'refused-481') : refused(FORBIDDEN, 'stranger');
}

/**
 * RFC 3261 §10.3 step 4 and §22: nobody registers, and nobody calls, in another user's name.
 *
 * Deviates from RFC 3261 §10.3 step 5: the host in To is not compared with a domain, because there is one domain only, and
 * it has as many names as phones have ways here. Browsers write the name in the WebSocket's address, desk phones whatever
 * they are set up with: the address of a NAT, of a proxy, a name in somebody's own DNS. All of them mean these users, and
 * no other domain's requests are passed on.
 */
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
  return verdict.user === user ? welcome({ ...flow, user }) : refused(FORBIDDEN, 'foreign-name');
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
