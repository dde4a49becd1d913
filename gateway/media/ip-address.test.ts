import { describe, expect, test } from '@jest/globals';
import { readAddress, writeAddress } from './ip-address.js';

describe('addresses in words', () => {
  test.each([
    ['192.0.2.255', '192.0.2.255'],
    ['255.255.255.255', '255.255.255.255'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['2001:db8::a:b', '2001:db8:0:0:0:0:a:b'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ])('%s', (text, back) => {
    const words = new Int32Array(6);
    expect(writeAddress(text, words, 1)).toBe(true);
    expect(readAddress(words, 1)).toBe(back);
  });

  test.each(['', 'localhost', '192.0.2', '192.0.2.256', ':::1', '1:2'])('refuses %j', (text) => {
    const words = new Int32Array(4).fill(9);
    expect(writeAddress(text, words, 0)).toBe(false);
    expect([...words]).toEqual([9, 9, 9, 9]);
  });
});
