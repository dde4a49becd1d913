/**
 * A SIP message as the stack holds it (RFC 3261 §7). Header values stay raw, in order, until somebody asks for a typed
 * one; the body is bytes and no code in `sip/` makes a string of a body that is not SDP.
 */

export const EMPTY_BODY: Buffer = Buffer.alloc(0);

/** RFC 3261 §8.1.1.6. */
export const MAX_FORWARDS = 70;

export type HeaderField = { readonly name: string; readonly value: string };

export type SipRequest = {
  readonly kind: 'request';
  /** Any token: which methods are understood is for `request-checks.ts` to say. */
  readonly method: string;
  /** As received; RFC 3261 §19.1 forms are read by `uri.ts`. */
  readonly requestUri: string;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
};

export type SipResponse = {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly HeaderField[];
  readonly body: Buffer;
};

export type SipMessage = SipRequest | SipResponse;

/** RFC 3261 §18, and WebSockets by RFC 7118, plain and over TLS. */
export type Transport = 'udp' | 'tcp' | 'ws' | 'wss';

/** A path on which a message came in or goes out. Responses go back on the flow of their request (RFC 3581). */
export type Flow = {
  /** Name of the listener in the configuration. */
  readonly listener: string;
  readonly transport: Transport;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Number of the connection; absent for UDP and for a connection still to be opened. */
  readonly connectionId?: number;
  /** The registered user whose path it is. Only admission writes it, after the user has been authenticated. */
  readonly user?: string;
};
