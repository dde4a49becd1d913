/** G.711 for tests, written from the segment arithmetic of ITU-T G.711 and independent of the gateway's tables. */

export type G711Encoding = 'PCMU' | 'PCMA';

/** Static payload types of RFC 3551 §6. */
export const g711PayloadType: Readonly<Record<G711Encoding, number>> = { PCMU: 0, PCMA: 8 };

const MU_BIAS = 33;
const MU_MAX = 8158;

export function encodeG711(samples: Int16Array, encoding: G711Encoding): Buffer {
  const encode = encoding === 'PCMU' ? encodeMu : encodeA;
  return Buffer.from(samples.map(encode));
}

export function decodeG711(octets: Uint8Array, encoding: G711Encoding): Int16Array {
  const decode = encoding === 'PCMU' ? decodeMu : decodeA;
  return Int16Array.from(octets, decode);
}

// G.711 counts in 14 bits (µ-law) and 13 bits (A-law); 16-bit samples are four and eight times that.
function encodeMu(sample: number): number {
  const magnitude = Math.min(Math.abs(sample) >> 2, MU_MAX) + MU_BIAS;
  const segment = Math.max(0, 31 - Math.clz32(magnitude) - 5);
  const step = (magnitude >> (segment + 1)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff;
}

function decodeMu(octet: number): number {
  const code = ~octet & 0xff;
  const segment = (code >> 4) & 0x07;
  const magnitude = ((((code & 0x0f) * 2 + MU_BIAS) << segment) - MU_BIAS) << 2;
  return code & 0x80 ? -magnitude : magnitude;
}

function encodeA(sample: number): number {
  const magnitude = sample < 0 ? (~sample & 0x7fff) >> 3 : sample >> 3;
  const segment = Math.max(0, 31 - Math.clz32(magnitude | 1) - 4);
  const step = segment < 2 ? (magnitude >> 1) & 0x0f : (magnitude >> segment) & 0x0f;
  return ((segment << 4) | step | (sample < 0 ? 0 : 0x80)) ^ 0x55;
}

function decodeA(octet: number): number {
  const code = octet ^ 0x55;
  const segment = (code >> 4) & 0x07;
  const step = code & 0x0f;
  const magnitude = segment === 0 ? step * 2 + 1 : (step * 2 + 33) << (segment - 1);
  return code & 0x80 ? magnitude << 3 : -(magnitude << 3);
}
