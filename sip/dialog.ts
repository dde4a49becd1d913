/**
 * A dialog (RFC 3261 §12): who the two ends are, by which proxies requests go, and which sequence numbers were used.
 * It makes the requests inside it and judges those that come in; calls and descriptions are its user's.
 */
import { cseqOf, headerValue, headerValues, parseNameAddress, tagOf } from './headers.js';
import {
  EMPTY_BODY,
  type Flow,
  type HeaderField,
  MAX_FORWARDS,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message.js';
import { parseUri } from './uri.js';

/** More proxies than any path has; one who sends more wants to make our requests large. */
export const MAX_ROUTE_SET = 32;

type DialogParts = {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Whole header values, tags included: they come back exactly as they were (RFC 2543 peers compare them). */
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly remoteTarget: string;
  readonly routeSet: readonly string[];
  readonly localSequence: number;
  readonly remoteSequence: number | undefined;
  readonly flow: Flow;
};

export type DialogRequest = {
  readonly headers?: readonly HeaderField[];
  readonly body?: Buffer;
  readonly contentType?: string;
};

export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly routeSet: readonly string[];
  /** Where requests go out; follows the far side to a new connection. */
  flow: Flow;
  readonly #localAddress: string;
  readonly #remoteAddress: string;
  #remoteTarget: string;
  #localSequence: number;
  #remoteSequence: number | undefined;

  private constructor(parts: DialogParts) {
    this.callId = parts.callId;
    this.localTag = parts.localTag;
    this.remoteTag = parts.remoteTag;
    this.routeSet = parts.routeSet;
    this.flow = parts.flow;
    this.#localAddress = parts.localAddress;
    this.#remoteAddress = parts.remoteAddress;
    this.#remoteTarget = parts.remoteTarget;
    this.#localSequence = parts.localSequence;
    this.#remoteSequence = parts.remoteSequence;
  }

  /** RFC 3261 §12.1.1: the side that was called. Record-Route in the order received. */
  static asServer(invite: SipRequest, local: { readonly tag: string; readonly sequence: number }, flow: Flow): Dialog {
    const from = headerValue(invite, 'From') ?? '';
    return new Dialog({
      callId: headerValue(invite, 'Call-ID') ?? '',
      localTag: local.tag,
      // RFC 2543 peers send no tag: the empty one stands for it (§12.1.1).
      remoteTag: tagOf(from) ?? '',
      localAddress: `${headerValue(invite, 'To') ?? ''};tag=${local.tag}`,
      remoteAddress: from,
      remoteTarget: contactOf(invite) ?? parseNameAddress(from)?.uri ?? '',
      routeSet: headerValues(invite, 'Record-Route').slice(0, MAX_ROUTE_SET),
      localSequence: local.sequence,
      remoteSequence: cseqOf(invite)?.number,
      flow,
    });
  }

  /** RFC 3261 §12.1.2: the side that called. Record-Route turned round. */
  static asClient(invite: SipRequest, response: SipResponse, flow: Flow): Dialog {
    const from = headerValue(invite, 'From') ?? '';
    const to = headerValue(response, 'To') ?? '';
    return new Dialog({
      callId: headerValue(invite, 'Call-ID') ?? '',
      localTag: tagOf(from) ?? '',
      remoteTag: tagOf(to) ?? '',
      localAddress: from,
      remoteAddress: to,
      // Gateways are met that send 180, and even 200, without a Contact: the address called has to do then.
      remoteTarget: contactOf(response) ?? invite.requestUri,
      routeSet: headerValues(response, 'Record-Route').slice(0, MAX_ROUTE_SET).reverse(),
      localSequence: cseqOf(invite)?.number ?? 1,
      remoteSequence: undefined,
      flow,
    });
  }

  get remoteTarget(): string {
    return this.#remoteTarget;
  }

  /** True if the message's Call-ID and both tags, as seen from the far side, are this dialog's. */
  matches(request: SipRequest): boolean {
    return (
      headerValue(request, 'Call-ID') === this.callId &&
      tagOf(headerValue(request, 'To') ?? '') === this.localTag &&
      (tagOf(headerValue(request, 'From') ?? '') ?? '') === this.remoteTag
    );
  }

  /** Makes the next request (RFC 3261 §12.2.1.1). */
  request(method: string, content: DialogRequest = {}): SipRequest {
    this.#localSequence += 1;
    return this.#build(method, this.#localSequence, content);
  }

  /** The ACK for the 2xx of an INVITE with that sequence number (RFC 3261 §13.2.2.4). */
  acknowledge(sequence: number, content: DialogRequest = {}): SipRequest {
    return this.#build('ACK', sequence, content);
  }

  /**
   * RFC 3261 §12.2.2: takes a request's sequence number; false where it is not above the last one. Deviates from RFC
   * 3261 §12.2.2 where it is the same: because the same request by a second way must not be acted on twice.
   */
  acceptSequence(request: SipRequest): boolean {
    const sequence = cseqOf(request)?.number ?? 0;
    if (this.#remoteSequence !== undefined && sequence <= this.#remoteSequence) {
      return false;
    }
    this.#remoteSequence = sequence;
    return true;
  }

  /** INVITE, UPDATE and their 2xx may move the far end (RFC 3261 §12.2). */
  refreshTarget(message: SipMessage): void {
    this.#remoteTarget = contactOf(message) ?? this.#remoteTarget;
  }

  /** The URI whose host the next request should reach: the first proxy, or the far end itself. */
  get nextHop(): string {
    return this.routeSet.length === 0 ? this.#remoteTarget : (parseNameAddress(this.routeSet[0])?.uri ?? '');
  }

  #build(method: string, sequence: number, content: DialogRequest): SipRequest {
    const { requestUri, routes } = this.#route();
    const headers: HeaderField[] = [
      { name: 'Max-Forwards', value: String(MAX_FORWARDS) },
      ...routes.map((value) => ({ name: 'Route', value })),
      { name: 'From', value: this.#localAddress },
      { name: 'To', value: this.#remoteAddress },
      { name: 'Call-ID', value: this.callId },
      { name: 'CSeq', value: `${sequence} ${method}` },
      ...(content.headers ?? []),
    ];
    if (content.contentType !== undefined) {
      headers.push({ name: 'Content-Type', value: content.contentType });
    }
    return { kind: 'request', method, requestUri, headers, body: content.body ?? EMPTY_BODY };
  }

  #route(): { readonly requestUri: string; readonly routes: readonly string[] } {
    if (this.routeSet.length === 0) {
      return { requestUri: this.#remoteTarget, routes: [] };
    }
    const first = parseNameAddress(this.routeSet[0])?.uri ?? '';
    if (parseUri(first)?.params.has('lr')) {
      return { requestUri: this.#remoteTarget, routes: this.routeSet };
    }
    // A strict router of RFC 2543: its own address is the Request-URI, and the far end is the last route.
    return { requestUri: first, routes: [...this.routeSet.slice(1), `<${this.#remoteTarget}>`] };
  }
}

/** The first Contact, if it is an address that requests can be sent to. */
function contactOf(message: SipMessage): string | undefined {
  const values = headerValues(message, 'Contact');
  const uri = values.length === 0 ? undefined : parseNameAddress(values[0])?.uri;
  const scheme = uri === undefined ? undefined : parseUri(uri)?.scheme;
  return scheme === 'sip' || scheme === 'sips' ? uri : undefined;
}
