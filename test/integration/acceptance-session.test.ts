/** A payment session as the agent's desktop sees it, on a live call: fields, order, completion, cancellation, reconnection. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { SessionView } from '../../gateway/payment/session-view.js';
import { FIELD_NAMES, type FieldName } from '../../vault-client/wire.js';
import { eventually } from '../support/deadline.js';
import { filesUnder } from '../support/files.js';
import { keysOf } from '../support/keys.js';
import { scanBytes } from '../support/memory-scan.js';
import { AMEX, PaymentScene, VISA } from '../support/payment-scene.js';

const MASKED: Readonly<Record<FieldName, string>> = {
  cardNumber: '**** **** **** 4242',
  expirationDate: '**/**',
  securityCode: '***',
};

/** Eight digits with three zeros among them stand in recorded speech by chance, once in eight minutes of it. */
const AMEX_WITHOUT_ZEROS = '371449635398431';

let scene: PaymentScene;
let call: CallView;

beforeAll(async () => {
  scene = await PaymentScene.open();
}, 60_000);

afterAll(async () => {
  expect(await scene.close()).toEqual([]);
}, 60_000);

describe('before and after a call', () => {
  test('AC-1: Start is available only during an active call', async () => {
    const start = (id: string) => scene.desk.request('POST', `/v1/calls/${id}/payment-sessions`);
    expect((await start('no-such-call')).status).toBe(404);
    const own = await scene.dial();
    expect((await start(own.id)).status).toBe(201);
    await scene.hangUp(own);
    const over = await start(own.id);
    expect(over).toMatchObject({ status: 409, body: { error: { code: 'call-not-active' } } });
  });
});

