/**
 * The HTTP and WebSocket server of the gateway: API, event socket, panel, health and metrics on one port. It holds no
 * state of calls; it asks the `CallDesk`.
 *
 * Order of a request: source and agent are established in `onRequest`, before a body is read; then the body (JSON,
 * at most MAX_BODY_SIZE_BYTES), the schema, the desk. Every refusal is a row of `api-errors.ts`.
 */
import { performance } from 'node:perf_hooks';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  type AccessEntry,
  type ApiAuditEvent,
  type ApiCounters,
  accountRefusedToken,
  newCounters,
} from './api-audit.js';
import { ApiError, type ApiErrorCode, apiErrors, codeOfClientError, codeOfError, errorBody } from './api-errors.js';
import { type AgentCredential, Authenticator, bearerToken } from './authentication.js';
import type { CallDesk, Requester } from './call-desk.js';
import { addCors, OPAQUE_ORIGIN } from './cors.js';
import { EVENT_PATH, EventSockets } from './event-socket.js';
import { METRICS_CONTENT_TYPE } from './metrics.js';
import { addPageRoutes, readPages } from './pages-store.js';
import { refuseRaw } from './raw-refusal-socket.js';
import { addRoutes } from './routes.js';
import { type BucketRate, fullBucket, type TokenBucket, take, waitMs } from './token-bucket.js';

export type ApiHealth = {
  readonly ok: boolean;
  /** By name: `vault`, and `media` for all media processes together. */
  readonly parts: Readonly<Record<string, boolean>>;
};

