import { describe, expect, test } from '@jest/globals';
import type { CallView } from '../../api/call-desk.js';
import type { FieldView, SessionState, SessionView } from '../../payment/session-view.js';
import { toldBetween } from './told-words.js';

const EMPTY: FieldView = { state: 'empty', keyCount: 0, failedAttempts: 0 };

function call(more: Partial<CallView> = {}): CallView {
  return {
    id: 'c',
    direction: 'inbound',
    state: 'active',
    caller: 'Casey',
    agent: 'ada',
    startedAt: '2026-11-23T09:30:00.000Z',
    recording: { state: 'recording', lockedByPayment: false },
    ...more,
  };
}

function inSession(state: SessionState, card: Partial<FieldView> = {}, more: Partial<SessionView> = {}): CallView {
  const fields = { cardNumber: { ...EMPTY, ...card }, expirationDate: EMPTY, securityCode: EMPTY };
  return call({ session: { id: 's', callId: 'c', state, fields, actions: [], droppedKeys: 0, ...more } });
}

const words = (before: CallView | undefined, after: CallView) =>
  toldBetween(before ? [before] : [], [after]).map(({ text, tone }) => `${tone}: ${text}`);

describe('what is told in words', () => {
  test.each([
    [undefined, call({ state: 'ringing' }), ['neutral: Casey calls']],
    [call({ state: 'ringing' }), call(), ['neutral: Casey is on the line']],
    [call(), call({ state: 'ended' }), ['neutral: Casey has left the call']],
    [call(), call(), []],
    [call(), call({ recording: { state: 'paused', lockedByPayment: true } }), ['yellow: Recording paused']],
    [call(), inSession('starting'), ['neutral: Session starting']],
    [inSession('starting'), inSession('ready'), ['neutral: Session ready, the keys are hidden']],
    [inSession('ready'), inSession('capturing', { state: 'awaiting' }), ['yellow: Card Number: Awaiting Input']],
    [
      inSession('capturing', { state: 'awaiting' }),
      inSession('capturing', { state: 'awaiting', keyCount: 1 }),
      ['yellow: Card Number: Awaiting Input, 1 key'],
    ],
    [
      inSession('capturing', { state: 'awaiting', keyCount: 16 }),
      inSession('ready', { state: 'captured', masked: '**** **** **** 4242' }),
      ['green: Card Number: **** **** **** 4242'],
    ],
    [
      inSession('capturing', { state: 'awaiting' }),
      inSession('ready', { state: 'error', error: { code: 'input-timeout', message: 'Input timed out' } }),
      ['red: Card Number: Input timed out'],
    ],
    [inSession('ready'), inSession('tokenizing'), ['neutral: Vaulting the card']],
    [
      inSession('tokenizing'),
      inSession('vaulted', {}, { token: 'tgt_1' }),
      ['green: Card securely vaulted: token tgt_1'],
    ],
    [
      inSession('tokenizing'),
      inSession('failed', {}, { error: { code: 'payment-connector-error', message: 'No token' } }),
      ['red: No token'],
    ],
    [inSession('ready'), inSession('canceled'), ['neutral: Payment canceled']],
    [
      inSession('vaulted', {}, { token: 'tgt_1' }),
      inSession('starting', {}, { id: 's2' }),
      ['neutral: Session starting'],
    ],
  ] as const)('%#', (before, after, expected) => {
    expect(words(before, after)).toEqual(expected);
  });

  test('keys of one entry are one subject, so that they are counted on one line', () => {
    const subjects = [1, 2].map((keyCount) => {
      const before = inSession('capturing', { state: 'awaiting', keyCount: keyCount - 1 });
      return toldBetween([before], [inSession('capturing', { state: 'awaiting', keyCount })])[0]?.subject;
    });
    expect(subjects[0]).toBeDefined();
    expect(subjects[1]).toBe(subjects[0]);
  });
});
