import { describe, expect, test } from '@jest/globals';
import type { LoadResult } from './media-load.js';
import { allocationTable, type ContenderResult, costTable, delayTable, type Outcome } from './media-report.js';
import { type Cell, tableAsData } from './table.js';

const SPREAD = { p50Ms: 1, p99Ms: 2, maxMs: 3 };

function measured(changes: Partial<LoadResult> = {}, heapMbPerSecond?: number): Outcome {
  const load: LoadResult = {
    sent: 1000,
    received: 1000,
    receivedMeasured: 800,
    unknownMeasured: 0,
    delay: { toAgent: SPREAD, toCaller: SPREAD },
    relayCpuMs: 8,
    relayResidentMib: 50,
    lateness: { p50Ms: 0.1, p99Ms: 0.5, maxMs: 1 },
    generatorCpuShare: 0.1,
    measuredFromEpochMs: 10_000,
    measuredToEpochMs: 12_000,
    ...changes,
  };
  if (heapMbPerSecond === undefined) return { kind: 'measured', load };
  const allocation = { collections: 4, longestPauseMs: 1.5, bytesPerSecond: heapMbPerSecond * 1e6 };
  return { kind: 'measured', load, allocation };
}

function contender(changes: Partial<ContenderResult>): ContenderResult {
  return { name: 'one', duty: 'relay', role: 'ours', outcomes: [measured()], ...changes };
}

const FLOOR = contender({ name: 'floor', duty: 'nothing', role: 'floor' });

function rowsOf(table: Parameters<typeof tableAsData>[0]): Record<string, Cell>[] {
  return tableAsData(table).rows;
}

function delays(...results: ContenderResult[]): Record<string, Cell>[] {
  return rowsOf(delayTable('delays', results, []));
}

function costs(...results: ContenderResult[]): Record<string, Cell>[] {
  return rowsOf(costTable('costs', results, []));
}

describe('loss and delay', () => {
  test('packets are summed over the repeats, delays are medians', () => {
    const slow = { toAgent: { p50Ms: 3, p99Ms: 10, maxMs: 11 }, toCaller: SPREAD };
    const outcomes = [measured({ received: 990 }), measured({ delay: slow, unknownMeasured: 400 })];
    expect(delays(FLOOR, contender({ outcomes }))[1]).toEqual({
      contender: 'one',
      sent: 2000,
      lost: 10,
      'unknown %': 25,
      'agent p50 ms': 2,
      'agent p99 ms': 6,
      'agent added ms': 1,
      'caller p50 ms': 1,
      'caller p99 ms': 2,
      'caller added ms': 0,
      'late p99 ms': 0.5,
      remark: '',
    });
  });

  test('the floor adds nothing to itself, and without a floor nothing is said of what was added', () => {
    expect(delays(FLOOR)[0]['agent added ms']).toBe('');
    expect(delays(contender({}))[0]['agent added ms']).toBe('');
  });

  test('a direction in which no audio was recognised has no delay', () => {
    const row = delays(FLOOR, contender({ outcomes: [measured({ delay: { toCaller: SPREAD } })] }))[1];
    expect([row['agent p50 ms'], row['agent added ms'], row['caller p50 ms']]).toEqual(['', '', 1]);
  });

  test('a generator that fell behind is named, even when it did so once', () => {
    const late = measured({ lateness: { p50Ms: 1, p99Ms: 30, maxMs: 40 } });
    expect(delays(contender({ outcomes: [measured(), late] }))[0]).toMatchObject({
      'late p99 ms': 30,
      remark: 'generator fell behind',
    });
  });
});

describe('what is missing', () => {
  test('a peer that is not installed says so in both tables', () => {
    const missing = contender({ name: 'rtpengine', role: 'peer', outcomes: [] });
    for (const table of [delayTable('', [missing], []), costTable('', [missing], [])]) {
      expect(table.rows[0]).toHaveLength(table.columns.length);
      expect(table.rows[0].at(-1)).toBe('peer not installed');
    }
  });

  test('a contender that failed says why, and keeps what was measured before', () => {
    const failed: Outcome = { kind: 'failed', reason: 'no ports' };
    expect(delays(contender({ outcomes: [failed] }))[0]).toMatchObject({ sent: '', remark: '1 of 1 failed: no ports' });
    const row = delays(contender({ outcomes: [measured(), failed] }))[0];
    expect(row).toMatchObject({ sent: 1000, remark: '1 of 2 failed: no ports' });
  });
});

