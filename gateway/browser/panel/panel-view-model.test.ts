import { describe, expect, test } from '@jest/globals';
import type { CallView } from '../../api/call-desk.js';
import type { FieldView, SessionState, SessionView } from '../../payment/session-view.js';
import { announcementBetween } from './panel-announcements.js';
import { catalogueOf } from './panel-catalogues.js';
import { texts } from './panel-texts.js';
import { type PanelInput, panelViewOf } from './panel-view-model.js';

const catalogue = catalogueOf('en', undefined);
const empty: FieldView = { state: 'empty', keyCount: 0, failedAttempts: 0 };
const captured: FieldView = { state: 'captured', keyCount: 0, failedAttempts: 0, masked: '***' };
const allCaptured = {
  cardNumber: { ...captured, masked: '**** **** **** 4242', brand: 'visa' },
  expirationDate: { ...captured, masked: '**/**' },
  securityCode: captured,
} as const;

function session(state: SessionState, more: Partial<SessionView> = {}): SessionView {
  const actions = {
    starting: ['cancel'],
    ready: ['capture', 'cancel'],
    capturing: ['capture', 'cancel'],
    tokenizing: ['cancel'],
    vaulted: ['start-new-capture'],
    failed: ['try-again', 'cancel'],
    canceled: [],
    ended: [],
  } as const;
  return {
    id: 'session',
    callId: 'call',
    state,
    fields: { cardNumber: empty, expirationDate: empty, securityCode: empty },
    actions: actions[state],
    droppedKeys: 0,
    ...more,
  };
}

function call(more: Partial<CallView> = {}): CallView {
  return {
    id: 'call',
    direction: 'inbound',
    state: 'active',
    caller: 'Grace Hopper',
    agent: 'ada',
    startedAt: '2026-11-23T09:30:00.000Z',
    recording: { state: 'recording', lockedByPayment: false },
    ...more,
  };
}

function input(more: Partial<PanelInput> = {}): PanelInput {
  return {
    connection: 'open',
    call: call(),
    busy: undefined,
    problem: undefined,
    timeLeftMs: undefined,
    catalogue,
    ...more,
  };
}

const view = (more: Partial<PanelInput> = {}) => panelViewOf(input(more));
const viewOfSession = (one: SessionView) => view({ call: call({ session: one }) });
const visibleButtons = (shown: ReturnType<typeof panelViewOf>) =>
  Object.entries(shown.buttons)
    .filter(([, { visible }]) => visible)
    .map(([name, { enabled }]) => (enabled ? name : `(${name})`));

describe('buttons follow the session', () => {
  test.each([
    ['starting', ['cancel']],
    ['ready', ['(complete)', 'cancel']],
    ['capturing', ['(complete)', 'cancel']],
    ['tokenizing', ['(complete)', 'cancel']],
    ['vaulted', ['startNew']],
    ['failed', ['tryAgain', 'cancel']],
    ['canceled', ['start']],
  ] as const)('%s offers %j', (state, expected) => {
    expect(visibleButtons(viewOfSession(session(state)))).toEqual(expected);
  });

  test.each([
    ['ringing', ['(start)']],
    ['held', ['(start)']],
    ['active', ['start']],
    ['ended', []],
  ] as const)('AC-1 a %s call offers %j', (state, expected) => {
    expect(visibleButtons(view({ call: call({ state }) }))).toEqual(expected);
  });

  test('AC-1 without a call there is nothing to start', () => {
    expect(visibleButtons(view({ call: undefined }))).toEqual([]);
  });

  test('AC-12 Complete Tokenization is enabled when the gateway offers it', () => {
    const ready = session('ready', { fields: allCaptured, actions: ['capture', 'complete', 'cancel'] });
    expect(viewOfSession(ready).buttons.complete).toMatchObject({ enabled: true, label: 'Complete Tokenization' });
  });

  test('AC-17 Start New Capture waits for the call while it is on hold', () => {
    expect(visibleButtons(view({ call: call({ state: 'held', session: session('vaulted') }) }))).toEqual([
      '(startNew)',
    ]);
  });

  test('nothing can be asked for while the connection is down', () => {
    const shown = view({ connection: 'reconnecting', call: call({ session: session('ready') }) });
    expect(visibleButtons(shown)).toEqual(['(complete)', '(cancel)']);
    expect(shown.fields.map(({ button }) => button.enabled)).toEqual([false, false, false]);
    expect(shown.recording?.buttons.pause.enabled).toBe(false);
    expect(shown.connectionNote).toMatch(/^Reconnecting/);
  });

  test('nobody signed in: said of a call that goes on, and not of one that is over', () => {
    expect(view({ connection: 'refused' }).connectionNote).toBe(texts.signedOut);
    const over = view({ connection: 'refused', call: call({ state: 'ended', session: session('ended') }) });
    expect(over.connectionNote).toBeUndefined();
    expect(over.headline).toMatchObject({ text: texts.status.ended, note: texts.status.endedNote });
  });
});

