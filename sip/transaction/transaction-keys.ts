/** The names by which messages find their transaction (RFC 3261 §17.1.3 and §17.2.3). */
import { cseqOf, headerValue, tagOf, topVia } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import { BRANCH_COOKIE } from '../random-identifiers.js';

/**
 * Name of the server transaction of a request; an ACK and a CANCEL are looked up as the INVITE they speak of.
 * The sender's address is part of it: two clients may draw the same branch.
 */
export function serverKey(request: SipRequest, method: string): string {
  const via = topVia(request);
  const branch = via?.branch ?? '';
  if (via !== undefined && branch.startsWith(BRANCH_COOKIE) && branch.length > BRANCH_COOKIE.length) {
    return `${branch}|${via.host.toLowerCase()}:${via.port ?? 5060}|${method}`;
  }
  // RFC 2543 peers: all of what stays the same in an INVITE, its ACK and its CANCEL. The To tag is left out since the
  // ACK has the one of the answer where the INVITE had none.
  const fromTag = tagOf(headerValue(request, 'From') ?? '') ?? '';
  const sequence = cseqOf(request)?.number ?? 0;
  const callId = headerValue(request, 'Call-ID') ?? '';
  return `2543|${method}|${sequence}|${fromTag}|${callId}|${request.requestUri}|${via?.host ?? ''}:${via?.port ?? 5060}|${branch}`;
}

/**
 * RFC 3261 §8.2.2.2: the same request by two ways has these in common. A request inside a dialog has a To tag and
 * cannot be merged: `undefined`.
 */
export function mergeKey(request: SipRequest): string | undefined {
  if (tagOf(headerValue(request, 'To') ?? '') !== undefined) {
    return undefined;
  }
  const fromTag = tagOf(headerValue(request, 'From') ?? '') ?? '';
  return `${headerValue(request, 'Call-ID') ?? ''}|${fromTag}|${cseqOf(request)?.number ?? 0}|${request.method}`;
}

export function clientKey(branch: string, method: string): string {
  return `${branch}|${method}`;
}

/** The client transaction a response is for; the method tells a CANCEL's from its INVITE's. */
export function clientKeyOf(response: SipResponse): string | undefined {
  const branch = topVia(response)?.branch;
  const method = cseqOf(response)?.method;
  return branch === undefined || method === undefined ? undefined : clientKey(branch, method);
}
