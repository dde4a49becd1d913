import { describe, expect, test } from '@jest/globals';
import cardValidator from 'card-validator';
import { calendarMonth, isTimeZone, isValidExpirationDate } from './expiration-date.js';

const digits = (text: string): Uint8Array => Buffer.from(text);
const NOVEMBER_2026 = { year: 2026, month: 11 };

describe('an expiration date', () => {
  test.each([
    ['1126', true, 'this month: good to its end'],
    ['1026', false, 'last month'],
    ['1226', true, 'next month'],
    ['0127', true, 'next year'],
    ['0030', false, 'month 00'],
    ['1330', false, 'month 13'],
    ['1245', true, '19 years ahead'],
    ['0146', false, '20 years ahead'],
    ['1246', false, '20 years ahead'],
    ['1225', false, 'last year'],
    ['', false, 'nothing'],
    ['112', false, 'three digits'],
    ['11260', false, 'five digits'],
    ['112026', false, 'MMYYYY'],
  ])('%s in November 2026 is valid: %s (%s)', (text, valid) => {
    expect(isValidExpirationDate(digits(text), NOVEMBER_2026)).toBe(valid);
  });

  test('goes over the turn of the century', () => {
    const now = { year: 2099, month: 6 };
    expect(isValidExpirationDate(digits('0105'), now)).toBe(true);
    expect(isValidExpirationDate(digits('0699'), now)).toBe(true);
    expect(isValidExpirationDate(digits('0599'), now)).toBe(false);
    expect(isValidExpirationDate(digits('0198'), now)).toBe(false);
  });

  test('is judged as card-validator judges it, for every month of every year of this century', () => {
    const now = { year: new Date().getFullYear(), month: new Date().getMonth() + 1 };
    for (let year = 0; year < 100; year += 1) {
      for (let month = 0; month < 20; month += 1) {
        const text = String(month).padStart(2, '0') + String(year).padStart(2, '0');
        const expected = cardValidator.expirationDate(text).isValid;
        expect([text, isValidExpirationDate(digits(text), now)]).toEqual([text, expected]);
      }
    }
  });

  test('ends at midnight of the merchant, not of the machine', () => {
    const wallMs = Date.parse('2026-12-01T04:30:00Z');
    expect(calendarMonth(wallMs, 'UTC')).toEqual({ year: 2026, month: 12 });
    expect(calendarMonth(wallMs, 'America/New_York')).toEqual(NOVEMBER_2026);
    expect(isValidExpirationDate(digits('1126'), calendarMonth(wallMs, 'UTC'))).toBe(false);
    expect(isValidExpirationDate(digits('1126'), calendarMonth(wallMs, 'America/New_York'))).toBe(true);
    expect(calendarMonth(Date.parse('2026-12-31T12:00:00Z'), 'Pacific/Kiritimati')).toEqual({ year: 2027, month: 1 });
  });

  test('needs a time zone that exists', () => {
    expect([isTimeZone('Europe/Vienna'), isTimeZone('Mars/Olympus')]).toEqual([true, false]);
  });
});
