import { expect, test } from '@jest/globals';
import { VAULT_ERROR_TEXTS, VaultError, type VaultErrorCode } from './errors.js';

test.each(Object.entries(VAULT_ERROR_TEXTS))('%s: %s', (code, text) => {
  const error = new VaultError(code as VaultErrorCode);
  expect([error.code, error.message, error.name]).toEqual([code, text, 'VaultError']);
});
