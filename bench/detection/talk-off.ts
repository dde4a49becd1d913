/** Keys that detectors hear in speech, where nobody pressed one. */
import { readSpeech, type SpeechCorpus } from '../speech/speech-corpus.js';
import { type Contender, keyCount } from './detector.js';

/** False keys by contender, in their order; undefined for one that is missing or was not asked. */
export type TalkOff = readonly (number | undefined)[];

/** All of the speech to each contender that `isAsked`. */
export async function countTalkOff(
  contenders: readonly Contender[],
  isAsked: (contender: Contender) => boolean,
  corpus: SpeechCorpus,
  onProgress: (line: string) => void,
): Promise<TalkOff> {
  const asked = contenders.map((one) => (one.kind === 'here' && isAsked(one) ? one.detector : undefined));
  const counts: (number | undefined)[] = asked.map((detector) => (detector === undefined ? undefined : 0));
  for (const speech of corpus.stored) {
    onProgress(`talk-off: ${speech.packageName}`);
    const samples = await readSpeech(speech);
    // Programs of their own run beside ours.
    const found = await Promise.all(
      asked.map(async (detector) => (detector === undefined ? 0 : keyCount(await detector.detect(samples)))),
    );
    for (const [index, count] of counts.entries()) if (count !== undefined) counts[index] = count + found[index];
  }
  return counts;
}