export type ApiServerOptions = {
  readonly listen: { readonly address: string; readonly port: number };
  readonly desk: CallDesk;
  readonly agents: readonly AgentCredential[];
  /** Origins whose pages may open the event socket, beside our own. */
  readonly allowedOrigins: readonly string[];
  /** Origins whose pages may hold the embedded panel in a frame. */
  readonly frameAncestors: readonly string[];
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
/** A panel makes a request a click; an integration may poll. One bucket an agent. */
const AGENT_RATE: BucketRate = { burst: 200, perSecond: 50 };

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
  readonly #counters: ApiCounters = newCounters();
  readonly #sockets: EventSockets;
  readonly #app: FastifyInstance;
  readonly #requesters = new WeakMap<FastifyRequest, Requester>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #origins: readonly string[];

  /** @throws Error on an unusable bearer token. */
  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#authenticator = new Authenticator(options.agents);
    const { allowedOrigins, frameAncestors } = options;
    // A panel in a sandboxed frame has no origin of its own; its token is what tells it from others.
    this.#origins = frameAncestors.length === 0 ? allowedOrigins : [...allowedOrigins, OPAQUE_ORIGIN];
    this.#sockets = new EventSockets({
      desk: options.desk,
      authenticator: this.#authenticator,
      allowedOrigins: this.#origins,
      counters: this.#counters,
      onAudit: options.onAudit,
      onFault: (error) => options.onFault?.(error),
      nowMs: () => performance.now(),
    });
    this.#app = this.#build();
  }

  /** Listens and answers the port (the one chosen by the system for port 0). @throws Error when it cannot. */
  async start(): Promise<number> {
    const { pagesDirectory, frameAncestors } = this.#options;
    addPageRoutes(this.#app, await readPages(pagesDirectory), { frameAncestors });
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
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
      const parsed = parseJson(String(body));
      if (parsed.ok) done(null, parsed.value);
      else done(new ApiError('bad-request'));
    });
    addCors(app, this.#origins);
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(COMMON_HEADERS);
      done(this.#admit(request, reply));
    });
    app.addHook('onResponse', (request, reply, done) => {
      this.#account(request, reply);
      done();
    });
    app.setNotFoundHandler((_request, reply) => this.#sendError(reply, 'unknown-route'));
    app.setErrorHandler((error, _request, reply) => {
      const code = codeOfError(error);
      if (code === 'internal-error') this.#options.onFault?.(error);
      return this.#sendError(reply, code);
    });
    addRoutes(app, {
      desk: this.#options.desk,
      requesterOf: (request) => this.#requesterOf(request),
      onAudit: this.#options.onAudit,
    });
    this.#addServiceRoutes(app);
    return app;
  }

  #addServiceRoutes(app: FastifyInstance): void {
    app.get('/healthz', (_request, reply) => {
      const health = this.#options.health();
      return reply.code(health.ok ? 200 : 503).send(health);
    });
    app.get('/metrics', async (_request, reply) => {
      const page = await this.#options.metrics();
      return reply.header('Content-Type', METRICS_CONTENT_TYPE).send(page);
    });
    app.get(EVENT_PATH, (_request, reply) => this.#sendError(reply, 'upgrade-required'));
  }

  /** Nothing under /v1 is open; the metrics are, to this machine. Returns why a request is turned away. */
  #admit(request: FastifyRequest, reply: FastifyReply): ApiError | undefined {
    const route = request.routeOptions.url ?? '';
    const isApi = route.startsWith('/v1/') && route !== EVENT_PATH;
    if (!isApi && !(route === '/metrics' && !isLocal(request))) return undefined;
    const token = bearerToken(request.headers.authorization);
    if (token === undefined) {
      reply.header('WWW-Authenticate', 'Bearer');
      return new ApiError('unauthorized');
    }
    const nowMs = performance.now();
    const result = this.#authenticator.authenticate(token, request.ip, nowMs);
    if (result.kind === 'refused') {
      const { onAudit } = this.#options;
      accountRefusedToken(result, { source: request.ip, way: 'http', counters: this.#counters, onAudit });
      if (result.code === 'unauthorized') reply.header('WWW-Authenticate', 'Bearer error="invalid_token"');
      else reply.header('Retry-After', String(Math.ceil(result.retryAfterMs / 1000)));
      return new ApiError(result.code);
    }
    this.#requesters.set(request, { agent: result.agent, origin: request.ip });
    return this.#throttle(result.agent, reply, nowMs);
  }

  #throttle(agent: string, reply: FastifyReply, nowMs: number): ApiError | undefined {
    const taken = take(this.#buckets.get(agent) ?? fullBucket(AGENT_RATE, nowMs), AGENT_RATE, nowMs);
    // Bounded by the number of configured agents.
    this.#buckets.set(agent, taken.bucket);
    if (taken.granted) return undefined;
    reply.header('Retry-After', String(Math.ceil(waitMs(taken.bucket, AGENT_RATE) / 1000)));
    return new ApiError('too-many-requests');
  }

  #requesterOf(request: FastifyRequest): Requester {
    const requester = this.#requesters.get(request);
    if (requester === undefined) throw new Error('a route asked for the requester of an unauthenticated request');
    return requester;
  }

  #account(request: FastifyRequest, reply: FastifyReply): void {
    this.#counters.requests += 1;
    if (reply.statusCode >= 500) this.#counters.requestsFailed += 1;
    else if (reply.statusCode >= 400) this.#counters.requestsRefused += 1;
    const agent = this.#requesters.get(request)?.agent;
    this.#options.onAccess?.({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
      source: request.ip,
      ...(agent === undefined ? {} : { agent }),
    });
  }

  #sendError(reply: FastifyReply, code: ApiErrorCode): FastifyReply {
    return reply.code(apiErrors[code].status).headers(COMMON_HEADERS).send(errorBody(code));
  }
}

/** A request that a proxy on this machine hands on is not local, whatever its address says. */
function isLocal(request: FastifyRequest): boolean {
  const forwarded = request.headers.forwarded ?? request.headers['x-forwarded-for'];
  return forwarded === undefined && /^(127\.|::1$|::ffff:127\.)/.test(request.ip);
}

function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  if (text.trim() === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}
