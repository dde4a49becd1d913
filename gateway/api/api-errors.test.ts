import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ApiError, type ApiErrorCode, apiErrors, codeOfClientError, codeOfError, errorBody } from './api-errors.js';

const expected: Readonly<Record<ApiErrorCode, number>> = {
  'not-found': 404,
  'call-not-active': 409,
  'session-in-progress': 409,
  'session-not-in-state': 409,
  'recording-locked': 409,
  'recording-unavailable': 409,
  'vault-unreachable': 503,
  'media-unreachable': 503,
  'recorder-not-paused': 503,
  'audio-not-inspectable': 409,
  unauthorized: 401,
  'too-many-requests': 429,
  'bad-request': 400,
  'request-too-large': 413,
  'unsupported-media-type': 415,
  'unknown-route': 404,
  'forbidden-role': 403,
  'forbidden-origin': 403,
  'range-not-satisfiable': 416,
  'idempotency-in-flight': 409,
  'idempotency-key-reused': 422,
  'agent-unknown': 404,
  'ticket-unknown': 404,
  'ticket-expired': 410,
  'ticket-used': 409,
  'ticket-origin': 403,
  'softphone-unavailable': 409,
  'upgrade-required': 426,
  'request-timeout': 408,
  'operation-timeout': 504,
  unavailable: 503,
  'internal-error': 500,
};
const codes = Object.keys(apiErrors) as ApiErrorCode[];

test.each(Object.entries(expected))('%s is answered with %i and a sentence', (name, status) => {
  const code = codes.find((known) => known === name) ?? 'internal-error';
  expect(apiErrors[code].status).toBe(status);
  expect(apiErrors[code].message).toMatch(/^[A-Z].{10,}$/);
  expect(errorBody(code)).toEqual({ error: { code, message: apiErrors[code].message } });
});

test('every code stands in the documentation with its status', () => {
  const documentation = readFileSync('gateway/api/README.md', 'utf8');
  for (const code of codes) {
    expect(documentation).toMatch(new RegExp(`\\| \`${code}\` +\\| ${apiErrors[code].status} +\\|`));
  }
});

test.each<[string, unknown, ApiErrorCode]>([
  ['one of ours', new ApiError('recording-locked'), 'recording-locked'],
  ['a body over the limit', framework('FST_ERR_CTP_BODY_TOO_LARGE'), 'request-too-large'],
  ['another content type', framework('FST_ERR_CTP_INVALID_MEDIA_TYPE'), 'unsupported-media-type'],
  ['a length that lies', framework('FST_ERR_CTP_INVALID_CONTENT_LENGTH'), 'bad-request'],
  ['an address that does not decode', framework('FST_ERR_BAD_URL'), 'bad-request'],
  ['a desk that does not answer', framework('FST_ERR_HANDLER_TIMEOUT'), 'operation-timeout'],
  ['a fault of ours', new Error('4242424242424242'), 'internal-error'],
  ['something thrown that is no error', 'text', 'internal-error'],
])('%s becomes its code', (_, error, code) => expect(codeOfError(error)).toBe(code));

test.each([
  ['HPE_HEADER_OVERFLOW', 'request-too-large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request-timeout'],
  ['HPE_INVALID_METHOD', 'bad-request'],
  [undefined, 'bad-request'],
])('the parser complaint %s becomes %s', (complaint, code) => expect(codeOfClientError(complaint)).toBe(code));

function framework(code: string): Error {
  return Object.assign(new Error('x'), { code });
}
