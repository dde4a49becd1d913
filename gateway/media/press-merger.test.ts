import { describe, expect, test } from '@jest/globals';
import { INFO_MS, LEAD_MS, PressMerger, type PressVerdict, TAIL_MS } from './press-merger.js';

type Step = {
  readonly atMs: number;
  readonly key: number;
  readonly act: (merger: PressMerger) => PressVerdict | undefined;
};

/** `e5@100-200` is an event, `t5@…` a tone (reported 30 ms after its onset), `i5@…` an INFO. */
function stepsOf(word: string): readonly Step[] {
  const parts = /^([eti])(\d+)@(\d+)(?:-(\d+))?$/.exec(word);
  if (parts === null) throw new Error(word);
  const [way, key, beganMs, endedMs] = [parts[1], Number(parts[2]), Number(parts[3]), Number(parts[4])];
  if (way === 'i') return [{ atMs: beganMs, key, act: (merger) => merger.hearInfo(key, beganMs) }];
  if (way === 'e') {
    return [
      { atMs: beganMs, key, act: (merger) => merger.beginEvent(key, beganMs) },
      { atMs: endedMs, key, act: (merger) => ended(() => merger.endEvent(endedMs)) },
    ];
  }
  return [
    { atMs: beganMs + 30, key, act: (merger) => merger.beginTone(key, beganMs) },
    { atMs: Math.max(endedMs + 28, beganMs + 31), key, act: (merger) => ended(() => merger.endTone(endedMs)) },
  ];
}

function ended(act: () => void): undefined {
  act();
}

function keysOf(script: string): number[] {
  const merger = new PressMerger();
  const steps = script.split(' ').flatMap(stepsOf);
  steps.sort((left, right) => left.atMs - right.atMs);
  return steps.flatMap((step) => (step.act(merger) === 'new-key' ? [step.key] : []));
}

describe('one press heard by several ways is one key', () => {
  test.each([
    ['event and tone at once', 'e5@100-200 t5@100-200', [5]],
    ['a head of tone, then the event', 't5@100-160 e5@165-300', [5]],
    ['the event while the tone still sounds', 't5@100-300 e5@150-300', [5]],
    ['an event sent when the tone is over', `t5@100-160 e5@${160 + TAIL_MS}-900`, [5]],
    ['an event with a tail of tone', 'e5@100-300 t5@337-600', [5]],
    ['a tail that begins as late as any', `e5@100-300 t5@${300 + TAIL_MS}-900`, [5]],
    ['head, event and tail', 't5@40-100 e5@100-300 t5@337-600', [5]],
    ['a tone cut in two by a lost packet', 'e5@100-400 t5@100-200 t5@240-400', [5]],
    ['a tone a little ahead of its event', `t5@${200 - LEAD_MS}-400 e5@200-400`, [5]],
    ['an INFO when the key is released', 'e5@100-200 i5@205', [5]],
    ['an INFO as late as any', `t5@100-200 i5@${200 + INFO_MS}`, [5]],
    ['an INFO before the event', 'i5@100 e5@200-300', [5]],
    ['an INFO before the tone', 'i5@100 t5@200-300', [5]],
    ['tones that lag behind events', 'e4@100-140 e2@180-220 t4@300-340 t2@380-420', [4, 2]],
    ['all three', 't5@100-300 e5@110-300 i5@320', [5]],
  ])('%s', (_name, script, keys) => expect(keysOf(script)).toEqual(keys));
});

