import { describe, expect, test } from '@jest/globals';
import type { FieldName, FieldReport } from '../../vault-client/wire.js';
import { FIELD_NAMES } from '../../vault-client/wire.js';
import { PaymentSession, type SessionInput, type SessionOutput, SessionStateError } from './payment-session.js';
import type { SessionState } from './session-view.js';

const OPTIONS = {
  sessionId: 'session-1',
  callId: 'call-1',
  startTimeoutMs: 1000,
  tokenizeTimeoutMs: 5000,
  windowOpen: false,
};

function captured(field: FieldName): FieldReport {
  return { field, state: 'captured', keyCount: 0, masked: '***', failedAttempts: 0 };
}

const UNCERTAIN: FieldReport = {
  field: 'cardNumber',
  state: 'awaiting',
  keyCount: 4,
  isUncertain: true,
  failedAttempts: 0,
};

function kinds(outputs: readonly SessionOutput[]): readonly string[] {
  return outputs.map((output) => (output.kind === 'audit' ? output.action : output.kind));
}

const START: readonly SessionInput[] = [{ kind: 'start' }];
const READY: readonly SessionInput[] = [...START, { kind: 'window-opened' }, { kind: 'vault-opened' }];
const CAPTURING: readonly SessionInput[] = [
  ...READY,
  { kind: 'capture', field: 'cardNumber', captureId: 'c1' },
  { kind: 'capture-begun', captureId: 'c1' },
];
const COMPLETE_READY: readonly SessionInput[] = [
  ...READY,
  ...FIELD_NAMES.flatMap((field): SessionInput[] => [
    { kind: 'capture', field, captureId: `c-${field}` },
    { kind: 'capture-begun', captureId: `c-${field}` },
    { kind: 'field', report: captured(field) },
  ]),
];
const TOKENIZING: readonly SessionInput[] = [...COMPLETE_READY, { kind: 'complete' }];
const VAULTED: readonly SessionInput[] = [...TOKENIZING, { kind: 'tokenized', token: 'tok', expiresAt: 'later' }];

/** The shortest history that leads into each state. */
const HISTORIES: Readonly<Record<SessionState, readonly SessionInput[]>> = {
  starting: START,
  ready: READY,
  capturing: CAPTURING,
  tokenizing: TOKENIZING,
  vaulted: VAULTED,
  failed: [...CAPTURING, { kind: 'fault', code: 'vault-unreachable' }],
  canceled: [...READY, { kind: 'cancel' }],
  ended: [...READY, { kind: 'call-ended' }],
};

function sessionAfter(history: readonly SessionInput[]): PaymentSession {
  const session = new PaymentSession(OPTIONS);
  for (const input of history) session.handle(input, 0);
  return session;
}

