import { inspect } from 'node:util';
import { serialize } from 'node:v8';
import { describe, expect, test } from '@jest/globals';
import { DigitBuffer } from './digit-buffer.js';

function keyed(text: string): DigitBuffer {
  const digits = DigitBuffer.allocate(19);
  for (const digit of text) digits.append(Number(digit));
  return digits;
}

describe('a digit buffer', () => {
  test('lends what was appended as ASCII digits', () => {
    keyed('4242').lend((digits) => expect([...digits]).toEqual([0x34, 0x32, 0x34, 0x32]));
  });

  test('never grows: a digit too many is refused and changes nothing', () => {
    const digits = DigitBuffer.allocate(4);
    expect([1, 2, 3, 4, 5].map((key) => digits.append(key))).toEqual([true, true, true, true, false]);
    expect(digits.length).toBe(4);
    digits.lend((view) => expect(view.length).toBe(4));
  });

  test.each([-1, 10, 11, 1.5, Number.NaN])('takes %p for the mistake it is', (key) => {
    expect(() => DigitBuffer.allocate(4).append(key)).toThrow(RangeError);
  });

  test('holds nothing but zeros after a wipe, and can be used again', () => {
    const digits = keyed('424242');
    digits.lend((view) => {
      digits.wipe();
      expect([...view]).toEqual([0, 0, 0, 0, 0, 0]);
    });
    expect(digits.length).toBe(0);
    expect(digits.append(7)).toBe(true);
  });

  test('is empty for ever once released, and may be released twice', () => {
    const digits = keyed('424242');
    digits.release();
    digits.release();
    digits.wipe();
    expect(digits.append(1)).toBe(false);
    expect(digits.length).toBe(0);
    digits.lend((view) => expect(view.length).toBe(0));
  });

  test('shares a page with others without sharing digits, and leaves it to them when it is released', () => {
    const { number, code } = DigitBuffer.allocateTogether({ number: 4, code: 4 });
    for (const key of [1, 2, 3, 4]) expect([number.append(key), code.append(9 - key)]).toEqual([true, true]);
    expect([number.append(5), code.append(5)]).toEqual([false, false]);
    number.release();
    code.lend((digits) => expect(String.fromCharCode(...digits)).toBe('8765'));
    code.release();
    code.lend((digits) => expect(digits.length).toBe(0));
  });

  test('that shares a page leaves nothing readable once all are released', () => {
    const { number, code } = DigitBuffer.allocateTogether({ number: 4, code: 4 });
    number.append(4);
    const views = [number.lend((view) => view), code.lend((view) => view)];
    number.release();
    expect(views[0]?.[0] ?? 0).toBe(0);
    code.release();
    expect(views.map((view) => view.length)).toEqual([0, 0]);
  });

  test('prints, clones and serialises as nothing', () => {
    const digits = keyed('4111111111111111');
    const shown = [
      String(digits),
      `${digits}`,
      JSON.stringify(digits),
      JSON.stringify({ digits }),
      inspect(digits, { showHidden: true, depth: null }),
      inspect({ digits }),
      JSON.stringify(structuredClone({ digits })),
      serialize({ digits }).toString('latin1'),
      Object.entries(digits).join(),
    ].join('\n');
    expect(shown).not.toMatch(/1111|49, ?49|31 31|buffer/i);
    expect(JSON.stringify({ digits })).toBe('{}');
    expect(String(digits)).toBe('[digits]');
  });
});
