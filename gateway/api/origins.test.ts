import { describe, expect, test } from '@jest/globals';
import { newCounters } from './api-audit.js';
import { isRebindingProof, OriginGuard } from './origins.js';

describe('a page', () => {
  const guard = () =>
    new OriginGuard({
      allowedOrigins: ['https://pay.example'],
      counters: newCounters(),
      onAudit: () => undefined,
      nowMs: () => 0,
    });

  test.each([
    ['http://127.0.0.1:8080', '127.0.0.1:8080', true],
    ['http://localhost:8080', 'LOCALHOST:8080', true],
    ['http://[::1]:8080', '[::1]:8080', true],
    ['http://192.0.2.7', '192.0.2.7', true],
    // A name that leads here: the page is its owner's.
    ['http://evil.example:8080', 'evil.example:8080', false],
    ['http://127.0.0.1.evil.example', '127.0.0.1.evil.example', false],
    ['http://localhost.evil.example', 'localhost.evil.example', false],
    // Behind a proxy, which hands on either name.
    ['https://pay.example', 'pay.example', true],
    ['https://pay.example', '127.0.0.1:8080', true],
    ['https://shop.example', 'shop.example', false],
    ['http://127.0.0.1:9090', '127.0.0.1:8080', false],
    ['ws://127.0.0.1:8080', '127.0.0.1:8080', false],
    ['null', '127.0.0.1:8080', false],
  ])('of %s, asking for %s', (origin, host, admitted) => {
    expect(guard().admits({ origin, host }, '127.0.0.1')).toBe(admitted);
  });

  test('and a program that is none names no origin', () => {
    expect(guard().admits({ host: 'gateway.internal' }, '192.0.2.1')).toBe(true);
  });
});

test.each([undefined, '', ':8080', '::1', '[::1', '[127.0.0.1]:80', '127.0.0.1:x', '127.0.0.1:80:80', '2130706433'])(
  'the host %s is no address',
  (host) => expect(isRebindingProof(host)).toBe(false),
);
