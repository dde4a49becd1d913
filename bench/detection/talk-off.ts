/** Keys that detectors hear in speech, where nobody pressed one. */
import { readSpeech, type SpeechCorpus } from '../speech/speech-corpus.js';
import { type Contender, keyCount } from './detector.js';

/** False keys by contender, in their order; undefined for one that is missing. */
export type TalkOff = readonly (number | undefined)[];

export async function countTalkOff(
  contenders: readonly Contender[],
  corpus: SpeechCorpus,
  onProgress: (line: string) => void,
): Promise<TalkOff> {
  const counts: (number | undefined)[] = contenders.map(({ kind }) => (kind === 'here' ? 0 : undefined));
  for (const speech of corpus.stored) {
    onProgress(`talk-off: ${speech.packageName}`);
    const samples = await readSpeech(speech);
    // Programs of their own run beside ours.
    const found = await Promise.all(
      contenders.map(async (one) => (one.kind === 'here' ? keyCount(await one.detector.detect(samples)) : 0)),
    );
    for (const [index, count] of counts.entries()) if (count !== undefined) counts[index] = count + found[index];
  }
  return counts;
}
