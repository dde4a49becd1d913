/** The agent's desktop in the demo: the same HTTP API and event socket that the payment panel uses. */
import { WebSocket } from 'ws';
import type { FieldName } from '../../vault-client/wire.js';
import type { CallView } from '../api/call-desk.js';
import type { EventMessage } from '../api/event-messages.js';
import { fetchTransport } from '../client/client-transport.js';
import { TonegateClient } from '../client/tonegate-client.js';
import type { SessionState, SessionView } from '../payment/session-view.js';

const WAIT_LIMIT_MS = 15_000;
const FINISHED: readonly SessionState[] = ['vaulted', 'canceled', 'ended'];

export type DesktopOptions = {
  readonly port: number;
  readonly token: string;
  /** Hears all that the gateway tells the agent's panel. */
  readonly onMessage?: (message: EventMessage) => void;
};

export class AgentDesktop {
  readonly #client: TonegateClient;
  readonly #onMessage: (message: EventMessage) => void;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();
  #calls = new Map<string, CallView>();
  #session: SessionView | undefined;

  private constructor(options: DesktopOptions, socket: WebSocket) {
    const { port, token, onMessage } = options;
    this.#client = new TonegateClient(fetchTransport({ baseUrl: `http://127.0.0.1:${port}`, token }));
    this.#onMessage = onMessage ?? (() => {});
    this.#socket = socket;
  }

  static async connect(options: DesktopOptions): Promise<AgentDesktop> {
    const socket = new WebSocket(`ws://127.0.0.1:${options.port}/v1/events`);
    const desktop = new AgentDesktop(options, socket);
    socket.on('message', (data) => desktop.#take(JSON.parse(data.toString())));
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    socket.send(JSON.stringify({ type: 'authenticate', token: options.token }));
    return desktop;
  }

  close(): void {
    this.#socket.close();
  }

  /** As the gateway tells it to a panel that has just signed in. */
  get snapshot(): EventMessage {
    return { type: 'snapshot', calls: [...this.#calls.values()] };
  }

  /** Whether the keys of a call that goes on are hidden from the agent. */
  get isPaymentOpen(): boolean {
    return [...this.#calls.values()].some(
      ({ state, session }) => state !== 'ended' && session !== undefined && !FINISHED.includes(session.state),
    );
  }

  activeCall(): Promise<CallView> {
    return this.#until('an active call', () => [...this.#calls.values()].find((call) => call.state === 'active'));
  }

  callEnded(callId: string): Promise<true> {
    return this.#until('the end of the call', () => {
      const call = this.#calls.get(callId);
      return call === undefined || call.state === 'ended' ? true : undefined;
    });
  }

  async startSession(callId: string): Promise<SessionView> {
    this.#session = undefined;
    return (await this.#client.startSession(callId)).session;
  }

  async capture(sessionId: string, field: FieldName): Promise<void> {
    await this.#client.capture(sessionId, { field });
  }

  async complete(sessionId: string): Promise<SessionView> {
    await this.#client.complete(sessionId);
    return this.#until('the token', () =>
      this.#session?.state === 'vaulted' || this.#session?.state === 'failed' ? this.#session : undefined,
    );
  }

  /** Waits until the field has been captured or has failed. */
  async fieldDone(field: FieldName): Promise<SessionView> {
    return this.#until(`the ${field} field`, () => {
      const state = this.#session?.fields[field].state;
      return state === 'captured' || state === 'error' ? this.#session : undefined;
    });
  }

  #take(message: EventMessage): void {
    if (message.type === 'snapshot') this.#calls = new Map(message.calls.map((call) => [call.id, call]));
    else if (message.type === 'call') this.#calls.set(message.call.id, message.call);
    else if (message.type === 'session') {
      this.#session = message.session;
      const call = this.#calls.get(message.session.callId);
      if (call) this.#calls.set(call.id, { ...call, session: message.session });
    }
    this.#onMessage(message);
    for (const look of [...this.#waiting]) look();
  }

  #until<T>(what: string, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`waited in vain for ${what}`));
      }, WAIT_LIMIT_MS);
      const look = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
