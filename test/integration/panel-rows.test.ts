/**
 * A payment's session from Start to its end, row by row, in the real page on a real call, with either kind of key: what holds
 * it up, what breaks it off, and what of the call goes on around it.
 */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { FIELD_NAMES, type FieldName } from '../../vault-client/wire.js';
import { GREEN } from '../panel/panel-agent.js';
import { fieldText, headline, isEnabled, recordingLabel, visibleActions } from '../panel/panel-bench.js';
import { PanelStage, WAYS, type Way } from '../panel/panel-stage.js';
import { button, hueOf, press, row, screenshot, settled } from '../panel/panel-world.js';
import { eventually } from '../support/deadline.js';
import type { ConfigurationInput } from '../support/gateway-under-test.js';
import { VISA } from '../support/payment-scene.js';
import { RefusingBuild } from '../support/refusing-build.js';
import { whileStopped } from '../support/stopped-process.js';

const LIMIT_MS = 20_000;
const TEST_LIMIT_MS = 60_000;
/** Of Start and of tokenizing. A process that stands still for five seconds is killed, a recorder for three has failed: other rows. */
const ZONE_TIMEOUT_MS = 2_000;
const LABELS = ['Card Number', 'Expiration Date', 'Security Code (CVV)'];

let stage: PanelStage;

function impatient(configuration: ConfigurationInput): ConfigurationInput {
  const payment = { startTimeoutMs: ZONE_TIMEOUT_MS, tokenizeTimeoutMs: ZONE_TIMEOUT_MS };
  return { ...configuration, payment: { ...configuration.payment, ...payment } };
}

async function says(text: string): Promise<void> {
  await headline(stage.page).getByText(text, { exact: true }).waitFor();
}

async function fails(text: string): Promise<void> {
  await says(text);
  expect(await hueOf(stage.page.panel.locator('.headline .indicator'))).toBe('red');
  expect(await visibleActions(stage.page)).toEqual(['Try Again', 'Cancel']);
  expect(await stage.page.panel.locator('.field:visible').count()).toBe(0);
  expect(await recordingLabel(stage.page).textContent()).toBe('Recording paused');
}

async function triesAgain(way: Way): Promise<void> {
  await stage.agent.start('tryAgain');
  expect(await stage.page.panel.locator('.field[data-state="empty"]').count()).toBe(3);
  await stage.enter('securityCode', VISA.securityCode, way);
}

const stopped = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  whileStopped(stage.scene.gateway.pid(name), work);

