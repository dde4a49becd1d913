import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { allocationBetween, parseCollections } from './media-allocation.js';

const OUTPUT = `[22662:0x974bee0]       95 ms: Scavenge 3.9 (4.0) -> 3.0 (5.0) MB, 12.84 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure;
some other line
[22662:0x974bee0]     1100 ms: Scavenge 8.0 (9.0) -> 3.5 (9.0) MB, 0.50 / 0.00 ms  (average mu = 1.000, current mu = 1.000) task;
[22662:0x974bee0]     1600 ms: Mark-Compact (reduce) 5.5 (9.0) -> 3.0 (7.0) MB, 2.25 / 0.00 ms  (+ 1.0 ms in 5 steps since start of marking, biggest step 0.3 ms)
[22662:0x974bee0:1]     2100 ms: Scavenge (interleaved) 5.0 (7.0) -> 3.0 (7.0) MB, pooled: 0 MB, 0.40 / 0.00 ms
`;

describe('allocation of a Node process', () => {
  test('collections are read from among other lines', () => {
    const collections = parseCollections(OUTPUT);
    expect(collections.map(({ atMs }) => atMs)).toEqual([95, 1100, 1600, 2100]);
    expect(collections[2]).toEqual({ atMs: 1600, beforeMb: 5.5, afterMb: 3, pauseMs: 2.25 });
  });

  test('what was allocated is what the heap grew by between collections', () => {
    // 5.5 - 3.5 and 5.0 - 3.0 MB in one second.
    expect(allocationBetween(parseCollections(OUTPUT), 1000, 3000)).toEqual({
      collections: 3,
      longestPauseMs: 2.25,
      bytesPerSecond: 4 * 1024 * 1024,
    });
  });

  test('nothing is told of what happened outside the time, nor from a single collection', () => {
    expect(allocationBetween(parseCollections(OUTPUT), 0, 1000)).toEqual({
      collections: 1,
      longestPauseMs: 12.84,
      bytesPerSecond: undefined,
    });
    expect(allocationBetween([], 0, 1000)).toMatchObject({ collections: 0, longestPauseMs: 0 });
  });

  test('the Node that runs this prints what can be read', () => {
    const program =
      'let kept = []; for (let i = 0; i < 3e6; i += 1) { kept.push({ i }); if (i % 1000 === 0) kept = []; }';
    const { stdout } = spawnSync(process.execPath, ['--trace-gc', '-e', program], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    const collections = parseCollections(stdout);
    expect(collections.length).toBeGreaterThan(2);
    expect(allocationBetween(collections, 0, 1e9).bytesPerSecond).toBeGreaterThan(1e6);
  });
});
