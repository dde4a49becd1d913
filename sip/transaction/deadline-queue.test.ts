import { expect, test } from '@jest/globals';
import { DeadlineQueue } from './deadline-queue.js';

type Member = { deadlineMs: number; queuePosition: number };

test('gives back the earliest of many, whatever was moved and removed in between', () => {
  const queue = new DeadlineQueue<Member>();
  const members = new Set<Member>();
  let state = 1;
  const draw = (limit: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  for (let step = 0; step < 20_000; step += 1) {
    const known = [...members].at(draw(members.size + 1));
    if (known === undefined || draw(3) === 0) {
      const member = { deadlineMs: draw(10_000), queuePosition: -1 };
      members.add(member);
      queue.update(member);
    } else if (draw(2) === 0) {
      known.deadlineMs = draw(10) === 0 ? Infinity : draw(10_000);
      queue.update(known);
    } else {
      members.delete(known);
      queue.remove(known);
    }
    if (members.size > 200) {
      members.clear();
      for (let due = queue.peekDue(Infinity); due !== undefined; due = queue.peekDue(Infinity)) {
        queue.remove(due);
      }
    }
    const earliestMs = Math.min(Infinity, ...[...members].map(({ deadlineMs }) => deadlineMs));
    expect(queue.deadlineMs).toBe(earliestMs);
  }
});
