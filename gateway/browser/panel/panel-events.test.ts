import { expect, test } from '@jest/globals';
import type { CallView } from '../../api/call-desk.js';
import { PanelNews } from './panel-events.js';
import { texts } from './panel-texts.js';

const empty = { state: 'empty', keyCount: 0, failedAttempts: 0 } as const;

function vaultedCall(id: string, sessionId: string): CallView {
  return {
    id,
    direction: 'inbound',
    state: 'active',
    caller: id,
    agent: 'ada',
    startedAt: '2026-11-23T09:00:00.000Z',
    recording: { state: 'off', lockedByPayment: false },
    session: {
      id: sessionId,
      callId: id,
      state: 'vaulted',
      fields: { cardNumber: empty, expirationDate: empty, securityCode: empty },
      token: `token of ${sessionId}`,
      actions: [],
      droppedKeys: 0,
    },
  };
}

test('a token is told once, however often the agent goes from call to call', () => {
  const news = new PanelNews();
  const told = ['1', '2', '1', '2'].map((which) =>
    news.of(vaultedCall(`call ${which}`, which), texts).filter(({ type }) => type === 'tonegate:token'),
  );
  expect(told.map((events) => events.length)).toEqual([1, 1, 0, 0]);
  expect(told.flat().map(({ detail }) => detail)).toMatchObject([{ sessionId: '1' }, { sessionId: '2' }]);
});

test('a second card on the same call is a token of its own', () => {
  const news = new PanelNews();
  const told = ['1', '2'].flatMap((session) => news.of(vaultedCall('one call', session), texts));
  expect(told.filter(({ type }) => type === 'tonegate:token')).toHaveLength(2);
});
