/**
 * `bench leak`: what is left of keys in what the agent would hear, for ordinary receivers and for the strongest listener,
 * beside how Asterisk and rtpengine go about it, and what suppression costs the speech. Everything has its control: the
 * same listeners on the untreated audio.
 */
import { openContenders, SPANDSP } from './detection/contenders.js';
import type { PartResult } from './part-result.js';
import type { SpeechCorpus } from './speech/speech-corpus.js';
import { whyNoSpeech } from './speech/speech-table.js';
import { type AddedDelay, addedDelay } from './suppression/added-delay.js';
import { countLeak } from './suppression/leak-count.js';
import type { Curve, LeakFigures } from './suppression/leak-figures.js';
import {
  curveTable,
  delayTable,
  G722_NOTE,
  ML_NOTES,
  overSpeechTable,
  type PacketLeak,
  packetTable,
  type SpeechRatio,
  speechCostTable,
  spyTable,
  untouchedTable,
} from './suppression/leak-tables.js';
import { type LeakResults, leakTargets } from './suppression/leak-targets.js';
import { acceptAudio, type LineAudio } from './suppression/line-audio.js';
import { ownLookaheadCurve } from './suppression/lookahead-curve.js';
import {
  ASTERISK_SQUELCH,
  OWN_NOISE,
  OWN_SILENCE,
  OWN_TONE,
  type Pipeline,
  RTPENGINE_DELAYS_MS,
  rtpengineLike,
  suppressOwn,
  UNTREATED,
} from './suppression/pipelines.js';
import { measureSpeechCost } from './suppression/speech-cost.js';
import { type SpyResult, spyOn, spyOnWideband } from './suppression/spies.js';
import { RATIOS_DB, speechForTones, tonesOverSpeech } from './suppression/tones-over-speech.js';
import { countChangedBytes } from './suppression/untouched.js';
import { wideAudio } from './suppression/wide-set.js';
import { WIDEBAND_PIPELINES, widebandOf } from './suppression/wideband-line.js';

export type LeakBenchOptions = {
  readonly seed: number;
  readonly speech: SpeechCorpus;
  /** Told what is being measured. */
  readonly onProgress: (line: string) => void;
};

const SAMPLES_PER_MS = 8;
const PACKETS_MS = [10, 20, 30, 40, 60];
/** Shorter than the suppressor can be set to: derived from when it flagged. */
const DERIVED_MS = [0, 2, 4, 6, 8, 10, 12, 14, 16];
const MEASURED_MS = [18, 20, 40, 60, 100];
/** What the page shows of speech with keys: ten decibels over it, for a listener sees both. */
const SHOWN_RATIO_DB = 10;
const SHOWN_SAMPLES = 24_000;

