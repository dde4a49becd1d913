/** The routes of `/v1`: check the request, ask the desk, answer a masked view or a refusal. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { FIELD_NAMES } from '../../vault-client/wire.js';
import type { ApiAuditEvent } from './api-audit.js';
import { ApiError } from './api-errors.js';
import type { CallDesk, DeskResult, Requester } from './call-desk.js';

/** Every id of ours is shorter; what does not look like one is `not-found`, like any id nobody has. */
const identifier = z.string().regex(/^[A-Za-z0-9._:@-]{1,128}$/);

export const requestSchemas = {
  record: z.strictObject({ action: z.enum(['start', 'pause', 'resume', 'stop']) }),
  capture: z.strictObject({ field: z.enum(FIELD_NAMES) }),
  /** Operations that take nothing take no body, or an empty object. */
  nothing: z.strictObject({}).optional(),
};

export type RouteOptions = {
  readonly desk: CallDesk;
  /** Who asks, as the authentication hook found. */
  readonly requesterOf: (request: FastifyRequest) => Requester;
  readonly onAudit: (event: ApiAuditEvent) => void;
};

type Handler = (requester: Requester, id: string, body: unknown) => DeskResult<unknown> | Promise<DeskResult<unknown>>;

type Operation = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Name in audit records. */
  readonly name: string;
  readonly answers: 'call' | 'session';
  readonly status: 200 | 201;
  readonly handle: Handler;
};

export function operations(desk: CallDesk): readonly Operation[] {
  const call = { answers: 'call', status: 200 } as const;
  const session = { answers: 'session', status: 200 } as const;
  return [
    { method: 'GET', path: '/v1/calls/:id', name: 'read-call', ...call, handle: (who, id) => desk.call(who, id) },
    { method: 'DELETE', path: '/v1/calls/:id', name: 'hang-up', ...call, handle: (who, id) => desk.hangUp(who, id) },
    {
      method: 'POST',
      path: '/v1/calls/:id/recording',
      name: 'record',
      ...call,
      handle: (who, id, body) => desk.record(who, id, checked(requestSchemas.record, body).action),
    },
    {
      method: 'POST',
      path: '/v1/calls/:id/payment-sessions',
      name: 'start-session',
      answers: 'session',
      status: 201,
      handle: (who, id, body) => {
        checked(requestSchemas.nothing, body);
        return desk.startSession(who, id);
      },
    },
    {
      method: 'GET',
      path: '/v1/payment-sessions/:id',
      name: 'read-session',
      ...session,
      handle: (who, id) => desk.session(who, id),
    },
    {
      method: 'POST',
      path: '/v1/payment-sessions/:id/capture',
      name: 'capture',
      ...session,
      handle: (who, id, body) => desk.capture(who, id, checked(requestSchemas.capture, body).field),
    },
    {
      method: 'POST',
      path: '/v1/payment-sessions/:id/complete',
      name: 'complete',
      ...session,
      handle: (who, id, body) => {
        checked(requestSchemas.nothing, body);
        return desk.complete(who, id);
      },
    },
    {
      method: 'POST',
      path: '/v1/payment-sessions/:id/cancel',
      name: 'cancel',
      ...session,
      handle: (who, id, body) => {
        checked(requestSchemas.nothing, body);
        return desk.cancel(who, id);
      },
    },
  ];
}

/** Adds the routes to an instance whose hooks have authenticated the request already. */
export function addRoutes(app: FastifyInstance, { desk, requesterOf, onAudit }: RouteOptions): void {
  app.get('/v1/calls', (request) => ({ calls: desk.calls(requesterOf(request)) }));
  for (const operation of operations(desk)) {
    app.route<{ Params: { id: string } }>({
      method: operation.method,
      url: operation.path,
      handler: async (request, reply) => {
        const requester = requesterOf(request);
        const id = identifier.safeParse(request.params.id);
        const result: DeskResult<unknown> = id.success
          ? await operation.handle(requester, id.data, request.body ?? undefined)
          : { ok: false, code: 'not-found' };
        if (!result.ok) {
          onAudit({
            kind: 'operation-refused',
            source: requester.origin,
            agent: requester.agent,
            operation: operation.name,
            code: result.code,
          });
          throw new ApiError(result.code);
        }
        return reply.code(operation.status).send({ [operation.answers]: result.value });
      },
    });
  }
}

/** @throws ApiError `bad-request`, which says nothing of what was sent. */
function checked<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new ApiError('bad-request');
  return parsed.data;
}
