import { expect, test } from '@jest/globals';
import { measurementErrors, measurementTable } from './measurement-error.js';

test('what is measured of presses is near to what was generated, and the table says how near', () => {
  const errors = measurementErrors(3);
  const presses = errors.levelDb.length;
  expect(presses).toBeGreaterThan(2_900);
  expect(errors.twistDb).toHaveLength(presses);
  expect(errors.frequencyHz).toHaveLength(2 * presses);
  expect(Math.max(...errors.levelDb)).toBeLessThan(3);
  expect(Math.max(...errors.twistDb)).toBeLessThan(3);
  expect(Math.max(...errors.frequencyHz)).toBeLessThan(6);
  const { rows } = measurementTable({ levelDb: [0, 1, 2, 3], twistDb: [0.5], frequencyHz: [] });
  expect(rows).toEqual([
    ['level of the low tone, dB', '1.50', '3.00', '3.00'],
    ['twist, dB', '0.50', '0.50', '0.50'],
    ['frequency of either tone, Hz', '', '', ''],
  ]);
});
