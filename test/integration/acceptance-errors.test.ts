/** Each of the six field errors once from key to text, and what may be done then; with time limits short enough to wait for. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { SessionView } from '../../gateway/payment/session-view.js';
import type { FieldName } from '../../vault-client/wire.js';
import { keysOf } from '../support/keys.js';
import { AMEX, PaymentScene, VISA } from '../support/payment-scene.js';

const FIRST_DIGIT_TIMEOUT_MS = 2_500;
const INTER_DIGIT_TIMEOUT_MS = 1_500;
const MAX_ATTEMPTS = 3;

let scene: PaymentScene;
let call: CallView;
let session: SessionView;

beforeAll(async () => {
  scene = await PaymentScene.open({
    configure: (configuration) => ({
      ...configuration,
      payment: {
        ...configuration.payment,
        acceptedBrands: ['visa', 'mastercard'],
        maxAttempts: MAX_ATTEMPTS,
        firstDigitTimeoutMs: FIRST_DIGIT_TIMEOUT_MS,
        interDigitTimeoutMs: INTER_DIGIT_TIMEOUT_MS,
      },
    }),
  });
  call = await scene.dial();
}, 60_000);

afterAll(async () => {
  await scene.hangUp(call);
  expect(await scene.close()).toEqual([]);
}, 60_000);

beforeEach(async () => {
  const before = (await scene.desk.calls()).find(({ id }) => id === call.id)?.session;
  if (before?.actions.includes('cancel')) await scene.desk.cancel(before.id);
  session = await scene.desk.startSession(call.id);
});

/** Of what is keyed wrongly; the month before last year's is past in every time zone. */
const WRONG: readonly (readonly [string, FieldName, string, string])[] = [
  ['Invalid card number', 'cardNumber', '4242424242424241', 'a wrong check digit'],
  ['Invalid card number', 'cardNumber', '424242424242', 'too few digits'],
  ['Invalid card number', 'cardNumber', `${VISA.cardNumber}00000`, 'too many digits'],
  ['Card type not accepted', 'cardNumber', AMEX.cardNumber, 'a brand that is not accepted'],
  ['Invalid expiration date', 'expirationDate', '1331', 'a thirteenth month'],
  ['Invalid expiration date', 'expirationDate', '0120', 'a month long past'],
  ['Invalid expiration date', 'expirationDate', '131', 'three digits'],
  ['Invalid security code', 'securityCode', '32', 'two digits'],
  ['Invalid security code', 'securityCode', '32145', 'five digits'],
];

describe('a field turns red with its message, and Re-capture asks for this field alone', () => {
  test.each(WRONG)('%s: %s %s, %s', async (message, field, keyed) => {
    const other: FieldName = field === 'expirationDate' ? 'securityCode' : 'expirationDate';
    await scene.enter(session, other, VISA[other]);
    const red = await scene.enter(session, field, keyed);
    expect(red.fields[field]).toMatchObject({ state: 'error', failedAttempts: 1, error: { message } });
    expect(red.fields[field].masked).toBeUndefined();
    expect(red).toMatchObject({ state: 'ready', fields: { [other]: { state: 'captured' } } });
    expect(red.actions).toEqual(['capture', 'cancel']);
    const green = await scene.enter(session, field, VISA[field]);
    expect(green.fields[field]).toMatchObject({ state: 'captured' });
    expect(green.fields[other].state).toBe('captured');
    const [rejected] = scene.audit('capture-rejected').filter(({ resource }) => resource.sessionId === session.id);
    expect(rejected).toMatchObject({
      outcome: 'failure',
      resource: { field },
      detail: { code: red.fields[field].error?.code },
    });
  });

  test.each([
    ['no key', ''],
    ['a number that is not ended', '42424242'],
  ])('Input timed out: %s', async (_name, keyed) => {
    await scene.desk.capture(session.id, 'cardNumber');
    await scene.caller.key(keysOf(keyed), 'sip-info');
    const red = await scene.settled(session, 'cardNumber');
    expect(red.fields.cardNumber).toMatchObject({ state: 'error', error: { message: 'Input timed out' } });
    const green = await scene.enter(session, 'cardNumber', VISA.cardNumber);
    expect(green.fields.cardNumber.state).toBe('captured');
  });

  test('a value that is whole when time runs out is taken without #', async () => {
    await scene.desk.capture(session.id, 'cardNumber');
    await scene.caller.key(keysOf(VISA.cardNumber), 'sip-info');
    const { fields } = await scene.settled(session, 'cardNumber');
    expect(fields.cardNumber).toMatchObject({ state: 'captured', masked: '**** **** **** 4242' });
  });
});

test('Too many attempts: the session is over, all fields are gone, and only Try Again or Cancel are left', async () => {
  await scene.enter(session, 'expirationDate', VISA.expirationDate);
  for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
    const { fields } = await scene.enter(session, 'securityCode', '1');
    expect(fields.securityCode).toMatchObject({ failedAttempts: attempt, error: { message: 'Invalid security code' } });
    // Re-capture of a green field is no failed attempt.
    await scene.enter(session, 'expirationDate', VISA.expirationDate);
  }
  await scene.enter(session, 'securityCode', '1');
  const failed = await scene.session(session, 'failed', ({ state }) => state === 'failed');
  expect(failed.fields.securityCode).toMatchObject({ state: 'error', error: { message: 'Too many attempts' } });
  expect(failed.fields.expirationDate.state).toBe('empty');
  expect(failed).toMatchObject({ error: { message: 'Too many attempts' }, actions: ['try-again', 'cancel'] });
  const late = await scene.desk.request('POST', `/v1/payment-sessions/${session.id}/capture`, { field: 'cardNumber' });
  expect(late.status).toBe(409);
  // The caller's keys stay hidden until the agent has decided.
  const view = (await scene.desk.calls()).find(({ id }) => id === call.id);
  expect(view?.recording).toEqual({ state: 'paused', lockedByPayment: true });
  const again = await scene.desk.startSession(call.id);
  await scene.enterCard(again, VISA);
  expect(await scene.complete(again)).toMatch(/^\S{16,}$/);
});
