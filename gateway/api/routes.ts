/** The routes: each row of `operations.ts` with the one function that answers it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { ApiError } from './api-errors.js';
import { fingerprintOf, parseIdempotencyKey } from './idempotency.js';
import {
  contractOf,
  OPERATION_NAMES,
  type OperationContract,
  type OperationName,
  type operations,
} from './operations.js';
import type { Outcome } from './outcome.js';
import type { RefusedOperations } from './refused-operations.js';
import type { RepeatedRequests } from './repeated-requests.js';
import { checked } from './request-check.js';
import type { Account } from './roles.js';
import { identifier } from './view-schemas.js';

type Contracts = typeof operations;
type Parsed<Contract, Part extends 'query' | 'body'> = Contract extends {
  readonly [Key in Part]: infer Schema extends z.ZodType;
}
  ? z.output<Schema>
  : undefined;
type Body<Contract> = Contract extends { readonly answer: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined;

export type Asked<Name extends OperationName> = {
  /** Who asks; undefined only for operations that are for anybody. */
  readonly account: Account | undefined;
  readonly source: string;
  /** The `{id}` of the path; empty where there is none. */
  readonly id: string;
  readonly query: Parsed<Contracts[Name], 'query'>;
  readonly body: Parsed<Contracts[Name], 'body'>;
  readonly request: FastifyRequest;
  /** For headers, and for answers that are no JSON of ours. */
  readonly reply: FastifyReply;
};

export type Handler<Name extends OperationName> = (
  asked: Asked<Name>,
) => Outcome<Body<Contracts[Name]>> | Promise<Outcome<Body<Contracts[Name]>>>;

export type Handlers = { readonly [Name in OperationName]: Handler<Name> };

export type RouteOptions = {
  readonly handlers: Handlers;
  readonly accountOf: (request: FastifyRequest) => Account | undefined;
  readonly repeats: RepeatedRequests;
  readonly refusals: RefusedOperations;
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Which row of `operations.ts` a route is. */
    operation?: OperationName;
  }
}

/** Adds the routes to an instance whose hooks have authenticated the request and checked its role. */
export function addRoutes(app: FastifyInstance, options: RouteOptions): void {
  for (const name of OPERATION_NAMES) addRoute(app, name, options);
}

function addRoute<Name extends OperationName>(app: FastifyInstance, name: Name, options: RouteOptions): void {
  const contract = contractOf(name);
  const handle: Handler<Name> = options.handlers[name];
  app.route<{ Params: { id?: string } }>({
    method: contract.method,
    url: contract.path.replace('{id}', ':id'),
    config: { operation: name },
    ...(contract.timeoutMs === undefined ? {} : { handlerTimeout: contract.timeoutMs }),
    handler: async (request, reply) => {
      const account = options.accountOf(request);
      // Each part has passed the schema of this very row.
      const outcome = await answered(contract, request, reply, options, (parts) =>
        handle({ account, source: request.ip, request, reply, ...parts } as Asked<Name>),
      );
      if (outcome.ok)
        return outcome.value === undefined ? reply : reply.code(statusOf(reply, contract)).send(outcome.value);
      const { code } = outcome;
      if (account !== undefined) {
        options.refusals.tell({ source: request.ip, actor: account.name, operation: name, code });
      }
      throw new ApiError(code);
    },
  });
}

type CheckedParts = { readonly id: string; readonly query: unknown; readonly body: unknown };
type RoutedRequest = FastifyRequest<{ Params: { id?: string } }>;
type CarryOut = (parts: CheckedParts) => Outcome<unknown> | Promise<Outcome<unknown>>;

/** Checks the parts of the request against the contract's schemas before anybody looks at them. */
async function answered(
  contract: OperationContract,
  request: RoutedRequest,
  reply: FastifyReply,
  { accountOf, repeats }: RouteOptions,
  carryOut: CarryOut,
): Promise<Outcome<unknown>> {
  const { path, query, body, keptAnswer } = contract;
  const id = path.includes('{id}') ? identifier.safeParse(request.params.id) : ({ success: true, data: '' } as const);
  if (!id.success) return { ok: false, code: 'not-found' };
  const parts = {
    id: id.data,
    query: query && checked(query, request.query, 'query'),
    body: body && checked(body, request.body ?? undefined, 'body'),
  };
  const account = accountOf(request);
  const header = request.headers['idempotency-key'];
  if (header === undefined || keptAnswer === undefined || account === undefined) return carryOut(parts);
  const key = parseIdempotencyKey(String(header));
  if (key === undefined) throw new ApiError('bad-request', [{ path: 'headers.Idempotency-Key', rule: 'wrong form' }]);
  const fingerprint = fingerprintOf([request.method, request.url, parts.body ?? null, account.panel?.callId ?? null]);
  const once = await repeats.once({ scope: account.name, key, fingerprint, keptAnswer }, async () => carryOut(parts));
  if (once.isRepeated) reply.header('Idempotency-Replayed', 'true');
  return once.outcome;
}

/** A handler may have chosen another status, such as 503 for a part that is down. */
function statusOf(reply: FastifyReply, { status }: OperationContract): number {
  return reply.statusCode === 200 ? status : reply.statusCode;
}
