/**
 * A packet's sound on its way through: as many samples as its encoding has, and at 8 kHz for whoever wants no more. Scratch
 * shared by all calls; wiped behind a caller whose keys it may hold.
 */
import { SLOT_SIZE_BYTES } from './udp-engine.js';

/** A unit of RTP time is an octet in all our encodings: no datagram that fits a slot holds more. */
export const MAX_PACKET_UNITS = SLOT_SIZE_BYTES;

export class SoundFrame {
  /** 8 kHz: a sample a unit. */
  readonly narrow = new Int16Array(MAX_PACKET_UNITS);
  /** 16 kHz: two samples a unit. */
  readonly wide = new Int16Array(2 * MAX_PACKET_UNITS);
  isWide = false;
  units = 0;

  /** The samples at the sound's own rate. */
  get samples(): Int16Array {
    return this.isWide ? this.wide : this.narrow;
  }

  get samplesPerUnit(): 1 | 2 {
    return this.isWide ? 2 : 1;
  }

  /** All of it, whatever `units` says: what broke off half-way has not told how much it wrote. */
  wipe(): void {
    this.narrow.fill(0);
    this.wide.fill(0);
    this.units = 0;
  }
}