describe('fields', () => {
  test('AC-2 three fields in order, grey and empty', () => {
    const { fields } = viewOfSession(session('ready'));
    expect(fields.map(({ label }) => label)).toEqual(['Card Number', 'Expiration Date', 'Security Code (CVV)']);
    expect(fields.map(({ tone }) => tone)).toEqual(['neutral', 'neutral', 'neutral']);
    expect(fields.map(({ button }) => button.label)).toEqual(['Capture', 'Capture', 'Capture']);
  });

  test('AC-10 an awaiting field is yellow, says so and counts keys', () => {
    const awaiting: FieldView = { state: 'awaiting', keyCount: 7, failedAttempts: 0 };
    const [row] = viewOfSession(
      session('capturing', { fields: { cardNumber: awaiting, expirationDate: empty, securityCode: empty } }),
    ).fields;
    expect(row).toMatchObject({ tone: 'yellow', text: 'Awaiting Input', detail: '7 keys', keyCount: 7 });
  });

  test('AC-11 a captured field is green with its masked value and offers Re-capture', () => {
    const [row] = viewOfSession(session('ready', { fields: allCaptured })).fields;
    expect(row).toMatchObject({ tone: 'green', text: '**** **** **** 4242', detail: 'Visa' });
    expect(row?.button.label).toBe('Re-capture');
  });

  test.each([
    ['invalid-card-number', 'Invalid card number'],
    ['invalid-security-code', 'Invalid security code'],
    ['invalid-date', 'Invalid expiration date'],
    ['input-timeout', 'Input timed out'],
    ['invalid-card-type', 'Card type not accepted'],
    ['too-many-failed-attempts', 'Too many attempts'],
    ['input-uncertain', 'Line disturbed, please re-capture'],
  ] as const)('a field with %s is red and says "%s"', (code, message) => {
    const failed: FieldView = { state: 'error', keyCount: 0, failedAttempts: 1, error: { code, message } };
    const { fields } = viewOfSession(
      session('ready', { fields: { cardNumber: empty, expirationDate: failed, securityCode: empty } }),
    );
    expect(fields[1]).toMatchObject({ tone: 'red', text: message });
    expect(fields[1]?.button).toMatchObject({ label: 'Re-capture', enabled: true });
  });

  test('an awaiting field whose entry the line has disturbed stays yellow, says what helps, and so does the agent', () => {
    const message = 'Line disturbed: ask the caller to press * and enter it again';
    const disturbed: FieldView = {
      state: 'awaiting',
      keyCount: 7,
      failedAttempts: 0,
      warning: { code: 'input-uncertain', message },
    };
    const shown = viewOfSession(
      session('capturing', { fields: { cardNumber: disturbed, expirationDate: empty, securityCode: empty } }),
    );
    expect(shown.fields[0]).toMatchObject({ tone: 'yellow', text: 'Awaiting Input', detail: message, keyCount: 7 });
    expect(shown.fields[0]?.button).toMatchObject({ label: 'Re-capture', enabled: true });
    expect(shown.say).toMatch(/press the \* key/);
  });

  test('after an uncertain entry the agent does not blame the caller', () => {
    const error = { code: 'input-uncertain', message: 'Line disturbed, please re-capture' } as const;
    const uncertain: FieldView = { state: 'error', keyCount: 0, failedAttempts: 0, error };
    const { say } = viewOfSession(
      session('ready', { fields: { cardNumber: empty, expirationDate: uncertain, securityCode: empty } }),
    );
    expect(say).toMatch(/not your fault.*expiration date/);
  });

  test('a failed session shows no rows unless one of them is the reason', () => {
    expect(viewOfSession(session('failed')).fields).toEqual([]);
    const failed: FieldView = {
      state: 'error',
      keyCount: 0,
      failedAttempts: 3,
      error: { code: 'too-many-failed-attempts', message: 'Too many attempts' },
    };
    const { fields } = viewOfSession(
      session('failed', { fields: { ...session('failed').fields, securityCode: failed } }),
    );
    expect(fields.map(({ tone }) => tone)).toEqual(['neutral', 'neutral', 'red']);
    expect(fields.some(({ button }) => button.visible)).toBe(false);
  });
});

