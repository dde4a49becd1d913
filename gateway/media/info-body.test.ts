import { describe, expect, test } from '@jest/globals';
import type { InfoBodyType } from './control-wire.js';
import { NO_KEY, takeInfoKey } from './info-body.js';

function take(type: InfoBodyType, text: string): number {
  const body = Buffer.from(text, 'latin1');
  const key = takeInfoKey(type, body);
  expect(body.every((byte) => byte === 0)).toBe(true);
  return key;
}

describe('the key in an INFO body', () => {
  test.each([
    ['Signal=5\r\nDuration=160', 5],
    ['Signal= 5\r\nDuration= 160\r\n', 5],
    ['signal = *\r\n', 10],
    ['Duration=100\r\nSIGNAL=#', 11],
    ['Duration=100\nSignal=0\n', 0],
    ['Signal=a\r\n', 12],
    ['Signal=D', 15],
    ['Signal=10\r\nDuration=250\r\n', 10],
    ['Signal=11', 11],
    ['Signal=15', 15],
    ['Signal=1', 1],
    ['Signal=16', NO_KEY],
    ['Signal=hf', NO_KEY],
    ['Signal=', NO_KEY],
    ['Signal=55', NO_KEY],
    ['Signals=5', NO_KEY],
    ['Signal 5', NO_KEY],
    ['Signal', NO_KEY],
    ['5', NO_KEY],
    ['', NO_KEY],
    [`${' '.repeat(300)}Signal=5`, NO_KEY],
  ])('application/dtmf-relay %j', (text, key) => expect(take('application/dtmf-relay', text)).toBe(key));

  test.each([
    ['5', 5],
    [' 5\r\n', 5],
    ['#', 11],
    ['*', 10],
    ['10', 10],
    ['b', 13],
    ['Signal=7\r\nDuration=90', 7],
    ['', NO_KEY],
    ['x', NO_KEY],
    ['5 6', NO_KEY],
  ])('application/dtmf %j', (text, key) => expect(take('application/dtmf', text)).toBe(key));
});
