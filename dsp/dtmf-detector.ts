/**
 * Confirmed DTMF keys from 8 kHz audio, within the limits of ITU-T Q.24.
 *
 * Every hop of 2 ms the 12 ms window is fitted coherently with its strongest pair of tones (`tone-pair-fit.ts`). Hops that
 * fit one and the same pair form a run, which is examined as a whole (`tone-pair-run.ts`) and debounced into presses
 * (`press-debounce.ts`).
 */
import { KEY_BY_PAIR, SAMPLE_RATE_HZ } from './dtmf-keys.js';
import { HALF_SAMPLES, HOP_SAMPLES, UNITS_PER_SAMPLE, WINDOW_HOPS } from './hop-bank.js';
import { dbm0OfPower } from './level.js';
import { END_HOPS } from './press-debounce.js';
import { MEASUREMENT_LENGTH, PRESS_BEGAN, PRESS_ENDED } from './tone-analysis.js';
import { openToneAnalysis } from './tone-kernel.js';

export { PRESS_BEGAN, PRESS_ENDED } from './tone-analysis.js';

/** The first window of a run holds about 8 ms of the tone, the last one of a press as much of its end. */
const ONSET_BACK_SAMPLES = 4 * HOP_SAMPLES;
const END_BACK_SAMPLES = 2 * HOP_SAMPLES;
/** No press both begins and ends within so many hops. */
const HOPS_AT_ONCE = END_HOPS - 1;
const PRESS_FLAGS = PRESS_BEGAN | PRESS_ENDED;
const NO_KEY = -1;

/** How the tones of a press were, which says nothing of the key: for the bench. */
export type PressMeasurement = {
  /** Of the low tone, corrected for its offset. */
  readonly lowLevelDbm0: number;
  /** Level of the high tone over the low one. */
  readonly twistDb: number;
  /** How far both are from their nominal frequencies. */
  readonly lowOffsetHz: number;
  readonly highOffsetHz: number;
};

export class DtmfDetector {
  readonly #analysis = openToneAnalysis();
  /** Samples of a hop not yet whole; only ever the first `#filled` of them count. */
  readonly #hop = new Int16Array(HOP_SAMPLES);
  #filled = 0;
  #position = 0;
  #hopCount = 0;
  #onsetSample = 0;
  #endSample = 0;
  #untakenKey = NO_KEY;

  /** Samples taken since construction or reset. */
  get position(): number {
    return this.#position;
  }

  /** Where the newest press began, in samples since construction or reset, give or take 4 ms. */
  get onsetSample(): number {
    return this.#onsetSample;
  }

  /** Where the press that ended last ended, give or take 4 ms. Known 28 ms later, when `PRESS_ENDED` is told. */
  get endSample(): number {
    return this.#endSample;
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
        const hops = Math.min((count - offset) >> 4, HOPS_AT_ONCE);
        flags |= this.#analyse(samples, offset, hops);
        offset += hops * HOP_SAMPLES;
        continue;
      }
      this.#hop[this.#filled] = samples[offset];
      this.#filled += 1;
      offset += 1;
      if (this.#filled < HOP_SAMPLES) continue;
      flags |= this.#analyse(this.#hop, 0, 1);
      this.#filled = 0;
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

  /** The newest press' tones; undefined while there was none. */
  measure(): PressMeasurement | undefined {
    const numbers = new Float64Array(MEASUREMENT_LENGTH);
    this.#analysis.readMeasurement(numbers);
    const [lowSquare, highSquare, lowRe, lowIm, highRe, highIm] = numbers;
    if (lowSquare === 0 || highSquare === 0) return undefined;
    const lowAdvance = Math.atan2(lowIm, lowRe);
    const highAdvance = Math.atan2(highIm, highRe);
    const lowDbm0 = levelDbm0(lowSquare, lowAdvance);
    const hzPerRadian = SAMPLE_RATE_HZ / (2 * Math.PI * HALF_SAMPLES);
    return {
      lowLevelDbm0: lowDbm0,
      twistDb: levelDbm0(highSquare, highAdvance) - lowDbm0,
      lowOffsetHz: lowAdvance * hzPerRadian,
      highOffsetHz: highAdvance * hzPerRadian,
    };
  }

  /** Wipes all state, samples and anything that could tell a key; positions start from 0 again. */
  reset(): void {
    this.#analysis.reset();
    this.#hop.fill(0);
    this.#filled = 0;
    this.#position = 0;
    this.#hopCount = 0;
    this.#onsetSample = 0;
    this.#endSample = 0;
    this.#untakenKey = NO_KEY;
  }

  #analyse(samples: Int16Array, offset: number, hops: number): number {
    const flags = this.#analysis.takeHops(samples, offset, hops) & PRESS_FLAGS;
    this.#hopCount += hops;
    for (let hop = 0; (flags & PRESS_ENDED) !== 0 && hop < hops; hop += 1) {
      if ((this.#analysis.flagsOf(hop) & PRESS_ENDED) === 0) continue;
      this.#endSample = (this.#hopCount - hops + hop + 1 - END_HOPS) * HOP_SAMPLES - END_BACK_SAMPLES;
    }
    if ((flags & PRESS_BEGAN) !== 0) {
      const runStart = (WINDOW_HOPS - 1 + this.#analysis.pressStartHop) * HOP_SAMPLES;
      this.#onsetSample = runStart - ONSET_BACK_SAMPLES;
      this.#untakenKey = KEY_BY_PAIR[this.#analysis.pressPair];
    }
    return flags;
  }
}

/** A tone off its frequency is measured too low by the square of sin(a) / a: see `TonePairRun`. */
function levelDbm0(square: number, advance: number): number {
  const loss = Math.abs(advance) < 1e-6 ? 1 : Math.sin(advance) / advance;
  return dbm0OfPower(square / 2 / UNITS_PER_SAMPLE ** 2 / loss ** 2);
}
