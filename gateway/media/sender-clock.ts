/**
 * The clock of who sends a call's audio, as its timestamps tell it, counted on past their 32 bits. What a stalled line or
 * machine brings late was not sent late. Pure; a part of the secure window.
 */
import { SAMPLES_PER_MS } from '../../dsp/dtmf-keys.js';

/** More than any distance of two timestamps. */
const OTHER_CLOCK_UNITS = 2 ** 33;

export class SenderClock {
  /** Where the audio that was heard last ends. In memory of its own: as a field it would be an object a packet. */
  readonly #units = new Float64Array(1);

  advance(units: number): void {
    this.#units[0] += units;
  }

  /** What follows is on another clock, on which nothing is soon after what was before. */
  restart(): void {
    this.#units[0] += OTHER_CLOCK_UNITS;
  }

  /** The moment `aheadUnits` after the end of the audio that was heard last; a meaning it has only beside others of this. */
  msAt(aheadUnits: number): number {
    return (this.#units[0] + aheadUnits) / SAMPLES_PER_MS;
  }
}
