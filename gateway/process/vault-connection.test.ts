import { expect, test } from '@jest/globals';
import type { RefusalCode, SessionErrorCode } from '../../vault-client/wire.js';
import { sessionErrorOf } from './vault-connection.js';

test.each<[RefusalCode, SessionErrorCode]>([
  ['too-many-sessions', 'vault-unreachable'],
  ['unknown-session', 'vault-unreachable'],
  ['not-configured', 'vault-unreachable'],
  ['too-many-failed-attempts', 'too-many-failed-attempts'],
  ['capture-under-way', 'internal-error'],
  ['bad-rules', 'internal-error'],
])('the refusal %s of the vault ends a session as %s', (refusal, code) => {
  expect(sessionErrorOf(refusal)).toBe(code);
});