describe.each(WAYS)('keys as %s', (way) => {
  beforeAll(async () => {
    stage = await PanelStage.open({ configure: impatient });
  }, TEST_LIMIT_MS);

  afterAll(() => stage.close(), TEST_LIMIT_MS);

  /** A call that ended in the test is searched for its keys at once. */
  afterEach(() => stage.searched(), TEST_LIMIT_MS);

  describe('Start', () => {
    beforeEach(() => stage.idle(), TEST_LIMIT_MS);

    async function starting(work: () => Promise<void>): Promise<void> {
      const action = await stage.startAction();
      await stopped('vault', async () => {
        await press(stage.page.panel, action);
        await says('Securing the line');
        await recordingLabel(stage.page).getByText('Recording paused', { exact: true }).waitFor();
        expect(await stage.page.panel.locator('.field:visible').count()).toBe(0);
        expect(await visibleActions(stage.page)).toEqual(['Cancel']);
        await work();
      });
    }

    test(
      'AC-2 AC-3: pauses the recording and hides the keys first, then shows exactly the three fields, grey',
      async () => {
        await starting(() => stage.key('5', way));
        await row(stage.page.panel, 'cardNumber').waitFor();
        expect(await stage.page.panel.locator('.field:visible .label').allInnerTexts()).toEqual(LABELS);
        for (const field of ['cardNumber', 'expirationDate', 'securityCode'] as const) {
          expect(await fieldText(stage.page, field).textContent()).toBe('Not captured yet');
          expect(await hueOf(row(stage.page.panel, field).locator('.indicator'))).toBe('grey');
        }
        expect(await visibleActions(stage.page)).toEqual(['Complete Tokenization', 'Cancel']);
        expect(await isEnabled(stage.page, 'complete')).toBe(false);
        await stage.page.panel.getByText('1 key pressed while no field was waiting was ignored.').waitFor();
      },
      TEST_LIMIT_MS,
    );

    test(
      'a recorder that does not confirm its pause fails it; keys stay hidden, and Try Again works',
      async () => {
        const action = await stage.startAction();
        // A recorder that stands still for three seconds has lost its recording.
        await settled(stage.page.panel, action).waitFor();
        await stopped('media-0', async () => {
          await press(stage.page.panel, action);
          await says('The call recording could not be paused');
          expect(await hueOf(stage.page.panel.locator('.headline .indicator'))).toBe('red');
          expect(await visibleActions(stage.page)).toEqual(['Try Again', 'Cancel']);
        });
        await recordingLabel(stage.page).getByText('Recording paused', { exact: true }).waitFor();
        await screenshot(stage.page, `call-not-paused-${way}`);
        await stage.key('86', way);
        await triesAgain(way);
      },
      TEST_LIMIT_MS,
    );

    test(
      'AC-23: a vault that is down is told at once; keys stay hidden, and Try Again works when it is back',
      async () => {
        const action = await stage.startAction();
        await stopped('vault', async () => {
          await press(stage.page.panel, action);
          await fails('The payment service cannot be reached');
          await stage.key('86', way);
        });
        await triesAgain(way);
      },
      TEST_LIMIT_MS,
    );

    test(
      'Cancel while it is starting: nothing was captured, the recording goes on, Start is there',
      async () => {
        await starting(async () => {
          await stage.key('5', way);
          await stage.agent.cancel();
        });
        expect(await visibleActions(stage.page)).toEqual(['Start']);
        await stage.ready();
        expect(await stage.page.panel.locator('.field[data-state="empty"]').count()).toBe(3);
      },
      TEST_LIMIT_MS,
    );

    test(
      'a caller who hangs up while it is starting: the panel says so',
      async () => {
        await starting(async () => {
          await stage.key('5', way);
          stage.scene.caller.hangUp();
          await stage.seesTheEnd();
        });
      },
      TEST_LIMIT_MS,
    );
  });

  describe('while keys come', () => {
    beforeEach(async () => {
      await stage.ready();
      await stage.agent.capture('cardNumber');
      await stage.key('4242', way);
      await row(stage.page.panel, 'cardNumber').getByText('4 keys', { exact: true }).waitFor();
    }, TEST_LIMIT_MS);

    test(
      'AC-24: the recording cannot be resumed, nor stopped, and the panel says why',
      async () => {
        for (const action of ['recording-resume', 'recording-stop'])
          expect(await isEnabled(stage.page, action)).toBe(false);
        expect(await stage.page.panel.locator('.locked').textContent()).toBe(
          'Paused for the payment. It resumes when the payment is over.',
        );
        // An agent who gets past the lock of the page is refused by the gateway.
        await button(stage.page.panel, 'recording-resume').evaluate((node) =>
          (Object.assign(node, { disabled: false }) as unknown as { click(): void }).click(),
        );
        await stage.page.panel
          .getByRole('alert')
          .getByText('Recording stays paused until the payment session is over.')
          .waitFor();
        await stage.key('424242424242#', way);
        await stage.agent.sees('cardNumber', { text: '**** **** **** 4242', hue: 'green' });
        expect(await recordingLabel(stage.page).textContent()).toBe('Recording paused');
        expect(stage.scene.audit('recording-resume-requested').at(-1)).toMatchObject({
          outcome: 'refused',
          resource: { callId: stage.call.id },
        });
      },
      TEST_LIMIT_MS,
    );

    test(
      'AC-21: hold by either party is refused, and the capture goes on',
      async () => {
        const { agent, caller } = stage.scene;
        expect(await agent.renegotiate('sendonly')).toBe(488);
        expect(await caller.renegotiate('sendonly')).toBe(488);
        await stage.key('424242424242#', way);
        await stage.agent.sees('cardNumber', { text: '**** **** **** 4242', hue: 'green' });
        expect(await stage.page.panel.locator('.caller').textContent()).toMatch(/On call$/);
      },
      TEST_LIMIT_MS,
    );

    test(
      'AC-25: a page whose connection breaks says so, and shows the keys that came meanwhile when it is back',
      async () => {
        stage.network.cut();
        await stage.page.panel
          .locator('.connection')
          .getByText(/^Reconnecting/)
          .waitFor();
        expect(await row(stage.page.panel, 'expirationDate').locator('button').isDisabled()).toBe(true);
        await stage.key('42424242', way);
        stage.network.mend();
        await row(stage.page.panel, 'cardNumber').getByText('12 keys', { exact: true }).waitFor();
        await stage.page.panel.locator('.connection').waitFor({ state: 'hidden' });
        expect(await hueOf(row(stage.page.panel, 'cardNumber').locator('.indicator'))).toBe('yellow');
        await stage.key('4242#', way);
        await stage.agent.sees('cardNumber', { text: '**** **** **** 4242', hue: 'green' });
      },
      TEST_LIMIT_MS,
    );

    test(
      'an agent’s leg that is lost ends the session: the panel says so, nothing was kept',
      async () => {
        stage.scene.agent.hangUp();
        await stage.seesTheEnd();
        await stage.scene.caller.hungUp();
      },
      TEST_LIMIT_MS,
    );
  });

  describe('while a token is being made', () => {
    let toldBefore: readonly unknown[];
    let voidedBefore: number;
    const voided = () => stage.scene.audit('token-voided').length;

    beforeEach(async () => {
      await stage.ready();
      await stage.enterCard(way);
      toldBefore = await stage.tokensTold();
      voidedBefore = voided();
    }, TEST_LIMIT_MS);

    async function tokenizing(work: () => Promise<void>): Promise<void> {
      await stopped('vault', async () => {
        await press(stage.page.panel, 'complete');
        await says('Vaulting the card');
        expect(await hueOf(stage.page.panel.locator('.headline .indicator'))).toBe('yellow');
        expect(await isEnabled(stage.page, 'complete')).toBe(false);
        expect(await isEnabled(stage.page, 'cancel')).toBe(true);
        await work();
      });
    }

    /** The token that the vault has made all the same is void, and no page has heard of it. */
    async function noToken(): Promise<void> {
      await eventually(LIMIT_MS, 'a voided token', () => (voided() > voidedBefore ? true : undefined));
      expect(await stage.tokensTold()).toEqual(toldBefore);
    }

    test(
      'AC-15: Cancel abandons it',
      async () => {
        await tokenizing(() => stage.agent.cancel());
        expect(await visibleActions(stage.page)).toEqual(['Start']);
        await noToken();
      },
      TEST_LIMIT_MS,
    );

    test(
      'a caller who hangs up gets none',
      async () => {
        await tokenizing(async () => {
          stage.scene.caller.hangUp();
          await stage.seesTheEnd();
        });
        await noToken();
      },
      TEST_LIMIT_MS,
    );

    test(
      'an agent’s leg that is lost takes it along',
      async () => {
        await tokenizing(async () => {
          stage.scene.agent.hangUp();
          await stage.seesTheEnd();
        });
        await noToken();
        await stage.scene.caller.hungUp();
      },
      TEST_LIMIT_MS,
    );

    test(
      'a vault that does not answer in time fails it; Try Again starts afresh',
      async () => {
        await tokenizing(() => fails('The payment service could not create a token'));
        await noToken();
        await triesAgain(way);
      },
      TEST_LIMIT_MS,
    );
  });
});

