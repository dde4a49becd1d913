/** The two requests that are made from another one: the ACK for a failure, and the CANCEL. */
import { cseqOf, headerValue, headerValues } from '../headers.js';
import { EMPTY_BODY, type HeaderField, MAX_FORWARDS, type SipRequest, type SipResponse } from '../message.js';

/** RFC 3261 §17.1.1.3: same branch, Route and CSeq number as the INVITE; the To of the response. */
export function buildFailureAck(invite: SipRequest, response: SipResponse): SipRequest {
  return derive(invite, 'ACK', headerValue(response, 'To') ?? headerValue(invite, 'To') ?? '');
}

/** RFC 3261 §9.1: same branch, Route and CSeq number as the INVITE; its To, without a tag. */
export function buildCancel(invite: SipRequest, extraHeaders: readonly HeaderField[]): SipRequest {
  const cancel = derive(invite, 'CANCEL', headerValue(invite, 'To') ?? '');
  return { ...cancel, headers: [...cancel.headers, ...extraHeaders] };
}

function derive(invite: SipRequest, method: 'ACK' | 'CANCEL', to: string): SipRequest {
  const headers: HeaderField[] = [
    { name: 'Via', value: headerValues(invite, 'Via')[0] },
    { name: 'Max-Forwards', value: String(MAX_FORWARDS) },
    ...headerValues(invite, 'Route').map((value) => ({ name: 'Route', value })),
    { name: 'From', value: headerValue(invite, 'From') ?? '' },
    { name: 'To', value: to },
    { name: 'Call-ID', value: headerValue(invite, 'Call-ID') ?? '' },
    { name: 'CSeq', value: `${cseqOf(invite)?.number ?? 0} ${method}` },
  ];
  return { kind: 'request', method, requestUri: invite.requestUri, headers, body: EMPTY_BODY };
}
