/** `bench panel`: what the agent waits for, on real calls in a real browser, and what the browser has to load. */
import { quantile } from './media-statistics.js';
import { panelScriptBytes } from './panel/panel-size.js';
import { measurePanelTimes, type PanelTimes } from './panel/panel-times.js';
import type { PartResult } from './part-result.js';
import type { BenchTable } from './table.js';
import { atMost, type Target } from './targets.js';

const PAYMENTS = 6;
const P95 = 0.95;
const AWAITING_LIMIT_MS = 200;
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

type Waiting = { readonly what: string; readonly limitMs: number; readonly valuesMs: readonly number[] };

function waitingsOf({ awaitingMs, dotMs, greenMs, redMs }: PanelTimes): readonly Waiting[] {
  return [
    { what: 'Capture to yellow', limitMs: AWAITING_LIMIT_MS, valuesMs: awaitingMs },
    { what: 'key press to dot', limitMs: DOT_LIMIT_MS, valuesMs: dotMs },
    { what: '# to green', limitMs: SETTLED_LIMIT_MS, valuesMs: greenMs },
    { what: '# to red', limitMs: SETTLED_LIMIT_MS, valuesMs: redMs },
  ];
}

function targetsOf(times: PanelTimes): readonly Target[] {
  const { way, unseen } = times;
  return [
    ...waitingsOf(times).map(({ what, limitMs, valuesMs }) =>
      atMost({ what: `${way}: ${what}, p95`, limit: limitMs, unit: 'ms', value: percentile(valuesMs, P95) }),
    ),
    atMost({ what: `${way}: clicks and keys of which nothing was seen`, limit: 0, unit: '', value: unseen }),
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
  const rows = times.flatMap((one) =>
    waitingsOf(one).map(({ what, valuesMs }) => [
      one.way,
      what,
      valuesMs.length,
      percentile(valuesMs, 0.5) ?? '',
      percentile(valuesMs, P95) ?? '',
      percentile(valuesMs, 1) ?? '',
    ]),
  );
  const uncertainMs = Math.max(...times.map(({ clockUncertainMs }) => clockUncertainMs));
  return {
    title: 'What the agent waits for',
    columns: ['keys', 'what', 'count', 'p50 ms', 'p95 ms', 'most ms'],
    rows,
    notes: [
      'from the click, or the sending of the first packet that holds the key, to the frame of the browser that shows what came of it',
      `clocks of the browser and of the phone agree to within ${uncertainMs.toFixed(1)} ms`,
    ],
  };
}
