/** Audio as a picture: time to the right, frequency upwards, power as colour. */
import { hannWindow, PowerSpectrum } from '../stoi/fft.js';
import type { Picture } from './png.js';

const FRAME_SAMPLES = 256;
const HOP_SAMPLES = 48;
/** What is so far below a full-scale sine is black. */
const RANGE_DB = 75;
const FULL_SCALE_POWER = (32_768 * FRAME_SAMPLES * 0.25) ** 2;

/** Black over violet and orange to a pale yellow, brighter at every step, so that it reads in grey too. */
const COLOURS: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [50, 10, 94],
  [120, 28, 109],
  [187, 55, 84],
  [237, 105, 37],
  [251, 180, 26],
  [252, 255, 164],
];

export function spectrogram(samples: Int16Array): Picture {
  const spectrum = new PowerSpectrum(FRAME_SAMPLES);
  const window = hannWindow(FRAME_SAMPLES);
  const power = new Float64Array(spectrum.binCount);
  const width = Math.max(1, Math.floor((samples.length - FRAME_SAMPLES) / HOP_SAMPLES) + 1);
  const height = spectrum.binCount;
  const rgb = new Uint8Array(width * height * 3);
  for (let column = 0; column < width; column += 1) {
    spectrum.measure(samples, column * HOP_SAMPLES, window, power);
    for (let bin = 0; bin < height; bin += 1) {
      const db = 10 * Math.log10(power[bin] / FULL_SCALE_POWER);
      rgb.set(colourOf(1 + db / RANGE_DB), ((height - 1 - bin) * width + column) * 3);
    }
  }
  return { width, height, rgb };
}

/** `share` from 0 (nothing) to 1 (full scale). */
export function colourOf(share: number): readonly [number, number, number] {
  const position = Math.min(Math.max(share, 0), 1) * (COLOURS.length - 1);
  const low = Math.min(Math.floor(position), COLOURS.length - 2);
  const part = position - low;
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(COLOURS[low][channel] * (1 - part) + COLOURS[low + 1][channel] * part);
  return [mix(0), mix(1), mix(2)];
}
