import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { HIDDEN, hideDigitRuns, holdsDigitRun } from './digit-guard.js';

describe('digit guard', () => {
  test.each([
    '4242424242424242',
    '4242 4242 4242 4242',
    '4242-4242-4242-4242',
    '4242 - 4242 - 4242 - 4242',
    '3782 822463 10005',
    'x4242424242424242y',
    '4,2,4,2,4,2,4,2,4,2,4,2,4,2,4,2',
    '["4","2","4","2","4","2","4","2","4","2","4","2"]',
    JSON.stringify('["4","2","4","2","4","2","4","2","4","2","4","2"]'),
    "[ '4', '2', '4', '2', '4', '2', '4', '2', '4', '2', '4', '2' ]",
    '4242\n4242\n4242\n4242',
    JSON.stringify('4242\n4242\t4242\r\n4242'),
    inspect([...'4242424242424242424']),
    '[4, 2, 4, 2, 4, 2, 4, 2, 4, 2, 4, 2]',
    '{"type":"Buffer","data":[52,50,52,50,52,50]}',
    '34323432343234323432343234323432',
    '42424242-4242-4242-4242-424242424242',
    '630495060000',
    '6304950600000000007000',
    '-4242424242424.5',
    '0.123456789012',
    'a8098c1a-f86e-11da-bd1a-00112444be1e 4242424242424242',
  ])('hides %s', (text) => {
    expect(holdsDigitRun(text)).toBe(true);
    expect(hideDigitRuns(text)).toContain(HIDDEN);
    expect(holdsDigitRun(hideDigitRuns(text))).toBe(false);
  });

  test.each([
    '',
    '**** **** **** 4242',
    '12345678901',
    '2026-11-23T12:04:24.123Z',
    'from 2026-11-23T12:04:24.123Z to 2026-11-23T12:05:24.123Z',
    '192.168.100.200:50602 to 10.20.30.40:5060',
    '00000000-0000-4000-8000-0000000000ab',
    'b50f2a10123456789012a7d55c4b9e01',
  ])('leaves %s', (text) => {
    expect(holdsDigitRun(text)).toBe(false);
    expect(hideDigitRuns(text)).toBe(text);
  });
});
