import { describe, expect, test } from '@jest/globals';
import type { CallView } from '../../api/call-desk.js';
import type { FieldView, SessionState, SessionView } from '../../payment/session-view.js';
import { type LiveBoardInput, liveBoardOf } from './live-board-view-model.js';

const empty: FieldView = { state: 'empty', keyCount: 0, failedAttempts: 0 };
const NOW_MS = Date.parse('2026-11-23T09:42:41.000Z');

function session(state: SessionState, more: Partial<SessionView> = {}): SessionView {
  const fields = { cardNumber: empty, expirationDate: empty, securityCode: empty };
  return { id: 's', callId: 'a', state, fields, actions: [], droppedKeys: 0, ...more };
}

function call(id: string, more: Partial<CallView> = {}): CallView {
  return {
    id,
    direction: 'inbound',
    state: 'active',
    caller: id,
    agent: 'ada',
    startedAt: '2026-11-23T09:29:30.000Z',
    answeredAt: '2026-11-23T09:30:00.000Z',
    recording: { state: 'recording', lockedByPayment: false },
    ...more,
  };
}

function board(calls: readonly CallView[], more: Partial<LiveBoardInput> = {}) {
  return liveBoardOf({ connection: 'open', calls, agent: undefined, nowMs: NOW_MS, ...more });
}

function cardOf(view: CallView) {
  const [card] = board([view]).running;
  if (card === undefined) throw new Error('the call is not shown');
  return card;
}

describe('the board', () => {
  test('counts what goes on, and keeps what has ended apart', () => {
    const calls = [
      call('a', { session: session('capturing') }),
      call('b', { state: 'held', session: session('vaulted') }),
      call('c', { state: 'ended', endedAt: '2026-11-23T09:31:00.000Z', session: session('ended') }),
    ];
    const { tiles, running, ended, none } = board(calls);
    expect(tiles.map(({ name, count }) => [name, count])).toEqual([
      ['calls', 2],
      ['payments', 1],
      ['held', 1],
    ]);
    expect(running.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(ended.map(({ id, duration }) => [id, duration])).toEqual([['c', '1:00']]);
    expect(none).toBeUndefined();
  });

  test("an agent's calls alone, and the agent stays in the list without a call", () => {
    const calls = [call('a'), call('b', { agent: 'bob' }), call('c', { agent: '' })];
    expect(board(calls).agents).toEqual(['ada', 'bob']);
    expect(board(calls, { agent: 'bob' }).running.map(({ id }) => id)).toEqual(['b']);
    const gone = board(calls, { agent: 'eve' });
    expect(gone.agents).toEqual(['ada', 'bob', 'eve']);
    expect(gone.none).toBe('This agent has no call at the moment.');
    expect(board([]).none).toMatch(/^No calls at the moment/);
  });

  test('says when what it shows may be old', () => {
    expect(board([]).connectionNote).toBeUndefined();
    expect(board([], { connection: 'connecting' }).connectionNote).toBe('Connecting…');
    expect(board([], { connection: 'reconnecting' }).connectionNote).toMatch(/^Reconnecting/);
  });
});

describe('a call', () => {
  test('goes on since it was answered; one that rings, since it began', () => {
    expect(cardOf(call('a')).duration).toBe('12:41');
    const { answeredAt: _none, ...ringing } = call('a', { state: 'ringing' });
    expect(cardOf(ringing).duration).toBe('13:11');
  });

  test('has words where names are missing', () => {
    expect(cardOf(call('a', { caller: '', agent: '' }))).toMatchObject({ caller: 'Unknown caller', agent: 'No agent' });
  });

  test.each([
    ['off', 'neutral', 'Not recording'],
    ['recording', 'red', 'Recording'],
    ['paused', 'yellow', 'Recording paused'],
    ['stopped', 'neutral', 'Recording stopped'],
  ] as const)('recording %s is %s', (state, tone, text) => {
    expect(cardOf(call('a', { recording: { state, lockedByPayment: false } })).recording).toMatchObject({ tone, text });
    const locked = cardOf(call('a', { recording: { state, lockedByPayment: true } })).recording;
    expect(locked.note).toBe('Locked during the payment');
  });
});

describe('a payment', () => {
  const states: Readonly<Record<SessionState, string>> = {
    starting: 'yellow',
    ready: 'yellow',
    capturing: 'yellow',
    tokenizing: 'yellow',
    vaulted: 'green',
    failed: 'red',
    canceled: 'neutral',
    ended: 'neutral',
  };

  test.each(Object.entries(states) as [SessionState, string][])('%s is %s', (state, tone) => {
    const { payment } = cardOf(call('a', { session: session(state) }));
    expect(payment?.tone).toBe(tone);
    expect(payment?.text).toMatch(/\w/);
    expect(payment?.fields).toHaveLength(3);
  });

  test('the fields in their colours, with icon and text, and never a token', () => {
    const fields = {
      cardNumber: { ...empty, state: 'captured', masked: '**** **** **** 4242', brand: 'visa' },
      expirationDate: {
        ...empty,
        state: 'error',
        failedAttempts: 2,
        error: { code: 'invalid-date', message: 'Invalid expiration date' },
      },
      securityCode: { ...empty, state: 'awaiting', keyCount: 2 },
    } as const;
    const view = cardOf(call('a', { session: session('capturing', { fields, token: 'tok_1' }) }));
    expect(view.payment?.fields.map(({ tone, icon, text, detail }) => [tone, icon, text, detail])).toEqual([
      ['green', 'check', '**** **** **** 4242', 'Visa'],
      ['red', 'alert', 'Invalid expiration date', '2 entries refused'],
      ['yellow', 'keypad', 'Awaiting input', '2 keys'],
    ]);
    // Should one ever come, it is not shown.
    expect(JSON.stringify(view)).not.toContain('tok_1');
  });

  test('a warning stands beside the count of keys, and an error goes before what was ignored', () => {
    const warning = { code: 'input-uncertain', message: 'Ask the caller to press * and start again' } as const;
    const awaiting = { ...empty, state: 'awaiting', keyCount: 3, warning } as const;
    const fields = { cardNumber: awaiting, expirationDate: empty, securityCode: empty };
    const { payment } = cardOf(call('a', { session: session('capturing', { fields, droppedKeys: 1 }) }));
    expect(payment?.fields[0]?.detail).toBe(`3 keys · ${warning.message}`);
    expect(payment?.note).toBe('1 key ignored: pressed while no field was waiting');
    const error = { code: 'vault-unreachable', message: 'The vault could not be reached' } as const;
    expect(cardOf(call('a', { session: session('failed', { error, droppedKeys: 1 }) })).payment?.note).toBe(
      error.message,
    );
  });
});
