/**
 * The suppressor's decision, every 2 ms: may a key's tone pair be in the last 12 ms? It has to come soon after the onset
 * and to err on the side of yes, so it asks less than the detector does: no frequency check, no run of windows.
 *
 * The two halves are fitted apart and their energies added. A pair up to 3.5 % off its frequencies, whose phase drifts
 * through the window, still fits both halves well, which one coherent fit of 12 ms would not.
 */
import { HALF_SAMPLES, type HopBank, UNITS_PER_SAMPLE, WINDOW_SAMPLES } from './hop-bank.js';
import { powerOfDbm0 } from './level.js';
import { explainedEnergy, inverseGramTable } from './pair-gram.js';

/**
 * Share of the window's energy that the best pair must explain. All Q.24 presses flag within 16 ms of onset. Between two
 * harms, measured on presses outside of Q.24 and on nine hours of speech:
 *
 * | share | presses outside that leave a trace | of those read by the likelihood listener | speech muted, %, times a minute |
 * | ----- | ----------------------------------- | ---------------------------------------- | ------------------------------- |
 * | .650  | 0.8 to 1.3 %                        | 0.00 to 0.16 %                           | 0.588, 8.4                      |
 * | .655  | 1.2 to 1.6 %                        | 0.11 to 0.27 %                           | 0.553, 7.9                      |
 * | .660  | 1.7 to 2.2 %                        | 0.32 to 0.54 %                           | 0.517, 7.4                      |
 */
export const EARLY_LEAST_SHARE = 0.655;
/** Below -50 dBm0 a tone is under every receiver's "shall not operate" level but for AT&T's -55 dBm0. */
export const EARLY_LEAST_ENERGY = WINDOW_SAMPLES * powerOfDbm0(-50) * UNITS_PER_SAMPLE * UNITS_PER_SAMPLE;
/** 15 dB: tones further apart than that are not a key to any receiver. */
export const EARLY_LARGEST_TWIST_RATIO = 10 ** 1.5;

export const HALF_INVERSE = inverseGramTable(HALF_SAMPLES);

/**
 * Energy that the strongest pair explains in the window that ends with the bank's newest hop, in square units; 0 if the
 * window is too quiet or its tones too far apart to be a key's.
 */
export function pairEnergy(bank: HopBank): number {
  if (bank.windowEnergy < EARLY_LEAST_ENERGY) return 0;
  const power = bank.halfPower;
  const newest = bank.newestSlot * 8;
  const older = bank.olderSlot * 8;
  let row = 0;
  let rowPower = -1;
  let column = 0;
  let columnPower = -1;
  for (let tone = 0; tone < 4; tone += 1) {
    const low = Math.fround(power[newest + tone] + power[older + tone]);
    if (low > rowPower) {
      rowPower = low;
      row = tone;
    }
    const high = Math.fround(power[newest + 4 + tone] + power[older + 4 + tone]);
    if (high > columnPower) {
      columnPower = high;
      column = tone;
    }
  }
  if (rowPower > columnPower * EARLY_LARGEST_TWIST_RATIO) return 0;
  if (columnPower > rowPower * EARLY_LARGEST_TWIST_RATIO) return 0;
  const pair = row * 4 + column;
  const { halfRe, halfIm } = bank;
  return (
    explainedEnergy(HALF_INVERSE, pair, halfRe, halfIm, newest) +
    explainedEnergy(HALF_INVERSE, pair, halfRe, halfIm, older)
  );
}
