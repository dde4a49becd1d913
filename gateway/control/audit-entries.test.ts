import { expect, test } from '@jest/globals';
import { auditRecord } from '../audit/audit-record.js';
import { parseConfiguration } from '../config/parse-configuration.js';
import type { VaultAuditEvent } from '../process/vault-connection.js';
import { auditEntryOfConfiguration, auditEntryOfUnfinished, auditEntryOfVault } from './audit-entries.js';

function hashOf(text: string): unknown {
  const result = parseConfiguration(text, {});
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const entry = auditEntryOfConfiguration(result.configuration);
  const record = auditRecord({ ...entry, atIso: '2026-11-23T12:00:00Z', monotonicMs: 0 });
  expect(record.refusedValues).toBe(0);
  return record.detail.sha256;
}

test('a configuration is recorded by its hash, which the digit guard lets pass', () => {
  expect(hashOf('')).toMatch(/^[0-9a-f]{64}$/);
  expect(hashOf('log: { level: info }')).toBe(hashOf(''));
  expect(hashOf('log: { level: debug }')).not.toBe(hashOf(''));
});

const EVENT = { kind: 'audit', eventId: '0a1b2c3d.1', happenedAt: '2026-11-23T12:00:00.000Z' } as const;
const ASKED = { tokenHint: 'tgt_7gtz', origin: '192.0.2.7', orderId: 'order-7' };

test.each<[Omit<VaultAuditEvent, keyof typeof EVENT>, object]>([
  [
    { action: 'token-redeemed', outcome: 'redeemed', ...ASKED, isRetry: true },
    {
      actor: 'order-system',
      origin: '192.0.2.7',
      outcome: 'success',
      resource: { tokenHint: 'tgt_7gtz' },
      detail: { outcome: 'redeemed', happenedAt: EVENT.happenedAt, orderId: 'order-7', isRetry: true },
    },
  ],
  [
    { action: 'token-refused', outcome: 'token_expired', ...ASKED, orderId: '[digits hidden]' },
    { actor: 'order-system', outcome: 'refused', detail: { orderId: '[digits hidden]' } },
  ],
  [
    { action: 'token-refused', outcome: 'unauthorized', origin: '192.0.2.7' },
    { actor: 'unknown', origin: '192.0.2.7', outcome: 'refused', resource: {} },
  ],
  [
    { action: 'token-voided', outcome: 'voided', tokenHint: 'tgt_7gtz' },
    { actor: 'vault', origin: 'vault', outcome: 'success' },
  ],
  [
    { action: 'token-voided', outcome: 'not-voidable', tokenHint: 'tgt_7gtz' },
    { actor: 'vault', outcome: 'failure' },
  ],
  [
    { action: 'token-expired', outcome: 'expired', count: 3 },
    { actor: 'vault', outcome: 'success', detail: { count: 3 } },
  ],
])('what the vault says of a token is recorded with who asked, and whether it succeeded (%#)', (event, expected) => {
  const entry = auditEntryOfVault({ ...EVENT, ...event });
  const record = auditRecord({ ...entry, atIso: '2026-11-23T12:00:05Z', monotonicMs: 0 });
  expect(record).toMatchObject({ action: event.action, refusedValues: 0, ...expected });
});

test.each([
  ['call', 'call-1', 'call-ended', { callId: 'call-1' }, { by: 'gateway' }],
  ['session', 'session-1', 'session-ended', { callId: 'call-1', sessionId: 'session-1' }, {}],
  ['recording', 'call-1-1.wav', 'recording-failed', { callId: 'call-1' }, { file: 'call-1-1.wav' }],
] as const)('the end of a %s that a killed gateway has left is a failure', (kind, id, action, resource, detail) => {
  expect(auditEntryOfUnfinished({ kind, id, callId: 'call-1' })).toEqual({
    actor: 'gateway',
    origin: 'gateway',
    outcome: 'failure',
    action,
    resource,
    detail: { ...detail, reason: 'gateway-restarted' },
  });
});