describe('cost', () => {
  const plain = contender({
    name: 'plain',
    role: 'peer',
    outcomes: [16, 32].map((relayCpuMs) => measured({ relayCpuMs })),
  });
  const silenced = contender({
    name: 'silenced',
    role: 'peer',
    duty: 'suppress',
    outcomes: [measured({ relayCpuMs: 80 })],
  });

  test('CPU is by packet received, without the floor', () => {
    expect(costs(FLOOR, contender({}))).toEqual([
      { contender: 'one', 'CPU us/packet': 10, 'CPU / rtpengine': '', 'RSS MiB': 50, remark: '' },
    ]);
  });

  test('the ratio is to the peer of the same duty in the same repeat', () => {
    const outcomes = [measured({ relayCpuMs: 8 }), measured({ relayCpuMs: 32 })];
    // 8 to 16 and 32 to 32; the medians alone would say 20 to 24.
    expect(costs(contender({ outcomes }), plain, silenced)[0]['CPU / rtpengine']).toBe(0.75);
    expect(costs(contender({ duty: 'suppress' }), plain, silenced)[0]['CPU / rtpengine']).toBe(0.1);
    expect(costs(contender({ duty: 'record' }), plain, silenced)[0]['CPU / rtpengine']).toBe('');
    expect(costs(plain)[0]['CPU / rtpengine']).toBe('');
  });

  test('a repeat in which the peer failed is left out of the ratio', () => {
    const peer = contender({ role: 'peer', outcomes: [{ kind: 'failed', reason: 'x' }, measured({ relayCpuMs: 16 })] });
    const outcomes = [measured({ relayCpuMs: 1 }), measured({ relayCpuMs: 8 })];
    expect(costs(contender({ outcomes }), peer)[0]['CPU / rtpengine']).toBe(0.5);
  });

  test('a relay that ended or let nothing through has no cost a packet', () => {
    const { relayCpuMs: _gone, ...load } = (measured() as Extract<Outcome, { kind: 'measured' }>).load;
    expect(costs(contender({ outcomes: [{ kind: 'measured', load }] }))[0]['CPU us/packet']).toBe('');
    expect(costs(contender({ outcomes: [measured({ receivedMeasured: 0 })] }))[0]['CPU us/packet']).toBe('');
  });
});

describe('allocation', () => {
  const bare = contender({ name: 'bare', role: 'yardstick', outcomes: [measured({}, 0.4), measured({}, 0.8)] });

  test('bytes are by packet, and beyond those of the bare relay in the same repeat', () => {
    const table = allocationTable([FLOOR, bare, contender({ outcomes: [measured({}, 0.44), measured({}, 0.84)] })]);
    if (table === undefined) throw new Error('there is no table');
    // 800 packets in two seconds: 0.4 MB a second is 1000 bytes a packet.
    expect(rowsOf(table)).toEqual([
      expect.objectContaining({ process: 'bare', 'heap bytes/packet': 1500, 'beyond bare dgram': '' }),
      expect.objectContaining({
        process: 'one',
        collections: 8,
        'a second': 2,
        'longest pause ms': 1.5,
        'heap bytes/packet': 1600,
        'beyond bare dgram': 100,
      }),
    ]);
  });

  test('a process that hardly collected says that there is nothing to tell', () => {
    const { load } = measured() as Extract<Outcome, { kind: 'measured' }>;
    const allocation = { collections: 1, longestPauseMs: 0.5, bytesPerSecond: undefined };
    const table = allocationTable([contender({ outcomes: [{ kind: 'measured', load, allocation }] })]);
    expect(table?.rows[0].slice(4)).toEqual(['', '', 'too few collections to tell']);
  });

  test('without a Node process there is no table', () => {
    expect(allocationTable([FLOOR, contender({ outcomes: [] })])).toBeUndefined();
  });
});
