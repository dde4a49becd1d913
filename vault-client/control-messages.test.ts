import { describe, expect, test } from '@jest/globals';
import { parseVaultCommand } from './control-messages.js';

const parse = (message: unknown) => parseVaultCommand(Buffer.from(JSON.stringify(message)));
const rules = {
  acceptedBrands: ['visa'],
  maxAttempts: 3,
  firstDigitTimeoutMs: 1000,
  interDigitTimeoutMs: 1000,
  timeZone: 'UTC',
  showExpiry: false,
};
const configuration = {
  dataDirectory: '/data',
  keySocketPath: '/run/keys.sock',
  linkSecret: Buffer.alloc(32, 7).toString('base64'),
  redeem: { address: '127.0.0.1', port: 0, allowReveal: false },
  redeemCredentialPath: '/secrets/redeem',
  envelopeKeyPath: '/secrets/envelope',
  tokenLifetimeMs: 3_600_000,
};
const captureId = '0123456789abcdef0123456789abcdef';

describe('commands of control', () => {
  test.each([
    [{ kind: 'configure', configuration }],
    [{ kind: 'open-session', requestId: 1, sessionId: 's', rules }],
    [{ kind: 'begin-capture', requestId: 0, sessionId: 's', field: 'cardNumber', captureId }],
    [{ kind: 'tokenize', requestId: 3, sessionId: 's', idempotencyKey: 's-1' }],
    [{ kind: 'close-session', requestId: 4, sessionId: 's', outcome: 'vaulted' }],
    [{ kind: 'close-session', requestId: 4, sessionId: 's', outcome: 'abandoned' }],
    [{ kind: 'ping', requestId: 5 }],
    [{ kind: 'statistics', requestId: 6 }],
    [{ kind: 'audit-recorded', eventId: '0a1b2c3d.17' }],
    [{ kind: 'shut-down' }],
  ])('%j is understood as it stands', (command) => {
    expect(parse(command)).toEqual({ kind: 'command', command });
  });

  test('AC-26: whatever else a message holds, an amount for instance, is left behind', () => {
    expect(parse({ kind: 'ping', requestId: 5, amount: 1000 })).toEqual({
      kind: 'command',
      command: { kind: 'ping', requestId: 5 },
    });
  });

  test.each([
    [{ kind: 'begin-capture', requestId: 1, sessionId: 's', field: 'amount', captureId }],
    [{ kind: 'begin-capture', requestId: 1, sessionId: 's', field: 'cardNumber', captureId: captureId.toUpperCase() }],
    [{ kind: 'begin-capture', requestId: 1, sessionId: 's', field: 'cardNumber', captureId: 'ab' }],
    [{ kind: 'close-session', requestId: 1, sessionId: '', outcome: 'vaulted' }],
    [{ kind: 'close-session', requestId: 1, sessionId: 'x'.repeat(201), outcome: 'vaulted' }],
    [{ kind: 'tokenize', requestId: 1, sessionId: 's' }],
    [{ kind: 'close-session', requestId: 1, sessionId: 's' }],
    [{ kind: 'nonsense', requestId: 1, sessionId: 's' }],
  ])('%j is refused under its own number', (command) => {
    expect(parse(command)).toEqual({ kind: 'malformed', requestId: 1, code: 'bad-command' });
  });

  test.each([undefined, 17, '', '17', '0a1b2c3d.', '0a1b2c3d.0', '0A1B2C3D.17', '0a1b2c3d.17 '])(
    'nothing is recorded under the event id %j',
    (eventId) => {
      expect(parse({ kind: 'audit-recorded', eventId })).toEqual({ kind: 'malformed', code: 'bad-command' });
    },
  );

  test.each([
    { acceptedBrands: ['visa', 'monopoly'] },
    { acceptedBrands: 'visa' },
    { maxAttempts: 0 },
    { maxAttempts: 1.5 },
    { firstDigitTimeoutMs: 0 },
    { interDigitTimeoutMs: Number.MAX_SAFE_INTEGER },
    { timeZone: 'Mars/Olympus' },
    { showExpiry: 'yes' },
  ])('rules with %j are refused', (wrong) => {
    const message = { kind: 'open-session', requestId: 9, sessionId: 's', rules: { ...rules, ...wrong } };
    expect(parse(message)).toEqual({ kind: 'malformed', requestId: 9, code: 'bad-rules' });
  });

  test.each([
    { linkSecret: 'c2hvcnQ=' },
    { keySocketPath: '' },
    { dataDirectory: 7 },
    { tokenLifetimeMs: 0 },
    { redeem: { address: '127.0.0.1', port: 70_000, allowReveal: false } },
    { redeem: null },
  ])('a configuration with %j is refused', (wrong) => {
    expect(parse({ kind: 'configure', configuration: { ...configuration, ...wrong } }).kind).toBe('malformed');
  });

  test.each(['', '{', 'null', '7', '"text"', '[]', '{"requestId":-1}', '{"kind":"ping","requestId":1.5}', '\u0000'])(
    '%j is malformed, and nobody can be told',
    (text) => {
      expect(parseVaultCommand(Buffer.from(text))).toEqual({ kind: 'malformed', code: 'bad-command' });
    },
  );
});
