/** Which speech there was. */
import type { BenchTable } from '../table.js';
import { hoursOf, type SpeechCorpus } from './speech-corpus.js';

export function speechTable(corpus: SpeechCorpus): BenchTable {
  return {
    title: `Speech: ${corpus.hours.toFixed(2)} hours`,
    columns: ['Debian package', 'version', 'language', 'recordings', 'left out', 'hours'],
    rows: [
      ...corpus.stored.map((speech) => [
        speech.packageName,
        speech.packageVersion,
        speech.languages,
        speech.lengthsSamples.length,
        speech.leftOut,
        hoursOf(speech).toFixed(2),
      ]),
      ...corpus.missing.map(({ packageName, reason }) => [packageName, 'MISSING', reason, 0, 0, '0']),
    ],
    notes: [
      'every recording at an active speech level of -15 dBm0 (as ITU-T P.56 has it) and through G.711; kept in .cache/speech; none is part of this repository',
      'no recordings of real keypads are included: no package of Debian or npm that we know of holds any under a free licence',
    ],
  };
}

/** Why figures on speech are not there, or not on all of it; undefined if they are. */
export function whyNoSpeech(corpus: SpeechCorpus): string | undefined {
  return corpus.missing.length === 0 ? undefined : `${corpus.missing.length} packages of speech are missing`;
}
