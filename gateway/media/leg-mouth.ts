/** What a leg is sent, encoded by us. One G.722 encoder a leg, for the peer's decoder follows it from packet to packet. */
import { encodeG711 } from '../../dsp/g711.js';
import { type G722Decoder, G722Encoder } from '../../dsp/g722.js';
import { HalfBandInterpolator } from '../../dsp/half-band.js';
import type { AudioEncoding } from './control-wire.js';
import type { SoundFrame } from './sound-frame.js';

export class LegMouth {
  /** Made with the first packet of G.722. */
  #encoder: G722Encoder | undefined;
  #interpolator: HalfBandInterpolator | undefined;

  /** Writes as many octets as the frame has units. A wide frame that goes out as G.711 has to have its narrow samples. */
  encode(frame: SoundFrame, encoding: AudioEncoding, target: Uint8Array, targetOffset: number): void {
    if (encoding !== 'G722') {
      encodeG711(encoding, frame.narrow, target, targetOffset, frame.units);
      return;
    }
    if (!frame.isWide) {
      this.#interpolator ??= new HalfBandInterpolator();
      this.#interpolator.process(frame.narrow, frame.units, frame.wide);
    }
    this.#encoder ??= new G722Encoder();
    this.#encoder.encode(frame.wide, target, targetOffset, frame.units);
  }

  /** The peer has been sent the very packets that `decoder` heard: what we encode next goes on from there. */
  follow(decoder: G722Decoder): void {
    this.#encoder ??= new G722Encoder();
    this.#encoder.follow(decoder);
    this.#interpolator?.reset();
  }

  wipe(): void {
    this.#encoder?.reset();
    this.#interpolator?.reset();
  }
}
