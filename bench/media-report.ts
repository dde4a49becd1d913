/** From what was measured to the tables of `bench media`. */
import type { Allocation } from './media-allocation.js';
import type { LoadResult } from './media-load.js';
import { median, type Spread } from './media-statistics.js';
import type { BenchTable, Cell } from './table.js';

/** What a contender does with the packets; ratios are taken between contenders of one duty. */
export type Duty = 'nothing' | 'relay' | 'suppress' | 'record';

export type Outcome =
  | { readonly kind: 'measured'; readonly load: LoadResult; readonly allocation?: Allocation }
  | { readonly kind: 'failed'; readonly reason: string };

export type ContenderResult = {
  readonly name: string;
  readonly duty: Duty;
  /** Ratios are of the others to the peer. The floor is what the generator measures of itself. */
  readonly role: 'floor' | 'yardstick' | 'ours' | 'peer';
  /** One a repeat; the same place in two contenders' lists is the same repeat. Empty when it is not installed. */
  readonly outcomes: readonly Outcome[];
};

const NOT_INSTALLED = 'peer not installed';

/** A quarter of a packet's time. Beyond it packets come in clumps that phones do not send, whatever the relay does. */
const LATE_GENERATOR_MS = 5;
const UNKNOWN = '';

const DELAY_COLUMNS = [
  'contender',
  'sent',
  'lost',
  'unknown %',
  'agent p50 ms',
  'agent p99 ms',
  'agent added ms',
  'caller p50 ms',
  'caller p99 ms',
  'caller added ms',
  'late p99 ms',
  'remark',
] as const;

const DELAY_NOTES = [
  'sent, lost: packets of the whole run, warm-up included; all else is measured after the warm-up; medians over the repeats',
  'agent, caller: from the sending of some audio until that audio came out at the agent (the caller’s audio) or at the caller',
  'added: the p50 less that of the first row, whose packets pass no relay; each p99 is as measured, floor included',
  'unknown: packets whose audio could not be told to be what had been sent: noise or silence is in its place, or it came after a standstill; sent is speech-like audio without keys',
  'late: how much later than planned the generator sent; where that is much, delays and losses are its own',
];

const COST_COLUMNS = ['contender', 'CPU us/packet', 'CPU / rtpengine', 'RSS MiB', 'remark'] as const;

const COST_NOTES = [
  'CPU us/packet: user and system time of the relaying process alone, by the packets received behind it',
  'CPU / rtpengine: to rtpengine with the same duty in the same repeat; below 1 costs less than rtpengine',
];

export function delayTable(title: string, results: readonly ContenderResult[], notes: readonly string[]): BenchTable {
  const floor = results.find(({ role }) => role === 'floor');
  const floorLoads = floor === undefined ? [] : loadsOf(floor);
  const rows = results.map((result) => delayRow(result, floorLoads));
  return { title, columns: DELAY_COLUMNS, rows, notes: [...DELAY_NOTES, ...notes] };
}

export function costTable(title: string, results: readonly ContenderResult[], notes: readonly string[]): BenchTable {
  const rows = results.filter(({ role }) => role !== 'floor').map((result) => costRow(result, results));
  return { title, columns: COST_COLUMNS, rows, notes: [...COST_NOTES, ...notes] };
}

function delayRow(result: ContenderResult, floorLoads: readonly LoadResult[]): Cell[] {
  const loads = loadsOf(result);
  if (loads.length === 0) return emptyRow(result, DELAY_COLUMNS.length);
  const sent = sum(loads.map((load) => load.sent));
  const received = sum(loads.map((load) => load.received));
  const receivedMeasured = sum(loads.map((load) => load.receivedMeasured));
  const unknown = sum(loads.map((load) => load.unknownMeasured));
  return [
    result.name,
    sent,
    sent - received,
    receivedMeasured === 0 ? UNKNOWN : (100 * unknown) / receivedMeasured,
    ...delayCells('toAgent', result, loads, floorLoads),
    ...delayCells('toCaller', result, loads, floorLoads),
    Math.max(...loads.map((load) => load.lateness.p99Ms)),
    remarkOf(result),
  ];
}

function costRow(result: ContenderResult, results: readonly ContenderResult[]): Cell[] {
  const loads = loadsOf(result);
  if (loads.length === 0) return emptyRow(result, COST_COLUMNS.length);
  return [
    result.name,
    medianCell(loads.map(cpuUsPerPacket)),
    medianCell(ratiosToPeer(result, results)),
    medianCell(loads.map((load) => load.relayResidentMib)),
    remarkOf(result),
  ];
}

function emptyRow(result: ContenderResult, columns: number): Cell[] {
  return [result.name, ...Array.from({ length: columns - 2 }, () => UNKNOWN), remarkOf(result)];
}

function delayCells(
  way: 'toAgent' | 'toCaller',
  { role }: ContenderResult,
  loads: readonly LoadResult[],
  floorLoads: readonly LoadResult[],
): Cell[] {
  const medianOf = (from: readonly LoadResult[], pick: (spread: Spread) => number): number | undefined =>
    median(from.flatMap(({ delay }) => (delay[way] === undefined ? [] : [pick(delay[way])])));
  const p50Ms = medianOf(loads, (spread) => spread.p50Ms);
  const p99Ms = medianOf(loads, (spread) => spread.p99Ms);
  const floorMs = medianOf(floorLoads, (spread) => spread.p50Ms);
  const hasAdded = role !== 'floor' && p50Ms !== undefined && floorMs !== undefined;
  return [p50Ms ?? UNKNOWN, p99Ms ?? UNKNOWN, hasAdded ? p50Ms - floorMs : UNKNOWN];
}

