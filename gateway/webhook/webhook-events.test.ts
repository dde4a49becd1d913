import { describe, expect, test } from '@jest/globals';
import type { CallView } from '../api/call-desk.js';
import { webhookBody } from '../api/webhook-schemas.js';
import type { SessionState, SessionView } from '../payment/session-view.js';
import { WebhookEvents } from './webhook-events.js';

const NOW = '2026-11-23T12:00:00.000Z';
const CALL: CallView = {
  id: 'call',
  direction: 'inbound',
  state: 'ringing',
  caller: 'Casey',
  callerNumber: '+4930123456',
  agent: 'ada',
  startedAt: NOW,
  recording: { state: 'off', lockedByPayment: false },
};
const empty = { state: 'empty', keyCount: 0, failedAttempts: 0 } as const;

function session(state: SessionState, more: Partial<SessionView> = {}): SessionView {
  const cardNumber = { ...empty, state: 'captured', masked: '**** **** **** 4242', brand: 'visa' } as const;
  const fields = { cardNumber, expirationDate: empty, securityCode: empty };
  return { id: 's1', callId: 'call', state, fields, actions: [], droppedKeys: 0, ...more };
}

type Change = CallView | SessionView;

/** The types told of a history, each checked against its own schema. */
function told(history: readonly Change[]) {
  const events = new WebhookEvents();
  return history.flatMap((change) => {
    const event =
      'callId' in change ? ({ kind: 'session', session: change } as const) : ({ kind: 'call', call: change } as const);
    const messages = events.handle(event, NOW);
    for (const message of messages) expect(webhookBody(message.type).parse(message)).toEqual(message);
    return messages;
  });
}

const types = (history: readonly Change[]) => told(history).map(({ type }) => type);

const vaulted = session('vaulted', { token: 'tok', tokenExpiresAt: NOW });
const ended: CallView = { ...CALL, state: 'ended', answeredAt: NOW, endedAt: NOW };

describe('what is told', () => {
  test('of a call: its start and its end, once each', () => {
    expect(types([CALL, { ...CALL, state: 'active' }, CALL, ended, ended])).toEqual(['call.started', 'call.ended']);
  });

  test('of a caller: the name it gives itself, and the number that a record is found by', () => {
    const data = { caller: 'Casey', callerNumber: '+4930123456' };
    expect(told([CALL, ended])).toMatchObject([{ data }, { data }]);
    const { callerNumber: _, ...nameless } = CALL;
    expect(told([nameless])[0]?.data).not.toHaveProperty('callerNumber');
  });

  test('of a payment: the token with what may be shown of the card, and that it is over', () => {
    const [, token, over] = told([CALL, session('starting'), session('tokenizing'), vaulted]);
    expect(token).toEqual({
      type: 'payment.token.created',
      timestamp: NOW,
      data: {
        callId: 'call',
        sessionId: 's1',
        agent: 'ada',
        token: 'tok',
        expiresAt: NOW,
        masked: '**** **** **** 4242',
        brand: 'visa',
      },
    });
    expect(over).toMatchObject({ type: 'payment.session.ended', data: { outcome: 'vaulted' } });
  });

  test.each(['canceled', 'failed', 'ended'] as const)('of a payment that is %s, without a token', (state) => {
    const error = { code: 'vault-unreachable', message: '' } as const;
    const messages = told([CALL, session('ready'), session(state, state === 'failed' ? { error } : {})]);
    expect(messages.slice(1)).toMatchObject([
      {
        type: 'payment.session.ended',
        data: { outcome: state, ...(state === 'failed' ? { error: 'vault-unreachable' } : {}) },
      },
    ]);
  });

  test('a session is over once: neither its redemption nor a Cancel behind a failure is told again', () => {
    const redeemed = { ...vaulted, redemption: { state: 'redeemed', refusedAttempts: 0 } } as const;
    expect(types([CALL, vaulted, redeemed, vaulted])).toHaveLength(3);
    expect(types([CALL, session('failed'), session('canceled')])).toHaveLength(2);
  });

  test('a second payment of a call is told too, and nothing of a call that is over', () => {
    const second = { ...vaulted, id: 's2', token: 'tok-2' };
    expect(types([CALL, vaulted, second, ended, { ...vaulted, id: 's3' }])).toEqual([
      'call.started',
      'payment.token.created',
      'payment.session.ended',
      'payment.token.created',
      'payment.session.ended',
      'call.ended',
    ]);
  });
});
