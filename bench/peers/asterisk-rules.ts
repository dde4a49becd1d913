/**
 * The published rules of Asterisk's DTMF receiver and its squelch, emulated: blocks of 102 samples; both tones above a
 * threshold, the low tone at most 8 dB over the high one, the high at most 4 dB over the low, 8 dB over the others of the group, and most of the block's energy; a key
 * after two blocks, over after three. The squelch mutes a block that hit, the one before and the one after it, as far
 * as the packet at hand reaches back: what has left has left.
 */
import { COLUMN_HZ, KEY_BY_PAIR, ROW_HZ, SAMPLE_RATE_HZ, TONE_HZ } from '../../dsp/dtmf-keys.js';
import type { Detector, Report } from '../detection/detector.js';
import { BlockDebounce, NO_HIT } from './block-debounce.js';

const BLOCK_SAMPLES = 102;
const PACKET_SAMPLES = 160;
const LEAST_TONE_ENERGY = 8.0e7;
/** 8 dB and 4 dB. */
const MOST_LOW_OVER_HIGH = 6.31;
const MOST_HIGH_OVER_LOW = 2.51;
/** 8 dB. */
const OVER_OTHER_TONES = 6.3;
/** Of 51 that a pure pair in a whole block has. */
const LEAST_SHARE_OF_ENERGY = 42;

export const ASTERISK_RULES: Detector = {
  name: 'Asterisk rules (emulated)',
  detect: (samples) => Promise.resolve({ kind: 'timed', reports: detectByRules(samples) }),
};

function detectByRules(samples: Int16Array): Report[] {
  const debounce = new BlockDebounce({ blocksToBegin: 2, blocksToEnd: 3 });
  const reports: Report[] = [];
  const bins = new Bins();
  for (let at = 0; at + BLOCK_SAMPLES <= samples.length; at += BLOCK_SAMPLES) {
    const key = bins.judge(samples, at);
    if (!debounce.take(key)) continue;
    // Told with the packet that completes the block.
    reports.push({ key, sample: Math.ceil((at + BLOCK_SAMPLES) / PACKET_SAMPLES) * PACKET_SAMPLES });
  }
  return reports;
}

/** The audio after the squelch, which adds no delay. */
export function squelchByRules(samples: Int16Array): Int16Array {
  const output = Int16Array.from(samples);
  const bins = new Bins();
  for (let at = 0; at + BLOCK_SAMPLES <= samples.length; at += BLOCK_SAMPLES) {
    if (bins.judge(samples, at) === NO_HIT) continue;
    const end = at + BLOCK_SAMPLES;
    const packetStart = Math.floor((end - 1) / PACKET_SAMPLES) * PACKET_SAMPLES;
    output.fill(0, Math.max(packetStart, at - BLOCK_SAMPLES), end + BLOCK_SAMPLES);
  }
  return output;
}

class Bins {
  readonly #factors = TONE_HZ.map((hz) => 2 * Math.cos((2 * Math.PI * hz) / SAMPLE_RATE_HZ));
  readonly #energies = new Float64Array(TONE_HZ.length);

  /** The key that one block holds, or `NO_HIT`. */
  judge(samples: Int16Array, start: number): number {
    let energy = 0;
    for (let index = start; index < start + BLOCK_SAMPLES; index += 1) energy += samples[index] ** 2;
    for (const [tone, factor] of this.#factors.entries()) this.#energies[tone] = goertzelEnergy(samples, start, factor);
    const row = this.#strongest(0, ROW_HZ.length);
    const column = this.#strongest(ROW_HZ.length, TONE_HZ.length);
    const rowEnergy = this.#energies[row];
    const columnEnergy = this.#energies[column];
    const isPair =
      Math.min(rowEnergy, columnEnergy) >= LEAST_TONE_ENERGY &&
      columnEnergy < rowEnergy * MOST_HIGH_OVER_LOW &&
      rowEnergy < columnEnergy * MOST_LOW_OVER_HIGH &&
      this.#standsOut(row, 0, ROW_HZ.length) &&
      this.#standsOut(column, ROW_HZ.length, TONE_HZ.length) &&
      rowEnergy + columnEnergy > LEAST_SHARE_OF_ENERGY * energy;
    return isPair ? KEY_BY_PAIR[row * COLUMN_HZ.length + column - ROW_HZ.length] : NO_HIT;
  }

  #strongest(from: number, end: number): number {
    let best = from;
    for (let tone = from; tone < end; tone += 1) if (this.#energies[tone] > this.#energies[best]) best = tone;
    return best;
  }

  #standsOut(best: number, from: number, end: number): boolean {
    for (let tone = from; tone < end; tone += 1) {
      if (tone !== best && this.#energies[tone] * OVER_OTHER_TONES > this.#energies[best]) return false;
    }
    return true;
  }
}

function goertzelEnergy(samples: Int16Array, start: number, factor: number): number {
  let last = 0;
  let before = 0;
  for (let index = start; index < start + BLOCK_SAMPLES; index += 1) {
    const next = factor * last - before + samples[index];
    before = last;
    last = next;
  }
  return last * last + before * before - factor * last * before;
}