export async function benchLeak(options: LeakBenchOptions): Promise<PartResult> {
  const { seed, speech, onProgress } = options;
  const contenders = await openContenders();
  const receivers = contenders.all.filter((one) => isReceiver(one.kind === 'here' ? one.detector.name : one.name));
  const { spandsp } = contenders;
  const rtpengine = spandsp === undefined ? [] : RTPENGINE_DELAYS_MS.map((delayMs) => rtpengineLike(spandsp, delayMs));
  const pipelines: Pipeline[] = [UNTREATED, ASTERISK_SQUELCH, ...rtpengine, OWN_SILENCE, OWN_NOISE];

  onProgress('leak: packets');
  const acceptSet = acceptAudio(seed);
  const wideSet = await wideAudio(seed);
  const packets = PACKETS_MS.map((packetMs) => packetLeak(packetMs, acceptSet, wideSet.audio));
  const spyAll = async (audio: LineAudio, which: readonly Pipeline[], what: string): Promise<SpyResult[]> => {
    const results: SpyResult[] = [];
    for (const pipeline of which) {
      onProgress(`leak, ${what}: ${pipeline.name}`);
      results.push(await spyOn(pipeline, audio, receivers));
    }
    return results;
  };
  const accept = await spyAll(acceptSet, [...pipelines, OWN_TONE], 'accept');
  const wide = await spyAll(wideSet.audio, pipelines, 'wide');
  const wideband: SpyResult[] = [];
  const acceptWideband = widebandOf(acceptSet);
  for (const pipeline of WIDEBAND_PIPELINES) {
    onProgress(`leak, accept: ${pipeline.name}`);
    wideband.push(await spyOnWideband(pipeline, acceptWideband, acceptSet.presses, receivers));
  }
  const spoken = await speechForTones(speech);
  const overSpeech: SpeechRatio[] = [];
  const live = [UNTREATED, ASTERISK_SQUELCH, ...rtpengine.slice(-1), OWN_SILENCE, OWN_NOISE];
  for (const ratioDb of spoken.length === 0 ? [] : RATIOS_DB) {
    const audio = tonesOverSpeech(spoken, ratioDb, seed + ratioDb);
    overSpeech.push({ ratioDb, results: await spyAll(audio, live, `${ratioDb} dB over speech`) });
  }
  const cost = await measureSpeechCost(speech, onProgress);
  const delays: AddedDelay[] = [];
  for (const packetMs of PACKETS_MS) delays.push(await addedDelay(packetMs));
  const closed = await countChangedBytes(seed, 'closed');
  const open = await countChangedBytes(seed, 'open');

  const curves = curvesOf(acceptSet, accept);
  const whyNot = whyNoSpeech(speech);
  const results: LeakResults = {
    packets,
    accept,
    wide,
    whyWidePartial: wideSet.whyPartial,
    wideband,
    overSpeech,
    cost,
    delays,
    closed,
    open,
    whyNot,
  };
  return {
    tables: [
      packetTable(packets, seed),
      spyTable('Keys left, accept set', [...accept, ...wideband], receivers, [
        ...ML_NOTES,
        G722_NOTE,
        contenders.versions,
      ]),
      spyTable('Keys left, wide set', wide, receivers, [...ML_NOTES, ...wideSet.notes]),
      curveTable(curves),
      ...(overSpeech.length === 0 ? [] : [overSpeechTable(overSpeech)]),
      ...(cost === undefined ? [] : [speechCostTable(cost)]),
      delayTable(delays),
      untouchedTable(closed, open),
    ],
    targets: leakTargets(results),
    figures: { leak: { curves, ...shownSpeech(spoken, seed) } },
  };
}

function shownSpeech(spoken: Int16Array, seed: number): Omit<LeakFigures, 'curves'> {
  const { samples, presses } = tonesOverSpeech(spoken, SHOWN_RATIO_DB, seed);
  const before = samples.slice(0, SHOWN_SAMPLES);
  const keys = presses
    .filter(({ offsetSample }) => offsetSample <= before.length)
    .map(({ onsetSample, offsetSample }) => ({ fromSample: onsetSample, endSample: offsetSample }));
  const after = suppressOwn({ samples: before, presses: [], loss: undefined }, { replacement: 'comfort-noise' });
  return { before, after, keys };
}

function isReceiver(name: string): boolean {
  return name === SPANDSP || name === 'multimon-ng';
}

function packetLeak(packetMs: number, accept: LineAudio, wide: LineAudio): PacketLeak {
  const leakOf = (audio: LineAudio) => {
    const output = suppressOwn(audio, { replacement: 'silence', packetSamples: packetMs * SAMPLES_PER_MS });
    return countLeak(audio.samples, output, audio.presses);
  };
  return { packetMs, accept: leakOf(accept), wide: leakOf(wide) };
}

function ownLeakyShare(audio: LineAudio, delayMs: number): number {
  const output = suppressOwn(audio, { replacement: 'silence', delaySamples: delayMs * SAMPLES_PER_MS });
  const { leaky, presses } = countLeak(audio.samples, output, audio.presses);
  return leaky / presses;
}

function curvesOf(audio: LineAudio, spied: readonly SpyResult[]): Curve[] {
  const shareOf = (pipeline: string): number => {
    const leak = spied.find((one) => one.pipeline === pipeline)?.leak;
    return leak === undefined ? Number.NaN : leak.leaky / leak.presses;
  };
  const rtpengine = spied.filter(({ pipeline }) => pipeline.startsWith('rtpengine'));
  return [
    {
      name: 'tonegate',
      points: [
        ...ownLookaheadCurve(audio.samples, audio.presses, DERIVED_MS),
        ...MEASURED_MS.map((lookaheadMs) => ({ lookaheadMs, leakyShare: ownLeakyShare(audio, lookaheadMs) })),
      ],
    },
    {
      name: 'rtpengine-like (emulated)',
      points: rtpengine.map(({ pipeline }, index) => ({
        lookaheadMs: RTPENGINE_DELAYS_MS[index],
        leakyShare: shareOf(pipeline),
      })),
    },
    {
      name: 'Asterisk-style squelch (emulated)',
      points: [{ lookaheadMs: 0, leakyShare: shareOf(ASTERISK_SQUELCH.name) }],
    },
  ];
}
