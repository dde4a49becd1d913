/**
 * Follows where the caller's stream is in what the agent hears, by the likeness of the two and by no clock: a browser's
 * jitter buffer stretches and squeezes what it plays. While keys are hidden the two are not alike, and what was known before
 * stays. Pure.
 */
const WINDOW_SAMPLES = 4000;
/** Somewhere within a second, at first; later only what a jitter buffer may have added or left out since. */
const FIRST_RANGE = { before: 800, after: 8000 };
const NEXT_RANGE = { before: 1600, after: 1600 };
const FIRST_EVERY_SAMPLES = 2000;
const NEXT_EVERY_SAMPLES = 16_000;
/** Correlation of the same sound, once resampled, is beyond 0.9; of two different ones of half a second, below 0.4. */
const ALIKE = 0.7;

export class LaneAlignment {
  #startSample: number | undefined;
  #lookedAtSample = 0;

  /** Position in the agent's stream of the caller's sample 0; undefined until it is known. */
  get startSample(): number | undefined {
    return this.#startSample;
  }

  follow(sent: Int16Array, heard: Int16Array): void {
    const known = this.#startSample;
    const every = known === undefined ? FIRST_EVERY_SAMPLES : NEXT_EVERY_SAMPLES;
    if (heard.length < this.#lookedAtSample + every || heard.length < WINDOW_SAMPLES) return;
    this.#lookedAtSample = heard.length;
    // The newest that was heard is as old as the way is long.
    const expected = known ?? heard.length - sent.length;
    const range = known === undefined ? FIRST_RANGE : NEXT_RANGE;
    const found = mostAlike(sent, heard, expected - range.before, expected + range.after);
    if (found.likeness > ALIKE) this.#startSample = found.startSample;
  }
}

function mostAlike(
  sent: Int16Array,
  heard: Int16Array,
  from: number,
  to: number,
): { readonly startSample: number; readonly likeness: number } {
  const newest = heard.subarray(heard.length - WINDOW_SAMPLES);
  const newestEnergy = correlation(newest, 0, newest);
  let startSample = 0;
  let likeness = 0;
  for (let start = from; start <= to; start += 1) {
    const at = heard.length - WINDOW_SAMPLES - start;
    if (at < 0 || at + WINDOW_SAMPLES > sent.length) continue;
    const product = correlation(sent, at, newest);
    if (product <= 0) continue;
    const here = product / Math.sqrt(newestEnergy * energy(sent, at));
    if (here <= likeness) continue;
    likeness = here;
    startSample = start;
  }
  return { startSample, likeness };
}

function correlation(samples: Int16Array, at: number, window: Int16Array): number {
  let sum = 0;
  for (let index = 0; index < WINDOW_SAMPLES; index += 1) sum += (samples[at + index] ?? 0) * (window[index] ?? 0);
  return sum;
}

function energy(samples: Int16Array, at: number): number {
  return correlation(samples, at, samples.subarray(at, at + WINDOW_SAMPLES));
}
