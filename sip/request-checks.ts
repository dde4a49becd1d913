/** What a request must pass before anybody acts on it (RFC 3261 §8.2), in the RFC's order: method first. */
import { MAX_ROUTE_SET } from './dialog.js';
import { headerValue, headerValues, mediaTypeOf } from './headers.js';
import { ALLOWED_METHODS, SDP_TYPE } from './leg/leg-events.js';
import type { HeaderField, SipRequest } from './message.js';
import { parseUri } from './uri.js';

export type Refusal = {
  readonly status: number;
  readonly reason: string;
  readonly headers?: readonly HeaderField[];
};

const allowed: ReadonlySet<string> = new Set(ALLOWED_METHODS.split(', '));

/** Known to RFC 3261's followers and not for us: 405 and not 501 (§8.2.1). */
const declined: ReadonlySet<string> = new Set([
  'REGISTER',
  'REFER',
  'SUBSCRIBE',
  'NOTIFY',
  'MESSAGE',
  'PUBLISH',
  'PRACK',
]);

type Sender = 'peer' | 'registered-user';

const allow: Readonly<Record<Sender, HeaderField>> = {
  peer: { name: 'Allow', value: ALLOWED_METHODS },
  'registered-user': { name: 'Allow', value: `${ALLOWED_METHODS}, REGISTER` },
};
const accept: HeaderField = { name: 'Accept', value: SDP_TYPE };

/** Headers of a 200 to OPTIONS (RFC 3261 §11.2). */
export function capabilityHeaders(sender: Sender): readonly HeaderField[] {
  return [allow[sender], accept];
}

/** @returns `undefined` for a request to go on with. ACK is never refused: nothing answers it. */
export function checkRequest(request: SipRequest, sender: Sender): Refusal | undefined {
  const { method } = request;
  const isRegistration = method === 'REGISTER' && sender === 'registered-user';
  if (!allowed.has(method) && !isRegistration) {
    return declined.has(method)
      ? { status: 405, reason: 'Method Not Allowed', headers: [allow[sender]] }
      : { status: 501, reason: 'Not Implemented', headers: [allow[sender]] };
  }
  if (method === 'ACK' || method === 'CANCEL') {
    // RFC 3261 §8.2.2.3: no Require in these counts.
    return undefined;
  }
  const scheme = parseUri(request.requestUri)?.scheme;
  if (scheme !== 'sip' && scheme !== 'tel') {
    // sips promises TLS on every hop, which this element does not speak.
    return { status: 416, reason: 'Unsupported URI Scheme' };
  }
  const required = headerValues(request, 'Require');
  if (required.length > 0) {
    const headers = [{ name: 'Unsupported', value: required.join(', ') }];
    return { status: 420, reason: 'Bad Extension', headers };
  }
  if (method === 'INVITE' && headerValue(request, 'Max-Forwards')?.trim() === '0') {
    // A call that is passed on is a hop, though a back-to-back user agent is no proxy: loops must end.
    return { status: 483, reason: 'Too Many Hops' };
  }
  if (headerValues(request, 'Record-Route').length > MAX_ROUTE_SET) {
    return { status: 400, reason: 'Too Many Record-Routes' };
  }
  return method === 'INVITE' || method === 'UPDATE' ? checkBody(request) : undefined;
}

function checkBody(request: SipRequest): Refusal | undefined {
  if (request.body.length === 0) {
    return undefined;
  }
  const type = mediaTypeOf(headerValue(request, 'Content-Type') ?? '');
  const encoding = headerValue(request, 'Content-Encoding')?.trim().toLowerCase();
  if (type !== SDP_TYPE || (encoding !== undefined && encoding !== 'identity')) {
    return { status: 415, reason: 'Unsupported Media Type', headers: [accept] };
  }
  return undefined;
}