describe('operation × state', () => {
  const operations: Readonly<Record<string, SessionInput>> = {
    capture: { kind: 'capture', field: 'securityCode', captureId: 'c9' },
    complete: { kind: 'complete' },
    cancel: { kind: 'cancel' },
    'call ends': { kind: 'call-ended' },
    fault: { kind: 'fault', code: 'media-unreachable' },
    'late token': { kind: 'tokenized', token: 'tok-late', expiresAt: 'later' },
    'late field': { kind: 'field', report: captured('cardNumber') },
    'disturbed line': { kind: 'field', report: UNCERTAIN },
    'uncertain entry': {
      kind: 'field',
      report: { field: 'cardNumber', state: 'error', keyCount: 0, error: 'input-uncertain', failedAttempts: 0 },
    },
  };
  // One row an operation; `refused` throws SessionStateError, `-` changes nothing, anything else is the next state.
  const table: Readonly<Record<string, Readonly<Record<SessionState, SessionState | 'refused' | '-'>>>> = {
    capture: {
      starting: 'refused',
      ready: 'capturing',
      capturing: 'capturing',
      tokenizing: 'refused',
      vaulted: 'refused',
      failed: 'refused',
      canceled: 'refused',
      ended: 'refused',
    },
    complete: {
      starting: 'refused',
      ready: 'refused',
      capturing: 'refused',
      tokenizing: 'refused',
      vaulted: 'refused',
      failed: 'refused',
      canceled: 'refused',
      ended: 'refused',
    },
    cancel: {
      starting: 'canceled',
      ready: 'canceled',
      capturing: 'canceled',
      tokenizing: 'canceled',
      vaulted: 'refused',
      failed: 'canceled',
      canceled: 'refused',
      ended: 'refused',
    },
    'call ends': {
      starting: 'ended',
      ready: 'ended',
      capturing: 'ended',
      tokenizing: 'ended',
      vaulted: '-',
      failed: 'ended',
      canceled: '-',
      ended: '-',
    },
    fault: {
      starting: 'failed',
      ready: 'failed',
      capturing: 'failed',
      tokenizing: 'failed',
      vaulted: '-',
      failed: '-',
      canceled: '-',
      ended: '-',
    },
    'late token': {
      starting: '-',
      ready: '-',
      capturing: '-',
      tokenizing: 'vaulted',
      vaulted: '-',
      failed: '-',
      canceled: '-',
      ended: '-',
    },
    'late field': {
      starting: '-',
      ready: 'ready',
      capturing: 'ready',
      tokenizing: 'tokenizing',
      vaulted: '-',
      failed: '-',
      canceled: '-',
      ended: '-',
    },
    'disturbed line': {
      starting: '-',
      ready: 'ready',
      capturing: 'capturing',
      tokenizing: 'tokenizing',
      vaulted: '-',
      failed: '-',
      canceled: '-',
      ended: '-',
    },
    'uncertain entry': {
      starting: '-',
      ready: 'ready',
      capturing: 'ready',
      tokenizing: 'tokenizing',
      vaulted: '-',
      failed: '-',
      canceled: '-',
      ended: '-',
    },
  };

  for (const [operation, row] of Object.entries(table)) {
    for (const state of Object.keys(HISTORIES) as SessionState[]) {
      test(`${operation} in ${state}: ${row[state]}`, () => {
        const session = sessionAfter(HISTORIES[state]);
        expect(session.state).toBe(state);
        const input = operations[operation] as SessionInput;
        const before = session.view(0);
        if (row[state] === 'refused') {
          expect(() => session.handle(input, 1)).toThrow(SessionStateError);
          expect(session.view(0)).toEqual(before);
        } else if (row[state] === '-') {
          expect(session.handle(input, 1)).toEqual([]);
          expect(session.view(0)).toEqual(before);
        } else {
          expect(session.handle(input, 1).length).toBeGreaterThan(0);
          expect(session.state).toBe(row[state]);
        }
      });
    }
  }
});

test('AC-3: fields can be captured only after recorder and vault have both answered, in either order', () => {
  for (const order of [
    ['window-opened', 'vault-opened'],
    ['vault-opened', 'window-opened'],
  ] as const) {
    const session = new PaymentSession(OPTIONS);
    expect(kinds(session.handle({ kind: 'start' }, 0))).toEqual([
      'session-started',
      'open-window',
      'open-vault-session',
      'changed',
    ]);
    session.handle({ kind: order[0] }, 1);
    expect(() => session.handle({ kind: 'capture', field: 'cardNumber', captureId: 'c' }, 1)).toThrow(
      SessionStateError,
    );
    session.handle({ kind: order[1] }, 2);
    expect(session.state).toBe('ready');
  }
});

test('AC-3: a recorder that does not acknowledge in time fails the session closed, the window still held', () => {
  const session = new PaymentSession(OPTIONS);
  session.handle({ kind: 'start' }, 0);
  session.handle({ kind: 'vault-opened' }, 5);
  expect(session.deadlineMs).toBe(1000);
  expect(session.handle({ kind: 'deadline' }, 999)).toEqual([]);
  session.handle({ kind: 'deadline' }, 1000);
  expect(session.view(0).error?.code).toBe('recorder-not-paused');
  expect(session.holdsWindow).toBe(true);
});

