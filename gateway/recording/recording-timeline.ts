/**
 * One clock for both sides of a recorded call. Pure: samples and times in, interleaved blocks out; nothing allocated
 * after construction.
 *
 * Position 0 is the moment the recording started. A leg's first packet is anchored where it arrived; the ones behind it
 * follow their RTP timestamps, so that jitter and reordering leave no trace. What nobody wrote is silence. Packets wait
 * in a ring until none that belongs before them can come any more, and leave it in blocks:
 *
 * ```
 *        taken        ring: takenTo … takenTo + RING_SAMPLES
 * ──────────────────┤ . . . . . . . . . . . . . ├── now ──┤ . .
 *                takenTo                        HOLD       early packets
 * ```
 *
 * Drift and jumps: a packet more than MAX_LATE or MAX_EARLY away from its arrival re-anchors its leg (new source, wild
 * timestamps); a lasting lead or lag, as two clocks make it, is taken out as soon as its average passes MAX_SKEW, so the
 * two sides never stand further apart than that for long.
 */

import type { LegName } from '../media/control-wire.js';
import { RECORDING_CHANNELS, RECORDING_SAMPLE_RATE_HZ } from './wav-file.js';

const SAMPLES_PER_MS = RECORDING_SAMPLE_RATE_HZ / 1000;

/** Burst after a network stall: later than this, the audio is put where it arrived. */
export const MAX_LATE_SAMPLES = 1000 * SAMPLES_PER_MS;
export const MAX_EARLY_SAMPLES = 400 * SAMPLES_PER_MS;
/** Two packets: below it nobody hears that the sides are apart. */
export const MAX_SKEW_SAMPLES = 40 * SAMPLES_PER_MS;
/** Nothing newer than this is final: a late packet may still belong there. */
export const HOLD_SAMPLES = MAX_LATE_SAMPLES + 100 * SAMPLES_PER_MS;
/** About four seconds, of which the hold takes one: a disk may stall for nearly three. A power of two, for the mask. */
export const RING_SAMPLES = 32_768;

/** Two seconds, what the ring holds beside the hold; no packet of G.711 in a datagram comes near it. */
const MAX_PLACED_SAMPLES = 2000 * SAMPLES_PER_MS;

/** Weight of one packet in the running average of the skew: some five seconds of packets. */
const SKEW_WEIGHT = 1 / 256;

/** Position × 2, masked, is the place of a sample's caller channel; the agent's is next to it. */
const SLOT_MASK = RING_SAMPLES * RECORDING_CHANNELS - 1;

/** Columns of a leg's row of state. Numbers that change with each packet live in a typed array, where none is boxed. */
const ANCHORED = 0;
const NEXT_TIMESTAMP = 1;
const NEXT_POSITION = 2;
const SKEW = 3;
const COLUMNS = 4;

export class RecordingTimeline {
  readonly #startedMs: number;
  readonly #ring = new Int16Array(RING_SAMPLES * RECORDING_CHANNELS);
  readonly #legs = new Float64Array(2 * COLUMNS);
  /** Positions below it have left the ring. */
  #takenTo = 0;
  /** End of the newest sample. */
  #writtenTo = 0;
  /** Positions below it are closed for writing, taken or not: the end of a pause. */
  #openFrom = 0;

  constructor(startedMs: number) {
    this.#startedMs = startedMs;
  }

