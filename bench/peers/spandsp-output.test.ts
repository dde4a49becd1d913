import { expect, test } from '@jest/globals';
import { parseReports, parseToneSpans } from './spandsp-output.js';

test('every line is a key and where it was reported', () => {
  expect(parseReports('5 1600\n11 3200\n')).toEqual([
    { key: 5, sample: 1_600 },
    { key: 11, sample: 3_200 },
  ]);
  expect(parseReports('')).toEqual([]);
});

test('a tone goes from its first report to its end, and an unended one to the end of the audio', () => {
  expect(parseToneSpans('1 160\n0 480\n1 800\n1 960\n0 1120\n1 1600\n', 2_000)).toEqual([
    { startSample: 160, endSample: 480 },
    { startSample: 800, endSample: 1_120 },
    { startSample: 1_600, endSample: 2_000 },
  ]);
});

test('an end without a beginning is no tone', () => {
  expect(parseToneSpans('0 160\n', 2_000)).toEqual([]);
});