function cpuUsPerPacket(load: LoadResult): number | undefined {
  if (load.relayCpuMs === undefined || load.receivedMeasured === 0) return undefined;
  return (load.relayCpuMs * 1000) / load.receivedMeasured;
}

/** Repeat by repeat, as a machine that is shared is faster in one minute than in the next. */
function ratiosToPeer(result: ContenderResult, results: readonly ContenderResult[]): (number | undefined)[] {
  const peer = results.find(({ role, duty }) => role === 'peer' && duty === result.duty);
  if (peer === undefined || peer === result) return [];
  return result.outcomes.map((outcome, repeat) => {
    const peerOutcome = peer.outcomes[repeat];
    if (outcome.kind !== 'measured' || peerOutcome?.kind !== 'measured') return undefined;
    const own = cpuUsPerPacket(outcome.load);
    const other = cpuUsPerPacket(peerOutcome.load);
    return own === undefined || other === undefined || other === 0 ? undefined : own / other;
  });
}

function remarkOf({ outcomes }: ContenderResult): string {
  if (outcomes.length === 0) return NOT_INSTALLED;
  const failures = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.reason] : []));
  const isLate = outcomes.some(
    (outcome) => outcome.kind === 'measured' && outcome.load.lateness.p99Ms > LATE_GENERATOR_MS,
  );
  return [
    ...(failures.length > 0 ? [`${failures.length} of ${outcomes.length} failed: ${failures[0]}`] : []),
    ...(isLate ? ['generator fell behind'] : []),
  ].join('; ');
}

const ALLOCATION_COLUMNS = [
  'process',
  'collections',
  'a second',
  'longest pause ms',
  'heap bytes/packet',
  'beyond bare dgram',
  'remark',
] as const;

const ALLOCATION_NOTES = [
  'from --trace-gc in the same runs, while measuring; V8’s heap only, the memory behind received datagrams lies outside it',
  'beyond bare dgram: the process less the bare relay, in the same repeat: 16 bytes for the time of each datagram, and its timers',
  'the path of a packet behind the socket allocates nothing, which npm test measures exactly',
  'heap sizes are told to 0.1 MB, and few collections make a rough figure: some ten bytes a packet are none',
];

/** Undefined when no Node process was measured. */
export function allocationTable(results: readonly ContenderResult[]): BenchTable | undefined {
  const yardstick = results.find(({ role }) => role === 'yardstick');
  const rows = results
    .filter(({ outcomes }) => outcomes.some(hasAllocation))
    .map((row) => allocationRow(row, yardstick));
  if (rows.length === 0) return undefined;
  return { title: 'Allocation of the Node processes', columns: ALLOCATION_COLUMNS, rows, notes: ALLOCATION_NOTES };
}

function allocationRow(result: ContenderResult, yardstick: ContenderResult | undefined): Cell[] {
  const told = result.outcomes.filter(hasAllocation);
  const collections = sum(told.map(({ allocation }) => allocation.collections));
  const seconds = sum(told.map(({ load }) => measuredSeconds(load)));
  const beyond = result.outcomes.map((outcome, repeat) => {
    const base = yardstick === undefined || yardstick === result ? undefined : yardstick.outcomes[repeat];
    const own = heapBytesPerPacket(outcome);
    const bare = base === undefined ? undefined : heapBytesPerPacket(base);
    return own === undefined || bare === undefined ? undefined : own - bare;
  });
  const bytes = medianCell(told.map(heapBytesPerPacket));
  return [
    result.name,
    collections,
    collections / seconds,
    Math.max(...told.map(({ allocation }) => allocation.longestPauseMs)),
    bytes,
    medianCell(beyond),
    bytes === UNKNOWN ? 'too few collections to tell' : '',
  ];
}

type Told = Extract<Outcome, { kind: 'measured' }> & { readonly allocation: Allocation };

function hasAllocation(outcome: Outcome): outcome is Told {
  return outcome.kind === 'measured' && outcome.allocation !== undefined;
}

function heapBytesPerPacket(outcome: Outcome): number | undefined {
  if (!hasAllocation(outcome) || outcome.load.receivedMeasured === 0) return undefined;
  const { bytesPerSecond } = outcome.allocation;
  if (bytesPerSecond === undefined) return undefined;
  return (bytesPerSecond * measuredSeconds(outcome.load)) / outcome.load.receivedMeasured;
}

function measuredSeconds({ measuredFromEpochMs, measuredToEpochMs }: LoadResult): number {
  return (measuredToEpochMs - measuredFromEpochMs) / 1000;
}

function loadsOf({ outcomes }: ContenderResult): LoadResult[] {
  return outcomes.flatMap((outcome) => (outcome.kind === 'measured' ? [outcome.load] : []));
}

function medianCell(values: readonly (number | undefined)[]): Cell {
  return median(values.filter((value) => value !== undefined)) ?? UNKNOWN;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