  positionAt(nowMs: number): number {
    return Math.max(0, Math.round((nowMs - this.#startedMs) * SAMPLES_PER_MS)) | 0;
  }

  /** Where the next block begins. */
  get takenTo(): number {
    return this.#takenTo;
  }

  /** End of the newest sample written. */
  get writtenTo(): number {
    return this.#writtenTo;
  }

  /**
   * Writes `count` samples of one leg. Returns false, having written nothing, when the ring is too full to take them:
   * the caller takes blocks out and tries again. @throws RangeError for more samples than any packet holds.
   */
  place(leg: LegName, samples: Int16Array, count: number, rtpTimestamp: number, nowMs: number): boolean {
    if (count > MAX_PLACED_SAMPLES) throw new RangeError('more samples than a packet holds');
    const channel = leg === 'caller' ? 0 : 1;
    const row = channel * COLUMNS;
    // Positions are kept to 32-bit integers: a recording ends long before, and arithmetic on them makes no garbage.
    const position = this.#follow(row, rtpTimestamp, this.positionAt(nowMs)) | 0;
    const end = position + count;
    if (end > this.#takenTo + RING_SAMPLES && !this.#skipIfEmpty(position)) return false;

    const legs = this.#legs;
    legs[row + ANCHORED] = 1;
    legs[row + NEXT_TIMESTAMP] = (rtpTimestamp + count) >>> 0;
    legs[row + NEXT_POSITION] = end;

    const first = Math.max(position, this.#takenTo, this.#openFrom) | 0;
    const ring = this.#ring;
    for (let from = first - position, slot = (first << 1) & SLOT_MASK; from < count; from++) {
      ring[slot + channel] = samples[from];
      slot = (slot + RECORDING_CHANNELS) & SLOT_MASK;
    }
    if (end > this.#writtenTo) this.#writtenTo = end;
    return true;
  }

  /** From `position` on there is silence, whatever was written: the beginning of a pause. */
  silenceFrom(position: number): void {
    for (let at = Math.max(position, this.#takenTo); at < this.#writtenTo; at++) {
      this.#ring.fill(0, (at << 1) & SLOT_MASK, ((at << 1) & SLOT_MASK) + RECORDING_CHANNELS);
    }
    this.#writtenTo = Math.min(this.#writtenTo, position);
  }

  /** The end of a pause: nothing is written before `position`, and both legs are anchored anew where they arrive. */
  openFrom(position: number): void {
    this.#openFrom = position;
    this.#legs.fill(0);
  }

  /** How many samples are waiting before `limit`. */
  waitingBefore(limit: number): number {
    return Math.max(0, Math.min(limit, this.#writtenTo) - this.#takenTo);
  }

  /**
   * Moves samples up to position `limit` into `block` (interleaved, caller first) and returns how many there were; they
   * begin at the `takenTo` that held before.
   */
  takeBlock(block: Int16Array, limit: number): number {
    const count = Math.min(this.waitingBefore(limit), block.length >> 1) | 0;
    const ring = this.#ring;
    const begin = (this.#takenTo << 1) & SLOT_MASK;
    // One by one: to copy a part of the ring at once takes a view of it, made each time.
    for (let index = 0; index < RECORDING_CHANNELS * count; index++) {
      const slot = (begin + index) & SLOT_MASK;
      block[index] = ring[slot];
      ring[slot] = 0;
    }
    this.#takenTo += count;
    return count;
  }

  /** Where this packet belongs. Corrects the leg's skew; whether the packet is kept is decided later. */
  #follow(row: number, rtpTimestamp: number, arrival: number): number {
    const legs = this.#legs;
    if (legs[row + ANCHORED] === 0) return arrival;
    // A difference modulo 2³², as RFC 3550 §5.1 lets timestamps wrap.
    const advance = (rtpTimestamp - legs[row + NEXT_TIMESTAMP]) | 0;
    const position = legs[row + NEXT_POSITION] + advance;
    const lead = position - arrival;
    if (lead > MAX_EARLY_SAMPLES || lead < -MAX_LATE_SAMPLES) {
      legs[row + SKEW] = 0;
      return arrival;
    }
    // Clamped, or one burst after a stall would pass for a slow clock.
    const bounded = Math.max(-2 * MAX_SKEW_SAMPLES, Math.min(lead, 2 * MAX_SKEW_SAMPLES));
    const skew = legs[row + SKEW] + (bounded - legs[row + SKEW]) * SKEW_WEIGHT;
    if (Math.abs(skew) <= MAX_SKEW_SAMPLES) {
      legs[row + SKEW] = skew;
      return position;
    }
    legs[row + SKEW] = 0;
    return position - Math.round(skew);
  }

  /** With nothing waiting, a long silence needs no room in the ring: the next block simply begins later. */
  #skipIfEmpty(position: number): boolean {
    if (this.#writtenTo > this.#takenTo) return false;
    this.#takenTo = Math.max(this.#takenTo, position - HOLD_SAMPLES);
    return true;
  }
}
