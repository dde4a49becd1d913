import { expect, test } from '@jest/globals';
import { byteRange } from './byte-range.js';

const part = (firstByte: number, lastByte: number) => ({ kind: 'part', firstByte, lastByte });

test.each([
  [undefined, 10, { kind: 'whole' }],
  ['bytes=0-0', 10, part(0, 0)],
  ['bytes=2-5', 10, part(2, 5)],
  ['bytes=2-99', 10, part(2, 9)],
  ['bytes=9-', 10, part(9, 9)],
  ['bytes=-3', 10, part(7, 9)],
  ['bytes=-99', 10, part(0, 9)],
  ['bytes=-0', 10, { kind: 'nothing' }],
  ['bytes=10-', 10, { kind: 'nothing' }],
  ['bytes=10-12', 10, { kind: 'nothing' }],
  // RFC 9110 §14.1.1: a last byte before the first makes the range invalid, not empty.
  ['bytes=5-2', 10, { kind: 'whole' }],
  ['bytes=-', 10, { kind: 'whole' }],
  ['bytes=0-1,4-5', 10, { kind: 'whole' }],
  ['bytes=a-b', 10, { kind: 'whole' }],
  ['Bytes 0-1', 10, { kind: 'whole' }],
  ['bytes=0-9999999999999999', 10, { kind: 'whole' }],
  [undefined, 0, { kind: 'whole' }],
  ['bytes=0-', 0, { kind: 'nothing' }],
  ['bytes=-1', 0, { kind: 'nothing' }],
])('the range %s of %i bytes', (header, sizeBytes, range) => expect(byteRange(header, sizeBytes)).toEqual(range));
