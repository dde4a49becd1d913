/**
 * The registrar (RFC 3261 §10) and who its users are: answers REGISTER, knows which connections are whose, and by which
 * path a user is reached. Path headers (RFC 3327) are not kept: phones register here directly.
 */
import { parseDecimal } from '../characters.js';
import { cseqOf, headerValue, headerValues, parseNameAddress } from '../headers.js';
import type { Flow, HeaderField, SipRequest } from '../message.js';
import type { RandomSource } from '../random-identifiers.js';
import type { Refusal } from '../request-checks.js';
import { parseUri } from '../uri.js';
import { Authenticator, type SipUser, type Verdict } from './authenticator.js';
import { type Binding, Bindings, MAX_BINDINGS_PER_USER } from './bindings.js';
import type { DigestAlgorithm } from './digest.js';

export type RegistrarOptions = {
  readonly realm: string;
  readonly users: readonly SipUser[];
  /** Listeners that are for registered users, with the algorithms offered there, the best liked first. */
  readonly listeners: ReadonlyMap<string, readonly DigestAlgorithm[]>;
  readonly random: RandomSource;
};

/** RFC 3261 §10.3: a phone that wants to register more often is told so by 423. */
export const MIN_EXPIRES_SECONDS = 60;
/** What a phone gets at most. A lost connection is noticed much earlier. */
export const MAX_EXPIRES_SECONDS = 3_600;
const DEFAULT_EXPIRES_SECONDS = 600;
/** RFC 3261 §10.2.1.1: what cannot be read SHOULD count as this. */
const MALFORMED_EXPIRES_SECONDS = 3_600;
/** Lines of one desk phone over one connection. */
export const MAX_USERS_PER_CONNECTION = 8;

const CROWDED: Refusal = { status: 403, reason: 'Too Many Users On One Connection' };

/** How a REGISTER is answered, well or not. */
export type RegisterAnswer = {
  readonly status: number;
  readonly reason: string;
  readonly headers?: readonly HeaderField[];
};

type Change = { readonly contact: string; readonly instance: string | undefined; readonly expiresSeconds: number };

export class Registrar {
  readonly #authenticator: Authenticator;
  readonly #listeners: RegistrarOptions['listeners'];
  readonly #bindings = new Bindings();
  /** Connections on which somebody has proved who he is. Gone with the connection. */
  readonly #connections = new Map<number, ReadonlySet<string>>();

  constructor(options: RegistrarOptions) {
    this.#authenticator = new Authenticator(options);
    this.#listeners = options.listeners;
  }

  /** Whether that listener is for registered users. */
  serves(listener: string): boolean {
    return this.#listeners.has(listener);
  }

  knows(user: string): boolean {
    return this.#authenticator.knows(user);
  }

  issuePassword(user: string, lifetimeMs: number, nowMs: number): string | undefined {
    return this.#authenticator.issuePassword(user, lifetimeMs, nowMs);
  }

