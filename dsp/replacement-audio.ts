/**
 * What the agent hears instead of a tone: comfort noise at the call's own noise floor, silence, or one flat tone. It
 * depends on nothing but the sample count and the audio around that was found free of tones, so it is the same for all keys.
 */
import { SAMPLE_RATE_HZ } from './dtmf-keys.js';
import { HOP_SAMPLES } from './hop-bank.js';
import { amplitudeOfDbm0, powerOfDbm0 } from './level.js';
import { SeededRandom } from './seeded-random.js';

export type Replacement = 'comfort-noise' | 'silence' | 'tone';

/** Below every key's tones and no sum or difference of two of them; the level is that of a quiet ring-back tone. */
const FLAT_TONE_HZ = 400;
const FLAT_TONE_AMPLITUDE = amplitudeOfDbm0(-22);

/** The floor starts at a typical quiet line and never leaves the range in which noise is neither silence nor a nuisance. */
const START_FLOOR_POWER = powerOfDbm0(-60);
const LEAST_FLOOR_POWER = powerOfDbm0(-72);
const LARGEST_FLOOR_POWER = powerOfDbm0(-42);
/** 3 dB a second up, so that a word does not lift it; down at once to a quarter of the way, so that a pause is heard. */
const RISE_PER_HOP = 10 ** ((0.3 * HOP_SAMPLES) / SAMPLE_RATE_HZ);
const FALL_SHARE = 0.25;
const NOISE_SEED = 0x746f6e65;
/** Four uniform 8-bit numbers added: variance 4 · (256² - 1) / 12. */
const NOISE_DEVIATION = Math.sqrt((4 * (256 * 256 - 1)) / 12);

export class ReplacementAudio {
  readonly #kind: Replacement;
  readonly #sampleRateHz: number;
  readonly #random = new SeededRandom(NOISE_SEED);
  #floorPower = START_FLOOR_POWER;
  #toneSample = 0;

  constructor(kind: Replacement, sampleRateHz: number) {
    this.#kind = kind;
    this.#sampleRateHz = sampleRateHz;
  }

  /**
   * Learns the noise floor from a hop that was decided to hold no tone, whose mean square is `powers[at]`: by itself, the
   * number would come in a box.
   */
  learn(powers: Float64Array, at: number): void {
    const power = powers[at];
    const floor = this.#floorPower;
    const next = power < floor ? floor + FALL_SHARE * (power - floor) : floor * RISE_PER_HOP;
    this.#floorPower = Math.min(LARGEST_FLOOR_POWER, Math.max(LEAST_FLOOR_POWER, next));
  }

  /** Writes the next `count` samples. */
  render(target: Float64Array, count: number): void {
    switch (this.#kind) {
      case 'silence':
        target.fill(0, 0, count);
        return;
      case 'comfort-noise':
        this.#renderNoise(target, count);
        return;
      case 'tone':
        this.#renderTone(target, count);
        return;
    }
  }

  reset(): void {
    this.#floorPower = START_FLOOR_POWER;
    this.#toneSample = 0;
  }

  #renderNoise(target: Float64Array, count: number): void {
    const gain = Math.sqrt(this.#floorPower) / NOISE_DEVIATION;
    for (let index = 0; index < count; index += 1) {
      const bits = this.#random.nextInt32();
      target[index] = gain * ((bits & 255) + ((bits >> 8) & 255) + ((bits >> 16) & 255) + (bits >>> 24) - 510);
    }
  }

  #renderTone(target: Float64Array, count: number): void {
    // 400 Hz repeats every 20 samples of 8 kHz, and every 40 of 16 kHz.
    const period = this.#sampleRateHz / FLAT_TONE_HZ;
    for (let index = 0; index < count; index += 1) {
      target[index] = FLAT_TONE_AMPLITUDE * Math.sin((2 * Math.PI * this.#toneSample) / period);
      this.#toneSample = (this.#toneSample + 1) % period;
    }
  }
}
