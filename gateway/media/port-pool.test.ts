import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { PortPool, QUARANTINE_MS } from './port-pool.js';

function poolOf(portMin: number, portMax: number): PortPool {
  const random = new SeededRandom(3);
  return new PortPool({ portMin, portMax, randomBelow: (bound) => Math.floor(random.next() * bound) });
}

function takeAll(pool: PortPool, nowMs: number): number[] {
  const ports: number[] = [];
  for (let port = pool.take(nowMs); port !== undefined; port = pool.take(nowMs)) ports.push(port);
  return ports;
}

describe('port pool', () => {
  test('hands out every even port whose odd neighbour is in range, once, in no foreseeable order', () => {
    const ports = takeAll(poolOf(20_001, 20_100), 0);
    expect([...ports].sort()).toEqual(Array.from({ length: 49 }, (_, pair) => 20_002 + pair * 2));
    expect(ports).not.toEqual([...ports].sort());
    expect(takeAll(poolOf(20_000, 20_001), 0)).toEqual([20_000]);
    expect(takeAll(poolOf(20_000, 20_000), 0)).toEqual([]);
  });

  test('keeps a released port in quarantine', () => {
    const pool = poolOf(20_000, 20_003);
    const [first] = takeAll(pool, 0);
    pool.release(first, 1000);
    expect(pool.availableCount).toBe(1);
    expect(pool.take(1000 + QUARANTINE_MS - 1)).toBeUndefined();
    expect(pool.take(1000 + QUARANTINE_MS)).toBe(first);
    expect(pool.availableCount).toBe(0);
  });
});
