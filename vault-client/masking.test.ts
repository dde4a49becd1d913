import { describe, expect, test } from '@jest/globals';
import { maskCardNumber, maskExpirationDate, maskSecurityCode } from './masking.js';
import type { CardBrand } from './wire.js';

const digits = (text: string): Uint8Array => Buffer.from(text);

describe('AC-11: the masked value', () => {
  test.each<[string, CardBrand, string]>([
    ['4242424242424242', 'visa', '**** **** **** 4242'],
    ['5555555555554444', 'mastercard', '**** **** **** 4444'],
    ['378282246310005', 'amex', '**** ****** *0005'],
    ['30569309025904', 'diners', '**** ****** 5904'],
    ['3622720627166759', 'diners', '**** **** **** 6759'],
    ['4000000000000000006', 'visa', '**** **** **** ***0 006'],
    ['501800000009', 'maestro', '**** **** 0009'],
    ['6205500000000000004', 'unionpay', '**** **** **** ***0 004'],
  ])('of %s (%s) is %s', (number, brand, masked) => {
    expect(maskCardNumber(digits(number), brand)).toBe(masked);
  });

  test.each([12, 13, 14, 15, 16, 17, 18, 19])(
    'of %i digits has one sign a digit and only four of them clear',
    (length) => {
      const masked = maskCardNumber(digits('6789678967896789678'.slice(0, length)), 'maestro').replaceAll(' ', '');
      expect(masked).toMatch(new RegExp(`^\\*{${length - 4}}[0-9]{4}$`));
    },
  );

  test('of an expiration date is stars, unless the merchant shows it', () => {
    expect(maskExpirationDate(digits('1229'), false)).toBe('**/**');
    expect(maskExpirationDate(digits('1229'), true)).toBe('12/29');
  });

  test('of a security code is a star a digit', () => {
    expect([maskSecurityCode(3), maskSecurityCode(4)]).toEqual(['***', '****']);
  });
});
