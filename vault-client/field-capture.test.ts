import { describe, expect, test } from '@jest/globals';
import { DigitBuffer } from './digit-buffer.js';
import { FieldCapture, type FieldCaptureOutput, MAX_COUNTED_KEYS, POUND_KEY, STAR_KEY } from './field-capture.js';

const TIMEOUTS = { firstDigitTimeoutMs: 30_000, interDigitTimeoutMs: 10_000 };

function capture(previous = '') {
  const digits = DigitBuffer.allocate(4);
  for (const digit of previous) digits.append(Number(digit));
  const machine = new FieldCapture(digits, TIMEOUTS, 0);
  const press = (key: number, nowMs = 1000): readonly string[] => kinds(machine.handle({ kind: 'key', key }, nowMs));
  const held = (): string => digits.lend((view) => Buffer.from(view).toString('latin1'));
  return { machine, press, held };
}

const kinds = (outputs: readonly FieldCaptureOutput[]): readonly string[] =>
  outputs.map((output) => (output.kind === 'ended' ? `ended by ${output.by}` : output.kind));

describe('one entry of a field', () => {
  test('collects digits and counts them, and # ends it', () => {
    const { machine, press, held } = capture();
    expect(press(1)).toEqual(['replaced', 'counted']);
    expect(press(2)).toEqual(['counted']);
    expect([held(), machine.keyCount]).toEqual(['12', 2]);
    expect(press(POUND_KEY)).toEqual(['ended by pound']);
    expect(machine.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('AC-9: takes nothing more after #', () => {
    const { press, held } = capture();
    for (const key of [1, 2, POUND_KEY]) press(key);
    expect([press(3), press(POUND_KEY), press(STAR_KEY)]).toEqual([[], [], []]);
    expect(held()).toBe('12');
  });

  test('keeps the previous value until the first digit, then wipes it', () => {
    const { machine, press, held } = capture('1229');
    expect([press(STAR_KEY), press(13), held(), machine.replaced]).toEqual([['counted'], ['ignored'], '1229', false]);
    press(5);
    expect([held(), machine.replaced]).toEqual(['5', true]);
  });

  test('* clears the entry and gives the caller the time of a first digit again', () => {
    const { machine, press, held } = capture();
    press(1, 1000);
    press(2, 2000);
    expect(machine.deadlineMs).toBe(12_000);
    expect(press(STAR_KEY, 3000)).toEqual(['counted']);
    expect([held(), machine.keyCount, machine.deadlineMs]).toEqual(['', 0, 33_000]);
    press(7, 4000);
    expect(held()).toBe('7');
  });

  test('a digit too many spoils the entry instead of being cut off, and * mends it', () => {
    const { machine, press, held } = capture();
    for (const key of [1, 2, 3, 4]) press(key);
    expect(machine.spoiled).toBe(false);
    expect(press(5)).toEqual(['counted']);
    expect([held(), machine.spoiled, machine.keyCount]).toEqual(['', true, 5]);
    press(6);
    expect([held(), machine.keyCount]).toEqual(['', 6]);
    press(STAR_KEY);
    expect(machine.spoiled).toBe(false);
    press(8);
    expect(held()).toBe('8');
  });

  test('a lost key makes the entry uncertain, which is told once, and * mends it', () => {
    const { machine, press, held } = capture('1229');
    expect(kinds(machine.handle({ kind: 'key-lost' }, 500))).toEqual(['disturbed']);
    expect(kinds(machine.handle({ kind: 'key-lost' }, 500))).toEqual([]);
    expect(press(4)).toEqual(['replaced', 'counted']);
    expect([machine.uncertain, machine.spoiled, held()]).toEqual([true, false, '']);
    press(STAR_KEY);
    press(8);
    expect([machine.uncertain, held()]).toEqual([false, '8']);
  });

  test('a hole before the first digit leaves the previous value, which # and a time-out do not', () => {
    const lossy = (act: (machine: FieldCapture) => readonly FieldCaptureOutput[]) => {
      const { machine, held } = capture('1229');
      machine.handle({ kind: 'key-lost' }, 500);
      expect([held(), machine.replaced, machine.uncertain, machine.keyCount]).toEqual(['1229', false, true, 0]);
      return [kinds(act(machine)), held(), machine.uncertain];
    };
    const key = (pressed: number) => lossy((machine) => machine.handle({ kind: 'key', key: pressed }, 1000));
    expect(key(STAR_KEY)).toEqual([['counted'], '1229', false]);
    expect(key(POUND_KEY)).toEqual([['replaced', 'ended by pound'], '', true]);
    expect(lossy((machine) => machine.handle({ kind: 'time' }, 30_000))).toEqual([
      ['replaced', 'ended by timeout'],
      '',
      true,
    ]);
  });

  test('a key lost in the middle leaves nothing of the entry, and nothing of what is keyed after it', () => {
    const { machine, press, held } = capture();
    for (const key of [1, 2]) press(key);
    expect(kinds(machine.handle({ kind: 'key-lost' }, 1500))).toEqual(['disturbed']);
    expect([held(), machine.keyCount]).toEqual(['', 2]);
    press(3);
    expect(press(POUND_KEY)).toEqual(['ended by pound']);
    expect([held(), machine.uncertain]).toEqual(['', true]);
  });

  test('A–D are ignored, and hold no time-out back', () => {
    const { machine, press } = capture();
    press(1, 1000);
    for (const key of [12, 13, 14, 15]) expect(press(key, 5000)).toEqual(['ignored']);
    expect([machine.keyCount, machine.deadlineMs]).toEqual([1, 11_000]);
  });

  test('counts no further than it must', () => {
    const { machine, press } = capture();
    for (let index = 0; index < 500; index += 1) press(index % 10);
    expect(machine.keyCount).toBe(MAX_COUNTED_KEYS);
  });

  test('times out without a first digit, and without a next one', () => {
    const first = capture();
    expect(kinds(first.machine.handle({ kind: 'time' }, 29_999))).toEqual([]);
    expect(kinds(first.machine.handle({ kind: 'time' }, 30_000))).toEqual(['replaced', 'ended by timeout']);
    const next = capture();
    next.press(1, 20_000);
    expect(kinds(next.machine.handle({ kind: 'time' }, 29_999))).toEqual([]);
    expect(kinds(next.machine.handle({ kind: 'time' }, 30_000))).toEqual(['ended by timeout']);
  });

  test('a key that comes with a time-out comes too late', () => {
    const { press, held } = capture();
    press(1, 0);
    expect(press(2, 10_000)).toEqual(['ended by timeout']);
    expect(held()).toBe('1');
  });
});
