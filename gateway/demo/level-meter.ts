/** What a plot needs of a stream: the level and the spectrum of every 20 ms of it. Pure. */
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { dbm0OfPower, meanSquare } from '../../dsp/level.js';

export const FRAME_SAMPLES = 160;
/** From below the lowest tone of a key (697 Hz) to above the highest of a telephone (1477 Hz). */
export const SPECTRUM_BINS = 28;
const LOWEST_HZ = 450;
/** Half of what 20 ms can tell apart, so that no tone falls in between. */
const STEP_HZ = 50;
/** What a spectrum's byte 0 stands for; 255 is 0 dBm0. */
const FLOOR_DBM0 = -60;
/** What is quieter is silence to a plot, and -Infinity is no JSON. */
const LEAST_LEVEL_DBM0 = -90;
/** Two seconds: a page that was not looked at for longer needs no catching up. */
const MAX_FRAMES_AT_ONCE = 100;

export type LevelFrames = {
  /** Position of the first frame in the stream. */
  readonly startSample: number;
  readonly levelsDbm0: readonly number[];
  /** SPECTRUM_BINS bytes a frame, lowest frequency first. */
  readonly spectra: Uint8Array;
};

export class LevelMeter {
  #position = 0;

  /** @param audio the stream from its beginning, longer than at the last call @returns what is new, in whole frames */
  take(audio: Int16Array): LevelFrames {
    const due = Math.floor((audio.length - this.#position) / FRAME_SAMPLES);
    const frames = Math.max(0, Math.min(due, MAX_FRAMES_AT_ONCE));
    const startSample = this.#position + (due - frames) * FRAME_SAMPLES;
    const levelsDbm0: number[] = [];
    const spectra = new Uint8Array(frames * SPECTRUM_BINS);
    for (let frame = 0; frame < frames; frame += 1) {
      const at = startSample + frame * FRAME_SAMPLES;
      levelsDbm0.push(levelOf(audio, at));
      writeSpectrum(audio, at, spectra.subarray(frame * SPECTRUM_BINS, (frame + 1) * SPECTRUM_BINS));
    }
    if (frames > 0) this.#position = startSample + frames * FRAME_SAMPLES;
    return { startSample, levelsDbm0, spectra };
  }
}

function levelOf(audio: Int16Array, at: number): number {
  const level = dbm0OfPower(meanSquare(audio, at, FRAME_SAMPLES));
  return Math.max(LEAST_LEVEL_DBM0, Math.round(level * 10) / 10);
}

/** A von Hann window, scaled so that a sine in the middle of a bin shows its own amplitude. */
const WINDOW = Float64Array.from({ length: FRAME_SAMPLES }, (_, index) => {
  const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 0.5)) / FRAME_SAMPLES);
  return (hann * 4) / FRAME_SAMPLES;
});

type Probe = { readonly cosines: Float64Array; readonly sines: Float64Array };

const PROBES: readonly Probe[] = Array.from({ length: SPECTRUM_BINS }, (_, bin) => {
  const radians = (2 * Math.PI * (LOWEST_HZ + bin * STEP_HZ)) / SAMPLE_RATE_HZ;
  return {
    cosines: WINDOW.map((weight, index) => weight * Math.cos(radians * index)),
    sines: WINDOW.map((weight, index) => weight * Math.sin(radians * index)),
  };
});

function writeSpectrum(audio: Int16Array, at: number, target: Uint8Array): void {
  PROBES.forEach(({ cosines, sines }, bin) => {
    let real = 0;
    let imaginary = 0;
    for (let index = 0; index < FRAME_SAMPLES; index += 1) {
      const sample = audio[at + index] ?? 0;
      real += sample * (cosines[index] ?? 0);
      imaginary += sample * (sines[index] ?? 0);
    }
    const level = dbm0OfPower((real * real + imaginary * imaginary) / 2);
    target[bin] = Math.round(255 * Math.min(1, Math.max(0, 1 - level / FLOOR_DBM0)));
  });
}