describe.each(WAYS)('a call with keys as %s', (way) => {
  beforeAll(async () => {
    stage = await PanelStage.open();
  }, TEST_LIMIT_MS);

  afterAll(() => stage.close(), TEST_LIMIT_MS);

  beforeEach(() => stage.idle(), TEST_LIMIT_MS);

  test(
    'AC-1: Start is there only while the call is active, and a second one is refused while a session is there',
    async () => {
      const { page } = stage;
      expect(await stage.scene.agent.renegotiate('sendonly')).toBe(200);
      await says('On hold');
      expect(await isEnabled(page, 'start')).toBe(false);
      expect(await stage.scene.agent.renegotiate('sendrecv')).toBe(200);
      await says('Ready to take a card');
      expect(await isEnabled(page, 'start')).toBe(true);

      // Another page's click that is long on its way: it was made before there was a session.
      const other = await stage.openOther();
      await headline(other).getByText('Ready to take a card', { exact: true }).waitFor();
      let arrives = () => {};
      const arrival = new Promise<void>((resolve) => {
        arrives = resolve;
      });
      await other.page.route('**/payment-sessions', async (route) => {
        await arrival;
        await route.continue();
      });
      const asked = other.page.waitForRequest('**/payment-sessions');
      await press(other.panel, 'start');
      await asked;
      await stage.agent.start();
      const answer = other.page.waitForResponse('**/payment-sessions');
      arrives();
      expect((await answer).status()).toBe(409);
      await other.panel
        .getByRole('alert')
        .getByText('A payment session is already in progress on this call.')
        .waitFor();
      expect(other.complaints).toEqual([]);
      await other.context.close();
      await stage.enter('securityCode', VISA.securityCode, way);
    },
    TEST_LIMIT_MS,
  );

  test(
    'AC-19 AC-20: keys pass before Start and after Cancel; a press that Start cuts into counts for no field',
    async () => {
      // A call of its own, for all that the agent has heard of it.
      await stage.leaveCall();
      await stage.idle();
      await stage.key('1#', way);
      const { presses } = stage.scene.caller;
      const pressing = stage.key('5', way, { onMs: 3_000, offMs: 200 });
      await eventually(LIMIT_MS, 'a press that goes on', () => (presses.length > 2 ? true : undefined));
      await stage.scene.caller.talker.talk(300);
      await stage.agent.start();
      await stage.agent.capture('securityCode');
      expect(presses[2].endSample).toBeGreaterThan(stage.scene.caller.talker.sentSamples);
      await pressing;
      const keying = stage.key(`${VISA.securityCode}#`, way);
      await stage.agent.sees('securityCode', GREEN.securityCode);
      await keying;
      await stage.agent.cancel();
      await stage.scene.audited('window-closed', { callId: stage.call.id });
      await stage.key('90', way);
      const passed = '1#590';
      await stage.leaveCall(way === 'in-band' ? { tones: passed, events: '' } : { tones: '', events: passed });
    },
    TEST_LIMIT_MS,
  );

  test(
    'AC-14 AC-17: the panel tells that an order has used the token and that another was refused',
    async () => {
      await stage.ready();
      await stage.enterCard(way);
      const token = await stage.agent.complete();
      const note = stage.page.panel.locator('.token');
      await note.getByText('Use it once, as the payment method of the order.').waitFor();
      expect((await stage.scene.gateway.redeem({ token, orderId: `first-${way}` })).status).toBe(200);
      await note.getByText(`It has paid order first-${way}.`).waitFor();
      expect(await stage.scene.gateway.redeem({ token, orderId: `second-${way}` })).toMatchObject({
        status: 409,
        body: { error: { code: 'token_already_redeemed' } },
      });
      await note.getByText('An order was refused: a token pays only once.').waitFor();
      expect(await visibleActions(stage.page)).toEqual(['Start New Capture']);
    },
    TEST_LIMIT_MS,
  );

  test(
    'AC-22: a gateway that dies and comes back has ended the session, and the panel says so',
    async () => {
      await stage.ready();
      await stage.enter('securityCode', VISA.securityCode, way);
      await stage.agent.capture('cardNumber');
      await stage.key('4242', way);
      await row(stage.page.panel, 'cardNumber').getByText('4 keys', { exact: true }).waitFor();
      await stage.crash();
      await stage.page.panel
        .locator('.connection')
        .getByText(/^Reconnecting/)
        .waitFor();
      await stage.comeBack();
      await stage.seesTheEnd();
      await stage.ready();
      await stage.enterCard(way);
      expect(await stage.tokensTold()).not.toContain(await stage.agent.complete());
    },
    TEST_LIMIT_MS,
  );
});

