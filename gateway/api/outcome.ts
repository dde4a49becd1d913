import type { FastifyReply } from 'fastify';
import type { ApiErrorCode } from './api-errors.js';

/** What comes of an operation: its answer, or the code it is refused with. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ApiErrorCode };

/** To be asked again after so long. */
export function tooManyRequests(reply: FastifyReply, waitMs: number): Outcome<never> {
  reply.header('Retry-After', String(Math.ceil(waitMs / 1000)));
  return { ok: false, code: 'too-many-requests' };
}
