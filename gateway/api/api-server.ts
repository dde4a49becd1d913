/**
 * The HTTP and WebSocket server of the gateway: API, event socket, panel, health and metrics on one port. It holds no
 * state of calls; it asks the `CallDesk`.
 *
 * Order of a request: source, account and role are established in `onRequest`, before a body is read; then the body
 * (JSON, at most MAX_BODY_SIZE_BYTES), the schema, the desk. Every refusal is a row of `api-errors.ts`.
 */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { AdministrationDesk } from './administration-desk.js';
import { Admission } from './admission.js';
import { type AccessEntry, type ApiAuditEvent, type ApiCounters, newCounters } from './api-audit.js';
import { ApiError, type ApiErrorCode, apiErrors, codeOfClientError, codeOfError, errorBody } from './api-errors.js';
import { type AccountCredential, Authenticator } from './authentication.js';
import type { CallDesk, WatchDesk } from './call-desk.js';
import { callHandlers } from './call-handlers.js';
import { addCors } from './cors.js';
import { EventSockets } from './event-socket.js';
import type { EvidenceDesk } from './evidence-desk.js';
import { evidenceHandlers } from './evidence-handlers.js';
import { OriginGuard } from './origins.js';
import { addPageRoutes, readPages } from './pages-store.js';
import { panelHandlers } from './panel-handlers.js';
import { PanelTickets } from './panel-tickets.js';
import { refuseRaw } from './raw-refusal-socket.js';
import { RefusedOperations } from './refused-operations.js';
import { RepeatedRequests } from './repeated-requests.js';
import { addRoutes } from './routes.js';
import { type ApiHealth, serviceHandlers } from './service-handlers.js';
import type { SoftphoneDesk } from './softphone-access.js';
import { softphoneHandlers } from './softphone-handlers.js';

export type ApiServerOptions = {
  readonly listen: { readonly address: string; readonly port: number };
  readonly desk: CallDesk;
  readonly watch: WatchDesk;
  readonly evidence: EvidenceDesk;
  readonly administration: AdministrationDesk;
  readonly softphone: SoftphoneDesk;
  readonly accounts: readonly AccountCredential[];
  /** Origins whose pages may use the API and the event socket, beside our own. */
  readonly allowedOrigins: readonly string[];
  /** Origins whose pages may hold the embedded panel in a frame. */
  readonly frameAncestors: readonly string[];
  /** How long the bearer of an embedded panel is good. */
  readonly panelSessionLifetimeMs: number;
  readonly onAudit: (event: ApiAuditEvent) => void;
  readonly metrics: () => Promise<string>;
  readonly health: () => ApiHealth;
  /** Folder with the built pages. */
  readonly pagesDirectory: string;
  readonly onAccess?: (entry: AccessEntry) => void;
  /** Errors that are our own fault, for the log; the client hears only `internal-error`. */
  readonly onFault?: (error: unknown) => void;
};

/** The largest request of ours is under 100 bytes. */
export const MAX_BODY_SIZE_BYTES = 16 * 1024;
/** Connections at a time; more are dropped at once. Leaves most file descriptors to the calls. */
const MAX_CONNECTIONS = 4096;
const REQUEST_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 5_000;
/** Longer than any tokenization provider is waited for. */
const OPERATION_TIMEOUT_MS = 60_000;
/** Of a panel ticket, and of the bearer it is traded for. */
const PANEL_SECRET_SIZE_BYTES = 32;

const COMMON_HEADERS = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
};