describe('what is said', () => {
  test.each(['cardNumber', 'expirationDate', 'securityCode'] as const)(
    'while %s awaits, the agent reads what to ask for and to press #',
    (field) => {
      const awaiting: FieldView = { state: 'awaiting', keyCount: 0, failedAttempts: 0 };
      const { say } = viewOfSession(
        session('capturing', { fields: { ...session('ready').fields, [field]: awaiting } }),
      );
      expect(say).toMatch(/Please enter .* then press the # key\.$/);
    },
  );

  test('every phase of an active call has something to say to the caller', () => {
    for (const state of ['starting', 'ready', 'capturing', 'tokenizing', 'vaulted', 'failed', 'canceled'] as const) {
      expect(viewOfSession(session(state)).say).toBeDefined();
    }
  });

  test('AC-13 the banner of a vaulted card, green, with the token', () => {
    const shown = viewOfSession(session('vaulted', { token: 'tok_1' }));
    expect(shown.headline).toMatchObject({ tone: 'green', text: 'Card securely vaulted' });
    expect(shown.token?.value).toBe('tok_1');
  });

  test('a session-level error is the headline, in red', () => {
    const error = { code: 'payment-connector-error', message: 'The payment service could not create a token' } as const;
    expect(viewOfSession(session('failed', { error })).headline).toMatchObject({ tone: 'red', text: error.message });
  });

  test('AC-18 keys that no field waited for are mentioned', () => {
    expect(viewOfSession(session('ready', { droppedKeys: 3 })).hint).toMatch(/^3 keys/);
  });

  test('a hang-up in the middle says what became of the card, and only then', () => {
    const during = view({ call: call({ state: 'ended', session: session('ended') }) });
    expect(during.headline.note).toBe(texts.status.endedNote);
    expect(view({ call: call({ state: 'ended' }) }).headline.note).toBe(texts.status.callOverNote);
  });

  test.each([
    [undefined, 'Use it once, as the payment method of the order.'],
    [{ state: 'redeemed', refusedAttempts: 0 }, 'An order has used it.'],
    [{ state: 'redeemed', orderId: 'A-7', refusedAttempts: 0 }, 'It has paid order A-7.'],
    [
      { state: 'redeemed', orderId: 'A-7', refusedAttempts: 2, lastRefusal: 'token_already_redeemed' },
      'It has paid order A-7. An order was refused: a token pays only once.',
    ],
    [
      { state: 'refused', refusedAttempts: 1, lastRefusal: 'token_expired' },
      'The order was refused: the token has expired. Capture the card once more.',
    ],
  ] as const)('what became of the token, %j, stands beside it', (redemption, note) => {
    const shown = viewOfSession(
      session('vaulted', { token: 'tok_1', ...(redemption === undefined ? {} : { redemption }) }),
    );
    expect(shown.token?.note).toBe(note);
  });

  test('a refused use is told when it happens', () => {
    const used = { state: 'redeemed', orderId: 'A-7', refusedAttempts: 0 } as const;
    const before = viewOfSession(session('vaulted', { token: 'tok_1', redemption: used }));
    const refused = { ...used, refusedAttempts: 1, lastRefusal: 'token_already_redeemed' } as const;
    const after = viewOfSession(session('vaulted', { token: 'tok_1', redemption: refused }));
    expect(announcementBetween(before, after, catalogue)).toBe(after.token?.note);
    expect(announcementBetween(after, after, catalogue)).toBe('');
  });

  test('a token outlives its call', () => {
    const shown = view({ call: call({ state: 'ended', session: session('vaulted', { token: 'tok_1' }) }) });
    expect(shown.phase).toBe('vaulted');
    expect(shown.token?.value).toBe('tok_1');
    expect(visibleButtons(shown)).toEqual([]);
  });
});

describe('recording', () => {
  test.each([
    ['off', ['start']],
    ['recording', ['pause', 'stop']],
    ['paused', ['resume', 'stop']],
    ['stopped', ['start']],
  ] as const)('%s offers %j', (state, expected) => {
    const { recording } = view({ call: call({ recording: { state, lockedByPayment: false } }) });
    const shown = Object.entries(recording?.buttons ?? {}).filter(([, { visible }]) => visible);
    expect(shown.map(([name]) => name)).toEqual(expected);
    expect(shown.every(([, { enabled }]) => enabled)).toBe(true);
    expect(recording?.explanation).toBeUndefined();
  });

  test.each(['off', 'recording', 'paused', 'stopped'] as const)(
    'AC-24 %s is locked by a payment, and says why',
    (state) => {
      const { recording } = view({
        call: call({ recording: { state, lockedByPayment: true }, session: session('ready') }),
      });
      expect(Object.values(recording?.buttons ?? {}).some(({ enabled }) => enabled)).toBe(false);
      expect(recording?.explanation).toBeDefined();
    },
  );
});

describe('announcements', () => {
  const at = (one: SessionView) => viewOfSession(one);
  const withCard = (cardNumber: FieldView, state: SessionState = 'capturing') =>
    at(session(state, { fields: { ...session('ready').fields, cardNumber } }));

  test('a field that begins to wait, is captured, or fails is announced with its name', () => {
    const ready = at(session('ready'));
    const awaiting = withCard({ state: 'awaiting', keyCount: 0, failedAttempts: 0 });
    expect(announcementBetween(ready, awaiting, catalogue)).toBe('Card Number: Awaiting Input');
    expect(
      announcementBetween(awaiting, withCard({ ...captured, masked: '**** **** **** 4242' }, 'ready'), catalogue),
    ).toBe('Card Number captured, ending in 4242');
    const error = { code: 'input-timeout', message: 'Input timed out' } as const;
    expect(announcementBetween(awaiting, withCard({ ...empty, state: 'error', error }, 'ready'), catalogue)).toBe(
      'Card Number: Input timed out',
    );
  });

  test('keys are not counted aloud', () => {
    const one = withCard({ state: 'awaiting', keyCount: 1, failedAttempts: 0 });
    const two = withCard({ state: 'awaiting', keyCount: 2, failedAttempts: 0 });
    expect(announcementBetween(one, two, catalogue)).toBe('');
  });

  test('a disturbed line is announced once', () => {
    const fine: FieldView = { state: 'awaiting', keyCount: 1, failedAttempts: 0 };
    const disturbed: FieldView = { ...fine, warning: { code: 'input-uncertain', message: 'Line disturbed' } };
    expect(announcementBetween(withCard(fine), withCard(disturbed), catalogue)).toBe(
      `Card Number: ${texts.fieldDisturbed}`,
    );
    expect(announcementBetween(withCard(disturbed), withCard({ ...disturbed, keyCount: 2 }), catalogue)).toBe('');
  });

  test('the outcome is announced', () => {
    expect(announcementBetween(at(session('tokenizing')), at(session('vaulted', { token: 't' })), catalogue)).toContain(
      'Card securely vaulted',
    );
  });
});

test('the keyboard goes to the next thing to do when its button is gone', () => {
  expect(view().focus).toBe('start');
  expect(viewOfSession(session('starting')).focus).toBe('title');
  expect(viewOfSession(session('ready')).focus).toBe('cardNumber');
  expect(viewOfSession(session('failed')).focus).toBe('tryAgain');
  expect(viewOfSession(session('vaulted')).focus).toBe('copy');
  expect(view({ call: call({ state: 'ended' }) }).focus).toBe('title');
  const complete = session('ready', { fields: allCaptured, actions: ['capture', 'complete', 'cancel'] });
  expect(viewOfSession(complete).focus).toBe('complete');
});
