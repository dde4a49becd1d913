/**
 * The caller's line within a secure window: a packet is decoded, heard for keys, and suppressed at the rate of its encoding;
 * what comes out is the sound of one packet (20 ms) before. Lengths are units of RTP time, eight to a millisecond whatever
 * the rate (RFC 3551 §4.5.2).
 *
 * A change of rate empties the line: its 20 ms are replaced, and all is masked until the new line has been looked into. So is
 * what a G.722 decoder makes of a stream of which it missed a part.
 */
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { G722_SAMPLE_RATE_HZ } from '../../dsp/g722.js';
import { HalfBandDecimator } from '../../dsp/half-band.js';
import type { Replacement } from '../../dsp/replacement-audio.js';
import { ToneSuppressor } from '../../dsp/tone-suppressor.js';
import type { AudioEncoding } from './control-wire.js';
import type { LegEar } from './leg-ear.js';
import type { SoundFrame } from './sound-frame.js';

/** One packet of 20 ms: what the suppressor needs to see of a tone before it has to let audio go. */
export const WINDOW_DELAY_UNITS = 160;

/** 2 ms: the suppressor decides so much at a time. */
const HOP_UNITS = 16;

/** Wants to know in which parts of a packet the suppressor saw what may be a tone. */
export type FlagWatch = { hearHop(isFlagged: boolean, units: number): void };

export type SuppressedLineOptions = {
  readonly ear: LegEar;
  readonly replacement: Replacement;
  /** Scratch: what came in, and what goes out. */
  readonly heard: SoundFrame;
  readonly released: SoundFrame;
};

export class SuppressedLine {
  /** The caller's own sound, at 8 kHz too; wiped by whoever asked for it. */
  readonly heard: SoundFrame;
  /** What may leave, at 8 kHz too. Only good until the next call. */
  readonly released: SoundFrame;
  readonly #ear: LegEar;
  readonly #replacement: Replacement;
  readonly #narrow: ToneSuppressor;
  /** Made with the first packet of G.722, as is the filter behind it. */
  #wide: ToneSuppressor | undefined;
  #decimator: HalfBandDecimator | undefined;
  #isWide = false;
  /** The order to mute all: ours, for a suppressor forgets it with everything else when it is wiped. */
  #mutesAll = false;

  constructor({ ear, replacement, heard, released }: SuppressedLineOptions) {
    this.heard = heard;
    this.released = released;
    this.#ear = ear;
    this.#replacement = replacement;
    this.#narrow = suppressor(8_000, replacement);
  }

  /** Units of input since the last one that was flagged or masked by order. */
  get unitsSinceTone(): number {
    return Math.floor(this.#suppressor.samplesSinceTone / this.#samplesPerUnit);
  }

  /** The same since the last one that was flagged. */
  get unitsSinceFlag(): number {
    return Math.floor(this.#suppressor.samplesSinceFlag / this.#samplesPerUnit);
  }

  /** Takes the `units` octets at `packet.payloadStart`; fills `heard` and `released`. `watch` is told of each hop. */
  process(
    packet: { readonly sequence: number; readonly payloadStart: number },
    encoding: AudioEncoding,
    bytes: Uint8Array,
    units: number,
    watch?: FlagWatch,
  ): void {
    const isOtherRate = (encoding === 'G722') !== this.#isWide;
    if (isOtherRate) this.#beginAnew(this.#isWide ? 'narrow' : 'wide');
    const { heard } = this;
    this.#ear.decode(packet.sequence, encoding, bytes, packet.payloadStart, units, heard);
    this.#ear.narrow(heard);
    if (isOtherRate || !this.#ear.isSettled) this.maskNewest(units);
    const released = this.#prepared(units);
    if (watch === undefined) this.#suppressor.process(heard.samples, units * heard.samplesPerUnit, released.samples);
    else this.#processByHops(units, watch);
    this.#narrowReleased();
  }

  /** A time of which nothing came. */
  conceal(units: number): void {
    this.#ear.miss();
    const released = this.#prepared(units);
    this.#suppressor.conceal(units * released.samplesPerUnit, released.samples);
    this.#narrowReleased();
  }

  /** Masks all that waits in the line and the next `units` of input. */
  maskNewest(units: number): void {
    this.#suppressor.maskNewest(units * this.#samplesPerUnit);
  }

  /** Masks what waits in the line and, until `stopMutingAll`, all that comes, tone or not. */
  muteAll(): void {
    this.#mutesAll = true;
    this.#suppressor.muteAll();
  }

  stopMutingAll(): void {
    this.#mutesAll = false;
    this.#suppressor.stopMutingAll();
  }

  /** Leaves the first `units` of `released` out. */
  dropFirst(units: number): void {
    const { released } = this;
    released.narrow.copyWithin(0, units, released.units);
    released.wide.copyWithin(0, 2 * units, 2 * released.units);
    released.units -= units;
  }

  /** Overwrites every sample that is held or could tell what was heard, and begins anew. An order to mute all stays. */
  wipe(): void {
    this.#beginAnew('narrow');
  }

  get #suppressor(): ToneSuppressor {
    return this.#isWide && this.#wide !== undefined ? this.#wide : this.#narrow;
  }

  get #samplesPerUnit(): 1 | 2 {
    return this.#isWide ? 2 : 1;
  }

  /** As the suppressor does by itself, telling after each hop whether it flagged it. */
  #processByHops(units: number, watch: FlagWatch): void {
    const { heard, released } = this;
    const { samplesPerUnit } = heard;
    for (let done = 0; done < units; ) {
      const hopUnits = Math.min(HOP_UNITS, units - done);
      const from = done * samplesPerUnit;
      const end = from + hopUnits * samplesPerUnit;
      this.#suppressor.process(heard.samples.subarray(from, end), end - from, released.samples.subarray(from, end));
      done += hopUnits;
      watch.hearHop(this.unitsSinceFlag < hopUnits, hopUnits);
    }
  }

  #beginAnew(rate: 'narrow' | 'wide'): void {
    this.#narrow.wipe();
    this.#wide?.wipe();
    this.#decimator?.reset();
    this.#isWide = rate === 'wide';
    if (this.#isWide) {
      this.#wide ??= suppressor(G722_SAMPLE_RATE_HZ, this.#replacement);
      this.#decimator ??= new HalfBandDecimator();
    }
    if (this.#mutesAll) this.#suppressor.muteAll();
  }

  #prepared(units: number): SoundFrame {
    this.released.isWide = this.#isWide;
    this.released.units = units;
    return this.released;
  }

  /** By a filter of its own: what it remembers has been suppressed. */
  #narrowReleased(): void {
    const { released } = this;
    if (released.isWide) this.#decimator?.process(released.wide, 0, released.units, released.narrow);
  }
}

function suppressor(sampleRateHz: 8_000 | 16_000, replacement: Replacement): ToneSuppressor {
  const delaySamples = (WINDOW_DELAY_UNITS * sampleRateHz) / SAMPLE_RATE_HZ;
  return new ToneSuppressor({ sampleRateHz, delaySamples, replacement });
}
