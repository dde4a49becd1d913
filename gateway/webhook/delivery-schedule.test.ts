import { describe, expect, test } from '@jest/globals';
import {
  DeliverySchedule,
  MAX_IN_FLIGHT_PER_ENDPOINT,
  MAX_WAITING_PER_ENDPOINT,
  RETRY_DELAYS_MS,
} from './delivery-schedule.js';

const never = () => 0;

function added(schedule: DeliverySchedule, id: string, nowMs = 0, endpoint = 'crm') {
  return schedule.handle({ kind: 'added', delivery: { id, endpoint, attempts: 0, dueAtMs: nowMs } }, nowMs);
}

describe('one message', () => {
  test('is tried at once, and gone when it is taken', () => {
    const schedule = new DeliverySchedule(never);
    expect(added(schedule, 'a')).toEqual([{ kind: 'attempt', id: 'a', endpoint: 'crm' }]);
    expect(schedule.deadlineMs).toBe(Number.POSITIVE_INFINITY);
    expect(schedule.handle({ kind: 'answered', id: 'a', status: 204 }, 1)).toEqual([
      { kind: 'delivered', id: 'a', attempts: 1 },
    ]);
    expect(schedule.waiting).toBe(0);
  });

  test.each([500, 302, 400, 404, 429, 199, undefined])(
    'answered %s is tried again, later each time, then given up',
    (status) => {
      const schedule = new DeliverySchedule(never);
      added(schedule, 'a');
      let nowMs = 0;
      for (const [index, delayMs] of RETRY_DELAYS_MS.entries()) {
        expect(schedule.handle({ kind: 'answered', id: 'a', status }, nowMs)).toEqual([
          { kind: 'postponed', id: 'a', attempts: index + 1, dueAtMs: nowMs + delayMs },
        ]);
        expect(schedule.deadlineMs).toBe(nowMs + delayMs);
        expect(schedule.handle({ kind: 'tick' }, nowMs + delayMs - 1)).toEqual([]);
        nowMs += delayMs;
        expect(schedule.handle({ kind: 'tick' }, nowMs)).toEqual([{ kind: 'attempt', id: 'a', endpoint: 'crm' }]);
      }
      expect(schedule.handle({ kind: 'answered', id: 'a', status }, nowMs)).toEqual([
        { kind: 'dead', id: 'a', attempts: RETRY_DELAYS_MS.length + 1, reason: 'exhausted' },
      ]);
      expect(schedule.waiting).toBe(0);
    },
  );

  test('answered 410 is given up', () => {
    const schedule = new DeliverySchedule(never);
    added(schedule, 'a');
    expect(schedule.handle({ kind: 'answered', id: 'a', status: 410 }, 0)).toEqual([
      { kind: 'dead', id: 'a', attempts: 1, reason: 'gone' },
    ]);
  });

  test('waits up to a fifth longer by chance', () => {
    const schedule = new DeliverySchedule(() => 1);
    added(schedule, 'a');
    expect(schedule.handle({ kind: 'answered', id: 'a', status: 500 }, 0)).toMatchObject([{ dueAtMs: 6000 }]);
  });

  test('left from before goes on where it was', () => {
    const schedule = new DeliverySchedule(never);
    const delivery = { id: 'a', endpoint: 'crm', attempts: 3, dueAtMs: 1000 };
    expect(schedule.handle({ kind: 'added', delivery }, 0)).toEqual([]);
    expect(schedule.handle({ kind: 'tick' }, 1000)).toHaveLength(1);
    expect(schedule.handle({ kind: 'answered', id: 'a', status: 500 }, 1000)).toMatchObject([
      { attempts: 4, dueAtMs: 1000 + (RETRY_DELAYS_MS[3] ?? 0) },
    ]);
  });

  test('an answer to nothing changes nothing', () => {
    const schedule = new DeliverySchedule(never);
    expect(schedule.handle({ kind: 'answered', id: 'a', status: 200 }, 0)).toEqual([]);
    added(schedule, 'a');
    schedule.handle({ kind: 'answered', id: 'a', status: 500 }, 0);
    expect(schedule.handle({ kind: 'answered', id: 'a', status: 200 }, 1)).toEqual([]);
    expect(schedule.waiting).toBe(1);
  });
});

describe('many messages', () => {
  test('a slow receiver has so many at a time, and does not hold up another', () => {
    const schedule = new DeliverySchedule(never);
    const tries = Array.from({ length: 20 }, (_, n) => added(schedule, `slow-${n}`, 0, 'slow')).flat();
    expect(tries).toHaveLength(MAX_IN_FLIGHT_PER_ENDPOINT);
    expect(added(schedule, 'quick', 0, 'quick')).toEqual([{ kind: 'attempt', id: 'quick', endpoint: 'quick' }]);
    expect(schedule.handle({ kind: 'answered', id: 'slow-0', status: 200 }, 1)).toEqual([
      { kind: 'delivered', id: 'slow-0', attempts: 1 },
      { kind: 'attempt', id: `slow-${MAX_IN_FLIGHT_PER_ENDPOINT}`, endpoint: 'slow' },
    ]);
  });

  test('for a receiver that stays away the oldest that waits makes room', () => {
    const schedule = new DeliverySchedule(never);
    const dead = [];
    for (let n = 0; n <= MAX_WAITING_PER_ENDPOINT; n += 1) {
      const delivery = { id: `m-${n}`, endpoint: 'crm', attempts: 1, dueAtMs: 1_000_000 };
      if (n < MAX_WAITING_PER_ENDPOINT - 1) schedule.handle({ kind: 'added', delivery }, 0);
      else dead.push(...schedule.handle({ kind: 'added', delivery }, 0));
    }
    expect(dead).toEqual([{ kind: 'dead', id: 'm-0', attempts: 1, reason: 'crowded-out' }]);
    expect(schedule.waiting).toBe(MAX_WAITING_PER_ENDPOINT);
  });
});
