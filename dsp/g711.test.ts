import { describe, expect, test } from '@jest/globals';
import { decodeG711, encodeG711, type G711Encoding } from './g711.js';

const ALL_CODES = Uint8Array.from({ length: 256 }, (_, code) => code);

function decoded(encoding: G711Encoding, codes: Uint8Array): Int16Array {
  const linear = new Int16Array(codes.length);
  decodeG711(encoding, codes, 0, linear, codes.length);
  return linear;
}

function encoded(encoding: G711Encoding, samples: Int16Array): Uint8Array {
  const codes = new Uint8Array(samples.length);
  encodeG711(encoding, samples, codes, 0, samples.length);
  return codes;
}

describe('G.711', () => {
  test('decodes the corners of both laws as the recommendation tabulates them', () => {
    expect([...decoded('PCMU', Uint8Array.of(0x00, 0x80, 0x7f, 0xff, 0xfe, 0x70))]).toEqual([
      -32124, 32124, 0, 0, 8, -120,
    ]);
    expect([...decoded('PCMA', Uint8Array.of(0x2a, 0xaa, 0x55, 0xd5, 0xd4, 0x54))]).toEqual([
      -32256, 32256, -8, 8, 24, -24,
    ]);
  });

  test('gives back every code it decoded, but for the negative zero of µ-law', () => {
    expect([...encoded('PCMA', decoded('PCMA', ALL_CODES))]).toEqual([...ALL_CODES]);
    const back = encoded('PCMU', decoded('PCMU', ALL_CODES));
    expect([...back].filter((code, index) => code !== index)).toEqual([0xff]);
    expect(back[0x7f]).toBe(0xff);
  });

  test.each(['PCMU', 'PCMA'] as const)('%s encodes every sample to within half a step of its value', (encoding) => {
    const samples = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
    const back = decoded(encoding, encoded(encoding, samples));
    const levels = Int16Array.from(new Set(decoded(encoding, ALL_CODES))).sort();
    let worst = 0;
    for (let index = 0; index < samples.length; index += 1) {
      const above = levels.findIndex((level) => level >= samples[index]);
      const step = above <= 0 ? 1_100 : levels[above] - levels[above - 1];
      worst = Math.max(worst, Math.abs(back[index] - samples[index]) / step);
    }
    // At the border of two segments the decision lies half a step of the wider one away.
    expect(worst).toBeLessThanOrEqual(0.75);
  });

  test('reads and writes only at the given offset and count', () => {
    const linear = Int16Array.of(7, 7, 7, 7);
    decodeG711('PCMA', Uint8Array.of(0xaa, 0x2a, 0xaa, 0x2a), 1, linear, 2);
    expect([...linear]).toEqual([-32256, 32256, 7, 7]);
    const codes = Uint8Array.of(9, 9, 9, 9);
    encodeG711('PCMU', Int16Array.of(32_767, -32_768, 5), codes, 1, 2);
    expect([...codes]).toEqual([9, 0x80, 0x00, 9]);
  });
});
