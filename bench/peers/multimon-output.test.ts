import { expect, test } from '@jest/globals';
import { parseMultimonKeys } from './multimon-output.js';

test('each line is one key', () => {
  expect(parseMultimonKeys('DTMF: 1\nDTMF: 0\nDTMF: A\nDTMF: *\nDTMF: #\n')).toEqual([1, 0, 12, 10, 11]);
});

test('what else it prints is no key', () => {
  expect(parseMultimonKeys('multimon-ng 1.2.0\nEnabled demodulators: DTMF\n\nDTMF:\n')).toEqual([]);
});
