/** Everybody who might listen to what is left: ordinary receivers, and one that is told when each key was pressed. */
import { countFound } from '../../dsp/likelihood-listener.js';
import type { Contender } from '../detection/detector.js';
import { scoreOf } from '../detection/score.js';
import { countLeak, type Leak } from './leak-count.js';
import type { LineAudio } from './line-audio.js';
import type { Pipeline } from './pipelines.js';

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
  const read: (number | undefined)[] = [];
  for (const receiver of receivers) {
    read.push(
      receiver.kind === 'here' ? scoreOf(await receiver.detector.detect(after), audio.presses).right : undefined,
    );
  }
  const { found, guessedRight } = countFound(after, audio.presses);
  return { pipeline: pipeline.name, leak: countLeak(audio.samples, after, audio.presses), read, guessedRight, found };
}

export function guessedPercent({ guessedRight, leak }: SpyResult): number {
  return (100 * guessedRight) / leak.presses;
}
