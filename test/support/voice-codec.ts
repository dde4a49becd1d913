/**
 * One direction of a stream of any encoding a telephone of ours speaks, to and from 8 kHz. G.711 is the tests' own; G.722 is
 * the gateway's, which is held to spandsp's, octet by octet, in a test of its own.
 */
import { G722Decoder, G722Encoder } from '../../dsp/g722.js';
import { HalfBandDecimator, HalfBandInterpolator } from '../../dsp/half-band.js';
import { decodeG711, encodeG711, type G711Encoding, g711PayloadType } from './g711.js';

export type VoiceEncoding = G711Encoding | 'G722';

/** Static payload types of RFC 3551 §6. */
export const voicePayloadType: Readonly<Record<VoiceEncoding, number>> = { ...g711PayloadType, G722: 9 };

export const encodingOfType: Readonly<Record<number, VoiceEncoding>> = { 0: 'PCMU', 8: 'PCMA', 9: 'G722' };

export class VoiceEncoder {
  readonly #encoding: VoiceEncoding;
  readonly #interpolator = new HalfBandInterpolator();
  readonly #encoder = new G722Encoder();

  constructor(encoding: VoiceEncoding) {
    this.#encoding = encoding;
  }

  encode(samples: Int16Array): Buffer {
    if (this.#encoding !== 'G722') return encodeG711(samples, this.#encoding);
    const wide = new Int16Array(2 * samples.length);
    const octets = Buffer.alloc(samples.length);
    this.#interpolator.process(samples, samples.length, wide);
    this.#encoder.encode(wide, octets, 0, octets.length);
    return octets;
  }
}

/** To be handed every packet in its order. */
export class VoiceDecoder {
  readonly #decoder = new G722Decoder();
  readonly #decimator = new HalfBandDecimator();

  decode(payload: Uint8Array, encoding: VoiceEncoding): Int16Array {
    if (encoding !== 'G722') return decodeG711(payload, encoding);
    const wide = new Int16Array(2 * payload.length);
    this.#decoder.decode(payload, 0, wide, payload.length);
    this.#decimator.process(wide, 0, payload.length, wide);
    return wide.slice(0, payload.length);
  }
}
