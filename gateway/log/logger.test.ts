import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createLogger, guardLine, type Logger } from './logger.js';

/** Published test numbers of every brand and length, in every spelling that we could think of. */
const NUMBERS = [
  '4242424242424242',
  '5555555555554444',
  '378282246310005',
  '6011111111111117',
  '30569309025904',
  '3530111333300000',
  '6205500000000000004',
  '630495060000',
];
const SPELLINGS: readonly ((digits: string) => unknown)[] = [
  (digits) => digits,
  (digits) => `card ${digits}, please`,
  (digits) => digits.replaceAll(/(.{4})(?=.)/g, '$1 '),
  (digits) => digits.replaceAll(/(.{4})(?=.)/g, '$1-'),
  (digits) => digits.split('').join(' '),
  (digits) => digits.split('').join('-'),
  (digits) => `${digits.slice(0, 4)} ${digits.slice(4, 10)} ${digits.slice(10)}`,
  (digits) => `pan=${digits}&cvc=123`,
  (digits) => `"${digits}"`,
  (digits) => `abc${digits}def`,
  (digits) => Number(digits),
  (digits) => digits.split(''),
  (digits) => digits.split('').map(Number),
  (digits) => Buffer.from(digits, 'latin1'),
  (digits) => [[digits]],
  (digits) => ({ deep: { deeper: { [digits]: 1 } } }),
  (digits) => new Error(`refused ${digits}`),
  (digits) => Object.assign(new Error('refused'), { body: digits, raw: Buffer.from(digits) }),
  (digits) => ({ toJSON: () => digits }),
  (digits) => new Map([[digits, digits]]),
];
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Logs everything in every place where a logger takes something. */
function logEverything(logger: Logger): void {
  for (const digits of NUMBERS) {
    for (const spell of SPELLINGS) {
      for (const level of LEVELS) {
        const value = spell(digits);
        if (typeof value === 'string') logger[level](value);
        else logger[level]({ value }, 'message');
        logger[level]({ value, error: value, err: value }, String(digits));
        logger[level](`interpolated ${inspect(value)} ${String(value)}`);
        logger[level]({ list: [value], nested: { deeper: value } });
        logger.child({ bound: value })[level]('child');
      }
    }
  }
}

/** The finder is not the guard: it drops everything between digits that people put there, then looks for the numbers. */
function findNumbers(lines: readonly string[]): number {
  return lines.filter((line) => {
    const bare = line.replaceAll(/\\n|[\s,"'[\]\\-]/g, '');
    const ascii = bare.replaceAll(/\d{2}/g, (pair) =>
      Number(pair) >= 48 && Number(pair) <= 57 ? String(Number(pair) - 48) : pair,
    );
    return NUMBERS.some((digits) => bare.includes(digits) || ascii.includes(digits));
  }).length;
}

describe('logger', () => {
  test('no card number comes out, in any spelling, place or level', () => {
    const lines: string[] = [];
    logEverything(createLogger({ level: 'debug', write: (line) => lines.push(line) }));
    expect(lines.length).toBe(NUMBERS.length * SPELLINGS.length * LEVELS.length * 5);
    expect(findNumbers(lines)).toBe(0);
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });

  test('control: without the guard the same calls put them into nearly every line', () => {
    const lines: string[] = [];
    logEverything(pino({ level: 'debug' }, { write: (line) => void lines.push(line) }));
    expect(findNumbers(lines)).toBeGreaterThan(0.8 * lines.length);
  });

  test('an ordinary line stays as it is: level, ISO time, values, no host or process', () => {
    const lines: string[] = [];
    createLogger({ level: 'info', write: (line) => lines.push(line) }).info(
      { callId: 'b50f2a10123456789012a7d55c4b9e01', address: '192.168.100.200:50602', durationMs: 12.5 },
      'call answered',
    );
    expect(JSON.parse(lines[0])).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      callId: 'b50f2a10123456789012a7d55c4b9e01',
      address: '192.168.100.200:50602',
      durationMs: 12.5,
      msg: 'call answered',
    });
  });

  test('an error is its name, message, code and stack, and nothing that hangs on it', () => {
    const lines: string[] = [];
    const error = Object.assign(new Error('refused'), {
      code: 'ECONNREFUSED',
      request: { body: 'secret' },
      raw: Buffer.alloc(9),
    });
    createLogger({ level: 'info', write: (line) => lines.push(line) }).error({ error }, 'failed');
    expect(Object.keys(JSON.parse(lines[0]).error)).toEqual(['type', 'message', 'code', 'stack']);
  });

  test('only the run is hidden; the rest of the line can be read', () => {
    expect(JSON.parse(guardLine('{"level":"info","a":"x 4242424242424242 y","b":2}\n'))).toEqual({
      level: 'info',
      a: 'x [digits hidden] y',
      b: 2,
    });
  });

  test.each([
    ['no JSON', 'plain 4242424242424242\n', 'it was no JSON'],
    ['endless', `{"a":"${'x'.repeat(20_000)}"}\n`, 'it was too long'],
  ])('a line that is %s is withheld whole, and that is told', (_name, line, reason) => {
    expect(JSON.parse(guardLine(line)).msg).toBe(`a log line was withheld: ${reason}`);
  });
});
