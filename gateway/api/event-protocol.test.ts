import { describe, expect, test } from '@jest/globals';
import type { CallView } from './call-desk.js';
import {
  AUTHENTICATE_TIMEOUT_MS,
  type Closing,
  closings,
  EventConnection,
  type EventInput,
  MAX_BUFFERED_SIZE_BYTES,
  PING_INTERVAL_MS,
} from './event-protocol.js';

const call: CallView = {
  id: 'call',
  direction: 'inbound',
  state: 'active',
  caller: 'Grace',
  agent: 'ada',
  startedAt: '2026-11-23T09:30:00.000Z',
  recording: { state: 'recording', lockedByPayment: false },
};
const text = (message: unknown): EventInput => ({ kind: 'text', text: JSON.stringify(message) });
const hello = text({ type: 'authenticate', token: 'secret' });
const accepted: EventInput = {
  kind: 'authenticated',
  result: { kind: 'account', account: { name: 'ada', role: 'agent' } },
  calls: [call],
};
const news = (bufferedSizeBytes = 0): EventInput => ({
  kind: 'desk',
  event: { kind: 'call', call },
  bufferedSizeBytes,
});
const closes = (closing: Closing) => [{ kind: 'close', closing }];

function opened(): EventConnection {
  const connection = new EventConnection(0);
  connection.handle(hello, 0);
  connection.handle(accepted, 0);
  return connection;
}

describe('authentication', () => {
  test('the token is asked about, and the snapshot follows', () => {
    const connection = new EventConnection(0);
    expect(connection.handle(hello, 1)).toEqual([{ kind: 'authenticate', token: 'secret' }]);
    expect(connection.handle(accepted, 2)).toEqual([{ kind: 'send', message: { type: 'snapshot', calls: [call] } }]);
  });

  test('nothing is sent before it', () => {
    expect(new EventConnection(0).handle(news(), 1)).toEqual([]);
  });

  test.each([
    ['unauthorized', 'refused'],
    ['too-many-requests', 'too-many-tries'],
  ] as const)('%s closes as %s', (code, closing) => {
    const connection = new EventConnection(0);
    connection.handle(hello, 0);
    const result = { kind: 'refused', code, retryAfterMs: 0, reportFailures: 0 } as const;
    expect(connection.handle({ kind: 'authenticated', result, calls: [] }, 0)).toEqual(closes(closing));
    expect(connection.handle(hello, 0)).toEqual([]);
  });

  test('an embedded panel is closed when its bearer is no good any more', () => {
    const panel = { expiresAtMs: 3 * PING_INTERVAL_MS };
    const result = { kind: 'account', account: { name: 'ada', role: 'agent', panel } } as const;
    const connection = new EventConnection(0);
    connection.handle(hello, 0);
    connection.handle({ kind: 'authenticated', result, calls: [] }, 0);
    const answers = [1, 2, 3].map((turn) => {
      connection.handle({ kind: 'pong' }, turn * PING_INTERVAL_MS);
      return connection.handle({ kind: 'tick' }, turn * PING_INTERVAL_MS);
    });
    expect(answers).toEqual([[{ kind: 'ping' }], [{ kind: 'ping' }], closes('refused')]);
  });

  test('who says nothing for five seconds is closed', () => {
    const connection = new EventConnection(0);
    expect(connection.deadlineMs).toBe(AUTHENTICATE_TIMEOUT_MS);
    expect(connection.handle({ kind: 'tick' }, AUTHENTICATE_TIMEOUT_MS - 1)).toEqual([]);
    expect(connection.handle({ kind: 'tick' }, AUTHENTICATE_TIMEOUT_MS)).toEqual(closes('late'));
    expect(connection.deadlineMs).toBeUndefined();
  });
});

