import { describe, expect, test } from '@jest/globals';
import { type AuditStatement, auditRecord, MAX_DETAILS, MAX_VALUE_LENGTH, REFUSED } from './audit-record.js';

const STATEMENT: AuditStatement = {
  atIso: '2026-11-23T12:04:24.123Z',
  monotonicMs: 1234.567891234,
  actor: 'agent',
  action: 'capture-started',
  outcome: 'success',
  origin: '127.0.0.1',
  resource: {
    callId: 'b50f2a10123456789012a7d55c4b9e01',
    sessionId: 'a8098c1a-f86e-41da-bd1a-00112444be1e',
    field: 'cardNumber',
  },
  detail: { code: 'input-timeout', count: 16, at: '2026-11-23T12:04:24.123Z', ok: true, none: null },
};

describe('audit record', () => {
  test('keeps ordinary statements as they are, ids and ISO times included', () => {
    expect(auditRecord(STATEMENT)).toEqual({ ...STATEMENT, monotonicMs: 1234.568, refusedValues: 0 });
  });

  test.each([
    ['actor', { actor: '4242424242424242' }],
    ['origin', { origin: 'sip:4242 4242 4242 4242@pbx' }],
    ['a resource', { resource: { callId: '4242-4242-4242-4242' } }],
    ['a detail', { detail: { note: 'card 378282246310005 keyed' } }],
    ['a number', { detail: { card: 4242424242424242 } }],
    ['the time', { atIso: '4242424242424242' }],
    [
      'a long text whose run begins where it would be cut',
      { detail: { note: `${'x'.repeat(MAX_VALUE_LENGTH - 8)}4242424242424242` } },
    ],
  ])('refuses a card number in %s and says so', (_name, change: Partial<AuditStatement>) => {
    const record = auditRecord({ ...STATEMENT, ...change });
    expect(record.refusedValues).toBe(1);
    expect(JSON.stringify(record)).toContain(REFUSED);
    expect(JSON.stringify(record)).not.toMatch(/4242.?4242|3782822/);
  });

  test('hides a card number that stands in the name of a detail', () => {
    expect(JSON.stringify(auditRecord({ ...STATEMENT, detail: { '4242424242424242': 1 } }))).not.toContain('42424242');
  });

  test('a record made of a record is the same', () => {
    const record = auditRecord({ ...STATEMENT, actor: '4242424242424242' });
    expect(auditRecord(record)).toEqual(record);
  });

  test('text, details and numbers are bounded', () => {
    const detail = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`key${index}`, Number.NaN]));
    const record = auditRecord({ ...STATEMENT, actor: 'x'.repeat(5000), detail });
    expect(record.actor.length).toBe(MAX_VALUE_LENGTH);
    expect(Object.keys(record.detail).length).toBe(MAX_DETAILS);
    expect(record.detail.key0).toBeNull();
  });
});
