/** What a bench has to show: figures with a limit. One that could not be measured is not met. */
import type { Extent } from './bench-arguments.js';
import type { BenchTable } from './table.js';

export type Verdict = 'met' | 'missed' | 'not measured';

export type Target = {
  readonly what: string;
  /** `>= 99.9 %` and the like. */
  readonly wanted: string;
  /** What was measured, with its unit, or why nothing was. */
  readonly measured: string;
  readonly verdict: Verdict;
};

export type Limit = {
  readonly what: string;
  readonly limit: number;
  readonly unit: string;
  /** Undefined if it could not be measured. */
  readonly value: number | undefined;
  readonly whyNot?: string;
};

export function atLeast({ what, limit, unit, value, whyNot }: Limit): Target {
  return target(what, `>= ${figure(limit, unit)}`, value, unit, value !== undefined && value >= limit, whyNot);
}

export function atMost({ what, limit, unit, value, whyNot }: Limit): Target {
  const wanted = limit === 0 ? figure(0, unit) : `<= ${figure(limit, unit)}`;
  return target(what, wanted, value, unit, value !== undefined && value <= limit, whyNot);
}

function target(
  what: string,
  wanted: string,
  value: number | undefined,
  unit: string,
  isMet: boolean,
  whyNot = 'not measured',
): Target {
  if (value === undefined || Number.isNaN(value)) return { what, wanted, measured: whyNot, verdict: 'not measured' };
  return { what, wanted, measured: figure(value, unit), verdict: isMet ? 'met' : 'missed' };
}

/** What was met on a part of the material is no proof; what was missed on a part is missed. */
export function unlessPartial(target: Target, whyPartial: string | undefined): Target {
  if (whyPartial === undefined || target.verdict === 'missed') return target;
  const measured = target.verdict === 'met' ? `${target.measured}, but ${whyPartial}` : whyPartial;
  return { ...target, measured, verdict: 'not measured' };
}

/** Three significant decimals at most, so that 0.004 is not shown as nothing and 99.98 not as all. */
export function figure(value: number, unit: string): string {
  const text = Number.isInteger(value) ? String(value) : String(Number(value.toFixed(3)));
  return unit === '' ? text : `${text} ${unit}`;
}

export function targetsTable(targets: readonly Target[]): BenchTable {
  const count = (verdict: Verdict): number => targets.filter((one) => one.verdict === verdict).length;
  return {
    title: 'Targets',
    columns: ['target', 'wanted', 'measured', 'result'],
    rows: targets.map(({ what, wanted, measured, verdict }) => [what, wanted, measured, RESULTS[verdict]]),
    notes: [`${count('met')} met, ${count('missed')} missed, ${count('not measured')} not measured`],
  };
}

const RESULTS: Record<Verdict, string> = { met: 'pass', missed: 'MISS', 'not measured': 'NOT MEASURED' };

/** Whoever names a part wants all of it shown, and what could not be measured shows nothing; the short run takes what is there. */
export function isFailed(targets: readonly Target[], extent: Extent): boolean {
  return targets.some(({ verdict }) => verdict === 'missed' || (extent === 'whole' && verdict === 'not measured'));
}
