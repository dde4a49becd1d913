import { describe, expect, test } from '@jest/globals';
import type { CallView } from '../api/call-desk.js';
import type { SessionState, SessionView } from '../payment/session-view.js';
import { callsAfter, callToFollow, callToShow, parseServerMessage } from './desk-state.js';

const empty = { state: 'empty', keyCount: 0, failedAttempts: 0 } as const;

function session(id: string, state: SessionState): SessionView {
  const fields = { cardNumber: empty, expirationDate: empty, securityCode: empty };
  return { id, callId: 'a', state, fields, actions: [], droppedKeys: 0 };
}

function call(id: string, more: Partial<CallView> = {}): CallView {
  return {
    id,
    direction: 'inbound',
    state: 'active',
    caller: id,
    agent: 'ada',
    startedAt: '2026-11-23T09:00:00.000Z',
    recording: { state: 'off', lockedByPayment: false },
    ...more,
  };
}

const at = (minute: number) => `2026-11-23T09:${String(minute).padStart(2, '0')}:00.000Z`;

describe('the fold of events', () => {
  test('a snapshot replaces everything, newest call first', () => {
    const calls = callsAfter([call('old', { state: 'ended', endedAt: at(0) })], {
      type: 'snapshot',
      calls: [call('a', { startedAt: at(1) }), call('b', { startedAt: at(2) })],
    });
    expect(calls.map(({ id }) => id)).toEqual(['b', 'a']);
  });

  test('a call that went on and is in no snapshot is over, its payment with it, and stays so', () => {
    const masked = { state: 'captured', keyCount: 16, failedAttempts: 0, masked: '**** **** **** 4242' } as const;
    const open = session('1', 'capturing');
    const lost = call('lost', {
      session: { ...open, fields: { ...open.fields, cardNumber: masked }, actions: ['capture', 'cancel'] },
    });
    const once = callsAfter([lost], { type: 'snapshot', calls: [] });
    expect(once).toEqual([{ ...lost, state: 'ended', session: session('1', 'ended') }]);
    const next = call('next', { startedAt: at(1) });
    expect(callsAfter(once, { type: 'snapshot', calls: [next] })).toEqual([next, ...once]);
  });

  test.each(['vaulted', 'failed', 'canceled'] as const)(
    'a payment that was %s is so after its call is lost',
    (state) => {
      const lost = call('lost', { session: { ...session('1', state), actions: ['try-again'] } });
      const after = callsAfter([lost], { type: 'snapshot', calls: [] });
      expect(after).toEqual([{ ...lost, state: 'ended', session: session('1', state) }]);
    },
  );

  test('a call event adds a call or replaces the one of its id', () => {
    const added = callsAfter([call('a')], { type: 'call', call: call('b', { startedAt: at(5) }) });
    expect(added.map(({ id }) => id)).toEqual(['b', 'a']);
    const held = callsAfter(added, { type: 'call', call: call('a', { state: 'held' }) });
    expect(held.find(({ id }) => id === 'a')?.state).toBe('held');
    expect(held).toHaveLength(2);
  });

  test('a new session replaces a finished one, and a straggler of the old one changes nothing', () => {
    const known = [call('a', { session: session('1', 'failed') })];
    const renewed = callsAfter(known, { type: 'session', session: session('2', 'starting') });
    expect(renewed[0]?.session?.id).toBe('2');
    const straggler = callsAfter(renewed, { type: 'session', session: session('1', 'canceled') });
    expect(straggler[0]?.session?.id).toBe('2');
  });

  test('a session of an unknown call changes nothing', () => {
    const known = [call('b')];
    expect(callsAfter(known, { type: 'session', session: session('1', 'ready') })).toEqual(known);
  });

  test('ended calls are kept to a bounded number, running ones all', () => {
    const calls = Array.from({ length: 100 }, (_, index) =>
      call(`c${index}`, { state: index < 60 ? 'ended' : 'active', startedAt: at(index % 60) }),
    );
    const kept = callsAfter([], { type: 'snapshot', calls });
    expect(kept.filter(({ state }) => state === 'ended')).toHaveLength(20);
    expect(kept.filter(({ state }) => state === 'active')).toHaveLength(40);
  });
});

describe('the call that is shown', () => {
  const running = call('running', { startedAt: at(10) });

  test('the newest running one when none was chosen', () => {
    expect(callToShow([call('x', { state: 'ended', startedAt: at(20) }), running], undefined)?.id).toBe('running');
    expect(callToShow([], undefined)).toBeUndefined();
  });

  test('the chosen one as long as it runs, whatever else comes in', () => {
    const chosen = call('chosen', { state: 'held', startedAt: at(1) });
    expect(callToShow([running, chosen], 'chosen')?.id).toBe('chosen');
  });

  test('a chosen one that is over gives way to a call that began after it', () => {
    const over = call('over', { state: 'ended', startedAt: at(1), endedAt: at(5) });
    expect(callToShow([running, over], 'over')?.id).toBe('running');
    const older = call('older', { state: 'held', startedAt: at(0) });
    expect(callToShow([over, older], 'over')?.id).toBe('over');
  });

  test('a token is not hidden by the next call', () => {
    const vaulted = call('v', { state: 'ended', endedAt: at(5), session: session('1', 'vaulted') });
    expect(callToShow([running, vaulted], 'v')?.id).toBe('v');
  });

  test('alone, a token gives way to the next call once that is answered, and to nothing older', () => {
    const vaulted = call('v', { state: 'ended', endedAt: at(5), session: session('1', 'vaulted') });
    const ringing = call('ringing', { state: 'ringing', startedAt: at(10) });
    expect(callToFollow([ringing, vaulted], 'v')?.id).toBe('v');
    expect(callToFollow([running, vaulted], 'v')?.id).toBe('running');
    expect(callToFollow([{ ...running, state: 'held' }, vaulted], 'v')?.id).toBe('running');
    expect(callToFollow([vaulted, call('older', { startedAt: '2026-11-23T08:00:00.000Z' })], 'v')?.id).toBe('v');
    expect(callToFollow([vaulted], 'v')?.id).toBe('v');
    expect(callToFollow([running, call('chosen', { startedAt: at(1) })], 'chosen')?.id).toBe('chosen');
  });
});

test.each(['', '{', 'null', '7', '[]', '{"type":"other"}', '{"type":"snapshot"}', '{"type":"snapshot","calls":1}'])(
  'what is no message of ours is left aside: %s',
  (text) => expect(parseServerMessage(text)).toBeUndefined(),
);
