/** The detectors' figures as rows: one column a contender. */
import { median, quantile } from '../media-statistics.js';
import type { BenchTable, Cell } from '../table.js';
import { missingNotes, nameOf } from './contenders.js';
import type { Contender } from './detector.js';
import type { NoiseResult, SweepResult } from './mitel-sweeps.js';
import { type Q24Result, type SectionKind, totalOf } from './q24-detection.js';
import type { Score } from './score.js';
import type { TalkOff } from './talk-off.js';
import type { Throughput } from './throughput.js';

const ACCEPT: readonly SectionKind[] = ['accept', 'corner'];

export type DetectionResults = {
  readonly contenders: readonly Contender[];
  readonly versions: string;
  /** Names of those who did not listen to the speech, as the run was to be short. */
  readonly notAsked: readonly string[];
  readonly q24: Q24Result;
  /** Undefined without any speech. */
  readonly talkOff: TalkOff | undefined;
  readonly speechHours: number;
  readonly throughput: Throughput;
};

export function detectionTable(results: DetectionResults, seed: number): BenchTable {
  const { contenders, versions, notAsked, q24, talkOff, speechHours, throughput } = results;
  const row = (what: string, cellOf: (contender: number) => Cell | undefined): Cell[] => [
    what,
    ...contenders.map((_, contender) => cellOf(contender) ?? ''),
  ];
  const total = (kinds: readonly SectionKind[], text: (score: Score) => Cell) => (contender: number) => {
    const score = totalOf(q24, kinds, contender);
    return score === undefined ? undefined : text(score);
  };
  return {
    title: `Detection, seed ${seed}`,
    columns: ['what', ...contenders.map(nameOf)],
    rows: [
      row('Q.24 accept: presses right', total(ACCEPT, shareRight)),
      row(
        'Q.24 accept: extra keys',
        total(ACCEPT, ({ extra }) => extra),
      ),
      row(
        'Q.24 reject: keys reported',
        total(['reject'], ({ right, extra, presses }) => `${right + extra} of ${presses}`),
      ),
      ...q24.sections
        .filter(({ kind }) => kind === 'corner')
        .map(({ name, scores }) =>
          row(`${name}: presses right`, (contender) => {
            const score = scores[contender];
            return score === undefined ? undefined : shareRight(score);
          }),
        ),
      row(`talk-off: keys in ${speechHours.toFixed(2)} h of speech`, (contender) => talkOff?.[contender]),
      row('onset to report: mean, ms', (contender) => meanOf(q24.latenciesMs[contender])),
      row('onset to report: 99 of 100, ms', (contender) => percentile(q24.latenciesMs[contender])),
      row('throughput, s of audio per CPU s', (contender) =>
        median(throughput.get(nameOf(contenders[contender])) ?? []),
      ),
    ],
    notes: [
      'Q.24: seeded presses within (accept) and outside (reject) the limits of ITU-T Q.24, both laws of G.711; a press is right if its key is reported once in its time, or, of multimon-ng, which tells no times, in its order',
      'all limits at once: twist +4 or -8 dB, ±(1.5 % + 2 Hz), the weaker tone at -25 dBm0, 40 ms on and off; clean, and so far over noise that goes with each press’ own tones; each section judged for itself, and part of accept',
      'onset to report: of the accept presses read rightly, to the end of the 20 ms packet (of goertzel: of the block) that told',
      'goertzel, as its readme: blocks of 102, its own threshold, samples with full scale at 1; normalised: each block scaled by its energy, threshold 0.5, two blocks on, which is our addition',
      'libspandsp and the Asterisk rules, emulated from its published source: their limits lie on those of Q.24 (twist 8 and 4 dB, steady blocks of 12.75 ms), so that presses at a limit fall on either side; goertzel’s own threshold fits a full-scale sine alone',
      'throughput: a minute of speech-like audio with a press a second, all in turns, medians',
      ...(notAsked.length === 0
        ? []
        : [`talk-off, the run being short, not asked: ${notAsked.join(', ')}; npm run bench -- dsp asks all`]),
      versions,
      ...missingNotes(contenders),
    ],
  };
}

/** The page shows it as a matrix instead. */
export const SECTION_TITLE = 'Q.24 by section: presses right + extra keys, of presses (reject: keys reported)';

export function sectionTable({ contenders, q24 }: DetectionResults): BenchTable {
  return {
    title: SECTION_TITLE,
    columns: ['section', 'kind', 'presses', ...contenders.map(nameOf)],
    rows: q24.sections.map(({ name, kind, scores }) => [
      name,
      kind,
      scores.find((score) => score !== undefined)?.presses ?? 0,
      ...scores.map((score) => (score === undefined ? '' : scoreText(kind, score))),
    ]),
    notes: [],
  };
}

export function scoreText(kind: SectionKind, { right, extra }: Score): string {
  if (kind === 'reject') return String(right + extra);
  return extra === 0 ? String(right) : `${right} + ${extra}`;
}

export function sweepTable(named: readonly { readonly name: string; readonly sweeps: SweepResult }[]): BenchTable {
  const row = (what: string, cellOf: (sweeps: SweepResult) => Cell): Cell[] => [
    what,
    ...named.map(({ sweeps }) => cellOf(sweeps)),
  ];
  return {
    title: 'Sweeps like those of the Mitel tape',
    columns: ['what', ...named.map(({ name }) => name)],
    rows: [
      row(
        'accept band, % (narrowest to widest of 8 tones, 2 signs)',
        ({ acceptBandPercent: band }) => `${band.narrowest.toFixed(1)} to ${band.widest.toFixed(1)}`,
      ),
      row('twist, high tone over low, dB', ({ highOverLowDb }) => highOverLowDb.toFixed(1)),
      row('twist, low tone over high, dB', ({ lowOverHighDb }) => lowOverHighDb.toFixed(1)),
      row('levels from 0 dBm0 down, dB', ({ dynamicRangeDb }) => dynamicRangeDb),
      row('guard time (half are read), ms', ({ guardTimeMs }) => guardTimeMs.toFixed(1)),
      row('least S/N with 1000 of 1000, dB (read 1 dB below)', ({ noise }) => noiseText(noise)),
    ],
    notes: [
      'generated tones of -17 dBm0 and 50 ms; 10 presses a step, all of which have to be read; the tape itself is copyright and was not used',
    ],
  };
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Ninety-nine of a hundred are not above it. */
export function percentile(values: readonly number[]): number | undefined {
  return values.length === 0
    ? undefined
    : quantile(
        [...values].sort((a, b) => a - b),
        0.99,
      );
}

function shareRight({ right, presses }: Score): string {
  return `${right} of ${presses} (${((100 * right) / presses).toFixed(2)} %)`;
}

function noiseText({ leastRatioDb, readBelow }: NoiseResult): string {
  const least = leastRatioDb === undefined ? 'none' : String(leastRatioDb);
  return readBelow === undefined ? least : `${least} (${readBelow})`;
}
