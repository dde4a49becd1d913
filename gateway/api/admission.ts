/**
 * Who may go on: bearer token, role, rate. Looked at before a body is read; every refusal is a row of `api-errors.ts`.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ApiAuditEvent, type ApiCounters, accountRefusedToken } from './api-audit.js';
import { ApiError } from './api-errors.js';
import { type Authenticator, bearerToken } from './authentication.js';
import { contractOf, type OperationName } from './operations.js';
import { isRebindingProof } from './origins.js';
import type { RefusedOperations } from './refused-operations.js';
import { type Account, mayPerform } from './roles.js';
import { type BucketRate, TokenBuckets } from './token-bucket.js';

/** A panel makes a request a click; an integration may poll. One bucket an account, panels share their agent's. */
const ACCOUNT_RATE: BucketRate = { burst: 200, perSecond: 50 };

export type AdmissionOptions = {
  readonly authenticator: Authenticator;
  readonly counters: ApiCounters;
  readonly onAudit: (event: ApiAuditEvent) => void;
  readonly refusals: RefusedOperations;
  readonly nowMs: () => number;
};

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #accounts = new WeakMap<FastifyRequest, Account>();
  readonly #buckets = new TokenBuckets(ACCOUNT_RATE);

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  accountOf(request: FastifyRequest): Account | undefined {
    return this.#accounts.get(request);
  }

  /** Why a request is turned away, if it is. */
  refusalOf(request: FastifyRequest, reply: FastifyReply): ApiError | undefined {
    const { operation } = request.routeOptions.config;
    if (operation === undefined || isOpen(operation, request)) return undefined;
    const { authenticator, counters, onAudit, nowMs } = this.#options;
    const token = bearerToken(request.headers.authorization);
    if (token === undefined) {
      reply.header('WWW-Authenticate', 'Bearer');
      return new ApiError('unauthorized');
    }
    const result = authenticator.authenticate(token, request.ip, nowMs());
    if (result.kind === 'refused') {
      accountRefusedToken(result, { source: request.ip, way: 'http', counters, onAudit });
      if (result.code === 'unauthorized') reply.header('WWW-Authenticate', 'Bearer error="invalid_token"');
      else reply.header('Retry-After', String(Math.ceil(result.retryAfterMs / 1000)));
      return new ApiError(result.code);
    }
    this.#accounts.set(request, result.account);
    return this.#throttle(result.account, reply) ?? this.#forbid(result.account, operation, request);
  }

  #throttle({ name }: Account, reply: FastifyReply): ApiError | undefined {
    const blockedMs = this.#buckets.take(name, this.#options.nowMs());
    if (blockedMs === 0) return undefined;
    reply.header('Retry-After', String(Math.ceil(blockedMs / 1000)));
    return new ApiError('too-many-requests');
  }

  #forbid(account: Account, operation: OperationName, request: FastifyRequest): ApiError | undefined {
    if (mayPerform(account, contractOf(operation))) return undefined;
    const { counters, refusals } = this.#options;
    counters.rolesRefused += 1;
    refusals.tell({ source: request.ip, actor: account.name, operation, code: 'forbidden-role' });
    return new ApiError('forbidden-role');
  }
}

/** The event socket asks in its first message instead, and the metrics are open to this machine. */
function isOpen(operation: OperationName, request: FastifyRequest): boolean {
  if (operation === 'watch-events' || contractOf(operation).roles === 'anybody') return true;
  return operation === 'read-metrics' && isLocal(request);
}

/**
 * A request that a proxy on this machine hands on is not local, whatever its address says; nor is that of a browser here
 * which shows a page of elsewhere (see `origins.ts`).
 */
function isLocal({ headers, ip }: FastifyRequest): boolean {
  const forwarded = headers.forwarded ?? headers['x-forwarded-for'];
  return forwarded === undefined && isRebindingProof(headers.host) && /^(127\.|::1$|::ffff:127\.)/.test(ip);
}
