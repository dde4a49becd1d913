/** What becomes of tokens, and of a vault that does not answer: AC-13 to AC-17 and AC-23. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/deadline.js';
import { AMEX, PaymentScene, VISA } from '../support/payment-scene.js';
import { whileStopped } from '../support/stopped-process.js';

const RACERS = 12;

let scene: PaymentScene;

beforeAll(async () => {
  scene = await PaymentScene.open();
}, 60_000);

afterAll(async () => {
  expect(await scene.close()).toEqual([]);
}, 60_000);

async function tokenOf(card = VISA): Promise<string> {
  const call = await scene.dial();
  const session = await scene.desk.startSession(call.id);
  await scene.enterCard(session, card);
  const token = await scene.complete(session);
  await scene.hangUp(call);
  return token;
}

describe('AC-14: a token is usable once', () => {
  test('a second use is refused with a distinct error, for another order and for the same', async () => {
    const token = await tokenOf();
    const first = await scene.gateway.redeem({ token, orderId: 'order-1' });
    expect(first).toMatchObject({ status: 200, body: { brand: 'visa', last4: '4242', orderId: 'order-1' } });
    for (const orderId of ['order-2', 'order-1']) {
      const again = await scene.gateway.redeem({ token, orderId });
      expect(again).toMatchObject({ status: 409, body: { error: { code: 'token_already_redeemed' } } });
    }
    const neighbour = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
    const unknown = await scene.gateway.redeem({ token: neighbour, orderId: 'order-3' });
    expect(unknown.status).toBe(404);
    // The log has the record by the time the order system has its answer: nothing is waited for.
    const [vaulted] = scene.audit('session-vaulted');
    expect(scene.audit('token-redeemed')).toMatchObject([
      {
        actor: 'order-system',
        origin: '127.0.0.1',
        resource: { tokenHint: vaulted?.resource.tokenHint },
        detail: { outcome: 'redeemed', orderId: 'order-1' },
      },
    ]);
    const records = scene.audit('token-redeemed', 'token-refused').map(({ action, outcome }) => `${action} ${outcome}`);
    expect(records.slice(0, 3)).toEqual(['token-redeemed success', 'token-refused refused', 'token-refused refused']);
  }, 60_000);

  test(`${RACERS} uses at the same time succeed once`, async () => {
    const token = await tokenOf();
    const orders = Array.from({ length: RACERS }, (_unused, index) => `racing-${index}`);
    const answers = await Promise.all(orders.map((orderId) => scene.gateway.redeem({ token, orderId })));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array<number>(RACERS - 1).fill(409)]);
  }, 60_000);

  test('also after a restart of the gateway; a token that was not used yet is good then', async () => {
    const used = await tokenOf();
    expect((await scene.gateway.redeem({ token: used, orderId: 'before' })).status).toBe(200);
    const unused = await tokenOf(AMEX);
    const { directory } = scene.gateway;
    expect(await scene.close('keep')).toEqual([]);
    scene = await PaymentScene.open({ directory });
    const again = await scene.gateway.redeem({ token: used, orderId: 'after' });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'token_already_redeemed' } } });
    const late = await scene.gateway.redeem({ token: unused, orderId: 'late' });
    expect(late).toMatchObject({ status: 200, body: { brand: 'amex' } });
    expect((await scene.gateway.redeem({ token: unused, orderId: 'later' })).status).toBe(409);
  }, 90_000);
});

test('a use is answered only once it is in the audit log; killed in between, the gateway records it at its next start', async () => {
  const token = await tokenOf();
  const ofOrder = () => scene.audit('token-redeemed').filter(({ detail }) => detail.orderId === 'delayed');
  process.kill(scene.gateway.pid('control'), 'SIGSTOP');
  const unanswered = await scene.gateway.redeem({ token, orderId: 'delayed' });
  expect(unanswered).toMatchObject({ status: 500, body: { error: { code: 'internal_error' } } });
  expect(ofOrder()).toEqual([]);
  await scene.gateway.kill();

  const { directory } = scene.gateway;
  await scene.close('keep');
  scene = await PaymentScene.open({ directory });
  const [late] = await eventually(20_000, 'the record of the use', () =>
    ofOrder().length > 0 ? ofOrder() : undefined,
  );
  expect(late).toMatchObject({ outcome: 'success', resource: { tokenHint: token.slice(0, 8) } });
  expect(Date.parse(late.atIso)).toBeGreaterThan(Date.parse(String(late.detail.happenedAt)));
  expect((await scene.gateway.redeem({ token, orderId: 'another' })).status).toBe(409);
  expect((await scene.gateway.redeem({ token, orderId: 'delayed' })).status).toBe(200);
  expect((await scene.gateway.redeem({ token, orderId: 'delayed' })).status).toBe(409);
  expect(ofOrder().map(({ detail }) => detail.isRetry)).toEqual([undefined, true]);
}, 90_000);

function whileVaultHangs<T>(work: () => Promise<T>): Promise<T> {
  return whileStopped(scene.gateway.pid('vault'), work);
}

test('AC-15: Cancel while tokenizing abandons the result, and the token that arrives later is voided', async () => {
  const call = await scene.dial();
  const session = await scene.desk.startSession(call.id);
  await scene.enterCard(session, VISA);
  await whileVaultHangs(async () => {
    const completing = scene.desk.request('POST', `/v1/payment-sessions/${session.id}/complete`, {});
    completing.catch(() => {});
    await scene.session(session, 'tokenizing', ({ state }) => state === 'tokenizing');
    const cancel = scene.desk.request('POST', `/v1/payment-sessions/${session.id}/cancel`, {});
    cancel.catch(() => {});
    await scene.session(session, 'canceled', ({ state }) => state === 'canceled');
  });
  const voided = await eventually(20_000, 'the audit record of a voided token', () =>
    scene.audit('token-voided').at(-1),
  );
  expect(voided).toMatchObject({ actor: 'vault', outcome: 'success' });
  const view = await scene.desk.session(session.id);
  expect(view).toMatchObject({ state: 'canceled', actions: [] });
  expect(view.token).toBeUndefined();
  expect(scene.desk.traffic.join('\n')).not.toContain(voided.resource.tokenHint);
  // The call goes on, and so may the next payment.
  const next = await scene.desk.startSession(call.id);
  await scene.enterCard(next, VISA);
  expect(await scene.complete(next)).toMatch(/^\S{16,}$/);
  await scene.hangUp(call);
}, 60_000);

describe('AC-23: a vault that is down', () => {
  test('is told at Start; nothing can be captured, the window stays, and Try Again works once it is back', async () => {
    const call = await scene.dial();
    const path = `/v1/calls/${call.id}/payment-sessions`;
    const refused = await whileVaultHangs(() => scene.desk.request('POST', path));
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'vault-unreachable' } } });
    const failed = (await scene.desk.calls()).find(({ id }) => id === call.id);
    expect(failed?.session).toMatchObject({
      state: 'failed',
      actions: ['try-again', 'cancel'],
      error: { code: 'vault-unreachable', message: 'The payment service cannot be reached' },
    });
    expect(failed?.recording).toEqual({ state: 'paused', lockedByPayment: true });
    const again = await scene.desk.startSession(call.id);
    expect(again).toMatchObject({ state: 'ready' });
    await scene.enterCard(again, VISA);
    expect(await scene.complete(again)).toMatch(/^\S{16,}$/);
    await scene.hangUp(call);
  }, 60_000);
});
