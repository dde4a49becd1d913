/**
 * Speech-like audio without a recording: voiced pulses through moving formants, hiss for consonants, syllables at
 * speaking pace, phrases and pauses, over a quiet line. One seed gives one stream, always the same. It is no language;
 * it has what matters to a DTMF receiver: harmonics that wander through the tones' frequencies, onsets and pauses.
 */
import { SAMPLE_RATE_HZ } from './dtmf-keys.js';
import { dbm0OfPower, powerOfDbm0, toSample } from './level.js';
import { SeededRandom } from './seeded-random.js';

export type SpeechLikeOptions = {
  readonly seed: number;
  /** Mean level while speaking; telephone speech is mostly -15 to -25 dBm0. */
  readonly levelDbm0?: number;
  readonly noiseDbm0?: number;
};

/** First to third formant of open and closed, front and back vowels (after Peterson and Barney, 1952), in Hz. */
const VOWELS: readonly (readonly [number, number, number])[] = [
  [730, 1_090, 2_440],
  [270, 2_290, 3_010],
  [300, 870, 2_240],
  [530, 1_840, 2_480],
  [570, 840, 2_410],
  [660, 1_720, 2_410],
  [440, 1_020, 2_240],
  [640, 1_190, 2_390],
  [490, 1_350, 1_690],
];
const BANDWIDTHS_HZ = [110, 170, 260] as const;
const HISS_BANDWIDTH_HZ = 900;
/** Noise of the breath in a vowel, against a pulse of 1. */
const BREATH = 0.05;

/** Filter settings follow the sounds in steps of 4 ms. */
const STEP_SAMPLES = 32;
const CALIBRATION_SAMPLES = 8 * SAMPLE_RATE_HZ;
/** A sample this far below the mean of the calibration does not count as speech. */
const ACTIVE_RANGE_DB = 20;

type Phase = 'consonant' | 'vowel' | 'pause';

/** One two-pole resonance with unity gain at 0 Hz (Klatt, 1980). */
class Resonator {
  #gain = 0;
  #first = 0;
  #second = 0;
  #y1 = 0;
  #y2 = 0;

  tune(frequencyHz: number, bandwidthHz: number): void {
    const radius = Math.exp((-Math.PI * bandwidthHz) / SAMPLE_RATE_HZ);
    this.#second = -radius * radius;
    this.#first = 2 * radius * Math.cos((2 * Math.PI * frequencyHz) / SAMPLE_RATE_HZ);
    this.#gain = 1 - this.#first - this.#second;
  }

  next(input: number): number {
    const output = this.#gain * input + this.#first * this.#y1 + this.#second * this.#y2;
    this.#y2 = this.#y1;
    this.#y1 = output;
    return output;
  }
}

export class SpeechLike {
  readonly #voice: Voice;
  readonly #noise: SeededRandom;
  readonly #noiseDeviation: number;
  readonly #gain: number;

  constructor(options: SpeechLikeOptions) {
    const power = activePower(new Voice(options.seed));
    this.#gain = Math.sqrt(powerOfDbm0(options.levelDbm0 ?? -20) / power);
    this.#noiseDeviation = Math.sqrt(powerOfDbm0(options.noiseDbm0 ?? -65));
    this.#noise = new SeededRandom(options.seed + 1);
    this.#voice = new Voice(options.seed);
  }

  /** Writes the next `count` samples to the start of `target`. */
  render(target: Int16Array, count: number): void {
    for (let index = 0; index < count; index += 1) {
      target[index] = toSample(this.#gain * this.#voice.next() + this.#noiseDeviation * this.#noise.gaussian());
    }
  }
}

class Voice {
  readonly #random: SeededRandom;
  readonly #formants = [new Resonator(), new Resonator(), new Resonator()];
  readonly #hiss = new Resonator();
  readonly #targetsHz = [500, 1_500, 2_500];
  readonly #currentHz = [500, 1_500, 2_500];
  readonly #basePitchHz: number;

  #phase: Phase = 'pause';
  #left = 0;
  #syllablesLeft = 0;
  #pitchHz: number;
  #pitchTargetHz: number;
  #pulsePosition = 0;
  #voicing = 0;
  #voicingTarget = 0;
  #hissLevel = 0;
  #hissTarget = 0;
  #stepPosition = 0;
  #glottis = 0;
  #lastMouth = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#basePitchHz = this.#random.between(90, 210);
    this.#pitchHz = this.#basePitchHz;
    this.#pitchTargetHz = this.#basePitchHz;
  }