test('AC-23: a vault that does not answer is told at Start', () => {
  const session = new PaymentSession(OPTIONS);
  session.handle({ kind: 'start' }, 0);
  session.handle({ kind: 'window-opened' }, 5);
  session.handle({ kind: 'deadline' }, 1000);
  expect(session.view(0).error).toEqual({
    code: 'vault-unreachable',
    message: 'The payment service cannot be reached',
  });
  expect(session.view(0).actions).toEqual(['try-again', 'cancel']);
});

test('AC-8: Capture on another field disarms the first and begins the second under a new capture id', () => {
  const session = sessionAfter(CAPTURING);
  const outputs = session.handle({ kind: 'capture', field: 'expirationDate', captureId: 'c2' }, 0);
  expect(kinds(outputs)).toEqual([
    'disarm-capture',
    'capture-abandoned',
    'capture-started',
    'begin-capture',
    'changed',
  ]);
  expect(session.handle({ kind: 'capture-begun', captureId: 'c1' }, 0)).toEqual([]);
  expect(session.handle({ kind: 'capture-begun', captureId: 'c2' }, 0)).toEqual([
    { kind: 'arm-capture', captureId: 'c2' },
    { kind: 'changed' },
  ]);
});

test('AC-10: the field awaits as soon as the vault has begun its capture', () => {
  expect(sessionAfter(CAPTURING).view(0).fields.cardNumber.state).toBe('awaiting');
});

test('whoever looks at an awaiting field is told how long it still waits, by his own clock from then on', () => {
  const session = sessionAfter(CAPTURING);
  const timeLeft = (nowMs: number) => session.view(nowMs).fields.cardNumber.timeLeftMs;
  expect(timeLeft(0)).toBeUndefined();
  const report: FieldReport = { field: 'cardNumber', state: 'awaiting', keyCount: 0, failedAttempts: 0 };
  session.handle({ kind: 'field', report: { ...report, timeLeftMs: 30_000 } }, 5_000);
  expect([5_000, 12_000, 99_000].map(timeLeft)).toEqual([30_000, 23_000, 0]);
  session.handle({ kind: 'field', report: { ...report, keyCount: 1, timeLeftMs: 10_000 } }, 12_000);
  expect(timeLeft(13_000)).toBe(9_000);
  session.handle({ kind: 'capture', field: 'expirationDate', captureId: 'c2' }, 14_000);
  expect(timeLeft(14_000)).toBeUndefined();
  session.handle({ kind: 'field', report: captured('cardNumber') }, 14_000);
  expect(timeLeft(14_000)).toBeUndefined();
});

test('a disturbed line is told at once and recorded once, and a * of the caller ends the warning', () => {
  const session = sessionAfter(CAPTURING);
  expect(session.handle({ kind: 'field', report: UNCERTAIN }, 0)).toEqual([
    { kind: 'audit', action: 'capture-disturbed', outcome: 'failure', field: 'cardNumber' },
    { kind: 'changed' },
  ]);
  expect(session.view(0).fields.cardNumber).toEqual({
    state: 'awaiting',
    keyCount: 4,
    failedAttempts: 0,
    warning: {
      code: 'input-uncertain',
      message: 'Line disturbed: ask the caller to press * and enter it again',
    },
  });
  expect(kinds(session.handle({ kind: 'field', report: { ...UNCERTAIN, keyCount: 5 } }, 0))).toEqual(['changed']);
  session.handle(
    { kind: 'field', report: { field: 'cardNumber', state: 'awaiting', keyCount: 0, failedAttempts: 0 } },
    0,
  );
  expect(session.view(0).fields.cardNumber).not.toHaveProperty('warning');
});

test('an uncertain entry is red with a text of its own, and the session goes on however often it happens', () => {
  const session = sessionAfter(READY);
  for (let entry = 0; entry < 5; entry += 1) {
    session.handle({ kind: 'capture', field: 'cardNumber', captureId: `c${entry}` }, 0);
    session.handle({ kind: 'capture-begun', captureId: `c${entry}` }, 0);
    const report: FieldReport = {
      field: 'cardNumber',
      state: 'error',
      keyCount: 0,
      error: 'input-uncertain',
      failedAttempts: 0,
    };
    expect(session.handle({ kind: 'field', report }, 0)).toContainEqual({
      kind: 'audit',
      action: 'capture-rejected',
      outcome: 'failure',
      field: 'cardNumber',
      code: 'input-uncertain',
    });
  }
  expect(session.state).toBe('ready');
  expect(session.view(0).fields.cardNumber.error?.message).toBe('Line disturbed, please re-capture');
});

