/**
 * Sweeps like those of the Mitel CM7291 test tape's first side, on generated material: how wide the accept band is, how
 * much twist and how much range of level are taken, which length is a press, and how much noise may be under it.
 */
import { KEY_BY_PAIR } from '../../dsp/dtmf-keys.js';
import { type DetectTimed, readPerStep, type Sweep, type SweepPress, stepsWithoutMiss } from './tone-sweep.js';

export type SweepResult = {
  /** Percent off at which the last press was read, the narrowest and the widest of eight tones and two signs. */
  readonly acceptBandPercent: { readonly narrowest: number; readonly widest: number };
  readonly highOverLowDb: number;
  readonly lowOverHighDb: number;
  /** From the highest level read down to the lowest. */
  readonly dynamicRangeDb: number;
  /** The length of which half of all presses are read. */
  readonly guardTimeMs: number;
  readonly noise: NoiseResult;
};

export type NoiseResult = {
  /** Lowest ratio of tones to noise down to which all of the 1000 presses were read; undefined if there is none. */
  readonly leastRatioDb: number | undefined;
  /** How many were read one dB below that; undefined if none was tried. */
  readonly readBelow: number | undefined;
};

const LEVEL_DBM0 = -17;
const PLAIN = { lowLevelDbm0: LEVEL_DBM0, onMs: 50 } as const;
/** One key of each row and each column. */
const DIAGONAL = [0, 5, 10, 15].map((pair) => KEY_BY_PAIR[pair]);
const PRESSES_PER_STEP = 10;

const BAND_STEP_PERCENT = 0.1;
const BAND_STEPS = 60;
const TWIST_STEP_DB = 0.1;
const TWIST_STEPS = 160;
const HIGHEST_LEVEL_DBM0 = 0;
const LEVEL_STEPS = 55;
const LONGEST_MS = 49;
const LENGTH_STEP_MS = 0.1;
const LENGTH_STEPS = 390;
const NOISE_RATIOS_DB = Array.from({ length: 17 }, (_, step) => 24 - step);
const NOISE_PRESSES = 1_000;
/** Two tones together over one. */
const PAIR_DB = 3.01;

export async function sweepDetector(detect: DetectTimed, seed: number): Promise<SweepResult> {
  const bands: number[] = [];
  for (let tone = 0; tone < 8; tone += 1) {
    for (const sign of [-1, 1]) bands.push(await acceptBandPercent(detect, seed, tone, sign));
  }
  return {
    acceptBandPercent: { narrowest: Math.min(...bands), widest: Math.max(...bands) },
    highOverLowDb: await twistDb(detect, seed, 1),
    lowOverHighDb: await twistDb(detect, seed, -1),
    dynamicRangeDb: await dynamicRangeDb(detect, seed),
    guardTimeMs: await guardTimeMs(detect, seed),
    noise: await noiseSweep(detect, seed),
  };
}

async function acceptBandPercent(detect: DetectTimed, seed: number, tone: number, sign: number): Promise<number> {
  const isRow = tone < 4;
  const steps = Array.from({ length: BAND_STEPS }, (_, step) => {
    const percent = sign * step * BAND_STEP_PERCENT;
    const shape = isRow ? { lowOffsetPercent: percent } : { highOffsetPercent: percent };
    // Four keys have this tone; each takes its turn.
    return Array.from({ length: PRESSES_PER_STEP }, (_, press): SweepPress => {
      const pair = isRow ? tone * 4 + (press % 4) : (press % 4) * 4 + (tone - 4);
      return { ...PLAIN, ...shape, key: KEY_BY_PAIR[pair] };
    });
  });
  return lastStepRead(await stepsRead({ steps, seed: seed + tone * 2 + sign }, detect)) * BAND_STEP_PERCENT;
}

async function twistDb(detect: DetectTimed, seed: number, sign: number): Promise<number> {
  const steps = Array.from({ length: TWIST_STEPS }, (_, step) => {
    const twist = sign * step * TWIST_STEP_DB;
    // The stronger tone stays, the weaker goes down.
    const shape = { lowLevelDbm0: sign > 0 ? LEVEL_DBM0 - twist : LEVEL_DBM0, twistDb: twist };
    return pressesOf((key) => ({ ...PLAIN, ...shape, key }));
  });
  return lastStepRead(await stepsRead({ steps, seed: seed + 20 }, detect)) * TWIST_STEP_DB;
}

async function dynamicRangeDb(detect: DetectTimed, seed: number): Promise<number> {
  const steps = Array.from({ length: LEVEL_STEPS }, (_, step) =>
    pressesOf((key) => ({ ...PLAIN, lowLevelDbm0: HIGHEST_LEVEL_DBM0 - step, key })),
  );
  return lastStepRead(await stepsRead({ steps, seed: seed + 21 }, detect));
}

async function guardTimeMs(detect: DetectTimed, seed: number): Promise<number> {
  const lengths = Array.from({ length: LENGTH_STEPS }, (_, step) => LONGEST_MS - step * LENGTH_STEP_MS);
  const steps = lengths.map((onMs) => pressesOf((key) => ({ ...PLAIN, onMs, key })));
  const read = await readPerStep({ steps, seed: seed + 22 }, detect);
  const missed = read.reduce((sum, count, step) => sum + steps[step].length - count, 0);
  return LONGEST_MS - (LENGTH_STEPS - missed / PRESSES_PER_STEP) * LENGTH_STEP_MS;
}

async function noiseSweep(detect: DetectTimed, seed: number): Promise<NoiseResult> {
  const presses = Array.from(
    { length: NOISE_PRESSES },
    (_, press): SweepPress => ({ ...PLAIN, key: KEY_BY_PAIR[press % 16] }),
  );
  let leastRatioDb: number | undefined;
  for (const ratioDb of NOISE_RATIOS_DB) {
    const noiseDbm0 = LEVEL_DBM0 + PAIR_DB - ratioDb;
    const [read] = await readPerStep({ steps: [presses], seed: seed + 23 + ratioDb, noiseDbm0 }, detect);
    if (read < NOISE_PRESSES) return { leastRatioDb, readBelow: read };
    leastRatioDb = ratioDb;
  }
  return { leastRatioDb, readBelow: undefined };
}

function pressesOf(make: (key: number) => SweepPress): SweepPress[] {
  return Array.from({ length: PRESSES_PER_STEP }, (_, press) => make(DIAGONAL[press % DIAGONAL.length]));
}

async function stepsRead(sweep: Sweep, detect: DetectTimed): Promise<number> {
  return stepsWithoutMiss(await readPerStep(sweep, detect), sweep.steps);
}

/** The first step is no change at all. */
function lastStepRead(steps: number): number {
  return Math.max(0, steps - 1);
}