describe.each(WAYS)('a vault that finds fault with a card keyed as %s', (way) => {
  let build: RefusingBuild;

  beforeAll(async () => {
    build = new RefusingBuild();
    stage = await PanelStage.open({ build: build.directory });
  }, TEST_LIMIT_MS);

  afterAll(async () => {
    await stage.close();
    build.remove();
  }, TEST_LIMIT_MS);

  test(
    'turns the field red that it blames; Re-capture asks for it alone, and then a token comes',
    async () => {
      await stage.ready();
      await stage.enterCard(way, { ...VISA, securityCode: '901' });
      await refused('securityCode', 'Invalid security code');
      await stage.enter('securityCode', '902', way);
      await refused('cardNumber', 'Invalid card number');
      await stage.enter('cardNumber', VISA.cardNumber, way);
      await stage.enter('securityCode', '903', way);
      await refused('expirationDate', 'Invalid expiration date');
      await stage.enter('expirationDate', VISA.expirationDate, way);
      expect(await stage.tokensTold()).toEqual([]);
      const token = await stage.agent.complete();
      expect(await stage.tokensTold()).toEqual([token]);
      expect(await stage.scene.gateway.redeem({ token, orderId: `mended-${way}` })).toMatchObject({
        status: 200,
        body: { brand: 'visa', masked: '**** **** **** 4242' },
      });
    },
    TEST_LIMIT_MS,
  );

  test(
    'or makes no token at all: the session has failed, and Try Again starts afresh',
    async () => {
      await stage.ready();
      await stage.enterCard(way, { ...VISA, securityCode: '904' });
      const told = await stage.tokensTold();
      await press(stage.page.panel, 'complete');
      await fails('The payment service could not create a token');
      expect((await stage.errorsTold()).at(-1)).toBe('payment-connector-error');
      await stage.agent.start('tryAgain');
      expect(await stage.page.panel.locator('.field[data-state="empty"]').count()).toBe(3);
      await stage.enterCard(way);
      expect(await stage.tokensTold()).toEqual(told);
      expect(await stage.tokensTold()).not.toContain(await stage.agent.complete());
    },
    TEST_LIMIT_MS,
  );

  async function refused(field: FieldName, text: string): Promise<void> {
    await press(stage.page.panel, 'complete');
    await stage.agent.sees(field, { text, hue: 'red' });
    const others = FIELD_NAMES.filter((name) => name !== field);
    for (const other of others) await stage.agent.sees(other, GREEN[other]);
    expect(await isEnabled(stage.page, 'complete')).toBe(false);
    expect(await recordingLabel(stage.page).textContent()).toBe('Recording paused');
    expect((await stage.errorsTold()).at(-1)).toBe(stage.scene.audit('capture-rejected').at(-1)?.detail?.code);
  }
});
