import { describe, expect, test } from '@jest/globals';
import { type CorsRequest, corsVerdict } from './cors.js';

const CRM = 'https://crm.example';
const request = (more: Partial<CorsRequest>): CorsRequest => ({
  method: 'POST',
  url: '/v1/calls/1/payment-sessions',
  origin: CRM,
  requestedMethod: undefined,
  ...more,
});
const verdict = (more: Partial<CorsRequest> = {}) => corsVerdict(request(more), [CRM]);

describe('pages of other origins', () => {
  test('an allowed one may read the answer, without credentials', () => {
    const { kind, headers } = verdict();
    expect(kind).toBe('pass');
    expect(headers).toEqual({
      Vary: 'Origin',
      'Access-Control-Allow-Origin': CRM,
      'Access-Control-Expose-Headers': 'Idempotency-Replayed, Retry-After',
    });
  });

  test('its preflight is answered, and allows the header of the bearer', () => {
    const { kind, headers } = verdict({ method: 'OPTIONS', requestedMethod: 'POST' });
    expect(kind).toBe('preflight');
    expect(headers['Access-Control-Allow-Headers']).toContain('Authorization');
    expect(headers).not.toHaveProperty('Access-Control-Allow-Credentials');
  });

  test.each(['https://evil.example', 'https://crm.example.evil.example', 'http://crm.example', 'null', ''])(
    '%j may not, and its preflight is refused',
    (origin) => {
      expect(verdict({ origin })).toEqual({ kind: 'pass', headers: { Vary: 'Origin' } });
      expect(verdict({ origin, method: 'OPTIONS', requestedMethod: 'GET' })).toEqual({
        kind: 'preflight-refused',
        headers: { Vary: 'Origin' },
      });
    },
  );

  test('who names no origin is no page, and an OPTIONS request without a wish is no preflight', () => {
    expect(verdict({ origin: undefined })).toEqual({ kind: 'pass', headers: { Vary: 'Origin' } });
    expect(verdict({ method: 'OPTIONS' }).kind).toBe('pass');
  });

  test('health and metrics are nobody else’s', () => {
    expect(verdict({ url: '/metrics' }).headers).toEqual({});
  });
});
