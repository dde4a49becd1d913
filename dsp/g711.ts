/**
 * G.711 companding by table (ITU-T G.711, µ-law of table 2, A-law of table 1 with even bits inverted).
 *
 * Linear samples are 16-bit: the law's own 14-bit (µ) or 13-bit (A) values shifted to the top, so that a full-scale
 * sine is about +3.14 dBm0 in both. `encode(decode(code))` is `code` for every code, but for µ-law's negative zero
 * (0x7F), which has the same linear value as its positive zero and comes back as 0xFF.
 */

export type G711Encoding = 'PCMU' | 'PCMA';

const MU_LAW_BIAS = 0x84;
const MU_LAW_CLIP = 32_635;

const MU_LAW_LINEAR = Int16Array.from({ length: 256 }, (_, code) => expandMuLaw(code));
const A_LAW_LINEAR = Int16Array.from({ length: 256 }, (_, code) => expandALaw(code));

/** Indexed by the sample divided by 4 towards zero, plus 8192. */
const MU_LAW_CODES = Uint8Array.from({ length: 16_384 }, (_, index) => compressMuLaw((index - 8_192) * 4));
/** Indexed by the sample divided by 16 downwards, plus 2048. */
const A_LAW_CODES = Uint8Array.from({ length: 4_096 }, (_, index) => compressALaw((index - 2_048) * 16));

/** Writes `count` linear samples to the start of `target`. The caller sees to it that both arrays are long enough. */
export function decodeG711(
  encoding: G711Encoding,
  source: Uint8Array,
  sourceOffset: number,
  target: Int16Array,
  count: number,
): void {
  const linear = encoding === 'PCMU' ? MU_LAW_LINEAR : A_LAW_LINEAR;
  for (let index = 0; index < count; index += 1) target[index] = linear[source[sourceOffset + index]];
}

/** Writes `count` codes to `target` from `targetOffset` on. The caller sees to it that both arrays are long enough. */
export function encodeG711(
  encoding: G711Encoding,
  source: Int16Array,
  target: Uint8Array,
  targetOffset: number,
  count: number,
): void {
  if (encoding === 'PCMU') {
    for (let index = 0; index < count; index += 1) {
      const sample = source[index];
      target[targetOffset + index] = MU_LAW_CODES[((sample + ((sample >> 31) & 3)) >> 2) + 8_192];
    }
  } else {
    for (let index = 0; index < count; index += 1) {
      target[targetOffset + index] = A_LAW_CODES[(source[index] >> 4) + 2_048];
    }
  }
}

function expandMuLaw(code: number): number {
  const inverted = ~code & 0xff;
  const segment = (inverted >> 4) & 7;
  const magnitude = (((inverted & 15) << 3) + MU_LAW_BIAS) << segment;
  return inverted & 0x80 ? MU_LAW_BIAS - magnitude : magnitude - MU_LAW_BIAS;
}

function compressMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), MU_LAW_CLIP) + MU_LAW_BIAS;
  const segment = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 15)) & 0xff;
}

function expandALaw(code: number): number {
  const plain = code ^ 0x55;
  const segment = (plain >> 4) & 7;
  const step = ((plain & 15) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return plain & 0x80 ? magnitude : -magnitude;
}

function compressALaw(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80;
  // A-law has no zero: -1 and 0 lie in the two innermost steps, so the negative side counts from -1.
  const magnitude = sample < 0 ? -sample - 1 : sample;
  const segment = magnitude < 256 ? 0 : 31 - Math.clz32(magnitude) - 7;
  const step = segment === 0 ? magnitude >> 4 : (magnitude >> (segment + 3)) & 15;
  return (sign | (segment << 4) | step) ^ 0x55;
}
