/**
 * Every way the API refuses, in one table: the HTTP status and the sentence shown to people. The sentences are fixed,
 * so no answer can repeat what was sent.
 */
import { SESSION_ERROR_MESSAGES } from '../payment/messages.js';
import type { DeskErrorCode } from './call-desk.js';
import type { MemberFault } from './member-fault.js';

export type ApiErrorCode =
  | DeskErrorCode
  | 'unauthorized'
  | 'too-many-requests'
  | 'bad-request'
  | 'request-too-large'
  | 'unsupported-media-type'
  | 'unknown-route'
  | 'forbidden-role'
  | 'forbidden-origin'
  | 'range-not-satisfiable'
  | 'idempotency-in-flight'
  | 'idempotency-key-reused'
  | 'agent-unknown'
  | 'ticket-unknown'
  | 'ticket-expired'
  | 'ticket-used'
  | 'ticket-origin'
  | 'softphone-unavailable'
  | 'upgrade-required'
  | 'request-timeout'
  | 'operation-timeout'
  | 'unavailable'
  | 'internal-error';

export type ApiErrorEntry = { readonly status: number; readonly message: string };

export const apiErrors: Readonly<Record<ApiErrorCode, ApiErrorEntry>> = {
  'not-found': { status: 404, message: 'There is no such call or payment session among yours.' },
  'call-not-active': { status: 409, message: 'This needs an active call: the call is ringing, on hold or over.' },
  'session-in-progress': { status: 409, message: 'A payment session is already in progress on this call.' },
  'session-not-in-state': { status: 409, message: 'The payment session cannot do this in its present state.' },
  'recording-locked': { status: 409, message: 'Recording stays paused until the payment session is over.' },
  'recording-unavailable': { status: 409, message: 'Recording cannot do this on this call now.' },
  // The session shows the same code beside this answer: one code, one sentence.
  'vault-unreachable': { status: 503, message: SESSION_ERROR_MESSAGES['vault-unreachable'] },
  'media-unreachable': { status: 503, message: SESSION_ERROR_MESSAGES['media-unreachable'] },
  'recorder-not-paused': { status: 503, message: SESSION_ERROR_MESSAGES['recorder-not-paused'] },
  'audio-not-inspectable': { status: 409, message: SESSION_ERROR_MESSAGES['audio-not-inspectable'] },
  unauthorized: { status: 401, message: 'A valid access token is needed.' },
  'too-many-requests': { status: 429, message: 'Too many requests. Wait a moment and try again.' },
  'bad-request': { status: 400, message: 'The request is not in the form this operation takes.' },
  'request-too-large': { status: 413, message: 'The request is larger than this API accepts.' },
  'unsupported-media-type': { status: 415, message: 'Request bodies must be application/json.' },
  'unknown-route': { status: 404, message: 'There is nothing at this address.' },
  'forbidden-role': { status: 403, message: 'This account may not do that.' },
  'forbidden-origin': { status: 403, message: 'Pages of this origin may not do that here.' },
  'range-not-satisfiable': { status: 416, message: 'There is nothing in the range that was asked for.' },
  'idempotency-in-flight': {
    status: 409,
    message: 'The request with this idempotency key is still being carried out.',
  },
  'idempotency-key-reused': { status: 422, message: 'The idempotency key was used for another request before.' },
  'agent-unknown': { status: 404, message: 'There is no such agent whose panel you may have a ticket for.' },
  'ticket-unknown': { status: 404, message: 'There is no such panel ticket.' },
  'ticket-expired': { status: 410, message: 'The panel ticket was not used in time. Ask for another one.' },
  'ticket-used': { status: 409, message: 'The panel ticket has been used before. Ask for another one.' },
  'ticket-origin': { status: 403, message: 'The panel may not be shown in a page of this origin.' },
  'softphone-unavailable': {
    status: 409,
    message: 'No softphone is set up for this agent. Ask your administrator.',
  },
  'upgrade-required': { status: 426, message: 'This address speaks WebSocket only.' },
  'request-timeout': { status: 408, message: 'The request took too long to arrive.' },
  'operation-timeout': {
    status: 504,
    message: 'The operation has not finished in time. Its outcome will arrive as an event.',
  },
  unavailable: { status: 503, message: 'The gateway is stopping.' },
  'internal-error': { status: 500, message: 'Something went wrong inside the gateway.' },
};

/** Thrown inside a route, answered by the server's error handler. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ApiErrorCode;
  /** Of a request that breaks its schema: where, and how. */
  readonly details: readonly MemberFault[] | undefined;

  constructor(code: ApiErrorCode, details?: readonly MemberFault[]) {
    super(apiErrors[code].message);
    this.code = code;
    this.details = details;
  }
}

/** The body of every refusal. */
export function errorBody(
  code: ApiErrorCode,
  details?: readonly MemberFault[],
): { error: { code: ApiErrorCode; message: string; details?: readonly MemberFault[] } } {
  return { error: { code, message: apiErrors[code].message, ...(details && { details }) } };
}

/** What an error that reached the server means to the client; unknown ones are our own fault. */
export function codeOfError(error: unknown): ApiErrorCode {
  if (error instanceof ApiError) return error.code;
  const frameworkCode = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (frameworkCode) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return 'request-too-large';
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return 'unsupported-media-type';
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_ASYNC_CONSTRAINT':
      return 'bad-request';
    case 'FST_ERR_HANDLER_TIMEOUT':
      return 'operation-timeout';
    default:
      return 'internal-error';
  }
}

/** What Node's HTTP parser complains of, before there is a request. */
export function codeOfClientError(parserCode: string | undefined): ApiErrorCode {
  switch (parserCode) {
    case 'HPE_HEADER_OVERFLOW':
      return 'request-too-large';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request-timeout';
    default:
      return 'bad-request';
  }
}
