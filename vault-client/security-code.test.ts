import { expect, test } from '@jest/globals';
import { judgeSecurityCode, type SecurityCodeVerdict } from './security-code.js';
import type { CardBrand } from './wire.js';

test.each<[number, CardBrand | undefined, SecurityCodeVerdict]>([
  [3, 'visa', 'valid'],
  [4, 'visa', 'invalid'],
  [2, 'visa', 'invalid'],
  [4, 'amex', 'valid'],
  [3, 'amex', 'invalid'],
  [3, undefined, 'provisional'],
  [4, undefined, 'provisional'],
  [0, undefined, 'invalid'],
  [2, undefined, 'invalid'],
  [5, undefined, 'invalid'],
])('a security code of %i digits for %s is %s', (length, brand, verdict) => {
  expect(judgeSecurityCode(length, brand)).toBe(verdict);
});
