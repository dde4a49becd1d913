/** `bench panel`: what the agent waits for, on real calls in a real browser, and what the browser has to load. */
import { quantile } from './media-statistics.js';
import { panelScriptBytes } from './panel/panel-size.js';
import { measurePanelTimes, type PanelTimes } from './panel/panel-times.js';
import type { PartResult } from './part-result.js';
import type { BenchTable } from './table.js';
import { atMost, type Target } from './targets.js';

const PAYMENTS = 6;
const P95 = 0.95;
const DOT_LIMIT_MS = 150;
const SETTLED_LIMIT_MS = 500;
const SCRIPT_LIMIT_KIB = 40;

export async function benchPanel(onProgress: (line: string) => void): Promise<PartResult> {
  const times = await measurePanelTimes(PAYMENTS, onProgress);
  const sizeKib = (await panelScriptBytes()) / 1024;
  return {
    tables: [timesTable(times)],
    targets: [
      ...times.flatMap(targetsOf),
      atMost({ what: 'panel script, gzipped', limit: SCRIPT_LIMIT_KIB, unit: 'KiB', value: sizeKib }),
    ],
    figures: {},
  };
}

function targetsOf({ way, dotMs, settledMs, unseen }: PanelTimes): readonly Target[] {
  return [
    atMost({ what: `${way}: key press to dot, p95`, limit: DOT_LIMIT_MS, unit: 'ms', value: percentile(dotMs, P95) }),
    atMost({
      what: `${way}: # to green, p95`,
      limit: SETTLED_LIMIT_MS,
      unit: 'ms',
      value: percentile(settledMs, P95),
    }),
    atMost({ what: `${way}: keys whose dot was not seen`, limit: 0, unit: '', value: unseen }),
  ];
}

/** Undefined when nothing was measured. */
function percentile(values: readonly number[], share: number): number | undefined {
  return values.length === 0
    ? undefined
    : quantile(
        [...values].sort((a, b) => a - b),
        share,
      );
}

function timesTable(times: readonly PanelTimes[]): BenchTable {
  const rows = times.flatMap(({ way, dotMs, settledMs }) =>
    [
      { what: 'key to dot', values: dotMs },
      { what: '# to green', values: settledMs },
    ].map(({ what, values }) => [
      way,
      what,
      values.length,
      percentile(values, 0.5) ?? '',
      percentile(values, P95) ?? '',
      percentile(values, 1) ?? '',
    ]),
  );
  const uncertainMs = Math.max(...times.map(({ clockUncertainMs }) => clockUncertainMs));
  return {
    title: 'What the agent waits for',
    columns: ['keys', 'what', 'count', 'p50 ms', 'p95 ms', 'most ms'],
    rows,
    notes: [
      'from the sending of the first packet that holds the key, to the frame of the browser that shows what came of it',
      `clocks of the browser and of the phone agree to within ${uncertainMs.toFixed(1)} ms`,
    ],
  };
}
