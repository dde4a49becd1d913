/**
 * Short-time objective intelligibility: C. H. Taal, R. C. Hendriks, R. Heusdens, J. Jensen, "An Algorithm for
 * Intelligibility Prediction of Time-Frequency Weighted Noisy Speech", IEEE Transactions on Audio, Speech, and Language
 * Processing 19(7), 2011. 1 means that nothing was lost; speech in white noise of the same level is at about 0.6.
 */
import { hannWindow, PowerSpectrum } from './fft.js';
import { to10kHz } from './resample.js';

const RATE_HZ = 10_000;
const FRAME_SAMPLES = 256;
const HOP_SAMPLES = FRAME_SAMPLES / 2;
const TRANSFORM_SIZE = 512;
const BANDS = 15;
const LOWEST_BAND_HZ = 150;
/** 384 ms: what is correlated at a time. */
const SEGMENT_FRAMES = 30;
/** Frames of the clean speech this far below its loudest are pauses and are left out. */
const SPEECH_RANGE_DB = 40;
/** Lower bound of the ratio of signal to distortion. */
const CLIP_DB = -15;
const CLIP_FACTOR = 1 + 10 ** (-CLIP_DB / 20);

const WINDOW = hannWindow(FRAME_SAMPLES);
const BAND_EDGES = bandEdges();

/** Of `processed` against `clean`, both 8 kHz and without delay between them; undefined with too little speech. */
export function stoi(clean: Int16Array, processed: Int16Array): number | undefined {
  const count = Math.min(clean.length, processed.length);
  const [x, y] = withoutPauses(to10kHz(clean.subarray(0, count)), to10kHz(processed.subarray(0, count)));
  const cleanBands = bandAmplitudes(x);
  const processedBands = bandAmplitudes(y);
  const frames = cleanBands.length / BANDS;
  let sum = 0;
  let terms = 0;
  for (let end = SEGMENT_FRAMES; end <= frames; end += 1) {
    for (let band = 0; band < BANDS; band += 1) {
      const correlation = segmentCorrelation(cleanBands, processedBands, band, end - SEGMENT_FRAMES);
      if (correlation === undefined) continue;
      sum += correlation;
      terms += 1;
    }
  }
  return terms === 0 ? undefined : sum / terms;
}

/** Frames in which the clean speech is loud enough, of both, overlapped and added again (section II of the paper). */
function withoutPauses(clean: Float64Array, processed: Float64Array): [Float64Array, Float64Array] {
  const starts: number[] = [];
  const energies: number[] = [];
  for (let start = 0; start + FRAME_SAMPLES <= clean.length; start += HOP_SAMPLES) {
    let energy = 0;
    for (let index = 0; index < FRAME_SAMPLES; index += 1) energy += (clean[start + index] * WINDOW[index]) ** 2;
    starts.push(start);
    energies.push(energy);
  }
  const least = energies.reduce((most, energy) => Math.max(most, energy), 0) / 10 ** (SPEECH_RANGE_DB / 10);
  const kept = starts.filter((_, frame) => energies[frame] > least);
  return [overlapAdd(clean, kept), overlapAdd(processed, kept)];
}

function overlapAdd(samples: Float64Array, starts: readonly number[]): Float64Array {
  const output = new Float64Array(starts.length === 0 ? 0 : (starts.length - 1) * HOP_SAMPLES + FRAME_SAMPLES);
  for (const [frame, start] of starts.entries()) {
    for (let index = 0; index < FRAME_SAMPLES; index += 1) {
      output[frame * HOP_SAMPLES + index] += samples[start + index] * WINDOW[index];
    }
  }
  return output;
}

/** One-third octave bands of every frame: frame by frame, 15 values each. */
function bandAmplitudes(samples: Float64Array): Float64Array {
  const frames = Math.max(0, Math.floor((samples.length - FRAME_SAMPLES) / HOP_SAMPLES) + 1);
  const amplitudes = new Float64Array(frames * BANDS);
  const spectrum = new PowerSpectrum(TRANSFORM_SIZE);
  const power = new Float64Array(spectrum.binCount);
  for (let frame = 0; frame < frames; frame += 1) {
    spectrum.measure(samples, frame * HOP_SAMPLES, WINDOW, power);
    for (let band = 0; band < BANDS; band += 1) {
      let sum = 0;
      for (let bin = BAND_EDGES[band].from; bin < BAND_EDGES[band].end; bin += 1) sum += power[bin];
      amplitudes[frame * BANDS + band] = Math.sqrt(sum);
    }
  }
  return amplitudes;
}

/** Correlation of one band in one segment after scaling and clipping the processed one; undefined in silence. */
function segmentCorrelation(
  clean: Float64Array,
  processed: Float64Array,
  band: number,
  firstFrame: number,
): number | undefined {
  const at = (frame: number): number => (firstFrame + frame) * BANDS + band;
  let cleanEnergy = 0;
  let processedEnergy = 0;
  for (let frame = 0; frame < SEGMENT_FRAMES; frame += 1) {
    cleanEnergy += clean[at(frame)] ** 2;
    processedEnergy += processed[at(frame)] ** 2;
  }
  if (cleanEnergy === 0) return undefined;
  const scale = processedEnergy === 0 ? 0 : Math.sqrt(cleanEnergy / processedEnergy);
  const clipped = (frame: number): number => Math.min(scale * processed[at(frame)], clean[at(frame)] * CLIP_FACTOR);
  let cleanMean = 0;
  let clippedMean = 0;
  for (let frame = 0; frame < SEGMENT_FRAMES; frame += 1) {
    cleanMean += clean[at(frame)] / SEGMENT_FRAMES;
    clippedMean += clipped(frame) / SEGMENT_FRAMES;
  }
  let product = 0;
  let cleanVariance = 0;
  let clippedVariance = 0;
  for (let frame = 0; frame < SEGMENT_FRAMES; frame += 1) {
    const x = clean[at(frame)] - cleanMean;
    const y = clipped(frame) - clippedMean;
    product += x * y;
    cleanVariance += x * x;
    clippedVariance += y * y;
  }
  if (cleanVariance === 0) return undefined;
  return clippedVariance === 0 ? 0 : product / Math.sqrt(cleanVariance * clippedVariance);
}

function bandEdges(): readonly { readonly from: number; readonly end: number }[] {
  const binOf = (hz: number): number => Math.round((hz * TRANSFORM_SIZE) / RATE_HZ);
  return Array.from({ length: BANDS }, (_, band) => {
    const centreHz = LOWEST_BAND_HZ * 2 ** (band / 3);
    return { from: binOf(centreHz * 2 ** (-1 / 6)), end: binOf(centreHz * 2 ** (1 / 6)) };
  });
}