  next(): number {
    if (this.#stepPosition === 0) this.#step();
    this.#stepPosition = (this.#stepPosition + 1) % STEP_SAMPLES;

    this.#pulsePosition += this.#pitchHz / SAMPLE_RATE_HZ;
    let pulse = 0;
    if (this.#pulsePosition >= 1) {
      this.#pulsePosition -= 1;
      // Pitch glides all the time, with jitter and shimmer of a few percent, as living voices have.
      this.#pitchHz += (this.#pitchTargetHz - this.#pitchHz) * 0.08 + this.#pitchHz * this.#random.between(-0.02, 0.02);
      pulse = this.#random.between(0.9, 1.1);
    }
    // The glottis' pulse falls off at 6 dB an octave; the lips lift it again in part.
    this.#glottis = 0.97 * this.#glottis + pulse;
    const breath = BREATH * this.#random.gaussian();
    let mouth = this.#voicing * (this.#glottis + breath);
    for (const formant of this.#formants) mouth = formant.next(mouth);
    const radiated = mouth - 0.6 * this.#lastMouth;
    this.#lastMouth = mouth;
    return radiated + this.#hiss.next(this.#hissLevel * this.#random.gaussian());
  }

  /** Every 4 ms: glide towards the targets, and on to the next sound when this one is over. */
  #step(): void {
    if (this.#left <= 0) this.#nextSound();
    this.#left -= STEP_SAMPLES;
    this.#voicing += (this.#voicingTarget - this.#voicing) * 0.35;
    this.#hissLevel += (this.#hissTarget - this.#hissLevel) * 0.5;
    for (let index = 0; index < 3; index += 1) {
      this.#currentHz[index] += (this.#targetsHz[index] - this.#currentHz[index]) * 0.12;
      this.#formants[index].tune(this.#currentHz[index], BANDWIDTHS_HZ[index]);
    }
  }

  #nextSound(): void {
    const random = this.#random;
    switch (this.#phase) {
      case 'pause':
        this.#syllablesLeft = random.integer(3, 11);
        this.#startConsonant();
        return;
      case 'consonant':
        this.#startVowel();
        return;
      case 'vowel':
        this.#syllablesLeft -= 1;
        if (this.#syllablesLeft > 0) {
          this.#startConsonant();
          return;
        }
        this.#phase = 'pause';
        this.#left = random.between(0.15, 0.9) * SAMPLE_RATE_HZ;
        this.#voicingTarget = 0;
        this.#hissTarget = 0;
        return;
    }
  }

  #startConsonant(): void {
    const random = this.#random;
    this.#phase = 'consonant';
    this.#left = random.between(0.03, 0.11) * SAMPLE_RATE_HZ;
    const isVoiced = random.next() < 0.45;
    this.#voicingTarget = isVoiced ? random.between(0.1, 0.35) : 0;
    this.#hissTarget = isVoiced ? 0 : random.between(0.01, 0.1);
    this.#hiss.tune(random.between(1_800, 3_400), HISS_BANDWIDTH_HZ);
  }

  #startVowel(): void {
    const random = this.#random;
    this.#phase = 'vowel';
    this.#left = random.between(0.06, 0.24) * SAMPLE_RATE_HZ;
    this.#voicingTarget = random.between(0.6, 1);
    this.#hissTarget = 0;
    const vowel = random.pick(VOWELS);
    for (let index = 0; index < 3; index += 1) this.#targetsHz[index] = vowel[index] * random.between(0.92, 1.12);
    this.#pitchTargetHz = this.#basePitchHz * random.between(0.65, 1.5);
  }
}

/** Mean square over the parts in which the voice speaks. */
function activePower(voice: Voice): number {
  const powers: number[] = [];
  for (let start = 0; start < CALIBRATION_SAMPLES; start += STEP_SAMPLES) {
    let sum = 0;
    for (let index = 0; index < STEP_SAMPLES; index += 1) sum += voice.next() ** 2;
    powers.push(sum / STEP_SAMPLES);
  }
  const mean = average(powers);
  return average(powers.filter((power) => dbm0OfPower(power / mean) > dbm0OfPower(1) - ACTIVE_RANGE_DB));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
