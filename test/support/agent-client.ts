/** An agent's integration as a test plays it: the REST API with the agent's token, and the event socket. */
import { WebSocket } from 'ws';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { SessionView } from '../../gateway/payment/session-view.js';
import type { FieldName } from '../../vault-client/wire.js';
import { eventually, pause, within } from './deadline.js';

const REQUEST_LIMIT_MS = 20_000;
const SOCKET_LIMIT_MS = 5_000;
const POLL_INTERVAL_MS = 50;
const STATE_LIMIT_MS = 10_000;

export type ApiAnswer = {
  readonly status: number;
  /** Parsed JSON, or the text itself when it is none. */
  readonly body: unknown;
  /** Exactly as it came over the wire, for scans. */
  readonly text: string;
};

export type EventMessage = {
  readonly type: string;
  readonly calls?: readonly CallView[];
  readonly call?: CallView;
  readonly session?: SessionView;
};

export class AgentClient {
  /** Every text received over HTTP and WebSocket, for scans of the traffic. */
  readonly traffic: string[] = [];
  readonly events: EventMessage[] = [];
  /** Code with which the gateway closed the socket, once it did. */
  closeCode: number | undefined;
  readonly #baseUrl: string;
  readonly #token: string;
  #socket: WebSocket | undefined;

  constructor(port: number, token: string) {
    this.#baseUrl = `http://127.0.0.1:${port}`;
    this.#token = token;
  }

  async request(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const response = await fetch(this.#baseUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    const text = await response.text();
    this.traffic.push(text);
    return { status: response.status, body: parsed(text), text };
  }

  async calls(): Promise<readonly CallView[]> {
    return (await this.#expect<{ calls: readonly CallView[] }>('GET', '/v1/calls')).calls;
  }

  /** The only call that goes on, once it is in `state`. */
  async call(state: CallView['state'] = 'active'): Promise<CallView> {
    const endMs = performance.now() + STATE_LIMIT_MS;
    for (;;) {
      const found = (await this.calls()).find((call) => call.state === state);
      if (found !== undefined) return found;
      if (performance.now() > endMs) throw new Error(`no call came to be ${state} within ${STATE_LIMIT_MS} ms`);
      // Asked in a row without a rest, the API would soon refuse.
      await pause(POLL_INTERVAL_MS);
    }
  }

  async hangUp(callId: string): Promise<CallView> {
    return (await this.#expect<{ call: CallView }>('DELETE', `/v1/calls/${callId}`)).call;
  }

  async record(callId: string, action: string): Promise<ApiAnswer> {
    return this.request('POST', `/v1/calls/${callId}/recording`, { action });
  }

  async startSession(callId: string): Promise<SessionView> {
    return (await this.#expect<{ session: SessionView }>('POST', `/v1/calls/${callId}/payment-sessions`)).session;
  }

  async session(sessionId: string): Promise<SessionView> {
    return (await this.#expect<{ session: SessionView }>('GET', `/v1/payment-sessions/${sessionId}`)).session;
  }

  async capture(sessionId: string, field: FieldName): Promise<SessionView> {
    return this.#step(sessionId, 'capture', { field });
  }

  async complete(sessionId: string): Promise<SessionView> {
    return this.#step(sessionId, 'complete');
  }

  async cancel(sessionId: string): Promise<SessionView> {
    return this.#step(sessionId, 'cancel');
  }

  /** Opens the event socket, authenticates and resolves with the snapshot. */
  async openEvents(headers: Readonly<Record<string, string>> = {}): Promise<EventMessage> {
    const socket = new WebSocket(`${this.#baseUrl.replace('http', 'ws')}/v1/events`, { headers });
    this.#socket = socket;
    socket.on('message', (data) => {
      const text = String(data);
      this.traffic.push(text);
      this.events.push(JSON.parse(text));
    });
    socket.on('close', (code) => {
      this.closeCode = code;
    });
    const opened = new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    await within(SOCKET_LIMIT_MS, 'the event socket', opened);
    socket.send(JSON.stringify({ type: 'authenticate', token: this.#token }));
    return this.event('snapshot', ({ type }) => type === 'snapshot');
  }

  /** The first event, past or to come, that fits. */
  event(what: string, fits: (event: EventMessage) => boolean, limitMs = STATE_LIMIT_MS): Promise<EventMessage> {
    return eventually(limitMs, `event ${what}`, () => this.events.find(fits));
  }

  /** The newest view of a session that the socket told, once it fits. */
  async sessionEvent(what: string, fits: (session: SessionView) => boolean, limitMs?: number): Promise<SessionView> {
    const event = await this.event(what, ({ session }) => session !== undefined && fits(session), limitMs);
    if (event.session === undefined) throw new Error(`event ${what} has no session`);
    return event.session;
  }

  close(): void {
    this.#socket?.terminate();
  }

  async #step(sessionId: string, action: string, body: object = {}): Promise<SessionView> {
    const path = `/v1/payment-sessions/${sessionId}/${action}`;
    return (await this.#expect<{ session: SessionView }>('POST', path, body)).session;
  }

  /** Throws what the gateway said when it refused. */
  async #expect<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.request(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    // The API's own tests hold its answers to these types.
    return answer.body as T;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
