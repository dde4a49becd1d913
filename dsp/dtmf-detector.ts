/**
 * Confirmed DTMF keys from 8 kHz audio, within the limits of ITU-T Q.24.
 *
 * Every hop of 2 ms the 12 ms window is fitted coherently with its best pair of tones. Hops whose fit explains most of the
 * energy with one and the same pair form a run; a run of 26 ms is examined as a whole (`TonePairRun`), and a press begins
 * when it passes. The press ends when its pair has not been there for 28 ms.
 *
 * Hit patterns ("+" a hop that fits the pair, "." one that does not; each row is a test):
 *
 * | pattern of hops                        | outcome                                                             |
 * | -------------------------------------- | ------------------------------------------------------------------- |
 * | 12 × "+"                               | nothing: Q.24 wants no operation for 23 ms of tone                  |
 * | 13 × "+"                               | press began                                                         |
 * | "+" broken by 1 or 2 × "." , 13 in all | press began: an impulse must not cost the key                       |
 * | 3 × "." before the 13th "+"            | nothing, counting starts anew                                       |
 * | press, < 14 × ".", "+"                 | still the same press: breaks up to 20 ms are bridged (ES 201 235-3) |
 * | press, 14 × "."                        | press ended; the same pair again is a new press (pause of 30 ms)    |
 * | press, 13 × "+" of another pair        | press ended and the other one began, in the same hop                |
 */
import { KEY_BY_PAIR } from './dtmf-keys.js';
import { HOP_SAMPLES, HopBank, WINDOW_HOPS } from './hop-bank.js';
import { TonePairFit } from './tone-pair-fit.js';
import { RUN_HOPS, TonePairRun } from './tone-pair-run.js';

export const PRESS_BEGAN = 1;
export const PRESS_ENDED = 2;

/** 28 ms: longer than the 10 ms (Q.24) and 20 ms (ETSI) breaks to bridge, shorter than the 30 ms pause to see (NTT). */
const END_HOPS = 14;
const TOLERATED_BAD_HOPS = 2;
/** The first window of a run already holds about 8 ms of tone. */
const ONSET_BACK_SAMPLES = 4 * HOP_SAMPLES;

const NO_PAIR = -1;
const NO_KEY = -1;

export class DtmfDetector {
  readonly #bank = new HopBank();
  readonly #fit = new TonePairFit();
  readonly #run = new TonePairRun();
  /** Samples of a hop not yet whole; only ever the first `#filled` of them count. */
  readonly #hop = new Int16Array(HOP_SAMPLES);
  #filled = 0;
  #position = 0;
  /** Position of the end of the newest whole hop. */
  #hopEnd = 0;

  #runPair = NO_PAIR;
  #badHops = 0;
  #runStart = 0;
  /** Pair of the press that is going on. */
  #pressPair = NO_PAIR;
  #missedHops = 0;
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
      this.#hopEnd += HOP_SAMPLES;
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
    this.#run.reset();
    this.#hop.fill(0);
    this.#filled = 0;
    this.#position = 0;
    this.#hopEnd = 0;
    this.#runPair = NO_PAIR;
    this.#badHops = 0;
    this.#runStart = 0;
    this.#pressPair = NO_PAIR;
    this.#missedHops = 0;
    this.#onsetSample = 0;
    this.#untakenKey = NO_KEY;
  }

  #decide(): number {
    if (this.#bank.hopCount < WINDOW_HOPS) return 0;
    const pair = this.#fit.measure(this.#bank) ? this.#fit.pair : NO_PAIR;
    return this.#followPress(pair) | this.#followRun(pair);
  }

  #followPress(pair: number): number {
    if (this.#pressPair === NO_PAIR) return 0;
    if (pair === this.#pressPair) {
      this.#missedHops = 0;
      return 0;
    }
    this.#missedHops += 1;
    if (this.#missedHops < END_HOPS) return 0;
    this.#pressPair = NO_PAIR;
    return PRESS_ENDED;
  }

  #followRun(pair: number): number {
    if (pair === NO_PAIR && this.#runPair === NO_PAIR) return 0;
    if (pair !== this.#runPair) {
      if (this.#runPair !== NO_PAIR) this.#badHops += 1;
      if (this.#runPair === NO_PAIR || this.#badHops > TOLERATED_BAD_HOPS) this.#startRun(pair);
      else return 0;
    }
    if (pair === NO_PAIR) return 0;
    this.#badHops = 0;
    if (this.#run.add(this.#fit) === 'restarted') this.#runStart = this.#hopEnd;
    if (this.#run.hops < RUN_HOPS) return 0;
    const passed = this.#run.isKey(pair);
    this.#runPair = NO_PAIR;
    this.#run.reset();
    if (!passed || pair === this.#pressPair) return 0;
    const flags = this.#pressPair === NO_PAIR ? PRESS_BEGAN : PRESS_BEGAN | PRESS_ENDED;
    this.#pressPair = pair;
    this.#missedHops = 0;
    this.#onsetSample = Math.max(0, this.#runStart - ONSET_BACK_SAMPLES);
    this.#untakenKey = KEY_BY_PAIR[pair];
    return flags;
  }

  #startRun(pair: number): void {
    this.#run.reset();
    this.#runPair = pair;
    this.#badHops = 0;
    this.#runStart = this.#hopEnd;
  }
}
