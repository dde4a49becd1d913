/** The specification of the tone analysis: plain and exact, and what serves where the kernel cannot run. */
import { EARLY_LEAST_SHARE, pairEnergy } from './early-flag.js';
import { HOP_SAMPLES, HopBank, WINDOW_HOPS } from './hop-bank.js';
import { NO_PAIR, PressDebounce } from './press-debounce.js';
import { MAX_HOPS, MAY_HOLD_TONES, PRESS_ENDED, type ToneAnalysis } from './tone-analysis.js';
import { FIT_LEAST_SHARE, TonePairFit } from './tone-pair-fit.js';
import { TonePairRun } from './tone-pair-run.js';

export class ReferenceAnalysis implements ToneAnalysis {
  readonly #bank = new HopBank();
  readonly #fit = new TonePairFit();
  readonly #run = new TonePairRun(this.#fit);
  readonly #debounce = new PressDebounce(this.#run);
  readonly #flags = new Uint8Array(MAX_HOPS);

  get pressPair(): number {
    return this.#debounce.pressPair;
  }

  get pressStartHop(): number {
    return this.#debounce.pressStartHop;
  }

  takeHops(samples: Int16Array, offset: number, count: number): number {
    if (count > MAX_HOPS) throw new RangeError('tone analysis: too many hops at a time');
    let all = 0;
    for (let hop = 0; hop < count; hop += 1) {
      this.#bank.takeHop(samples, offset + hop * HOP_SAMPLES);
      const flags = this.#bank.hopCount < WINDOW_HOPS ? 0 : this.#judge();
      this.#flags[hop] = flags;
      all |= flags;
    }
    return all;
  }

  flagsOf(hop: number): number {
    return this.#flags[hop];
  }

  readMeasurement(target: Float64Array): void {
    target.set(this.#run.measurement);
  }

  reset(): void {
    this.#bank.reset();
    this.#fit.reset();
    this.#run.forget();
    this.#debounce.reset();
    this.#flags.fill(0);
  }

  #judge(): number {
    const energy = this.#bank.windowEnergy;
    const explained = pairEnergy(this.#bank);
    // One fit of both halves explains no more of the window than a fit of each.
    const mayFit = explained > 0 && explained >= FIT_LEAST_SHARE * energy;
    const pair = mayFit && this.#fit.measure(this.#bank) ? this.#fit.pair : NO_PAIR;
    const flags = this.#debounce.takeHop(pair);
    // Otherwise it would tell the key until the next pair is fitted.
    if ((flags & PRESS_ENDED) !== 0) this.#fit.reset();
    return explained > 0 && explained >= EARLY_LEAST_SHARE * energy ? flags | MAY_HOLD_TONES : flags;
  }
}
