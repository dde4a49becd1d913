/**
 * The npm package `goertzel` as a labelled baseline, in two ways: as its readme does it, and with what one has to add for
 * it to find anything. It answers only yes or no for one frequency, against the power of a sine at full scale.
 */
import goertzel from 'goertzel';
import { COLUMN_HZ, KEY_BY_PAIR, ROW_HZ, SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { FULL_SCALE, powerOfDbm0 } from '../../dsp/level.js';
import { fastest } from '../detection/cpu-speed.js';
import type { Detector, Report } from '../detection/detector.js';
import { BlockDebounce, NO_HIT } from './block-debounce.js';

/** As libspandsp, Asterisk and FreeSWITCH choose it. */
const BLOCK_SAMPLES = 102;
/** A tone counts with half the power that it has in an even pair. */
const THRESHOLD = 0.5;
/** Noise of a quiet line is not to be blown up to full scale. */
const LEAST_POWER = powerOfDbm0(-35) / FULL_SCALE ** 2;

/** One takes it longer than all of the fast detectors' together. */
const SPEED_PASSES = 1;

type Scale = (block: Float32Array) => boolean;

/** As in the readme: samples with full scale at 1, its own threshold. */
export const GOERTZEL_README: Detector = baseline('goertzel, as its readme', undefined, () => true);

/** Each block scaled so that two even tones have an amplitude of 1. */
export const GOERTZEL_NORMALISED: Detector = {
  ...baseline('goertzel, normalised', THRESHOLD, normalise),
  speed: (samples) => Promise.resolve(fastest(samples, SPEED_PASSES, detectNormalised)),
};

function baseline(name: string, threshold: number | undefined, scale: Scale): Detector {
  const detect = (samples: Int16Array): Report[] => detectBlocks(samples, threshold, scale);
  return { name, detect: (samples) => Promise.resolve({ kind: 'timed', reports: detect(samples) }) };
}

function detectNormalised(samples: Int16Array): Report[] {
  return detectBlocks(samples, THRESHOLD, normalise);
}

function detectBlocks(samples: Int16Array, threshold: number | undefined, scale: Scale): Report[] {
  const detectorOf = (targetFrequency: number): ((block: Float32Array) => boolean) => {
    const options = { targetFrequency, sampleRate: SAMPLE_RATE_HZ, samplesPerFrame: BLOCK_SAMPLES };
    return goertzel(threshold === undefined ? options : { ...options, threshold });
  };
  const rows = ROW_HZ.map(detectorOf);
  const columns = COLUMN_HZ.map(detectorOf);
  const debounce = new BlockDebounce({ blocksToBegin: 2, blocksToEnd: 2 });
  const block = new Float32Array(BLOCK_SAMPLES);
  const reports: Report[] = [];
  for (let at = 0; at + BLOCK_SAMPLES <= samples.length; at += BLOCK_SAMPLES) {
    for (let index = 0; index < BLOCK_SAMPLES; index += 1) block[index] = samples[at + index] / FULL_SCALE;
    const hit = scale(block) ? keyOf(onlyOne(rows, block), onlyOne(columns, block)) : NO_HIT;
    if (debounce.take(hit)) reports.push({ key: hit, sample: at + BLOCK_SAMPLES });
  }
  return reports;
}

function normalise(block: Float32Array): boolean {
  let energy = 0;
  for (let index = 0; index < block.length; index += 1) energy += block[index] * block[index];
  const power = energy / block.length;
  if (power < LEAST_POWER) return false;
  const gain = 1 / Math.sqrt(power);
  for (let index = 0; index < block.length; index += 1) block[index] *= gain;
  return true;
}

/** Index of the one tone of a group that is there; -1 for none or several. */
function onlyOne(tones: readonly ((block: Float32Array) => boolean)[], block: Float32Array): number {
  let found = -1;
  for (let index = 0; index < tones.length; index += 1) {
    if (!tones[index](block)) continue;
    if (found >= 0) return -1;
    found = index;
  }
  return found;
}

function keyOf(row: number, column: number): number {
  return row < 0 || column < 0 ? NO_HIT : KEY_BY_PAIR[row * 4 + column];
}
