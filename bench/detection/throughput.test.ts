import { expect, test } from '@jest/globals';
import type { Contender } from './detector.js';
import { measureThroughput, speedRatio } from './throughput.js';

const SILENT = { kind: 'timed', reports: [] } as const;

function contender(name: string, speed?: number): Contender {
  const detector = { name, detect: () => Promise.resolve(SILENT) };
  return { kind: 'here', detector: speed === undefined ? detector : { ...detector, speed: async () => speed } };
}

test('each contender is timed under its own name, in whatever order they come', async () => {
  const contenders: readonly Contender[] = [
    contender('not timed'),
    { kind: 'missing', name: 'missing', toInstall: 'it' },
    contender('slow', 10),
    contender('fast', 30),
  ];
  for (const order of [contenders, [...contenders].reverse()]) {
    const throughput = await measureThroughput(order, 1);
    expect(Object.fromEntries(throughput)).toEqual({ slow: new Array(9).fill(10), fast: new Array(9).fill(30) });
  }
});

test('a ratio is taken round by round, and only of two that were timed', () => {
  const throughput = new Map([
    ['ours', [10, 60, 90]],
    ['theirs', [10, 20, 45]],
  ]);
  expect(speedRatio(throughput, 'ours', 'theirs')).toBe(2);
  expect(speedRatio(throughput, 'ours', 'nobody')).toBeUndefined();
  expect(speedRatio(throughput, 'nobody', 'ours')).toBeUndefined();
});
