/** The gateway's API as the page uses it: one event socket for the truth, HTTP for what the agent asks for. */
import type { FieldName } from '../../vault-client/wire.js';
import type { SoftphoneAccess } from '../api/softphone-access.js';
import type { RecordingAction } from '../media/control-wire.js';
import { type Calls, type ConnectionStatus, callsAfter } from './desk-state.js';
import { EventConnection } from './event-connection.js';
import { softphoneAccessOf } from './softphone-answer.js';

/** For people, where the gateway itself has said nothing; the panel has its own texts for these codes. */
export const NETWORK_PROBLEM = 'The gateway could not be reached. Check your connection and try again.';
export const UNKNOWN_PROBLEM = 'That did not work. Try again.';

export type DeskClientOptions = {
  /** Where the gateway is, e.g. the page's own origin. */
  readonly baseUrl: string;
  readonly token: string;
  /** Known from an earlier connection of the same agent. */
  readonly calls?: Calls;
};

export type DeskSnapshot = { readonly connection: ConnectionStatus; readonly calls: Calls };

export type Refusal = { readonly ok: false; readonly code: string; readonly message: string };

export type CommandOutcome = { readonly ok: true } | Refusal;

export type SoftphoneOutcome = { readonly ok: true; readonly access: SoftphoneAccess } | Refusal;

/** The gateway answers within its own limits; this one is for a network that swallows. */
const REQUEST_TIMEOUT_MS = 20_000;

export class DeskClient {
  readonly #options: DeskClientOptions;
  readonly #listeners = new Set<() => void>();
  readonly #events: EventConnection;
  #snapshot: DeskSnapshot;

  constructor(options: DeskClientOptions) {
    this.#options = options;
    this.#snapshot = { connection: 'signed-out', calls: options.calls ?? [] };
    const url = new URL('/v1/events', options.baseUrl);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#events = new EventConnection({
      url: url.href,
      token: options.token,
      onStatus: (connection) => this.#become({ ...this.#snapshot, connection }),
      onMessage: (message) => this.#become({ ...this.#snapshot, calls: callsAfter(this.#snapshot.calls, message) }),
    });
  }

  get snapshot(): DeskSnapshot {
    return this.#snapshot;
  }

  open(): void {
    this.#events.open();
  }

  close(): void {
    this.#events.close();
    this.#listeners.clear();
  }

  /** No gateway knows these calls any more, and nobody will say so over this connection. */
  endCalls(): void {
    this.#become({ ...this.#snapshot, calls: callsAfter(this.#snapshot.calls, { type: 'snapshot', calls: [] }) });
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(callId: string): Promise<CommandOutcome> {
    return this.#post(`calls/${encodeURIComponent(callId)}/payment-sessions`, {});
  }

  record(callId: string, action: RecordingAction): Promise<CommandOutcome> {
    return this.#post(`calls/${encodeURIComponent(callId)}/recording`, { action });
  }

  capture(sessionId: string, field: FieldName): Promise<CommandOutcome> {
    return this.#post(`payment-sessions/${encodeURIComponent(sessionId)}/capture`, { field });
  }

  complete(sessionId: string): Promise<CommandOutcome> {
    return this.#post(`payment-sessions/${encodeURIComponent(sessionId)}/complete`, {});
  }

  cancel(sessionId: string): Promise<CommandOutcome> {
    return this.#post(`payment-sessions/${encodeURIComponent(sessionId)}/cancel`, {});
  }

  /** For a telephone that has lost its own way of saying so, or is about to. */
  hangUp(callId: string): Promise<CommandOutcome> {
    return this.#request('DELETE', `calls/${encodeURIComponent(callId)}`, undefined);
  }

  /** Whose token it is; undefined where the gateway does not say. */
  async role(): Promise<string | undefined> {
    const outcome = await this.#request('GET', 'me', undefined);
    return outcome.ok ? roleOf(outcome.body) : undefined;
  }

  async openSoftphone(): Promise<SoftphoneOutcome> {
    const outcome = await this.#request('POST', 'softphone', {});
    if (!outcome.ok) return outcome;
    const access = softphoneAccessOf(outcome.body);
    return access === undefined ? { ok: false, code: 'unknown', message: UNKNOWN_PROBLEM } : { ok: true, access };
  }

  /** The answer's view is not used: an event may have overtaken it. The event socket alone tells the state. */
  #post(path: string, body: Readonly<Record<string, string>>): Promise<CommandOutcome> {
    return this.#request('POST', path, body);
  }

  async #request(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: Readonly<Record<string, string>> | undefined,
  ): Promise<{ readonly ok: true; readonly body: unknown } | Refusal> {
    try {
      const response = await fetch(new URL(`/v1/${path}`, this.#options.baseUrl), {
        method,
        headers: {
          Authorization: `Bearer ${this.#options.token}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        // A call is ended also when the page that has said so is gone by then.
        keepalive: method === 'DELETE',
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const answer: unknown = await response.json();
      if (response.ok) return { ok: true, body: answer };
      // What HTTP does not take, the event socket will not take either when it has to say it again.
      if (response.status === 401) this.#events.refuse();
      return refusalOf(answer);
    } catch {
      return { ok: false, code: 'network', message: NETWORK_PROBLEM };
    }
  }

  #become(snapshot: DeskSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of [...this.#listeners]) listener();
  }
}

export function refusalOf(body: unknown): Refusal {
  const unknown = { ok: false, code: 'unknown', message: UNKNOWN_PROBLEM } as const;
  if (typeof body !== 'object' || body === null || !('error' in body)) return unknown;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return unknown;
  return { ok: false, code: String(error.code), message: String(error.message) };
}

function roleOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('role' in body)) return undefined;
  return typeof body.role === 'string' ? body.role : undefined;
}
