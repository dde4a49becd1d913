/** How many of the presses in known material a detector read. */
import type { KnownPress } from '../../dsp/likelihood-listener.js';
import type { Detection, Report } from './detector.js';

export type Score = {
  /** Presses that were read once and rightly. */
  readonly right: number;
  /** Keys that were reported beside those. */
  readonly extra: number;
  readonly presses: number;
};

export const NO_SCORE: Score = { right: 0, extra: 0, presses: 0 };

/** No receiver reports sooner than this after the onset, and all do before the next press has been on for so long. */
const EARLIEST_REPORT_SAMPLES = 160;

export function scoreOf(detection: Detection, presses: readonly KnownPress[]): Score {
  if (detection.kind === 'timed') {
    const right = reportedOnce(detection.reports, presses).length;
    return { right, extra: detection.reports.length - right, presses: presses.length };
  }
  const right = commonLength(
    detection.keys,
    presses.map(({ key }) => key),
  );
  return { right, extra: detection.keys.length - right, presses: presses.length };
}

export function sumOf(scores: readonly Score[]): Score {
  return scores.reduce(
    (sum, { right, extra, presses }) => ({
      right: sum.right + right,
      extra: sum.extra + extra,
      presses: sum.presses + presses,
    }),
    NO_SCORE,
  );
}

/** Samples from the onset of each press that was read once and rightly to its report. */
export function latenciesSamples(reports: readonly Report[], presses: readonly KnownPress[]): number[] {
  return reportedOnce(reports, presses).map(({ press, report }) => report.sample - press.onsetSample);
}

type ReportedPress = { readonly press: KnownPress; readonly report: Report };

/** A press is read if exactly one report with its key falls into it; a second report spoils it. */
export function reportedOnce(reports: readonly Report[], presses: readonly KnownPress[]): ReportedPress[] {
  const read: ReportedPress[] = [];
  let next = 0;
  for (const [index, press] of presses.entries()) {
    const from = press.onsetSample + EARLIEST_REPORT_SAMPLES;
    const end = (presses[index + 1]?.onsetSample ?? Number.POSITIVE_INFINITY) + EARLIEST_REPORT_SAMPLES;
    while (next < reports.length && reports[next].sample < from) next += 1;
    const first = next;
    while (next < reports.length && reports[next].sample < end) next += 1;
    const report = reports[first];
    if (next - first === 1 && report.key === press.key) read.push({ press, report });
  }
  return read;
}

/** Length of the longest common subsequence: what is right where only the order of the keys is known. */
function commonLength(found: readonly number[], wanted: readonly number[]): number {
  let row = new Uint32Array(wanted.length + 1);
  for (const key of found) {
    const next = new Uint32Array(wanted.length + 1);
    for (const [index, wantedKey] of wanted.entries()) {
      next[index + 1] = key === wantedKey ? row[index] + 1 : Math.max(row[index + 1], next[index]);
    }
    row = next;
  }
  return row[wanted.length];
}
