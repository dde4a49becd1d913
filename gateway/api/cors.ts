/**
 * What a browser must be told before a page of another origin may use the API (Fetch standard, CORS protocol). Nothing
 * rides on cookies, so credentials are never allowed: a page of an allowed origin still needs a bearer.
 */
import type { FastifyInstance } from 'fastify';
import { ApiError } from './api-errors.js';

const API_PATH = '/v1/';
const ALLOWED_METHODS = 'GET, POST, DELETE';
const ALLOWED_HEADERS = 'Authorization, Content-Type, Idempotency-Key';
/** What a page's script may read of an answer, beside what every script may. */
const EXPOSED_HEADERS = 'Idempotency-Replayed, Retry-After';
/** Browsers ask again after that; a change of the configuration shows within it. */
const PREFLIGHT_LIFETIME_S = 600;

export type CorsRequest = {
  readonly method: string;
  /** As in the request line; a query is of no interest. */
  readonly url: string;
  readonly origin: string | undefined;
  readonly requestedMethod: string | undefined;
};

export type CorsVerdict = {
  readonly kind: 'pass' | 'preflight' | 'preflight-refused';
  readonly headers: Readonly<Record<string, string>>;
};

export function corsVerdict(request: CorsRequest, allowedOrigins: readonly string[]): CorsVerdict {
  const { method, url, origin, requestedMethod } = request;
  if (!url.startsWith(API_PATH)) return { kind: 'pass', headers: {} };
  const isPreflight = method === 'OPTIONS' && origin !== undefined && requestedMethod !== undefined;
  const vary = { Vary: 'Origin' };
  if (origin === undefined || !allowedOrigins.includes(origin)) {
    return { kind: isPreflight ? 'preflight-refused' : 'pass', headers: vary };
  }
  const allowed = { ...vary, 'Access-Control-Allow-Origin': origin };
  if (!isPreflight) return { kind: 'pass', headers: { ...allowed, 'Access-Control-Expose-Headers': EXPOSED_HEADERS } };
  return {
    kind: 'preflight',
    headers: {
      ...allowed,
      'Access-Control-Allow-Methods': ALLOWED_METHODS,
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Max-Age': String(PREFLIGHT_LIFETIME_S),
    },
  };
}

/** Before whatever asks for a bearer: a browser's preflight has none. */
export function addCors(app: FastifyInstance, allowedOrigins: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    const { kind, headers } = corsVerdict(
      {
        method: request.method,
        url: request.url,
        origin: request.headers.origin,
        requestedMethod: request.headers['access-control-request-method'],
      },
      allowedOrigins,
    );
    reply.headers(headers);
    if (kind === 'preflight-refused') throw new ApiError('forbidden-origin');
    if (kind === 'preflight') return reply.code(204).send();
  });
}
