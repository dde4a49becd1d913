import { describe, expect, test } from '@jest/globals';
import {
  CardSession,
  type CardSessionInput,
  type CardSessionOutput,
  HELD_DIGITS_LIMIT_MS,
  TOKENIZE_TIMEOUT_MS,
} from './card-session.js';
import type { CardRules, FieldName, FieldReport } from './wire.js';
import { FIELD_NAMES } from './wire.js';

const RULES: CardRules = {
  acceptedBrands: ['visa', 'mastercard', 'amex'],
  maxAttempts: 3,
  firstDigitTimeoutMs: 30_000,
  interDigitTimeoutMs: 10_000,
  timeZone: 'UTC',
  showExpiry: false,
};
const VISA = '4242424242424242';
const AMEX = '378282246310005';
const GOOD: Readonly<Record<FieldName, string>> = { cardNumber: VISA, expirationDate: '1229', securityCode: '123' };
const MASKED: Readonly<Record<FieldName, string>> = {
  cardNumber: '**** **** **** 4242',
  expirationDate: '**/**',
  securityCode: '***',
};
const TOKEN = { kind: 'token', token: 'tgt_AAAAAAAAAAAAAAAAAAAAAA', expiresAtMs: 9 } as const;

/** A session, the time, and an agent and a caller who do one thing after another. */
class Desk {
  readonly session: CardSession;
  nowMs = 1000;
  captureId = '';
  #captures = 0;

  constructor(rules: Partial<CardRules> = {}) {
    const wallAtOpeningMs = Date.parse('2026-11-23T12:00:00Z');
    this.session = new CardSession({ rules: { ...RULES, ...rules }, wallAtOpeningMs }, this.nowMs);
  }

  do(input: CardSessionInput): readonly CardSessionOutput[] {
    return this.session.handle(input, this.nowMs);
  }

  begin(field: FieldName): readonly CardSessionOutput[] {
    this.#captures += 1;
    this.captureId = `capture ${this.#captures}`;
    return this.do({ kind: 'begin-capture', field, captureId: this.captureId });
  }

  key(keys: string): readonly CardSessionOutput[] {
    return [...keys].flatMap((key) =>
      this.do({ kind: 'key', captureId: this.captureId, key: '0123456789*#ABCD'.indexOf(key) }),
    );
  }

  /** What the line swallows. */
  lose(): readonly CardSessionOutput[] {
    return this.do({ kind: 'key-lost', captureId: this.captureId });
  }

  enter(field: FieldName, keys: string): FieldReport {
    this.begin(field);
    this.key(`${keys}#`);
    return this.session.report(field);
  }

  enterAll(): void {
    for (const field of FIELD_NAMES) this.enter(field, GOOD[field]);
  }

  wait(durationMs: number): readonly CardSessionOutput[] {
    this.nowMs += durationMs;
    return this.do({ kind: 'time' });
  }

  tokenize(): readonly CardSessionOutput[] {
    return this.do({ kind: 'tokenize', idempotencyKey: 'session-1' });
  }

  state(field: FieldName): string {
    const { state, error } = this.session.report(field);
    return error ?? state;
  }

  states(): string {
    return FIELD_NAMES.map((field) => this.state(field)).join(' ');
  }
}

const reportsOf = (outputs: readonly CardSessionOutput[]): readonly string[] =>
  outputs.flatMap((output) =>
    output.kind === 'report' ? [`${output.report.field} ${output.report.error ?? output.report.state}`] : [],
  );
const kindsOf = (outputs: readonly CardSessionOutput[]): readonly string[] => outputs.map((output) => output.kind);

function ordersOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) => ordersOf(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

describe('AC-7: fields in any order', () => {
  test.each(ordersOf(FIELD_NAMES).map((order) => [order.join(', '), order] as const))('%s', (_, order) => {
    const desk = new Desk();
    for (const field of order) {
      expect(desk.enter(field, GOOD[field])).toMatchObject({ state: 'captured', masked: MASKED[field] });
    }
    expect(kindsOf(desk.tokenize())).toEqual(['done', 'tokenize']);
  });

  test('the code first: three and four digits are accepted for the time being', () => {
    for (const code of ['123', '1234']) {
      expect(new Desk().enter('securityCode', code)).toMatchObject({
        state: 'captured',
        masked: '*'.repeat(code.length),
      });
    }
    for (const code of ['12', '12345'])
      expect(new Desk().enter('securityCode', code).error).toBe('invalid-security-code');
  });

  test.each([
    ['1234', VISA, 'invalid-security-code', 1],
    ['123', AMEX, 'invalid-security-code', 1],
    ['123', VISA, undefined, 0],
    ['1234', AMEX, undefined, 0],
  ])('the code %s first, then the number %s: %s', (code, number, error, failedAttempts) => {
    const desk = new Desk();
    desk.enter('securityCode', code);
    desk.begin('cardNumber');
    desk.key(number);
    const outputs = desk.key('#');
    expect(reportsOf(outputs)).toEqual(
      error === undefined ? ['cardNumber captured'] : ['cardNumber captured', `securityCode ${error}`],
    );
    expect(desk.session.report('securityCode')).toMatchObject({ failedAttempts });
    if (error !== undefined) {
      expect(desk.tokenize()).toEqual([{ kind: 'refused', code: 'fields-incomplete' }]);
    }
  });

  test('another number of another brand turns the code red, and that is no failed entry', () => {
    const desk = new Desk();
    desk.enter('cardNumber', VISA);
    desk.enter('securityCode', '123');
    desk.enter('cardNumber', AMEX);
    expect(desk.session.report('securityCode')).toMatchObject({ error: 'invalid-security-code', failedAttempts: 0 });
    expect(desk.enter('securityCode', '1234')).toMatchObject({ state: 'captured', masked: '****' });
  });

  test('a failed number leaves a provisional code as it is', () => {
    const desk = new Desk();
    desk.enter('securityCode', '1234');
    desk.enter('cardNumber', '4242');
    expect(desk.state('securityCode')).toBe('captured');
    desk.enter('cardNumber', AMEX);
    expect(desk.state('securityCode')).toBe('captured');
  });
});

describe('AC-8: capturing another field while one is awaiting', () => {
  test('puts an empty field back', () => {
    const desk = new Desk();
    desk.begin('cardNumber');
    desk.key('4242');
    expect(reportsOf(desk.begin('securityCode'))).toEqual(['cardNumber empty', 'securityCode awaiting']);
    expect(desk.session.report('cardNumber')).toEqual({
      field: 'cardNumber',
      state: 'empty',
      keyCount: 0,
      failedAttempts: 0,
    });
  });

  test('reports of an awaiting field say how long it still waits', () => {
    const desk = new Desk();
    const timesOf = (outputs: readonly CardSessionOutput[]) =>
      outputs.flatMap((output) => (output.kind === 'report' ? [output.report.timeLeftMs] : []));
    expect(timesOf(desk.begin('cardNumber'))).toEqual([30_000]);
    expect(timesOf(desk.key('42'))).toEqual([10_000, 10_000]);
    desk.wait(4_000);
    expect(timesOf(desk.lose())).toEqual([6_000]);
    expect(timesOf(desk.key('*'))).toEqual([30_000]);
    expect(timesOf(desk.key('#'))).toEqual([undefined]);
  });

  test('leaves a captured value alone while no digit has come, and has wiped it once one has', () => {
    const desk = new Desk();
    desk.enterAll();
    desk.begin('cardNumber');
    expect(reportsOf(desk.begin('securityCode'))).toEqual(['cardNumber captured', 'securityCode awaiting']);
    desk.key('*');
    expect(reportsOf(desk.begin('cardNumber'))).toEqual(['securityCode captured', 'cardNumber awaiting']);
    desk.key('5');
    expect(reportsOf(desk.begin('expirationDate'))).toEqual(['cardNumber empty', 'expirationDate awaiting']);
    expect(desk.states()).toBe('empty awaiting captured');
  });

  test('leaves a red field red, and counts nothing', () => {
    const desk = new Desk();
    desk.enter('cardNumber', '4243');
    desk.begin('cardNumber');
    desk.key('55');
    desk.begin('expirationDate');
    expect(desk.session.report('cardNumber')).toMatchObject({ error: 'invalid-card-number', failedAttempts: 1 });
  });

  test('keys under the first capture id go nowhere from then on', () => {
    const desk = new Desk();
    desk.begin('cardNumber');
    const first = desk.captureId;
    desk.begin('securityCode');
    expect(desk.do({ kind: 'key', captureId: first, key: 4 })).toEqual([{ kind: 'keys-dropped', count: 1 }]);
    expect(desk.session.report('securityCode').keyCount).toBe(0);
  });

  test('the same field again starts afresh and is reported once, as awaiting', () => {
    const desk = new Desk();
    desk.begin('cardNumber');
    desk.key('4242');
    expect(reportsOf(desk.begin('cardNumber'))).toEqual(['cardNumber awaiting']);
    desk.key(`${VISA}#`);
    expect(desk.state('cardNumber')).toBe('captured');
  });
});

describe('keys', () => {
  test('AC-9, AC-18: after #, and before any capture, they are dropped and counted', () => {
    const desk = new Desk();
    expect(desk.key('4')).toEqual([{ kind: 'keys-dropped', count: 1 }]);
    desk.enter('securityCode', '123');
    expect(desk.key('99#')).toEqual([1, 1, 1].map((count) => ({ kind: 'keys-dropped', count })));
    expect(desk.session.report('securityCode')).toMatchObject({ state: 'captured', masked: '***' });
  });

  test('while the caller keys, only their number is told', () => {
    const desk = new Desk();
    desk.begin('cardNumber');
    const reports = desk.key('4242');
    expect(reports).toEqual(
      [1, 2, 3, 4].map((keyCount) => ({
        kind: 'report',
        report: { field: 'cardNumber', state: 'awaiting', keyCount, failedAttempts: 0, timeLeftMs: 10_000 },
      })),
    );
  });

  test('* starts the entry again and is no attempt', () => {
    const desk = new Desk();
    expect(desk.enter('cardNumber', `4111*${VISA}`)).toMatchObject({ state: 'captured', failedAttempts: 0 });
  });

  test('a lost key is told at once and makes the entry an error of its own, never a shorter number', () => {
    const desk = new Desk();
    desk.begin('securityCode');
    desk.key('12');
    expect(desk.lose()).toEqual([
      {
        kind: 'report',
        report: {
          field: 'securityCode',
          state: 'awaiting',
          keyCount: 2,
          isUncertain: true,
          failedAttempts: 0,
          timeLeftMs: 10_000,
        },
      },
    ]);
    desk.key('34');
    expect(desk.session.report('securityCode')).toMatchObject({ keyCount: 4, isUncertain: true });
    desk.key('#');
    expect(desk.session.report('securityCode')).toEqual({
      field: 'securityCode',
      state: 'error',
      keyCount: 0,
      error: 'input-uncertain',
      failedAttempts: 0,
    });
    expect(desk.do({ kind: 'key-lost', captureId: 'another' })).toEqual([]);
  });

  test.each(FIELD_NAMES)('a lost key in %s: a value that would be right is not taken', (field) => {
    const desk = new Desk();
    desk.begin(field);
    desk.lose();
    desk.key(`${GOOD[field]}#`);
    expect(desk.state(field)).toBe('input-uncertain');
  });

  test('a lost key is made up for by *, and by another capture', () => {
    const desk = new Desk();
    desk.begin('securityCode');
    desk.lose();
    desk.key('1*');
    expect(desk.session.report('securityCode')).not.toHaveProperty('isUncertain');
    desk.key('123#');
    expect(desk.state('securityCode')).toBe('captured');
    desk.begin('expirationDate');
    desk.lose();
    desk.key('1229#');
    expect(desk.enter('expirationDate', '1229').state).toBe('captured');
  });

  test.each<[string, string, string]>([
    ['no digit', '', 'captured'],
    ['a digit', '4', 'empty'],
  ])('a hole while a green field is captured again, and %s (%j): another field leaves it %s', (_, keys, state) => {
    const desk = new Desk();
    desk.enterAll();
    desk.begin('cardNumber');
    desk.lose();
    desk.key(keys);
    expect(desk.session.report('cardNumber')).toEqual({
      field: 'cardNumber',
      state: 'awaiting',
      keyCount: keys.length,
      isUncertain: true,
      failedAttempts: 0,
    });
    desk.enter('expirationDate', GOOD.expirationDate);
    expect(desk.state('cardNumber')).toBe(state);
    expect(kindsOf(desk.tokenize())).toEqual(state === 'captured' ? ['done', 'tokenize'] : ['refused']);
    const lentDigits = () => desk.session.lendCard(({ cardNumber }) => cardNumber.length);
    if (state === 'captured') expect(lentDigits()).toBe(VISA.length);
  });

  test.each(['#', `${VISA}#`, 'nothing'])(
    'a hole while a green field is captured again, and %s: the old value is not taken for the new one',
    (keys) => {
      const desk = new Desk();
      desk.enterAll();
      desk.begin('cardNumber');
      desk.lose();
      if (keys === 'nothing') desk.wait(30_000);
      else desk.key(keys);
      expect(desk.session.report('cardNumber')).toEqual({
        field: 'cardNumber',
        state: 'error',
        keyCount: 0,
        error: 'input-uncertain',
        failedAttempts: 0,
      });
      expect(kindsOf(desk.tokenize())).toEqual(['refused']);
    },
  );

  test('an uncertain entry that times out is uncertain too, and no number of them is too many attempts', () => {
    const desk = new Desk();
    for (let entry = 0; entry < 5; entry += 1) {
      desk.begin('cardNumber');
      desk.key('42');
      desk.lose();
      expect(reportsOf(desk.wait(10_000))).toEqual(['cardNumber input-uncertain']);
    }
    expect(desk.session.report('cardNumber')).toMatchObject({ failedAttempts: 0 });
    expect(desk.enter('cardNumber', VISA).state).toBe('captured');
  });
});

describe('the six errors', () => {
  test.each<[string, FieldName, string, string]>([
    ['Luhn', 'cardNumber', '4242424242424241', 'invalid-card-number'],
    ['length', 'cardNumber', '424242424242', 'invalid-card-number'],
    ['# alone', 'cardNumber', '', 'invalid-card-number'],
    ['20 digits', 'cardNumber', '40000000000000000060', 'invalid-card-number'],
    ['a good Discover card', 'cardNumber', '6011111111111117', 'invalid-card-type'],
    ['month 13', 'expirationDate', '1329', 'invalid-date'],
    ['last month', 'expirationDate', '1026', 'invalid-date'],
    ['MMYYYY', 'expirationDate', '122029', 'invalid-date'],
    ['two digits', 'securityCode', '12', 'invalid-security-code'],
    ['five digits', 'securityCode', '12345', 'invalid-security-code'],
  ])('%s in %s (%s): %s', (_, field, keys, error) => {
    const desk = new Desk();
    expect(desk.enter(field, keys)).toEqual({ field, state: 'error', keyCount: 0, error, failedAttempts: 1 });
  });

  test.each<[FieldName, string, number, string]>([
    ['cardNumber', '', 30_000, 'input-timeout'],
    ['cardNumber', '42424', 10_000, 'input-timeout'],
    ['cardNumber', VISA, 10_000, 'captured'],
    ['cardNumber', '4242424242424241', 10_000, 'invalid-card-number'],
    ['expirationDate', '12', 10_000, 'input-timeout'],
    ['expirationDate', '1229', 10_000, 'captured'],
    ['expirationDate', '1329', 10_000, 'invalid-date'],
    ['securityCode', '1', 10_000, 'input-timeout'],
    ['securityCode', '123', 10_000, 'captured'],
    ['securityCode', '12345', 10_000, 'invalid-security-code'],
  ])('%s with "%s" and then nothing for %i ms: %s', (field, keys, silenceMs, expected) => {
    const desk = new Desk();
    desk.begin(field);
    desk.key(keys);
    expect(desk.session.deadlineMs).toBe(desk.nowMs + silenceMs);
    expect(desk.wait(silenceMs - 1)).toEqual([]);
    expect(reportsOf(desk.wait(1))).toEqual([`${field} ${expected}`]);
  });

  test('a re-capture that times out without a key has nothing left of the value before it', () => {
    const desk = new Desk();
    desk.enterAll();
    desk.begin('cardNumber');
    desk.wait(30_000);
    expect(desk.state('cardNumber')).toBe('input-timeout');
    expect(desk.tokenize()).toEqual([{ kind: 'refused', code: 'fields-incomplete' }]);
  });

  test('the month that counts is the merchant’s', () => {
    const nearlyDecember = { timeZone: 'Pacific/Kiritimati' };
    const desk = new Desk(nearlyDecember);
    desk.nowMs += 8 * 24 * 3_600_000 - 3_600_000;
    // 30 November, 11:00 UTC; on Kiritimati it is 1 December.
    expect(desk.enter('expirationDate', '1126').error).toBe('invalid-date');
    expect(desk.enter('expirationDate', '1226').state).toBe('captured');
  });

  test('showExpiry shows the date', () => {
    expect(new Desk({ showExpiry: true }).enter('expirationDate', '1229').masked).toBe('12/29');
  });
});

describe('attempts', () => {
  test('AC-R1: an error in one field leaves the others as they are', () => {
    const desk = new Desk();
    desk.enterAll();
    desk.enter('securityCode', '1');
    expect(desk.states()).toBe('captured captured invalid-security-code');
    desk.enter('securityCode', '123');
    expect(kindsOf(desk.tokenize())).toEqual(['done', 'tokenize']);
  });

  test('AC-R3: they are counted for each field, and re-capturing a green field is not a failure', () => {
    const desk = new Desk();
    for (let round = 0; round < 5; round += 1) desk.enter('cardNumber', VISA);
    desk.enter('cardNumber', '4');
    desk.enter('expirationDate', '1');
    desk.enter('expirationDate', '1');
    expect(FIELD_NAMES.map((field) => desk.session.report(field).failedAttempts)).toEqual([1, 2, 0]);
  });

  test.each([1, 2, 3, 5])('AC-R4: maxAttempts %i means so many failed entries', (maxAttempts) => {
    const desk = new Desk({ maxAttempts });
    for (let entry = 1; entry < maxAttempts; entry += 1) {
      expect(desk.enter('cardNumber', '4').error).toBe('invalid-card-number');
    }
    expect(desk.enter('cardNumber', '4')).toMatchObject({
      error: 'too-many-failed-attempts',
      failedAttempts: maxAttempts,
    });
  });

  test('AC-R5: too many lock the session, wipe it and refuse more', () => {
    const desk = new Desk({ maxAttempts: 2 });
    desk.enter('expirationDate', '1229');
    desk.enter('cardNumber', '4');
    desk.begin('cardNumber');
    expect(reportsOf(desk.wait(30_000))).toEqual(['cardNumber too-many-failed-attempts', 'expirationDate empty']);
    for (const field of FIELD_NAMES) {
      expect(desk.begin(field)).toEqual([{ kind: 'refused', code: 'too-many-failed-attempts' }]);
    }
    expect(desk.tokenize()).toEqual([{ kind: 'refused', code: 'too-many-failed-attempts' }]);
    expect(desk.key('4')).toEqual([{ kind: 'keys-dropped', count: 1 }]);
    expect(desk.session.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('a code that the number proves wrong can be the one too many', () => {
    const desk = new Desk({ maxAttempts: 1 });
    desk.enter('securityCode', '1234');
    desk.enter('cardNumber', VISA);
    expect(desk.states()).toBe('empty empty too-many-failed-attempts');
  });
});

describe('tokenization', () => {
  test.each(FIELD_NAMES)('AC-12: is refused without the %s', (missing) => {
    const desk = new Desk();
    for (const field of FIELD_NAMES) if (field !== missing) desk.enter(field, GOOD[field]);
    expect(desk.tokenize()).toEqual([{ kind: 'refused', code: 'fields-incomplete' }]);
    desk.begin(missing);
    expect(desk.tokenize()).toEqual([{ kind: 'refused', code: 'capture-under-way' }]);
  });

  test('AC-13, AC-26: lends the whole card, without any amount, and reports the token', () => {
    const desk = new Desk();
    desk.enterAll();
    expect(() => desk.session.lendCard(() => undefined)).toThrow(RangeError);
    expect(desk.tokenize()).toEqual([{ kind: 'done' }, { kind: 'tokenize', idempotencyKey: 'session-1' }]);
    const lent = desk.session.lendCard((card) => {
      expect(Buffer.from(card.cardNumber).toString()).toBe(VISA);
      expect(Buffer.from(card.expirationDate).toString()).toBe('1229');
      expect(Buffer.from(card.securityCode).toString()).toBe('123');
      return Object.keys(card).sort();
    });
    expect(lent).toEqual([
      'brand',
      'cardNumber',
      'expirationDate',
      'maskedCardNumber',
      'maskedExpirationDate',
      'securityCode',
    ]);
    expect(desk.do({ kind: 'tokenize-outcome', outcome: TOKEN })).toEqual([
      { kind: 'tokenized', token: TOKEN.token, brand: 'visa', masked: MASKED.cardNumber, expiresAtMs: 9 },
    ]);
    expect(desk.begin('cardNumber')).toEqual([{ kind: 'refused', code: 'session-over' }]);
    expect(desk.tokenize()).toEqual([{ kind: 'refused', code: 'session-over' }]);
  });

  test('nothing is captured meanwhile', () => {
    const desk = new Desk();
    desk.enterAll();
    desk.tokenize();
    expect(desk.begin('cardNumber')).toEqual([{ kind: 'refused', code: 'tokenizing' }]);
    expect(desk.tokenize()).toEqual([{ kind: 'refused', code: 'tokenizing' }]);
    expect(desk.key('1')).toEqual([{ kind: 'keys-dropped', count: 1 }]);
  });

  test('AC-R1: a fault that the token maker finds in a field turns it red, wipes it and counts', () => {
    const desk = new Desk();
    desk.enterAll();
    desk.tokenize();
    const outcome = { kind: 'field-failure', field: 'securityCode', code: 'invalid-security-code' } as const;
    const outputs = desk.do({ kind: 'tokenize-outcome', outcome });
    expect(kindsOf(outputs)).toEqual(['report', 'tokenization-failed']);
    expect(outputs[1]).toEqual({ kind: 'tokenization-failed', level: 'field' });
    expect(desk.states()).toBe('captured captured invalid-security-code');
    expect(desk.session.report('securityCode').failedAttempts).toBe(1);
    desk.enter('securityCode', '321');
    expect(kindsOf(desk.tokenize())).toEqual(['done', 'tokenize']);
  });

  test.each(['payment-connector-error', 'internal-error'] as const)('AC-R2: %s ends the session, all wiped', (code) => {
    const desk = new Desk();
    desk.enterAll();
    desk.tokenize();
    const outputs = desk.do({ kind: 'tokenize-outcome', outcome: { kind: 'session-failure', code } });
    expect(outputs[0]).toEqual({ kind: 'tokenization-failed', level: 'session', code });
    expect(desk.states()).toBe('empty empty empty');
    expect(desk.begin('cardNumber')).toEqual([{ kind: 'refused', code: 'session-over' }]);
  });

  test('AC-R2: no answer in time is a failure; a token that comes after it is voided', () => {
    const desk = new Desk();
    desk.enterAll();
    desk.tokenize();
    const outputs = desk.wait(TOKENIZE_TIMEOUT_MS);
    expect(outputs.slice(0, 2)).toEqual([
      { kind: 'abandon-tokenize' },
      { kind: 'tokenization-failed', level: 'session', code: 'payment-connector-error' },
    ]);
    expect(desk.do({ kind: 'tokenize-outcome', outcome: TOKEN })).toEqual([{ kind: 'void-token', token: TOKEN.token }]);
  });
});

describe('closing', () => {
  test('AC-16: nothing is left of what was captured', () => {
    const desk = new Desk();
    desk.enterAll();
    desk.begin('cardNumber');
    desk.key('42');
    expect(desk.do({ kind: 'close', outcome: 'abandoned' })).toEqual([{ kind: 'done' }]);
    expect(desk.states()).toBe('empty empty empty');
    expect(desk.key('4')).toEqual([{ kind: 'keys-dropped', count: 1 }]);
    expect(desk.session.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('AC-15: a token that arrives after Cancel is voided', () => {
    const desk = new Desk();
    desk.enterAll();
    desk.tokenize();
    expect(kindsOf(desk.do({ kind: 'close', outcome: 'abandoned' }))).toEqual(['done', 'abandon-tokenize']);
    expect(desk.do({ kind: 'tokenize-outcome', outcome: TOKEN })).toEqual([{ kind: 'void-token', token: TOKEN.token }]);
  });

  test('AC-15: so is one that had just been reported when the agent cancelled', () => {
    const desk = new Desk();
    desk.enterAll();
    desk.tokenize();
    desk.do({ kind: 'tokenize-outcome', outcome: TOKEN });
    expect(desk.do({ kind: 'close', outcome: 'abandoned' })).toEqual([
      { kind: 'done' },
      { kind: 'void-token', token: TOKEN.token },
    ]);
  });

  test('AC-17: the token of a vaulted session outlives it', () => {
    const desk = new Desk();
    desk.enterAll();
    desk.tokenize();
    desk.do({ kind: 'tokenize-outcome', outcome: TOKEN });
    expect(desk.do({ kind: 'close', outcome: 'vaulted' })).toEqual([{ kind: 'done' }]);
  });

  test('digits that nobody comes back for are wiped, without counting an attempt', () => {
    const desk = new Desk();
    desk.enter('securityCode', '123');
    expect(desk.session.deadlineMs).toBe(desk.nowMs + HELD_DIGITS_LIMIT_MS);
    expect(reportsOf(desk.wait(HELD_DIGITS_LIMIT_MS))).toEqual(['securityCode input-timeout']);
    expect(desk.session.report('securityCode').failedAttempts).toBe(0);
    expect(desk.session.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('every operation in every state of a field', () => {
  /** Brings the security code into the state. */
  const states: Readonly<Record<string, (desk: Desk) => void>> = {
    empty: () => {},
    'awaiting, nothing keyed': (desk) => desk.begin('securityCode'),
    'awaiting, keyed': (desk) => {
      desk.begin('securityCode');
      desk.key('12');
    },
    captured: (desk) => desk.enter('securityCode', '123'),
    'awaiting over a captured value': (desk) => {
      desk.enter('securityCode', '123');
      desk.begin('securityCode');
    },
    'keyed over a captured value': (desk) => {
      desk.enter('securityCode', '123');
      desk.begin('securityCode');
      desk.key('9');
    },
    error: (desk) => desk.enter('securityCode', '1'),
    'keyed over an error': (desk) => {
      desk.enter('securityCode', '1');
      desk.begin('securityCode');
      desk.key('9');
    },
    closed: (desk) => desk.do({ kind: 'close', outcome: 'abandoned' }),
  };
  const operations: Readonly<Record<string, (desk: Desk) => unknown>> = {
    capture: (desk) => desk.begin('securityCode'),
    'other field': (desk) => desk.begin('cardNumber'),
    digit: (desk) => desk.key('5'),
    pound: (desk) => desk.key('#'),
    star: (desk) => desk.key('*'),
    timeout: (desk) => desk.wait(30_000),
    close: (desk) => desk.do({ kind: 'close', outcome: 'abandoned' }),
  };
  const BAD = 'invalid-security-code';
  const LATE = 'input-timeout';
  // One row a state; the columns are the operations in their order.
  const table: Readonly<Record<string, readonly string[]>> = {
    empty: ['awaiting', 'empty', 'empty', 'empty', 'empty', 'empty', 'empty'],
    'awaiting, nothing keyed': ['awaiting', 'empty', 'awaiting', BAD, 'awaiting', LATE, 'empty'],
    'awaiting, keyed': ['awaiting', 'empty', 'awaiting', BAD, 'awaiting', LATE, 'empty'],
    captured: ['awaiting', 'captured', 'captured', 'captured', 'captured', 'captured', 'empty'],
    'awaiting over a captured value': ['awaiting', 'captured', 'awaiting', BAD, 'awaiting', LATE, 'empty'],
    'keyed over a captured value': ['awaiting', 'empty', 'awaiting', BAD, 'awaiting', LATE, 'empty'],
    error: ['awaiting', BAD, BAD, BAD, BAD, BAD, 'empty'],
    'keyed over an error': ['awaiting', BAD, 'awaiting', BAD, 'awaiting', LATE, 'empty'],
    closed: ['empty', 'empty', 'empty', 'empty', 'empty', 'empty', 'empty'],
  };

  const rows = Object.keys(states).flatMap((state) =>
    Object.keys(operations).map((operation, column) => [state, operation, table[state][column]] as const),
  );
  test.each(rows)('%s + %s → %s', (state, operation, expected) => {
    const desk = new Desk();
    states[state](desk);
    operations[operation](desk);
    expect(desk.state('securityCode')).toBe(expected);
  });
});
