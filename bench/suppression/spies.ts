/** Everybody who might listen to what is left: ordinary receivers, and one that is told when each key was pressed. */
import { G722_SAMPLE_RATE_HZ } from '../../dsp/g722.js';
import { countFound, type KnownPress } from '../../dsp/likelihood-listener.js';
import type { Contender } from '../detection/detector.js';
import { scoreOf } from '../detection/score.js';
import { countLeak, type Leak } from './leak-count.js';
import type { LineAudio } from './line-audio.js';
import type { Pipeline } from './pipelines.js';
import { narrowed, type WidebandAudio, type WidebandPipeline } from './wideband-line.js';

export type SpyResult = {
  readonly pipeline: string;
  readonly leak: Leak;
  /** Presses read, by receiver, in their order; undefined for one that is missing. */
  readonly read: readonly (number | undefined)[];
  /**
   * Best guesses of the most likely listener that are right. It guesses whenever there is anything but digital silence:
   * noise and speech that have nothing to do with the key give one in sixteen.
   */
  readonly guessedRight: number;
  /** Of these, with evidence beyond chance. */
  readonly found: number;
};

export async function spyOn(pipeline: Pipeline, audio: LineAudio, receivers: readonly Contender[]): Promise<SpyResult> {
  const after = await pipeline.run(audio);
  const leak = countLeak(audio.samples, after, audio.presses);
  return { pipeline: pipeline.name, leak, ...(await listenTo(after, audio.presses, receivers)) };
}

/** Samples left are counted at 16 kHz; `presses` are those of the same audio at 8 kHz, where everybody listens. */
export async function spyOnWideband(
  pipeline: WidebandPipeline,
  audio: WidebandAudio,
  presses: readonly KnownPress[],
  receivers: readonly Contender[],
): Promise<SpyResult> {
  const after = pipeline.run(audio.samples);
  const leak = countLeak(audio.samples, after, audio.presses, G722_SAMPLE_RATE_HZ);
  return { pipeline: pipeline.name, leak, ...(await listenTo(narrowed(after), presses, receivers)) };
}

async function listenTo(
  heard: Int16Array,
  presses: readonly KnownPress[],
  receivers: readonly Contender[],
): Promise<Omit<SpyResult, 'pipeline' | 'leak'>> {
  const read: (number | undefined)[] = [];
  for (const receiver of receivers) {
    read.push(receiver.kind === 'here' ? scoreOf(await receiver.detector.detect(heard), presses).right : undefined);
  }
  const { found, guessedRight } = countFound(heard, presses);
  return { read, guessedRight, found };
}

/** One in so many guesses is right by chance. */
const CHANCE = 1 / 16;
/** Of a thousand spies that know nothing, one guesses more than so many standard deviations above chance. */
const CHANCE_DEVIATIONS = 3.09;

/** Up to so much may be chance, of so many presses. */
export function chancePercent(presses: number): number {
  return 100 * (CHANCE + CHANCE_DEVIATIONS * Math.sqrt((CHANCE * (1 - CHANCE)) / presses));
}

export function foundPercent({ found, leak }: SpyResult): number {
  return (100 * found) / leak.presses;
}

export function guessedPercent({ guessedRight, leak }: SpyResult): number {
  return (100 * guessedRight) / leak.presses;
}
