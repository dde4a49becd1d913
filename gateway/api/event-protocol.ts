/**
 * One connection of the event socket (`/v1/events`), without the socket:
 *
 * ```
 *   client                                   gateway
 *     | -- {"type":"authenticate","token"} --> |   within AUTHENTICATE_TIMEOUT_MS
 *     | <-- {"type":"snapshot","calls":[…]} -- |   the true state, masked
 *     | <-- {"type":"call","call":{…}} ------- |   whenever one of the agent's calls changes
 *     | <-- {"type":"session","session":{…}} - |
 *     | -- {"type":"ping"} ------------------> |   whenever it wants to know that the way is open
 *     | <-- {"type":"pong"} ------------------ |
 * ```
 *
 * Nothing is replayed: who was away gets a new snapshot. WebSocket pings (RFC 6455 §5.5.2) find dead clients.
 */
import type { AuthenticationResult } from './authentication.js';
import type { CallView, DeskEvent } from './call-desk.js';
import type { EventMessage } from './event-messages.js';
import { authenticateMessage, pingMessage } from './event-schemas.js';
import { type BucketRate, fullBucket, type TokenBucket, take } from './token-bucket.js';

export const AUTHENTICATE_TIMEOUT_MS = 5_000;
/** A client is dead when a whole interval passes without an answer to our ping. */
export const PING_INTERVAL_MS = 10_000;
/** Unsent bytes after which a client is too slow to be kept: some two thousand changes behind. */
export const MAX_BUFFERED_SIZE_BYTES = 1024 * 1024;
/** The panel sends one message in five seconds. */
const CLIENT_MESSAGE_RATE: BucketRate = { burst: 20, perSecond: 2 };

/** RFC 6455 §7.4.1 codes where one fits, private ones (4000 and up) where a program must tell them apart. */
export const closings = {
  stopping: { code: 1001, reason: 'the gateway is stopping' },
  binary: { code: 1003, reason: 'text messages only' },
  malformed: { code: 1007, reason: 'the message is not JSON' },
  misunderstood: { code: 1008, reason: 'the message is not one this socket takes' },
  flood: { code: 1008, reason: 'too many messages' },
  fault: { code: 1011, reason: 'something went wrong inside the gateway' },
  slow: { code: 1013, reason: 'the client reads too slowly' },
  crowded: { code: 1013, reason: 'too many connections wait to authenticate' },
  silent: { code: 4000, reason: 'no answer to pings' },
  refused: { code: 4401, reason: 'the access token was refused' },
  forbidden: { code: 4403, reason: 'this account has no events' },
  late: { code: 4408, reason: 'no authentication in time' },
  'too-many-tries': { code: 4429, reason: 'too many failed tries' },
  'too-many-sockets': { code: 4430, reason: 'too many connections of this account' },
} as const;

export type Closing = keyof typeof closings;

export type EventInput =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary' }
  | { readonly kind: 'pong' }
  /** The deadline has come. */
  | { readonly kind: 'tick' }
  /** The answer to the output `authenticate`; `calls` is the state at the moment of subscribing. */
  | { readonly kind: 'authenticated'; readonly result: AuthenticationResult; readonly calls: readonly CallView[] }
  | { readonly kind: 'desk'; readonly event: DeskEvent; readonly bufferedSizeBytes: number };

export type EventOutput =
  | { readonly kind: 'authenticate'; readonly token: string }
  | { readonly kind: 'send'; readonly message: EventMessage }
  | { readonly kind: 'ping' }
  | { readonly kind: 'close'; readonly closing: Closing };

type State = 'waiting' | 'checking' | 'open' | 'closed';

export class EventConnection {
  #state: State = 'waiting';
  #deadlineMs: number;
  #pongSeen = true;
  #messages: TokenBucket;
  /** When the bearer that opened this connection is no good any more. */
  #expiresAtMs = Number.POSITIVE_INFINITY;

  constructor(nowMs: number) {
    this.#deadlineMs = nowMs + AUTHENTICATE_TIMEOUT_MS;
    this.#messages = fullBucket(CLIENT_MESSAGE_RATE, nowMs);
  }

  /** When `tick` is wanted; undefined once closed. */
  get deadlineMs(): number | undefined {
    return this.#state === 'closed' ? undefined : this.#deadlineMs;
  }

  handle(input: EventInput, nowMs: number): readonly EventOutput[] {
    if (this.#state === 'closed') return [];
    switch (input.kind) {
      case 'text':
        return this.#text(input.text, nowMs);
      case 'binary':
        return this.#close('binary');
      case 'pong':
        this.#pongSeen = true;
        return [];
      case 'tick':
        return this.#tick(nowMs);
      case 'authenticated':
        return this.#authenticated(input.result, input.calls, nowMs);
      case 'desk':
        return this.#desk(input.event, input.bufferedSizeBytes);
    }
  }

  #text(text: string, nowMs: number): readonly EventOutput[] {
    const taken = take(this.#messages, CLIENT_MESSAGE_RATE, nowMs);
    this.#messages = taken.bucket;
    if (!taken.granted) return this.#close('flood');
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return this.#close('malformed');
    }
    if (this.#state === 'waiting') {
      const parsed = authenticateMessage.safeParse(message);
      if (!parsed.success) return this.#close('misunderstood');
      this.#state = 'checking';
      return [{ kind: 'authenticate', token: parsed.data.token }];
    }
    if (!pingMessage.safeParse(message).success) return this.#close('misunderstood');
    return [{ kind: 'send', message: { type: 'pong' } }];
  }

  #authenticated(result: AuthenticationResult, calls: readonly CallView[], nowMs: number): readonly EventOutput[] {
    if (this.#state !== 'checking') return [];
    if (result.kind === 'refused') {
      return this.#close(result.code === 'unauthorized' ? 'refused' : 'too-many-tries');
    }
    this.#state = 'open';
    this.#expiresAtMs = result.account.panel?.expiresAtMs ?? Number.POSITIVE_INFINITY;
    this.#deadlineMs = nowMs + PING_INTERVAL_MS;
    return [{ kind: 'send', message: { type: 'snapshot', calls } }];
  }

  #tick(nowMs: number): readonly EventOutput[] {
    if (nowMs < this.#deadlineMs) return [];
    if (this.#state !== 'open') return this.#close('late');
    if (nowMs >= this.#expiresAtMs) return this.#close('refused');
    if (!this.#pongSeen) return this.#close('silent');
    this.#pongSeen = false;
    this.#deadlineMs = nowMs + PING_INTERVAL_MS;
    return [{ kind: 'ping' }];
  }

  #desk(event: DeskEvent, bufferedSizeBytes: number): readonly EventOutput[] {
    if (this.#state !== 'open') return [];
    if (bufferedSizeBytes > MAX_BUFFERED_SIZE_BYTES) return this.#close('slow');
    switch (event.kind) {
      case 'call':
        return [{ kind: 'send', message: { type: 'call', call: event.call } }];
      case 'session':
        return [{ kind: 'send', message: { type: 'session', session: event.session } }];
    }
  }

  #close(closing: Closing): readonly EventOutput[] {
    this.#state = 'closed';
    return [{ kind: 'close', closing }];
  }
}
