/** From 8 kHz to the 10 kHz that STOI is defined at: five output samples for four of input, by windowed sines. */

const UP = 5;
const DOWN = 4;
/** Input samples on each side that one output sample is made of. */
const HALF_WIDTH = 16;

/** Weights by phase: output `5 n + phase` lies `phase · 4/5` input samples behind input `4 n`. */
const WEIGHTS: readonly Float64Array[] = Array.from({ length: UP }, (_, phase) => {
  const fraction = ((phase * DOWN) / UP) % 1;
  return Float64Array.from({ length: 2 * HALF_WIDTH }, (_unused, tap) => {
    const distance = tap - HALF_WIDTH + 1 - fraction;
    const sinc = distance === 0 ? 1 : Math.sin(Math.PI * distance) / (Math.PI * distance);
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * distance) / (HALF_WIDTH + 1)));
  });
});

export function to10kHz(samples: Int16Array): Float64Array {
  const output = new Float64Array(Math.floor((samples.length * UP) / DOWN));
  for (let index = 0; index < output.length; index += 1) {
    const centre = Math.floor((index * DOWN) / UP);
    const weights = WEIGHTS[index % UP];
    let sum = 0;
    for (let tap = 0; tap < weights.length; tap += 1) {
      sum += weights[tap] * (samples[centre + tap - HALF_WIDTH + 1] ?? 0);
    }
    output[index] = sum;
  }
  return output;
}