export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #authenticator: Authenticator;
  readonly #tickets: PanelTickets;
  readonly #admission: Admission;
  readonly #origins: OriginGuard;
  readonly #refusals: RefusedOperations;
  readonly #counters: ApiCounters = newCounters();
  readonly #sockets: EventSockets;
  readonly #routes: string[] = [];
  readonly #app: FastifyInstance;

  /** @throws Error on an unusable bearer token. */
  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { accounts, allowedOrigins, desk, frameAncestors, onAudit, watch } = options;
    const counters = this.#counters;
    this.#tickets = new PanelTickets({
      sessionLifetimeMs: options.panelSessionLifetimeMs,
      frameAncestors,
      newSecret: () => randomBytes(PANEL_SECRET_SIZE_BYTES).toString('base64url'),
    });
    this.#authenticator = new Authenticator(accounts, (token, atMs) => this.#tickets.accountOf(token, atMs));
    this.#origins = new OriginGuard({ allowedOrigins, counters, onAudit, nowMs });
    const refusals = new RefusedOperations(onAudit, nowMs);
    this.#refusals = refusals;
    this.#admission = new Admission({ authenticator: this.#authenticator, counters, onAudit, refusals, nowMs });
    this.#sockets = new EventSockets({
      desk,
      watch,
      authenticator: this.#authenticator,
      origins: this.#origins,
      counters,
      onAudit,
      refusals,
      onFault: (error) => options.onFault?.(error),
      nowMs,
    });
    this.#app = this.#build();
  }

  /** Listens and answers the port (the one chosen by the system for port 0). @throws Error when it cannot. */
  async start(): Promise<number> {
    const { pagesDirectory, frameAncestors, softphone } = this.#options;
    const context = { frameAncestors, softphoneServer: softphone.serverOrigin };
    addPageRoutes(this.#app, await readPages(pagesDirectory), context);
    await this.#app.ready();
    this.#app.server.on('upgrade', (request, socket, head) => this.#sockets.upgrade(request, socket, head));
    const { address, port } = this.#options.listen;
    await this.#app.listen({ host: address, port });
    const bound = this.#app.server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : port;
  }

  async close(): Promise<void> {
    await this.#sockets.close();
    await this.#app.close();
  }

  /** For the metrics page. */
  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters };
  }

  /** Every route there is, as `GET /v1/calls/{id}`; complete once the server has started. */
  routes(): readonly string[] {
    return [...this.#routes];
  }

  get openSockets(): number {
    return this.#sockets.openSockets;
  }

  #build(): FastifyInstance {
    const app = fastify({
      logger: false,
      bodyLimit: MAX_BODY_SIZE_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      handlerTimeout: OPERATION_TIMEOUT_MS,
      forceCloseConnections: true,
      exposeHeadRoutes: false,
      routerOptions: { maxParamLength: 128 },
      http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: 1_000, maxHeaderSize: 8 * 1024 },
      frameworkErrors: (error, _request, reply) => this.#sendError(reply, codeOfError(error)),
      clientErrorHandler: (error, socket) => refuseRaw(socket, codeOfClientError(error.code)),
    });
    app.server.maxConnections = MAX_CONNECTIONS;
    app.addHook('onRoute', ({ method, url }) => void this.#routes.push(`${method} ${url.replace(':id', '{id}')}`));
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
      const parsed = parseJson(String(body));
      if (parsed.ok) done(null, parsed.value);
      else done(new ApiError('bad-request', [{ path: 'body', rule: 'wrong form' }]));
    });
    addCors(app, this.#options.allowedOrigins);
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(COMMON_HEADERS);
      done(this.#admission.refusalOf(request, reply));
    });
    app.addHook('onResponse', (request, reply, done) => {
      this.#account(request, reply);
      done();
    });
    app.setNotFoundHandler((_request, reply) => this.#sendError(reply, 'unknown-route'));
    app.setErrorHandler((error, _request, reply) => {
      const code = codeOfError(error);
      if (code === 'internal-error') this.#options.onFault?.(error);
      return this.#sendError(reply, code, error instanceof ApiError ? error.details : undefined);
    });
    this.#addOperations(app);
    return app;
  }

  #addOperations(app: FastifyInstance): void {
    const { accounts, administration, desk, evidence, health, metrics, onAudit, softphone, watch } = this.#options;
    addRoutes(app, {
      handlers: {
        ...callHandlers({ desk, watch }),
        ...evidenceHandlers({ evidence, onAudit }),
        ...panelHandlers({
          tickets: this.#tickets,
          authenticator: this.#authenticator,
          desk,
          agents: accounts.filter(({ role }) => role === 'agent').map(({ name }) => name),
          origins: this.#origins,
          counters: this.#counters,
          onAudit,
          nowMs,
        }),
        ...softphoneHandlers({ softphone, onAudit, nowMs }),
        ...serviceHandlers({ administration, health, metrics }),
      },
      accountOf: (request) => this.#admission.accountOf(request),
      repeats: new RepeatedRequests(nowMs),
      refusals: this.#refusals,
    });
  }

  #account(request: FastifyRequest, reply: FastifyReply): void {
    this.#counters.requests += 1;
    if (reply.statusCode >= 500) this.#counters.requestsFailed += 1;
    else if (reply.statusCode >= 400) this.#counters.requestsRefused += 1;
    const account = this.#admission.accountOf(request)?.name;
    this.#options.onAccess?.({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      source: request.ip,
      ...(account === undefined ? {} : { account }),
    });
  }

  #sendError(reply: FastifyReply, code: ApiErrorCode, details?: ApiError['details']): FastifyReply {
    return reply.code(apiErrors[code].status).headers(COMMON_HEADERS).send(errorBody(code, details));
  }
}

/** The machines' clock: it never goes back. */
const nowMs = () => performance.now();

function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  if (text.trim() === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}