describe('during a call', () => {
  beforeEach(async () => {
    call = await scene.dial();
  }, 30_000);

  afterEach(async () => {
    if (scene.caller.isInCall) await scene.hangUp(call);
  }, 30_000);

  test('AC-1: Start is refused with session-in-progress if a session exists on that call', async () => {
    const session = await scene.desk.startSession(call.id);
    const second = await scene.desk.request('POST', `/v1/calls/${call.id}/payment-sessions`);
    expect(second).toMatchObject({ status: 409, body: { error: { code: 'session-in-progress' } } });
    await scene.desk.capture(session.id, 'cardNumber');
    expect((await scene.desk.request('POST', `/v1/calls/${call.id}/payment-sessions`)).status).toBe(409);
    await scene.desk.cancel(session.id);
    expect((await scene.desk.startSession(call.id)).id).not.toBe(session.id);
  });

  test('AC-2: Start shows exactly Card Number, Expiration Date and Security Code, all empty', async () => {
    const { fields, state, actions } = await scene.desk.startSession(call.id);
    const empty = { state: 'empty', keyCount: 0, failedAttempts: 0 };
    expect(fields).toEqual({ cardNumber: empty, expirationDate: empty, securityCode: empty });
    expect({ state, actions }).toEqual({ state: 'ready', actions: ['capture', 'cancel'] });
  });

  test.each(orders())(
    'AC-7 AC-12: fields in the order %s, %s, %s; Complete is enabled only with three greens',
    async (...order) => {
      const session = await scene.desk.startSession(call.id);
      for (const field of order) {
        const early = await scene.desk.request('POST', `/v1/payment-sessions/${session.id}/complete`, {});
        expect(early).toMatchObject({ status: 409, body: { error: { code: 'session-not-in-state' } } });
        const { fields, actions } = await scene.enter(session, field, VISA[field]);
        expect(fields[field]).toMatchObject({ state: 'captured', masked: MASKED[field], keyCount: 0 });
        expect(actions.includes('complete')).toBe(field === order.at(-1));
      }
      expect(await scene.complete(session)).toMatch(/^\S{16,}$/);
    },
  );

  test.each([
    ['three digits before an American Express number', '321', AMEX.cardNumber, '**** ****** *0005'],
    ['four digits before a Visa number', '4321', VISA.cardNumber, '**** **** **** 4242'],
  ])('AC-7: a security code of %s turns red when the number is known', async (_name, code, number, masked) => {
    const session = await scene.desk.startSession(call.id);
    const provisional = await scene.enter(session, 'securityCode', code);
    expect(provisional.fields.securityCode).toMatchObject({ state: 'captured', masked: '*'.repeat(code.length) });
    const { fields, actions } = await scene.enter(session, 'cardNumber', number);
    expect(fields.cardNumber).toMatchObject({ state: 'captured', masked });
    expect(fields.securityCode).toMatchObject({ state: 'error', error: { message: 'Invalid security code' } });
    expect(actions).not.toContain('complete');
    const right = await scene.enter(session, 'securityCode', code.length === 3 ? AMEX.securityCode : VISA.securityCode);
    expect(right.fields.securityCode.state).toBe('captured');
    expect(right.fields.cardNumber).toMatchObject({ state: 'captured', masked });
  });

  test('AC-8: Capture while another field is awaiting puts the first back to what it was', async () => {
    const session = await scene.desk.startSession(call.id);
    await scene.enter(session, 'expirationDate', VISA.expirationDate);
    // Back to green: none of the new value had been keyed. Back to empty: half a number is no number.
    await scene.desk.capture(session.id, 'expirationDate');
    await scene.desk.capture(session.id, 'cardNumber');
    await scene.caller.key(keysOf('4242'), 'sip-info');
    await keyCountOf(session, 'cardNumber', 4);
    const { fields } = await scene.desk.capture(session.id, 'securityCode');
    expect(FIELD_NAMES.filter((field) => fields[field].state === 'awaiting')).toEqual(['securityCode']);
    const settled = await scene.session(session, 'put back', (view) => view.fields.cardNumber.state === 'empty');
    expect(settled.fields.expirationDate).toMatchObject({ state: 'captured', masked: '**/**' });
    expect(settled.fields.cardNumber).toEqual({ state: 'empty', keyCount: 0, failedAttempts: 0 });
    await scene.caller.key(keysOf('321#'), 'sip-info');
    expect((await scene.settled(session, 'securityCode')).fields.securityCode.masked).toBe('***');
  });

  test('the star clears what was keyed so far, and no attempt is counted', async () => {
    const session = await scene.desk.startSession(call.id);
    const { fields } = await scene.enter(session, 'expirationDate', `99*${VISA.expirationDate}`);
    expect(fields.expirationDate).toMatchObject({ state: 'captured', failedAttempts: 0 });
  });

  test('AC-10: Awaiting Input is told with the answer to Capture, each key as it comes, green and red after #', async () => {
    const session = await scene.desk.startSession(call.id);
    const seen = scene.desk.events.length;
    await scene.desk.capture(session.id, 'cardNumber');
    const awaiting = await scene.desk.session(session.id);
    expect(awaiting).toMatchObject({ state: 'capturing', fields: { cardNumber: { state: 'awaiting', keyCount: 0 } } });
    for (let keys = 1; keys <= 4; keys += 1) {
      await scene.caller.key(keysOf('4'), 'sip-info');
      await keyCountOf(session, 'cardNumber', keys);
    }
    await scene.caller.key(keysOf('#'), 'sip-info');
    const red = await scene.settled(session, 'cardNumber');
    expect(red.fields.cardNumber).toMatchObject({ state: 'error', error: { message: 'Invalid card number' } });
    await scene.enter(session, 'cardNumber', VISA.cardNumber);
    const isGreen = ({ id, fields }: SessionView) => id === session.id && fields.cardNumber.state === 'captured';
    await scene.desk.sessionEvent('green', isGreen);
    // Every one of these states was pushed to the desktop, in this order.
    const pushed = scene.desk.events
      .slice(seen)
      .flatMap((event) => (event.session?.id === session.id ? event.session.fields.cardNumber : []))
      .map(({ state, keyCount }) => `${state} ${keyCount}`);
    const changes = pushed.filter((state, index) => state !== pushed[index - 1]);
    const counts = Array.from({ length: 17 }, (_unused, keys) => `awaiting ${keys}`);
    expect(changes.slice(changes.indexOf('awaiting 0'))).toEqual([
      ...counts.slice(0, 5),
      'error 0',
      ...counts,
      'captured 0',
    ]);
  });

  test('AC-11: green shows the mask; traffic, logs and files hold neither number nor code', async () => {
    const session = await scene.desk.startSession(call.id);
    const card = { ...AMEX, cardNumber: AMEX_WITHOUT_ZEROS };
    const { fields } = await scene.enterCard(session, card);
    expect(FIELD_NAMES.map((field) => fields[field].masked)).toEqual(['**** ****** *8431', '**/**', '****']);
    await scene.complete(session);
    await scene.hangUp(call);
    const secrets = [{ name: 'card number', digits: keysOf(card.cardNumber) }];
    const places = [
      ['API and event socket', Buffer.from(scene.desk.traffic.join('\n'))],
      ['log', Buffer.from(scene.gateway.outputLines.join('\n'))],
      ...filesUnder(scene.gateway.directory).map((path) => [path, readFileSync(path)] as const),
    ] as const;
    expect(places.length).toBeGreaterThan(5);
    for (const [where, bytes] of places) expect(scanBytes(bytes, secrets, where).hits).toEqual([]);
    // The code has too few digits to be sought by itself: nothing that was said may hold it beside what it is.
    expect(scene.desk.traffic.join('\n')).not.toMatch(new RegExp(`securityCode[^}]*${card.securityCode}`));
  });

  test('AC-13: on success the token is with the session, the session is vaulted and nothing is left to cancel', async () => {
    const session = await scene.desk.startSession(call.id);
    await scene.enterCard(session, VISA);
    const token = await scene.complete(session);
    const view = await scene.desk.session(session.id);
    expect(view).toMatchObject({ state: 'vaulted', token, actions: ['start-new-capture'] });
    expect(Date.parse(view.tokenExpiresAt ?? '')).toBeGreaterThan(Date.now());
    expect((await scene.desk.request('POST', `/v1/payment-sessions/${session.id}/cancel`, {})).status).toBe(409);
    const redeemed = await scene.gateway.redeem({ token, orderId: 'order-13' });
    expect(redeemed).toMatchObject({ status: 200, body: { brand: 'visa', masked: '**** **** **** 4242' } });
  });

  test.each(['ready', 'capturing', 'failed'] as const)(
    'AC-15 AC-16: Cancel while %s leaves nothing captured',
    async (state) => {
      const session = await scene.desk.startSession(call.id);
      await scene.enter(session, 'cardNumber', VISA.cardNumber);
      if (state === 'capturing') {
        await scene.desk.capture(session.id, 'securityCode');
        await scene.caller.key(keysOf('32'), 'sip-info');
      }
      if (state === 'failed') {
        for (let attempt = 1; attempt <= 3; attempt += 1) await scene.enter(session, 'securityCode', '1');
      }
      expect((await scene.desk.session(session.id)).state).toBe(state);
      const canceled = await scene.desk.cancel(session.id);
      const empty = { state: 'empty', keyCount: 0, failedAttempts: 0 };
      expect(canceled).toMatchObject({ state: 'canceled', actions: [] });
      expect(Object.values(canceled.fields)).toEqual([empty, empty, empty]);
      const view = await callUntil(({ recording }) => recording.state === 'recording');
      expect(view.recording).toEqual({ state: 'recording', lockedByPayment: false });
      // A session that is over takes no more orders, and the next one begins with nothing.
      const late = await scene.desk.request('POST', `/v1/payment-sessions/${session.id}/capture`, {
        field: 'cardNumber',
      });
      expect(late.status).toBe(409);
      expect(Object.values((await scene.desk.startSession(call.id)).fields)).toEqual([empty, empty, empty]);
    },
  );

  test('AC-17: Start New Capture only after success; the first token stays valid for its own order', async () => {
    const first = await scene.desk.startSession(call.id);
    expect(first.actions).not.toContain('start-new-capture');
    await scene.enterCard(first, VISA);
    const firstToken = await scene.complete(first);
    expect((await scene.desk.session(first.id)).actions).toEqual(['start-new-capture']);
    const second = await scene.desk.startSession(call.id);
    await scene.enterCard(second, AMEX);
    const secondToken = await scene.complete(second);
    expect(secondToken).not.toBe(firstToken);
    for (const [token, brand] of [
      [firstToken, 'visa'],
      [secondToken, 'amex'],
    ]) {
      const answer = await scene.gateway.redeem({ token, orderId: `order-${brand}` });
      expect(answer).toMatchObject({ status: 200, body: { brand } });
    }
  });

  test('AC-25: a desktop that reconnects gets the current masked state, and no digit', async () => {
    const session = await scene.desk.startSession(call.id);
    await scene.enter(session, 'cardNumber', VISA.cardNumber);
    await scene.desk.capture(session.id, 'expirationDate');
    await scene.caller.key(keysOf('12'), 'sip-info');
    await keyCountOf(session, 'expirationDate', 2);
    const again = scene.gateway.agent();
    try {
      const { calls } = await again.openEvents();
      const own = calls?.find(({ id }) => id === call.id);
      expect(atRest(own?.session)).toEqual(atRest(await scene.desk.session(session.id)));
      expect(own?.session?.fields).toMatchObject({
        cardNumber: { state: 'captured', masked: '**** **** **** 4242' },
        expirationDate: { state: 'awaiting', keyCount: 2 },
        securityCode: { state: 'empty' },
      });
      await scene.caller.key(keysOf('31#'), 'sip-info');
      await again.sessionEvent('green', ({ fields }) => fields.expirationDate.state === 'captured');
      // Nothing of the past comes along: the snapshot, and then what happens.
      expect(again.events.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
      expect(again.events[0].type).toBe('snapshot');
    } finally {
      again.close();
    }
  });

  test('AC-26: amounts are never part of capture', async () => {
    const path = `/v1/calls/${call.id}/payment-sessions`;
    expect((await scene.desk.request('POST', path, { amount: 1299, currency: 'EUR' })).status).toBe(400);
    const session = await scene.desk.startSession(call.id);
    await scene.enterCard(session, VISA);
    const step = `/v1/payment-sessions/${session.id}/complete`;
    expect((await scene.desk.request('POST', step, { amount: 1299 })).status).toBe(400);
    await scene.complete(session);
    expect(JSON.stringify(await scene.desk.session(session.id))).not.toMatch(/amount|currency/);
  });
});

/** All six. */
function orders(): readonly (readonly [FieldName, FieldName, FieldName])[] {
  return FIELD_NAMES.flatMap((first) =>
    FIELD_NAMES.filter((second) => second !== first).flatMap((second) =>
      FIELD_NAMES.filter((third) => third !== first && third !== second).map(
        (third) => [first, second, third] as const,
      ),
    ),
  );
}

/** The session without what is left until the time-out, which runs on between two looks at it. */
function atRest(session: SessionView | undefined): unknown {
  return JSON.parse(JSON.stringify(session ?? null, (key, value) => (key === 'timeLeftMs' ? undefined : value)));
}

async function keyCountOf(session: SessionView, field: FieldName, count: number): Promise<void> {
  await scene.session(session, `${count} keys`, ({ fields }) => fields[field].keyCount === count);
}

async function callUntil(fits: (view: CallView) => boolean): Promise<CallView> {
  const newest = () => scene.desk.events.findLast((event) => event.call?.id === call.id)?.call;
  return eventually(10_000, 'the call as expected', () => {
    const view = newest();
    return view !== undefined && fits(view) ? view : undefined;
  });
}
