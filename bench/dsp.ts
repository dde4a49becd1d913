/**
 * `bench dsp`: what the detector finds, what it hears in speech, how soon it tells and how fast it is, beside libspandsp,
 * multimon-ng, npm's goertzel and Asterisk's rules on the same seeded material in the same run.
 */
import type { Extent } from './bench-arguments.js';
import { type Contenders, nameOf, openContenders, SPANDSP } from './detection/contenders.js';
import {
  type DetectionResults,
  detectionTable,
  percentile,
  sectionTable,
  sweepTable,
} from './detection/detection-tables.js';
import type { Contender } from './detection/detector.js';
import { measurementErrors, measurementTable } from './detection/measurement-error.js';
import { sweepDetector } from './detection/mitel-sweeps.js';
import { detectOwn, OWN_DETECTOR } from './detection/own-detector.js';
import { detectQ24, totalOf } from './detection/q24-detection.js';
import { speedTable } from './detection/speed-table.js';
import { countTalkOff } from './detection/talk-off.js';
import { measureThroughput, speedRatio } from './detection/throughput.js';
import type { PartResult } from './part-result.js';
import type { SpeechCorpus } from './speech/speech-corpus.js';
import { whyNoSpeech } from './speech/speech-table.js';
import type { BenchTable } from './table.js';
import { atLeast, atMost, type Target, unlessPartial } from './targets.js';

export type DspBenchOptions = {
  readonly seed: number;
  readonly speech: SpeechCorpus;
  /** Short: of the peers only one is asked for keys in hours of speech. */
  readonly extent: Extent;
  /** Told what is being measured. */
  readonly onProgress: (line: string) => void;
};

/** Ours is the first contender. */
const OWN = 0;
/** Of 128 presses. */
const LEAST_CORNER_OF_128 = 126;
/** The others are several times slower: listening to all of the speech takes them longer than all else here. */
const FAST_DETECTORS = [OWN_DETECTOR.name, SPANDSP];

export async function benchDsp(options: DspBenchOptions): Promise<PartResult> {
  const { seed, speech, extent, onProgress } = options;
  const contenders = await openContenders();
  onProgress('dsp: throughput');
  const throughput = await measureThroughput(contenders.all, seed);
  onProgress('dsp: Q.24');
  const q24 = await detectQ24(contenders.all, seed);
  onProgress('dsp: sweeps');
  const sweeps = await sweepsTable(contenders, seed);
  const isAsked = (contender: Contender): boolean => extent === 'whole' || FAST_DETECTORS.includes(nameOf(contender));
  const talkOff =
    speech.stored.length === 0 ? undefined : await countTalkOff(contenders.all, isAsked, speech, onProgress);
  const results: DetectionResults = {
    contenders: contenders.all,
    versions: contenders.versions,
    notAsked: contenders.all.filter((one) => one.kind === 'here' && !isAsked(one)).map(nameOf),
    q24,
    talkOff,
    speechHours: speech.hours,
    throughput,
  };
  return {
    tables: [
      detectionTable(results, seed),
      measurementTable(measurementErrors(seed)),
      sweeps,
      speedTable(seed),
      sectionTable(results),
    ],
    targets: targetsOf(results, speech),
    figures: { matrix: { detectors: contenders.all.map(nameOf), sections: q24.sections } },
  };
}

function targetsOf({ q24, talkOff, throughput }: DetectionResults, speech: SpeechCorpus): Target[] {
  const accept = totalOf(q24, ['accept', 'corner'], OWN);
  const reject = totalOf(q24, ['reject'], OWN);
  const percent = (score: typeof accept) => (score === undefined ? undefined : (100 * score.right) / score.presses);
  return [
    atLeast({ what: 'Q.24 accept: presses right', limit: 99.9, unit: '%', value: percent(accept) }),
    atMost({ what: 'Q.24 accept: extra keys', limit: 0, unit: '', value: accept?.extra }),
    atMost({ what: 'Q.24 reject: keys', limit: 0, unit: '', value: reject && reject.right + reject.extra }),
    ...q24.sections
      .filter(({ kind }) => kind === 'corner')
      .map(({ name, scores }) =>
        atLeast({ what: `${name}: right, of 128`, limit: LEAST_CORNER_OF_128, unit: '', value: scores[OWN]?.right }),
      ),
    unlessPartial(
      atMost({ what: 'talk-off: keys in all of the speech', limit: 0, unit: '', value: talkOff?.[OWN] }),
      whyNoSpeech(speech),
    ),
    atMost({ what: 'onset to report: 99 of 100', limit: 50, unit: 'ms', value: percentile(q24.latenciesMs[OWN]) }),
    atLeast({
      what: 'throughput over libspandsp’s',
      limit: 1.5,
      unit: 'x',
      value: speedRatio(throughput, OWN_DETECTOR.name, SPANDSP),
      whyNot: 'libspandsp is missing',
    }),
  ];
}

async function sweepsTable({ spandsp }: Contenders, seed: number): Promise<BenchTable> {
  const own = await sweepDetector((samples) => Promise.resolve(detectOwn(samples)), seed);
  const named = [{ name: OWN_DETECTOR.name, sweeps: own }];
  if (spandsp !== undefined) {
    const sweeps = await sweepDetector((samples) => spandsp.detect(samples), seed);
    named.push({ name: SPANDSP, sweeps });
  }
  return sweepTable(named);
}