test('a verdict on the entry before does not end a re-capture that the vault has not begun yet', () => {
  const session = sessionAfter(CAPTURING);
  session.handle({ kind: 'capture', field: 'cardNumber', captureId: 'c2' }, 0);
  session.handle({ kind: 'field', report: captured('cardNumber') }, 0);
  expect(session.state).toBe('capturing');
  expect(session.handle({ kind: 'capture-begun', captureId: 'c2' }, 0)).toEqual([
    { kind: 'arm-capture', captureId: 'c2' },
    { kind: 'changed' },
  ]);
});

test('AC-12: Complete is offered only when all three fields are captured', () => {
  const session = sessionAfter(READY);
  for (const field of FIELD_NAMES) {
    expect(session.view(0).actions).not.toContain('complete');
    session.handle({ kind: 'capture', field, captureId: field }, 0);
    session.handle({ kind: 'capture-begun', captureId: field }, 0);
    session.handle({ kind: 'field', report: captured(field) }, 0);
  }
  expect(session.view(0).actions).toContain('complete');
  expect(session.handle({ kind: 'complete' }, 0)).toContainEqual({
    kind: 'tokenize',
    idempotencyKey: 'session-1-1',
  });
});

test('a field that turns red afterwards takes Complete away again', () => {
  const session = sessionAfter(COMPLETE_READY);
  session.handle(
    {
      kind: 'field',
      report: { field: 'securityCode', state: 'error', keyCount: 0, error: 'invalid-security-code', failedAttempts: 1 },
    },
    0,
  );
  expect(session.view(0).actions).not.toContain('complete');
  expect(session.view(0).fields.securityCode.error?.message).toBe('Invalid security code');
});

test('AC-13: success shows the token, wipes the vault and closes the window', () => {
  const session = sessionAfter(TOKENIZING);
  const outputs = session.handle({ kind: 'tokenized', token: 'tok-1', expiresAt: '2026-01-01T00:00:00Z' }, 0);
  expect(kinds(outputs)).toEqual(['session-vaulted', 'close-vault-session', 'close-window', 'changed']);
  expect(outputs[0]).toMatchObject({ tokenHint: 'tok-1' });
  expect(session.view(0).token).toBe('tok-1');
  expect(session.view(0).actions).toEqual(['start-new-capture']);
});

describe('what becomes of the token', () => {
  test('AC-14: its order and every refused one are shown', () => {
    const session = sessionAfter(VAULTED);
    expect(session.view(0).redemption).toBeUndefined();
    const used = session.handle({ kind: 'redemption', outcome: 'redeemed', orderId: 'order-1' }, 0);
    expect(used).toEqual([{ kind: 'changed' }]);
    session.handle({ kind: 'redemption', outcome: 'token_already_redeemed', orderId: 'order-2' }, 0);
    expect(session.view(0).redemption).toEqual({
      state: 'redeemed',
      orderId: 'order-1',
      refusedAttempts: 1,
      lastRefusal: 'token_already_redeemed',
    });
  });

  test('a token that no order has got is refused only', () => {
    const session = sessionAfter(VAULTED);
    session.handle({ kind: 'redemption', outcome: 'token_expired', orderId: 'order-1' }, 0);
    expect(session.view(0).redemption).toEqual({
      state: 'refused',
      refusedAttempts: 1,
      lastRefusal: 'token_expired',
    });
  });

  test('an order system that does not give up is counted so far and no further', () => {
    const session = sessionAfter(VAULTED);
    const told = Array.from({ length: 1000 }, () =>
      session.handle({ kind: 'redemption', outcome: 'token_already_redeemed' }, 0),
    ).filter((outputs) => outputs.length > 0);
    expect(told).toHaveLength(100);
    expect(session.view(0).redemption?.refusedAttempts).toBe(100);
    // Being used at last is still told.
    expect(session.handle({ kind: 'redemption', outcome: 'redeemed' }, 0)).toEqual([{ kind: 'changed' }]);
  });

  test('without a token there is nothing to become', () => {
    const session = sessionAfter(TOKENIZING);
    expect(session.handle({ kind: 'redemption', outcome: 'redeemed' }, 0)).toEqual([]);
    expect(session.view(0).redemption).toBeUndefined();
  });
});

