import { describe, expect, test } from '@jest/globals';
import { CardSessions, type CardSessionsOutput, MAX_SESSIONS, type SessionCommand } from './card-sessions.js';
import { type CardRules, DISTURBANCE_MARK, type FieldName, type VaultEvent } from './wire.js';

const RULES: CardRules = {
  acceptedBrands: ['visa'],
  maxAttempts: 3,
  firstDigitTimeoutMs: 30_000,
  interDigitTimeoutMs: 10_000,
  timeZone: 'UTC',
  showExpiry: false,
};
const TOKEN = { kind: 'token', token: 'tgt_AAAAAAAAAAAAAAAAAAAAAA', expiresAtMs: 9 } as const;
const CODE_OF_POUND = 11;
const CODE_OF_STAR = 10;
const captureIdOf = (index: number): string => index.toString(16).padStart(32, '0');

class Desk {
  readonly sessions = new CardSessions(() => Date.parse('2026-11-23T12:00:00Z'));
  #requestId = 0;
  #captures = 0;

  command(
    command: Omit<SessionCommand, 'requestId'> & Record<string, unknown>,
    nowMs = 0,
  ): readonly CardSessionsOutput[] {
    this.#requestId += 1;
    return this.sessions.handle({ ...command, requestId: this.#requestId } as SessionCommand, nowMs);
  }

  open(sessionId: string): readonly CardSessionsOutput[] {
    return this.command({ kind: 'open-session', sessionId, rules: RULES });
  }

  begin(sessionId: string, field: FieldName): string {
    this.#captures += 1;
    const captureId = captureIdOf(this.#captures);
    this.command({ kind: 'begin-capture', sessionId, field, captureId });
    return captureId;
  }

  key(captureId: string, sequence: number, key: number): readonly CardSessionsOutput[] {
    return this.sessions.handle({ kind: 'key', captureId, sequence, key }, 0);
  }

  enter(sessionId: string, field: FieldName, digits: string): void {
    const captureId = this.begin(sessionId, field);
    for (let index = 0; index < digits.length; index += 1) this.key(captureId, index, Number(digits[index]));
    this.key(captureId, digits.length, CODE_OF_POUND);
  }

  fill(sessionId: string): void {
    this.enter(sessionId, 'cardNumber', '4242424242424242');
    this.enter(sessionId, 'expirationDate', '1229');
    this.enter(sessionId, 'securityCode', '123');
  }
}

const eventsOf = (outputs: readonly CardSessionsOutput[]): readonly VaultEvent[] =>
  outputs.flatMap((output) => (output.kind === 'event' ? [output.event] : []));
const told = (outputs: readonly CardSessionsOutput[]): readonly string[] =>
  eventsOf(outputs).map((event) => {
    if (event.kind === 'refused') return `refused ${event.code}`;
    if (event.kind === 'field') return `${event.sessionId} ${event.report.field} ${event.report.state}`;
    return event.kind;
  });

describe('commands', () => {
  test('done comes first, then what followed', () => {
    const desk = new Desk();
    expect(told(desk.open('a'))).toEqual(['done']);
    const outputs = desk.command({
      kind: 'begin-capture',
      sessionId: 'a',
      field: 'cardNumber',
      captureId: captureIdOf(1),
    });
    expect(told(outputs)).toEqual(['done', 'a cardNumber awaiting']);
  });

  test.each([
    ['a session opened twice', { kind: 'open-session', sessionId: 'a', rules: RULES }, 'session-exists'],
    ['no such session', { kind: 'tokenize', sessionId: 'b', idempotencyKey: 'k' }, 'unknown-session'],
    [
      'no such session',
      { kind: 'begin-capture', sessionId: 'b', field: 'cardNumber', captureId: captureIdOf(7) },
      'unknown-session',
    ],
    [
      'a capture id that is taken',
      { kind: 'begin-capture', sessionId: 'a', field: 'securityCode', captureId: captureIdOf(1) },
      'capture-id-in-use',
    ],
    ['missing fields', { kind: 'tokenize', sessionId: 'c', idempotencyKey: 'k' }, 'fields-incomplete'],
  ] as const)('%s: refused', (_, command, code) => {
    const desk = new Desk();
    desk.open('a');
    desk.open('c');
    desk.begin('a', 'cardNumber');
    expect(told(desk.command({ ...command }))).toEqual([`refused ${code}`]);
  });

  test('closing a session that is not there is done: it is as closed as can be', () => {
    expect(told(new Desk().command({ kind: 'close-session', sessionId: 'x', outcome: 'abandoned' }))).toEqual(['done']);
  });

  test('there is a limit to the sessions, and room again after a close', () => {
    const desk = new Desk();
    for (let index = 0; index < MAX_SESSIONS; index += 1) desk.open(`s${index}`);
    expect(told(desk.open('one more'))).toEqual(['refused too-many-sessions']);
    desk.command({ kind: 'close-session', sessionId: 's7', outcome: 'abandoned' });
    expect(told(desk.open('one more'))).toEqual(['done']);
    desk.sessions.wipe();
    expect(desk.sessions.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('sessions know nothing of each other, and the next deadline is the nearest of all', () => {
    const desk = new Desk();
    desk.open('a');
    desk.open('b');
    const first = desk.begin('a', 'cardNumber');
    desk.begin('b', 'cardNumber');
    expect(told(desk.key(first, 0, 4))).toEqual(['a cardNumber awaiting']);
    expect(desk.sessions.deadlineMs).toBe(10_000);
    expect(told(desk.sessions.handle({ kind: 'time' }, 10_000))).toEqual(['a cardNumber error']);
    expect(desk.sessions.deadlineMs).toBe(30_000);
  });
});

describe('keys', () => {
  test('under a foreign capture id they are refused and counted', () => {
    const desk = new Desk();
    desk.open('a');
    expect(desk.key(captureIdOf(99), 0, 4)).toEqual([]);
    expect(desk.sessions.statistics).toMatchObject({ keys_foreign: 1, keys_out_of_order: 0, keys_lost: 0 });
  });

  test('replayed or out of order they are refused and counted', () => {
    const desk = new Desk();
    desk.open('a');
    const captureId = desk.begin('a', 'securityCode');
    for (const sequence of [0, 0, 1, 0, 1]) desk.key(captureId, sequence, 4);
    const [event] = eventsOf(desk.key(captureId, 2, 4));
    expect(event).toMatchObject({ report: { keyCount: 3 } });
    expect(desk.sessions.statistics).toMatchObject({ keys_foreign: 0, keys_out_of_order: 3, keys_lost: 0 });
  });

  test.each([[[1, 2, 3]], [[0, 2, 3]], [[0, 1, 5]]])(
    'with a gap in their numbers (%p) they make an error',
    (sequences) => {
      const desk = new Desk();
      desk.open('a');
      const captureId = desk.begin('a', 'securityCode');
      for (const sequence of sequences) desk.key(captureId, sequence, 4);
      const [event] = eventsOf(desk.key(captureId, (sequences.at(-1) ?? 0) + 1, CODE_OF_POUND));
      expect(event).toMatchObject({ report: { error: 'input-uncertain' } });
      expect(desk.sessions.statistics.keys_lost).toBeGreaterThan(0);
    },
  );

  test('the mark of a disturbed line is told at once, in its place among the keys, and is no key', () => {
    const desk = new Desk();
    desk.open('a');
    const captureId = desk.begin('a', 'securityCode');
    desk.key(captureId, 0, 1);
    const [event] = eventsOf(desk.key(captureId, 1, DISTURBANCE_MARK));
    expect(event).toMatchObject({ report: { state: 'awaiting', keyCount: 1, isUncertain: true } });
    desk.key(captureId, 2, 2);
    expect(eventsOf(desk.key(captureId, 3, CODE_OF_POUND))[0]).toMatchObject({
      report: { error: 'input-uncertain', failedAttempts: 0 },
    });
    expect(desk.sessions.statistics).toMatchObject({ disturbances: 1, keys_lost: 0, keys_out_of_order: 0 });
  });

  test('a * keyed behind the mark makes up for it', () => {
    const desk = new Desk();
    desk.open('a');
    const captureId = desk.begin('a', 'securityCode');
    const keyed = [1, DISTURBANCE_MARK, CODE_OF_STAR, 1, 2, 3, CODE_OF_POUND];
    const outputs = keyed.flatMap((key, sequence) => desk.key(captureId, sequence, key));
    expect(eventsOf(outputs).at(-1)).toMatchObject({ report: { state: 'captured', masked: '***' } });
  });

  test('a mark under a capture that is over is nothing', () => {
    const desk = new Desk();
    desk.open('a');
    desk.enter('a', 'securityCode', '123');
    expect(desk.key(captureIdOf(1), 4, DISTURBANCE_MARK)).toEqual([]);
  });

  test('AC-18: under a capture that is over they are dropped and told to its session', () => {
    const desk = new Desk();
    desk.open('a');
    desk.enter('a', 'securityCode', '123');
    expect(eventsOf(desk.key(captureIdOf(1), 4, 9))).toEqual([{ kind: 'keys-dropped', sessionId: 'a', count: 1 }]);
  });

  test('after the session is closed its capture ids are foreign', () => {
    const desk = new Desk();
    desk.open('a');
    const captureId = desk.begin('a', 'securityCode');
    desk.command({ kind: 'close-session', sessionId: 'a', outcome: 'abandoned' });
    expect(desk.key(captureId, 0, 1)).toEqual([]);
    expect(desk.sessions.statistics.keys_foreign).toBe(1);
  });

  test('A to D go nowhere and are counted', () => {
    const desk = new Desk();
    desk.open('a');
    const captureId = desk.begin('a', 'securityCode');
    expect([12, 15].flatMap((key, sequence) => desk.key(captureId, sequence, key))).toEqual([]);
    expect(desk.sessions.statistics).toMatchObject({ keys_ignored: 2, sessions_now: 1 });
  });

  test('only the newest captures of a session are remembered', () => {
    const desk = new Desk();
    desk.open('a');
    const first = desk.begin('a', 'securityCode');
    for (let index = 0; index < 32; index += 1) desk.begin('a', 'securityCode');
    expect(desk.key(first, 0, 1)).toEqual([]);
    expect(desk.sessions.statistics.keys_foreign).toBe(1);
  });
});

describe('tokenization', () => {
  function tokenizing(): { desk: Desk; ticket: number } {
    const desk = new Desk();
    desk.open('a');
    desk.fill('a');
    const outputs = desk.command({ kind: 'tokenize', sessionId: 'a', idempotencyKey: 'a-1' });
    expect(told(outputs)).toEqual(['done']);
    const tokenize = outputs.find((output) => output.kind === 'tokenize');
    expect(tokenize).toMatchObject({ idempotencyKey: 'a-1' });
    return { desk, ticket: tokenize?.ticket ?? 0 };
  }

  test('the card is lent by ticket and the token is told', () => {
    const { desk, ticket } = tokenizing();
    expect(desk.sessions.lendCard(ticket, (card) => card.maskedCardNumber)).toBe('**** **** **** 4242');
    const [event] = eventsOf(desk.sessions.handle({ kind: 'tokenize-outcome', ticket, outcome: TOKEN }, 0));
    expect(event).toMatchObject({ kind: 'tokenized', sessionId: 'a', token: TOKEN.token, brand: 'visa' });
    expect(() => desk.sessions.lendCard(ticket, () => undefined)).toThrow(RangeError);
  });

  test('AC-15: after a close the token under way is given up, and voided when it comes', () => {
    const { desk, ticket } = tokenizing();
    const closing = desk.command({ kind: 'close-session', sessionId: 'a', outcome: 'abandoned' });
    expect(closing.at(-1)).toEqual({ kind: 'abandon-tokenize', ticket });
    expect(desk.sessions.handle({ kind: 'tokenize-outcome', ticket, outcome: TOKEN }, 0)).toEqual([
      { kind: 'void-token', token: TOKEN.token },
    ]);
  });

  test('AC-15: also when a session of the same id has been opened meanwhile', () => {
    const { desk, ticket } = tokenizing();
    desk.command({ kind: 'close-session', sessionId: 'a', outcome: 'abandoned' });
    desk.open('a');
    expect(desk.sessions.handle({ kind: 'tokenize-outcome', ticket, outcome: TOKEN }, 0)).toEqual([
      { kind: 'void-token', token: TOKEN.token },
    ]);
  });
});
