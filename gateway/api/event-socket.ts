/** The shell of the event socket: upgrades, origins, limits, timers, bytes. What is said is decided in `event-protocol.ts`. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ApiAuditEvent, type ApiCounters, accountRefusedToken } from './api-audit.js';
import type { ApiErrorCode } from './api-errors.js';
import type { Authenticator } from './authentication.js';
import type { CallDesk, CallView, DeskEvent, WatchDesk } from './call-desk.js';
import { requesterOf } from './call-handlers.js';
import { type Closing, closings, EventConnection, type EventInput, type EventOutput } from './event-protocol.js';
import { contractOf } from './operations.js';
import type { OriginGuard } from './origins.js';
import { refuseRaw } from './raw-refusal-socket.js';
import type { RefusedOperations } from './refused-operations.js';
import { type Account, mayPerform } from './roles.js';

const EVENT_PATH = contractOf('watch-events').path;
/** The longest message a client sends is a token; this is the bound of HTTP bodies too. */
export const MAX_MESSAGE_SIZE_BYTES = 16 * 1024;
/** A panel, the agent's own page and a spare of each, twice. */
export const MAX_SOCKETS_PER_ACCOUNT = 8;
/** When more wait to authenticate, the one waiting longest goes: a newcomer who means it speaks at once. */
export const MAX_WAITING_SOCKETS = 64;
/** After our close frame the peer has so long to answer before the connection is cut. */
const CLOSE_GRACE_MS = 2_000;

export type EventSocketOptions = {
  readonly desk: CallDesk;
  readonly watch: WatchDesk;
  readonly authenticator: Authenticator;
  readonly origins: OriginGuard;
  readonly counters: ApiCounters;
  readonly onAudit: (event: ApiAuditEvent) => void;
  readonly refusals: RefusedOperations;
  readonly onFault: (error: unknown) => void;
  readonly nowMs: () => number;
};

type Client = {
  readonly socket: WebSocket;
  readonly source: string;
  readonly connection: EventConnection;
  timer: NodeJS.Timeout | undefined;
  account: Account | undefined;
  unsubscribe: (() => void) | undefined;
  closing: Closing | undefined;
};

export class EventSockets {
  readonly #options: EventSocketOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_SIZE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  readonly #clients = new Set<Client>();
  #stopping = false;

  constructor(options: EventSocketOptions) {
    this.#options = options;
    this.#server.on('wsClientError', (_error, socket) => refuseRaw(socket, 'bad-request'));
  }