describe('two presses are two keys', () => {
  test.each([
    ['by events', 'e5@100-150 e5@193-243', [5, 5]],
    ['by tones', 't5@100-145 t5@193-240', [5, 5]],
    ['by INFO', 'i5@100 i5@193', [5, 5]],
    [
      'by both ways at the fastest legal rate',
      'e5@100-150 t5@100-150 e5@193-243 t5@193-243 e5@286-336 t5@286-336',
      [5, 5, 5],
    ],
    ['by both ways, the tone a little ahead', 't5@90-150 e5@110-150 t5@190-243 e5@210-243', [5, 5]],
    ['by event and INFO each', 'e5@100-200 i5@205 e5@300-400 i5@405', [5, 5]],
    ['by events, each with a tail', 'e5@100-150 t5@160-190 e5@200-250 t5@260-290', [5, 5]],
    ['of different keys', 'e5@100-200 t6@150-250 i7@260', [5, 6, 7]],
    ['when the second tone has an event of its own coming', 't5@100-150 e5@120-150 e5@260-320 t5@260-320', [5, 5]],
    ['a tone after an event that had its tone', 'e5@100-200 t5@100-200 t5@300-400', [5, 5]],
    ['a tone that is over before an event, and one just before it', 't4@100-150 e4@265-305 t4@253-303', [4, 4]],
    ['a tone long after an event', `e5@100-200 t5@${201 + TAIL_MS}-900`, [5, 5]],
    ['an event long after a tone', `t5@100-200 e5@${201 + TAIL_MS}-900`, [5, 5]],
    ['a tone behind another press by tone', 'e9@100-180 e11@240-320 t0@380-460 t9@520-600', [9, 11, 0, 9]],
    ['an INFO behind another press by INFO', 't1@100-180 t11@240-320 i7@400 i1@460', [1, 11, 7, 1]],
    ['an event behind another press by event', 't1@100-180 e7@200-230 e1@240-300', [1, 7, 1]],
    ['an INFO long after', `e5@100-200 i5@${201 + INFO_MS}`, [5, 5]],
  ])('%s', (_name, script, keys) => expect(keysOf(script)).toEqual(keys));

  test.each<[string, number, PressVerdict]>([
    ['no later than any by its own clock', TAIL_MS, 'same-press'],
    ['later than any by either clock', TAIL_MS + 1, 'new-key'],
    // It has begun anew, or does not tell.
    ['by a clock that is another', 1e6, 'new-key'],
    ['by arrival alone', Number.NaN, 'new-key'],
  ])('what a stall brought late, but the sender sent %s', (_name, afterMs, verdict) => {
    const sentMs = 7_000;
    const tail = new PressMerger();
    tail.beginEvent(5, 100, sentMs);
    tail.endEvent(200, sentMs + 100);
    expect(tail.beginTone(5, 200 + TAIL_MS + 150, sentMs + 100 + afterMs)).toBe(verdict);
    const lateEvent = new PressMerger();
    lateEvent.beginTone(5, 100, sentMs);
    lateEvent.endTone(200, sentMs + 100);
    expect(lateEvent.beginEvent(5, 200 + TAIL_MS + 150, sentMs + 100 + afterMs)).toBe(verdict);
  });

  test('many presses in a row do not run into each other', () => {
    const script = Array.from({ length: 40 }, (_, press) => `e5@${press * 100}-${press * 100 + 50}`).join(' ');
    expect(keysOf(script).length).toBe(40);
  });

  test('nothing is remembered after a wipe', () => {
    const merger = new PressMerger();
    expect(merger.beginEvent(5, 100)).toBe('new-key');
    merger.wipe();
    expect(merger.beginTone(5, 120)).toBe('new-key');
  });

  test('of quickly keyed presses only those are remembered to which something may still belong', () => {
    const merger = new PressMerger();
    const most = Array.from({ length: 40 }, (_, press) => {
      const beganMs = press * 140;
      merger.beginEvent(press % 10, beganMs);
      merger.endEvent(beganMs + 80);
      merger.forget(beganMs + 100);
      return merger.rememberedKeys;
    }).reduce((left, right) => Math.max(left, right));
    expect(most).toBeLessThanOrEqual(6);
    merger.forget(39 * 140 + 80 + Math.max(TAIL_MS, INFO_MS));
    expect(merger.rememberedKeys).toBeGreaterThan(0);
    merger.forget(60_000);
    expect(merger.rememberedKeys).toBe(0);
  });

  test('a press that goes on is not forgotten', () => {
    const merger = new PressMerger();
    merger.beginEvent(5, 100);
    merger.forget(60_000);
    expect(merger.beginTone(5, 59_990)).toBe('same-press');
  });
});
