import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { canonicalJson, chainHash, GENESIS_HASH } from './hash-chain.js';

describe('hash chain', () => {
  test('canonical JSON has one spelling whatever the order of members', () => {
    expect(canonicalJson({ b: [1, { z: null, a: 'ü"\n' }], a: true, c: undefined })).toBe(
      '{"a":true,"b":[1,{"a":"ü\\"\\n","z":null}]}',
    );
  });

  test('numbers that JSON does not have are our own mistake', () => {
    expect(() => canonicalJson({ a: Number.NaN })).toThrow(TypeError);
  });

  test('a hash is that of sequence, previous hash and record, so that any of the three shows', () => {
    const record = Buffer.from('{}');
    const expected = createHash('sha256')
      .update(Buffer.from('0000000000000001', 'hex'))
      .update(GENESIS_HASH)
      .update(record)
      .digest();
    expect(chainHash(1, GENESIS_HASH, record)).toEqual(expected);
    expect(chainHash(2, GENESIS_HASH, record)).not.toEqual(expected);
    expect(chainHash(1, expected, record)).not.toEqual(expected);
    expect(chainHash(1, GENESIS_HASH, Buffer.from('{ }'))).not.toEqual(expected);
  });
});
