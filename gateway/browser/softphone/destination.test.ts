import { expect, test } from '@jest/globals';
import { destinationOf, userPartOf } from './destination.js';

test.each([
  ['+44 20 7946 0000', '+442079460000'],
  ['(030) 555-01/00', '0305550100'],
  [' *21# ', '*21#'],
  ['alice', 'alice'],
  ['first.last', 'first.last'],
])('%s is dialled as %s', (typed, user) => {
  expect(destinationOf(typed)).toBe(user);
});

test.each([
  '',
  '   ',
  'two words',
  'a@b',
  '<b>',
  'sip:eve@evil.example',
  'x;y=1',
  'a\r\nb',
  'a'.repeat(65),
  `${'1'.repeat(33)} x`,
])('what is no destination is none: %j', (typed) => {
  expect(destinationOf(typed)).toBeUndefined();
});

test('a hash is escaped in an address', () => {
  expect(userPartOf('*21#')).toBe('*21%23');
});
