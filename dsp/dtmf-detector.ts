/**
 * Confirmed DTMF keys from 8 kHz audio, within the limits of ITU-T Q.24.
 *
 * Every hop of 2 ms the 12 ms window is fitted coherently with its strongest pair of tones (`tone-pair-fit.ts`). Hops that
 * fit one and the same pair form a run, which is examined as a whole (`tone-pair-run.ts`) and debounced into presses
 * (`press-debounce.ts`).
 */
import { KEY_BY_PAIR } from './dtmf-keys.js';
import { HOP_SAMPLES, HopBank, WINDOW_HOPS } from './hop-bank.js';
import { NO_PAIR, PRESS_BEGAN, PressDebounce } from './press-debounce.js';
import { TonePairFit } from './tone-pair-fit.js';
import { TonePairRun } from './tone-pair-run.js';

export { PRESS_BEGAN, PRESS_ENDED } from './press-debounce.js';

/** The first window of a run holds about 8 ms of the tone. */
const ONSET_BACK_SAMPLES = 4 * HOP_SAMPLES;

const NO_KEY = -1;

export class DtmfDetector {
  readonly #bank = new HopBank();
  readonly #fit = new TonePairFit();
  readonly #debounce = new PressDebounce(new TonePairRun(this.#fit));
  /** Samples of a hop not yet whole; only ever the first `#filled` of them count. */
  readonly #hop = new Int16Array(HOP_SAMPLES);
  #filled = 0;
  #position = 0;
  #onsetSample = 0;
  #untakenKey = NO_KEY;

  /** Samples taken since construction or reset. */
  get position(): number {
    return this.#position;
  }

  /** Where the newest press began, in samples since construction or reset, give or take 4 ms. */
  get onsetSample(): number {
    return this.#onsetSample;
  }

  /**
   * Takes the next `count` samples, any number, and says by bit flags whether a press began (`PRESS_BEGAN`) or ended
   * (`PRESS_ENDED`) within them. Frames of up to 60 ms hold at most one beginning; of several, `takeKey` has the newest.
   */
  process(samples: Int16Array, count: number): number {
    let flags = 0;
    let offset = 0;
    while (offset < count) {
      if (this.#filled === 0 && count - offset >= HOP_SAMPLES) {
        this.#bank.takeHop(samples, offset);
        offset += HOP_SAMPLES;
      } else {
        this.#hop[this.#filled] = samples[offset];
        this.#filled += 1;
        offset += 1;
        if (this.#filled < HOP_SAMPLES) continue;
        this.#bank.takeHop(this.#hop, 0);
        this.#filled = 0;
      }
      flags |= this.#decide();
    }
    this.#position += count;
    return flags;
  }

  /** The key of the newest press, once; -1 after that. The detector keeps no other trace that outlives the press. */
  takeKey(): number {
    const key = this.#untakenKey;
    this.#untakenKey = NO_KEY;
    return key;
  }

  /** Wipes all state, samples and anything that could tell a key; positions start from 0 again. */
  reset(): void {
    this.#bank.reset();
    this.#fit.reset();
    this.#debounce.reset();
    this.#hop.fill(0);
    this.#filled = 0;
    this.#position = 0;
    this.#onsetSample = 0;
    this.#untakenKey = NO_KEY;
  }

  #decide(): number {
    if (this.#bank.hopCount < WINDOW_HOPS) return 0;
    const flags = this.#debounce.takeHop(this.#fit.measure(this.#bank) ? this.#fit.pair : NO_PAIR);
    if ((flags & PRESS_BEGAN) !== 0) {
      const runStart = (WINDOW_HOPS - 1 + this.#debounce.pressStartHop) * HOP_SAMPLES;
      this.#onsetSample = runStart - ONSET_BACK_SAMPLES;
      this.#untakenKey = KEY_BY_PAIR[this.#debounce.pressPair];
    }
    return flags;
  }
}
