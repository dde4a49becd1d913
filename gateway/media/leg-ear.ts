/**
 * What a leg sends, decoded. G.711 has no memory; a G.722 decoder follows the sender's encoder and has to hear every packet
 * in its order. Where nobody needs the samples, the newest packets are kept instead, to be caught up with when somebody does:
 * a copy costs a hundredth of decoding.
 *
 * A decoder that missed something is off for a while: too soft, or distorted, so that a tone in it may go by as none.
 * `isSettled` says when it can be trusted again.
 */
import { decodeG711 } from '../../dsp/g711.js';
import { G722Decoder } from '../../dsp/g722.js';
import { HalfBandDecimator } from '../../dsp/half-band.js';
import type { AudioEncoding } from './control-wire.js';
import { sequenceDistance } from './rtp-header.js';
import type { SoundFrame } from './sound-frame.js';

/**
 * 120 ms. Of 9000 presses with one, two or five packets lost within or before them, 62 were not seen at once by the
 * suppressor's early flag, and the last of these was seen after 86 ms.
 */
const SETTLING_UNITS = 960;
/** 256 ms, after which nothing is left of where a decoder began. A power of two. */
const KEPT_OCTETS = 2048;
const KEPT_MASK = KEPT_OCTETS - 1;
const CATCH_UP_OCTETS = 160;

type Wideband = {
  readonly decoder: G722Decoder;
  readonly decimator: HalfBandDecimator;
  /** The newest octets that were not decoded, and room for their decoding in order. */
  readonly kept: Uint8Array;
  readonly piece: Uint8Array;
};

export class LegEar {
  /** Made with the first packet of G.722. */
  #wideband: Wideband | undefined;
  #encoding: AudioEncoding = 'PCMU';
  #nextSequence = -1;
  #unsettledUnits = 0;
  #keptOctets = 0;
  /** Where the next octet is kept. */
  #keptAt = 0;

  /** Whether what is decoded is what was encoded. */
  get isSettled(): boolean {
    return this.#unsettledUnits <= 0;
  }

  /** The decoder as it stands after the newest packet; undefined where the leg last sent no G.722. */
  decoder(scratch: SoundFrame): G722Decoder | undefined {
    if (this.#encoding !== 'G722' || this.#wideband === undefined) return undefined;
    this.#catchUp(this.#wideband, scratch);
    return this.#wideband.decoder;
  }

  /** Decodes the `units` octets at `offset` into `frame`. Numbers in a row: an object of them would be one a packet. */
  decode(
    sequence: number,
    encoding: AudioEncoding,
    bytes: Uint8Array,
    offset: number,
    units: number,
    frame: SoundFrame,
  ): void {
    this.#follow(sequence, encoding, units);
    if (encoding === 'G722') {
      const wideband = this.#widebandParts();
      this.#catchUp(wideband, frame);
      wideband.decoder.decode(bytes, offset, frame.wide, units);
    } else {
      decodeG711(encoding, bytes, offset, frame.narrow, units);
    }
    frame.isWide = encoding === 'G722';
    frame.units = units;
  }

  /** The same packet, of which nobody wants the samples. */
  pass(sequence: number, encoding: AudioEncoding, bytes: Uint8Array, offset: number, units: number): void {
    this.#follow(sequence, encoding, units);
    if (encoding !== 'G722') return;
    const { kept } = this.#widebandParts();
    for (let index = 0; index < units; index += 1) kept[(this.#keptAt + index) & KEPT_MASK] = bytes[offset + index];
    this.#keptAt = (this.#keptAt + units) & KEPT_MASK;
    this.#keptOctets += units;
  }

  /** Brings the frame that was just decoded down to 8 kHz, if it is not there. */
  narrow(frame: SoundFrame): void {
    if (frame.isWide) this.#widebandParts().decimator.process(frame.wide, 0, frame.units, frame.narrow);
  }

  /** Something was not heard. */
  miss(): void {
    this.#unsettledUnits = SETTLING_UNITS;
  }

  /** Nothing is left of what was heard. */
  wipe(): void {
    const wideband = this.#wideband;
    if (wideband === undefined) return;
    wideband.decoder.reset();
    wideband.decimator.reset();
    wideband.kept.fill(0);
    wideband.piece.fill(0);
    this.#keptOctets = 0;
    this.#keptAt = 0;
    this.#nextSequence = -1;
    this.miss();
  }

  #follow(sequence: number, encoding: AudioEncoding, units: number): void {
    const isNext = this.#nextSequence >= 0 && sequenceDistance(this.#nextSequence, sequence) === 0;
    if (!isNext || encoding !== this.#encoding) this.miss();
    // Of G.711 every sample is what it is.
    this.#unsettledUnits = encoding === 'G722' ? this.#unsettledUnits - units : 0;
    this.#encoding = encoding;
    this.#nextSequence = (sequence + 1) & 0xffff;
  }

  /** Decodes what was kept, or of more than could be kept the newest part, from nothing. Its sound is nobody's. */
  #catchUp({ decoder, kept, piece }: Wideband, scratch: SoundFrame): void {
    if (this.#keptOctets === 0) return;
    if (this.#keptOctets > KEPT_OCTETS) decoder.reset();
    let left = Math.min(this.#keptOctets, KEPT_OCTETS);
    while (left > 0) {
      const octets = Math.min(left, CATCH_UP_OCTETS);
      const from = this.#keptAt - left;
      for (let index = 0; index < octets; index += 1) piece[index] = kept[(from + index) & KEPT_MASK];
      decoder.decode(piece, 0, scratch.wide, octets);
      left -= octets;
    }
    scratch.wide.fill(0, 0, 2 * CATCH_UP_OCTETS);
    this.#keptOctets = 0;
  }

  #widebandParts(): Wideband {
    this.#wideband ??= {
      decoder: new G722Decoder(),
      decimator: new HalfBandDecimator(),
      kept: new Uint8Array(KEPT_OCTETS),
      piece: new Uint8Array(CATCH_UP_OCTETS),
    };
    return this.#wideband;
  }
}