describe('misuse closes with a reason', () => {
  test.each<[string, EventInput, Closing]>([
    ['no JSON', { kind: 'text', text: '{"type":' }, 'malformed'],
    ['empty text', { kind: 'text', text: '' }, 'malformed'],
    ['a number', text(7), 'misunderstood'],
    ['null', text(null), 'misunderstood'],
    ['another type', text({ type: 'hello' }), 'misunderstood'],
    ['a token that is no text', text({ type: 'authenticate', token: 7 }), 'misunderstood'],
    ['more than was asked', text({ type: 'authenticate', token: 'x', agent: 'bob' }), 'misunderstood'],
    ['a token without end', text({ type: 'authenticate', token: 'x'.repeat(600) }), 'misunderstood'],
    ['a ping too early', text({ type: 'ping' }), 'misunderstood'],
    ['bytes', { kind: 'binary' }, 'binary'],
  ])('before authentication: %s', (_, input, closing) => {
    expect(new EventConnection(0).handle(input, 0)).toEqual(closes(closing));
  });

  test.each<[string, EventInput, Closing]>([
    ['authenticating again', hello, 'misunderstood'],
    ['no JSON', { kind: 'text', text: 'x' }, 'malformed'],
    ['a command', text({ type: 'capture', field: 'cardNumber' }), 'misunderstood'],
    ['bytes', { kind: 'binary' }, 'binary'],
  ])('after it: %s', (_, input, closing) => expect(opened().handle(input, 0)).toEqual(closes(closing)));

  test('a second message while the first is checked', () => {
    const connection = new EventConnection(0);
    connection.handle(hello, 0);
    expect(connection.handle(hello, 0)).toEqual(closes('misunderstood'));
  });

  test('a flood of messages that would each be right', () => {
    const connection = opened();
    const outputs = Array.from({ length: 30 }, () => connection.handle(text({ type: 'ping' }), 0));
    expect(outputs.filter(([output]) => output?.kind === 'send')).toHaveLength(19);
    expect(outputs).toContainEqual(closes('flood'));
  });

  test('every close code may be sent, and every reason fits its frame', () => {
    for (const { code, reason } of Object.values(closings)) {
      expect([1001, 1003, 1007, 1008, 1011, 1013].includes(code) || (code >= 4000 && code <= 4999)).toBe(true);
      // RFC 6455 §5.5: a control frame carries 125 bytes, two of them the code.
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    }
  });
});

describe('an open connection', () => {
  test('hears of calls and sessions', () => {
    expect(opened().handle(news(), 0)).toEqual([{ kind: 'send', message: { type: 'call', call } }]);
  });

  test('answers a ping', () => {
    expect(opened().handle(text({ type: 'ping' }), 0)).toEqual([{ kind: 'send', message: { type: 'pong' } }]);
  });

  test('is pinged at intervals, lives while it answers, and is closed when it does not', () => {
    const connection = opened();
    for (let round = 1; round <= 3; round += 1) {
      expect(connection.deadlineMs).toBe(round * PING_INTERVAL_MS);
      expect(connection.handle({ kind: 'tick' }, round * PING_INTERVAL_MS)).toEqual([{ kind: 'ping' }]);
      if (round < 3) expect(connection.handle({ kind: 'pong' }, round * PING_INTERVAL_MS + 5)).toEqual([]);
    }
    expect(connection.handle({ kind: 'tick' }, 4 * PING_INTERVAL_MS)).toEqual(closes('silent'));
  });

  test('that reads too slowly is closed instead of filling our memory', () => {
    expect(opened().handle(news(MAX_BUFFERED_SIZE_BYTES), 0)).toHaveLength(1);
    expect(opened().handle(news(MAX_BUFFERED_SIZE_BYTES + 1), 0)).toEqual(closes('slow'));
  });

  test('once closed stays silent', () => {
    const connection = opened();
    connection.handle({ kind: 'binary' }, 0);
    for (const input of [news(), hello, { kind: 'tick' } as const]) expect(connection.handle(input, 1e9)).toEqual([]);
  });
});
