import { describe, expect, test } from '@jest/globals';
import { seal, unseal } from './token-cipher.js';

const key = Buffer.alloc(32, 1);
const label = Buffer.from('card 1');
const plaintext = Buffer.from('not a card');
const open = (sealed: Buffer, with_ = { key, label }): string | undefined =>
  unseal(with_.key, sealed, with_.label, (bytes) => bytes.toString());

describe('a sealed value', () => {
  test('opens with its key and label, and is another one each time', () => {
    const sealed = seal(key, plaintext, label);
    expect(sealed.length).toBe(12 + plaintext.length + 16);
    expect(open(sealed)).toBe('not a card');
    expect(seal(key, plaintext, label).equals(sealed)).toBe(false);
  });

  test('opens under no other label and with no other key', () => {
    const sealed = seal(key, plaintext, label);
    expect(open(sealed, { key, label: Buffer.from('card 2') })).toBeUndefined();
    expect(open(sealed, { key: Buffer.alloc(32, 2), label })).toBeUndefined();
  });

  test('opens no more when any byte is changed or any end is cut off', () => {
    const sealed = seal(key, plaintext, label);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] ^= 1;
      expect(open(changed)).toBeUndefined();
      expect(open(sealed.subarray(0, at))).toBeUndefined();
    }
  });

  test('is wiped behind the reader', () => {
    const kept = unseal(key, seal(key, plaintext, label), label, (bytes) => bytes);
    expect(kept?.every((byte) => byte === 0)).toBe(true);
  });
});
