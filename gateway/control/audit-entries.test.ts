import { expect, test } from '@jest/globals';
import { auditRecord } from '../audit/audit-record.js';
import { parseConfiguration } from '../config/parse-configuration.js';
import { auditEntryOfConfiguration } from './audit-entries.js';

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
