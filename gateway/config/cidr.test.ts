import { describe, expect, test } from '@jest/globals';
import { type AddressBlock, AddressSet, blocksOverlap, isLoopback, isUnspecified, parseAddressBlock } from './cidr.js';

function block(text: string): AddressBlock {
  const parsed = parseAddressBlock(text);
  if (!parsed) throw new Error(`${text} is no block`);
  return parsed;
}

describe('address blocks', () => {
  test.each([
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.77/24', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['10.0.0.0/9', '10.127.255.255', true],
    ['10.0.0.0/9', '10.128.0.0', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::/0', '::1', true],
    ['192.0.2.0/24', '::ffff:192.0.2.9', true],
    ['192.0.2.0/24', 'not an address', false],
  ])('%s and %s: %s', (text, address, inside) => {
    expect(new AddressSet([block(text)]).has(address)).toBe(inside);
  });

  test.each([
    '',
    'localhost',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/-1',
    '192.0.2.0/024',
    '192.0.2/24',
    '::/129',
    'fe80::1%lo',
    '1.2.3.4/8/8',
  ])('%p is none', (text) => {
    expect(parseAddressBlock(text)).toBeUndefined();
  });

  test.each([
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.1.0.0/16', '10.2.0.0/16', false],
    ['10.0.0.0/8', '::/0', false],
  ])('%s and %s overlap: %s', (one, other, overlap) => {
    expect(blocksOverlap(block(one), block(other))).toBe(overlap);
  });

  test('loopback and unspecified addresses are known in both families', () => {
    expect(['127.9.9.9', '::1', '10.0.0.1', '::'].map(isLoopback)).toEqual([true, true, false, false]);
    expect(['0.0.0.0', '::', '127.0.0.1', 'x'].map(isUnspecified)).toEqual([true, true, false, false]);
  });
});
