/**
 * The suppressor's decision, every 2 ms: may a key's tone pair be in the last 12 ms? It has to come soon after the onset
 * and to err on the side of yes, so it asks less than the detector does: no frequency check, no run of windows.
 *
 * The two halves are fitted apart and their energies added. A pair up to 3.5 % off its frequencies, whose phase drifts
 * through the window, still fits both halves well, which one coherent fit of 12 ms would not.
 */
import { HALF_SAMPLES, type HopBank, WINDOW_SAMPLES } from './hop-bank.js';
import { powerOfDbm0 } from './level.js';
import { explainedEnergy, inverseGramTable } from './pair-gram.js';

/** Share of the window's energy that the best pair must explain. At .65 all Q.24 presses flag within 16 ms of onset. */
const LEAST_SHARE = 0.65;
/** Below -50 dBm0 a tone is under every receiver's "shall not operate" level but for AT&T's -55 dBm0. */
const LEAST_ENERGY = WINDOW_SAMPLES * powerOfDbm0(-50);
/** 15 dB: tones further apart than that are not a key to any receiver. */
const LARGEST_TWIST_RATIO = 10 ** 1.5;

const HALF_INVERSE = inverseGramTable(HALF_SAMPLES);

/** Whether the window that ends with the bank's newest hop may hold a key's tones. */
export function mayHoldTones(bank: HopBank): boolean {
  const energy = bank.windowEnergy;
  if (energy < LEAST_ENERGY) return false;
  const re = bank.halfRe;
  const im = bank.halfIm;
  const newest = bank.newestSlot * 8;
  const older = bank.olderSlot * 8;
  let row = 0;
  let rowPower = -1;
  let column = 0;
  let columnPower = -1;
  for (let tone = 0; tone < 4; tone += 1) {
    const low =
      square(re[newest + tone]) + square(im[newest + tone]) + square(re[older + tone]) + square(im[older + tone]);
    if (low > rowPower) {
      rowPower = low;
      row = tone;
    }
    const at = tone + 4;
    const high = square(re[newest + at]) + square(im[newest + at]) + square(re[older + at]) + square(im[older + at]);
    if (high > columnPower) {
      columnPower = high;
      column = tone;
    }
  }
  if (rowPower > columnPower * LARGEST_TWIST_RATIO || columnPower > rowPower * LARGEST_TWIST_RATIO) return false;
  const pair = row * 4 + column;
  const explained =
    explainedEnergy(HALF_INVERSE, pair, re, im, newest) + explainedEnergy(HALF_INVERSE, pair, re, im, older);
  return explained >= LEAST_SHARE * energy;
}

function square(value: number): number {
  return value * value;
}
