import { expect, test } from '@jest/globals';
import { counted, durationText, positionText, spokenDuration } from './time-texts.js';

test.each([
  [0, '0:00'],
  [5_999, '0:05'],
  [761_000, '12:41'],
  [3_727_000, '1:02:07'],
  [-3_000, '0:00'],
])('%d ms last %s', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text);
});

test.each([
  [0, '0:00.0'],
  [12_340, '0:12.3'],
  [59_960, '1:00.0'],
])('the place %d ms is %s', (positionMs, text) => {
  expect(positionText(positionMs)).toBe(text);
});

test('spans are said in words, and counts in the right number', () => {
  expect(spokenDuration(3_661_000)).toBe('1 hour 1 minute 1 second');
  expect(spokenDuration(400)).toBe('0 seconds');
  expect(counted(1, 'entry', 'entries')).toBe('1 entry');
  expect(counted(1_200, 'entry', 'entries')).toBe('1,200 entries');
});