  get openSockets(): number {
    return this.#clients.size;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until the handshake is done nobody else listens, and an unheard error would end the process.
    socket.on('error', () => socket.destroy());
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      this.#options.counters.socketsRefused += 1;
      refuseRaw(socket, refusal);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (client) => {
      this.#accept(client, request.socket.remoteAddress ?? 'unknown');
    });
  }

  /** Says goodbye to every client, and cuts those that do not answer. */
  async close(): Promise<void> {
    this.#stopping = true;
    const gone = [...this.#clients].map(
      (client) =>
        new Promise<void>((resolve) => {
          client.socket.once('close', () => resolve());
        }),
    );
    for (const client of [...this.#clients]) this.#end(client, 'stopping');
    await Promise.all(gone);
    this.#server.close();
  }

  #refusalOf(request: IncomingMessage): ApiErrorCode | undefined {
    if (this.#stopping) return 'unavailable';
    if (request.url?.split('?', 1)[0] !== EVENT_PATH) return 'unknown-route';
    const source = request.socket.remoteAddress ?? 'unknown';
    return this.#options.origins.admits(request.headers, source) ? undefined : 'forbidden-origin';
  }

  #accept(socket: WebSocket, source: string): void {
    const client: Client = {
      socket,
      source,
      connection: new EventConnection(this.#options.nowMs()),
      timer: undefined,
      account: undefined,
      unsubscribe: undefined,
      closing: undefined,
    };
    this.#clients.add(client);
    this.#makeRoom();
    socket.on('message', (data, isBinary) => {
      this.#turn(client, isBinary ? { kind: 'binary' } : { kind: 'text', text: data.toString() });
    });
    socket.on('pong', () => this.#turn(client, { kind: 'pong' }));
    // Protocol errors (a frame over the limit, bad UTF-8) are answered by ws itself with the right close code.
    socket.on('error', () => {
      this.#options.counters.socketsClosedForMisuse += 1;
    });
    socket.on('close', () => this.#forget(client));
    this.#schedule(client);
  }

  #turn(client: Client, input: EventInput): void {
    if (client.closing !== undefined) return;
    try {
      for (const output of client.connection.handle(input, this.#options.nowMs())) this.#act(client, output);
    } catch (error) {
      // One client's fault must not reach the others, nor the process.
      this.#options.onFault(error);
      this.#end(client, 'fault');
    }
    this.#schedule(client);
  }

  #act(client: Client, output: EventOutput): void {
    switch (output.kind) {
      case 'authenticate':
        this.#authenticate(client, output.token);
        return;
      case 'send':
        client.socket.send(JSON.stringify(output.message));
        return;
      case 'ping':
        client.socket.ping();
        return;
      case 'close':
        this.#end(client, output.closing);
    }
  }

  #authenticate(client: Client, token: string): void {
    const { authenticator, counters, onAudit, refusals, nowMs } = this.#options;
    const result = authenticator.authenticate(token, client.source, nowMs());
    if (result.kind === 'refused') {
      accountRefusedToken(result, { source: client.source, way: 'socket', counters, onAudit });
      this.#turn(client, { kind: 'authenticated', result, calls: [] });
      return;
    }
    const { account } = result;
    const { source } = client;
    const operation = 'watch-events';
    if (!mayPerform(account, contractOf(operation))) {
      counters.rolesRefused += 1;
      refusals.tell({ source, actor: account.name, operation, code: 'forbidden-role' });
      this.#end(client, 'forbidden');
      return;
    }
    if (this.#socketsOf(account) >= MAX_SOCKETS_PER_ACCOUNT) {
      this.#end(client, 'too-many-sockets');
      return;
    }
    client.account = account;
    counters.socketsOpened += 1;
    onAudit({ kind: 'socket-opened', source, actor: account.name });
    // Subscribed first and in the same turn: nothing can change between the snapshot and the first event.
    const { calls, unsubscribe } = this.#subscribe(account, source, (event) => {
      this.#turn(client, { kind: 'desk', event, bufferedSizeBytes: client.socket.bufferedAmount });
    });
    client.unsubscribe = unsubscribe;
    this.#turn(client, { kind: 'authenticated', result, calls });
  }

  #subscribe(
    account: Account,
    source: string,
    listener: (event: DeskEvent) => void,
  ): { readonly calls: readonly CallView[]; readonly unsubscribe: () => void } {
    const { desk, watch } = this.#options;
    if (account.role === 'supervisor') return { unsubscribe: watch.subscribe(listener), calls: watch.calls() };
    const requester = requesterOf(account, source);
    return { unsubscribe: desk.subscribe(requester, listener), calls: desk.calls(requester) };
  }

  #socketsOf({ name }: Account): number {
    return [...this.#clients].filter((client) => client.account?.name === name && client.closing === undefined).length;
  }

  #makeRoom(): void {
    const waiting = [...this.#clients].filter(({ account, closing }) => account === undefined && closing === undefined);
    if (waiting.length > MAX_WAITING_SOCKETS && waiting[0] !== undefined) this.#end(waiting[0], 'crowded');
  }

  #schedule(client: Client): void {
    if (client.closing !== undefined) return;
    clearTimeout(client.timer);
    const { deadlineMs } = client.connection;
    if (deadlineMs === undefined) return;
    const delayMs = Math.max(0, deadlineMs - this.#options.nowMs());
    // One more millisecond: timers may fire a fraction early, and a tick before the deadline does nothing.
    client.timer = setTimeout(() => this.#turn(client, { kind: 'tick' }), delayMs + 1);
  }

  #end(client: Client, closing: Closing): void {
    if (client.closing !== undefined) return;
    client.closing = closing;
    const { counters } = this.#options;
    if (closing === 'slow') counters.socketsClosedSlow += 1;
    if (closing === 'crowded' || closing === 'too-many-sockets') counters.socketsRefused += 1;
    if (isMisuse(closing)) counters.socketsClosedForMisuse += 1;
    client.unsubscribe?.();
    clearTimeout(client.timer);
    const { code, reason } = closings[closing];
    client.socket.close(code, reason);
    client.timer = setTimeout(() => client.socket.terminate(), CLOSE_GRACE_MS);
  }

  #forget(client: Client): void {
    clearTimeout(client.timer);
    client.unsubscribe?.();
    if (!this.#clients.delete(client) || client.account === undefined) return;
    const { source, account, closing } = client;
    this.#options.onAudit({ kind: 'socket-closed', source, actor: account.name, reason: closing ?? 'client' });
  }
}

function isMisuse(closing: Closing): boolean {
  return closing === 'malformed' || closing === 'misunderstood' || closing === 'binary' || closing === 'flood';
}
