import { expect, test } from '@jest/globals';
import { type BenchTable, formatTable, tableAsData } from './table.js';

const TABLE: BenchTable = {
  title: 'Speed',
  columns: ['what', 'x realtime', 'peer'],
  rows: [
    ['detector', 12_345.678, 'not installed'],
    ['codec', 9.5, 7],
  ],
  notes: ['one note'],
};

test('rows are printed in columns, numbers to the right', () => {
  expect(formatTable(TABLE).split('\n')).toEqual([
    'Speed',
    '',
    'what      x realtime  peer',
    '--------  ----------  -------------',
    'detector     12345.7  not installed',
    'codec           9.50              7',
    '',
    '* one note',
  ]);
});

test('a table without rows is printed too', () => {
  expect(formatTable({ title: 'Empty', columns: ['what'], rows: [], notes: [] })).toContain('what');
});

test('rows become objects by column name', () => {
  expect(tableAsData(TABLE)).toEqual({
    title: 'Speed',
    rows: [
      { what: 'detector', 'x realtime': 12_345.678, peer: 'not installed' },
      { what: 'codec', 'x realtime': 9.5, peer: 7 },
    ],
    notes: ['one note'],
  });
});