test('AC-15: Cancel while tokenizing abandons the token that arrives later', () => {
  const session = sessionAfter(TOKENIZING);
  expect(kinds(session.handle({ kind: 'cancel' }, 0))).toContain('close-vault-session');
  expect(session.handle({ kind: 'tokenized', token: 'tok-1', expiresAt: 'later' }, 0)).toEqual([]);
  expect(session.view(0).token).toBeUndefined();
});

test('AC-16: Cancel leaves no field value in the view, wipes the vault and closes the window', () => {
  const session = sessionAfter(COMPLETE_READY);
  expect(kinds(session.handle({ kind: 'cancel' }, 0))).toEqual([
    'session-canceled',
    'close-vault-session',
    'close-window',
    'changed',
  ]);
  for (const field of FIELD_NAMES) expect(session.view(0).fields[field].state).toBe('empty');
});

test('a session-level failure wipes the vault but keeps the window open until Cancel', () => {
  const session = sessionAfter(CAPTURING);
  const outputs = kinds(session.handle({ kind: 'fault', code: 'vault-unreachable' }, 0));
  expect(outputs).toEqual(['session-failed', 'disarm-capture', 'close-vault-session', 'changed']);
  expect(session.holdsWindow).toBe(true);
  expect(kinds(session.handle({ kind: 'cancel' }, 0))).toContain('close-window');
  expect(session.holdsWindow).toBe(false);
});

test('Try Again takes the open window over and does not open it a second time', () => {
  const session = new PaymentSession({ ...OPTIONS, windowOpen: true });
  expect(kinds(session.handle({ kind: 'start' }, 0))).not.toContain('open-window');
  session.handle({ kind: 'vault-opened' }, 0);
  expect(session.state).toBe('ready');
});

test('too many attempts fail the session and leave the blamed field red', () => {
  const session = sessionAfter(CAPTURING);
  session.handle(
    {
      kind: 'field',
      report: {
        field: 'cardNumber',
        state: 'error',
        keyCount: 0,
        error: 'too-many-failed-attempts',
        failedAttempts: 3,
      },
    },
    0,
  );
  expect(session.state).toBe('failed');
  expect(session.view(0).fields.cardNumber.error?.message).toBe('Too many attempts');
  expect(session.view(0).actions).toEqual(['try-again', 'cancel']);
});

test('a vault that does not answer Complete in time fails the session', () => {
  const session = sessionAfter(TOKENIZING);
  session.handle({ kind: 'deadline' }, session.deadlineMs);
  expect(session.view(0).error?.code).toBe('payment-connector-error');
});

test('AC-18: keys that nobody awaited are counted in the view', () => {
  const session = sessionAfter(READY);
  session.handle({ kind: 'keys-dropped', count: 2 }, 0);
  session.handle({ kind: 'keys-dropped', count: 1 }, 0);
  expect(session.view(0).droppedKeys).toBe(3);
  const drops = (input: SessionInput) =>
    session.handle(input, 0).flatMap((output) => (output.kind === 'audit' ? [[output.action, output.count]] : []));
  expect(drops({ kind: 'fault', code: 'vault-unreachable' })).toEqual([
    ['keys-dropped', 3],
    ['session-failed', undefined],
  ]);
  session.handle({ kind: 'keys-dropped', count: 4 }, 0);
  expect(drops({ kind: 'cancel' })).toEqual([
    ['keys-dropped', 4],
    ['session-canceled', undefined],
  ]);
});

test('a hung-up call ends the session and does not resume anything', () => {
  const outputs = kinds(sessionAfter(CAPTURING).handle({ kind: 'call-ended' }, 0));
  expect(outputs).toEqual(['session-ended', 'close-vault-session', 'changed']);
});