  /** Who sent that. Whoever proves it on a connection need not do so again inside a dialog on it. */
  authenticate(request: SipRequest, flow: Flow, nowMs: number): Verdict {
    const algorithms = this.#listeners.get(flow.listener) ?? [];
    const verdict = this.#authenticator.judge(request, flow.remoteAddress, algorithms, nowMs);
    if (verdict.kind === 'authenticated' && flow.connectionId !== undefined) {
      const users = new Set(this.#connections.get(flow.connectionId)).add(verdict.user);
      if (users.size > MAX_USERS_PER_CONNECTION) {
        return { kind: 'refused', refusal: CROWDED, code: 'connection-crowded' };
      }
      this.#connections.set(flow.connectionId, users);
    }
    return verdict;
  }

  /** Whether anybody has proved on this connection who he is. */
  isProven(connectionId: number): boolean {
    return this.#connections.has(connectionId);
  }

  /** Whether that user has proved who he is on this connection. */
  isConnectionOf(flow: Flow, user: string): boolean {
    return flow.connectionId !== undefined && this.#connections.get(flow.connectionId)?.has(user) === true;
  }

  /** The newest living binding of a user on that listener: calls go to one phone, not to all. */
  bindingOf(user: string, listener: string, nowMs: number): Binding | undefined {
    return this.#bindings.of(user, nowMs).findLast(({ flow }) => flow.listener === listener);
  }

  /**
   * By which path a dialog's requests reach the user: the one on which the same phone has registered last, or the one the
   * dialog was made on. `undefined` where neither connection is left.
   */
  pathOf(flow: Flow, remoteTarget: string): Flow | undefined {
    const { user } = flow;
    const registered = user === undefined ? undefined : this.#bindings.pathOf(user, remoteTarget);
    return [registered, flow].find((path) => path !== undefined && this.#isOpen(path));
  }

  flowFailed(flow: Flow): void {
    const { connectionId } = flow;
    if (connectionId !== undefined) {
      this.#bindings.dropConnection(connectionId);
      this.#connections.delete(connectionId);
    }
  }

  /** @param flow with the user, who has been authenticated and is the one in To. */
  register(request: SipRequest, flow: Flow & { readonly user: string }, nowMs: number): RegisterAnswer {
    const { user } = flow;
    const contacts = headerValues(request, 'Contact');
    const expires = headerValue(request, 'Expires');
    if (contacts.includes('*')) {
      // RFC 3261 §10.2.2: only alone, and only to remove everything.
      if (contacts.length > 1 || expires?.trim() !== '0') {
        return { status: 400, reason: 'Contact: * Is For Expires: 0' };
      }
      const all = this.#bindings.of(user, nowMs).map((binding) => ({ ...binding, expiresSeconds: 0 }));
      return this.#apply(request, flow, all, nowMs);
    }
    if (contacts.length > MAX_BINDINGS_PER_USER) {
      return { status: 403, reason: 'Too Many Contacts' };
    }
    const changes: Change[] = [];
    for (const text of contacts) {
      const change = changeOf(text, expires);
      if (change === undefined) {
        return { status: 400, reason: 'Malformed Contact' };
      }
      if (change.expiresSeconds > 0 && change.expiresSeconds < MIN_EXPIRES_SECONDS) {
        const headers = [{ name: 'Min-Expires', value: String(MIN_EXPIRES_SECONDS) }];
        return { status: 423, reason: 'Interval Too Brief', headers };
      }
      changes.push(change);
    }
    return this.#apply(request, flow, changes, nowMs);
  }

  /** RFC 3261 §10.3 steps 6 and 7: all of them or none, and none by a request that comes late. */
  #apply(
    request: SipRequest,
    flow: Flow & { readonly user: string },
    changes: readonly Change[],
    nowMs: number,
  ): RegisterAnswer {
    const { user } = flow;
    const callId = headerValue(request, 'Call-ID') ?? '';
    const sequence = cseqOf(request)?.number ?? 0;
    for (const change of changes) {
      const before = this.#bindings.find(user, change, nowMs);
      if (before?.callId === callId && before.sequence >= sequence) {
        return { status: 500, reason: 'CSeq Out Of Order' };
      }
    }
    for (const { contact, instance, expiresSeconds } of changes) {
      if (expiresSeconds === 0) {
        this.#bindings.remove(user, { contact, instance }, nowMs);
      } else {
        const expiresAtMs = nowMs + expiresSeconds * 1000;
        this.#bindings.put(user, { contact, instance, callId, sequence, flow, expiresAtMs }, nowMs);
      }
    }
    return this.#accepted(user, nowMs);
  }

  #isOpen(path: Flow): boolean {
    const { user, transport } = path;
    return transport === 'udp' || user === undefined || this.isConnectionOf(path, user);
  }

  #accepted(user: string, nowMs: number): RegisterAnswer {
    const headers: HeaderField[] = this.#bindings.of(user, nowMs).map(({ contact, expiresAtMs }) => ({
      name: 'Contact',
      value: `<${contact}>;expires=${Math.max(1, Math.round((expiresAtMs - nowMs) / 1000))}`,
    }));
    return { status: 200, reason: 'OK', headers };
  }
}

/** `undefined` where the Contact is no address that a request can be sent to. */
function changeOf(text: string, expires: string | undefined): Change | undefined {
  const address = parseNameAddress(text);
  const scheme = address === undefined ? undefined : parseUri(address.uri)?.scheme;
  if (address === undefined || (scheme !== 'sip' && scheme !== 'sips')) {
    return undefined;
  }
  const instance = address.params.get('+sip.instance');
  const registration = address.params.get('reg-id');
  const wanted = address.params.get('expires') ?? expires?.trim();
  const seconds =
    wanted === undefined
      ? DEFAULT_EXPIRES_SECONDS
      : (parseDecimal(wanted, Number.MAX_SAFE_INTEGER) ?? MALFORMED_EXPIRES_SECONDS);
  return {
    contact: address.uri,
    instance: instance === undefined || registration === undefined ? undefined : `${instance};${registration}`,
    expiresSeconds: Math.min(seconds, MAX_EXPIRES_SECONDS),
  };
}
