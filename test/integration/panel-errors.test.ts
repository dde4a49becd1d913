/** What goes wrong on a real call, as the agent sees it in the panel: errors, time-outs, cancel, hang-up, a lost vault. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { CallView } from '../../gateway/api/call-desk.js';
import type { FieldName } from '../../vault-client/wire.js';
import { GREEN, PanelAgent } from '../panel/panel-agent.js';
import { fieldText, headline, keepTexts, recordingLabel, visibleActions } from '../panel/panel-bench.js';
import {
  button,
  hueOf,
  launchBrowser,
  openPage,
  type PanelPage,
  row,
  screenshot,
  signIn,
} from '../panel/panel-world.js';
import { eventually, pause } from '../support/deadline.js';
import type { KeyWay } from '../support/keypad-phone.js';
import { keysOf } from '../support/keys.js';
import { AMEX, PaymentScene, VISA } from '../support/payment-scene.js';

/** Long enough for whoever keys at once on a machine that does much else. */
const FIRST_DIGIT_TIMEOUT_MS = 8_000;
const INTER_DIGIT_TIMEOUT_MS = 6_000;
const VAULT_LIMIT_MS = 20_000;
const POLL_INTERVAL_MS = 50;

let browser: Browser;
let scene: PaymentScene;
let page: PanelPage;
let agent: PanelAgent;
let call: CallView | undefined;

beforeAll(async () => {
  scene = await PaymentScene.open({
    configure: (configuration) => ({
      ...configuration,
      payment: {
        ...configuration.payment,
        acceptedBrands: ['visa', 'mastercard'],
        firstDigitTimeoutMs: FIRST_DIGIT_TIMEOUT_MS,
        interDigitTimeoutMs: INTER_DIGIT_TIMEOUT_MS,
      },
    }),
  });
  browser = await launchBrowser();
  page = await openPage(browser, scene.gateway.apiPort);
  await signIn(page, scene.gateway.apiToken());
  await page.panel.waitFor();
  agent = new PanelAgent(scene, page);
}, 60_000);

afterAll(async () => {
  await browser.close();
  if (scene.caller.isInCall && call !== undefined) await scene.hangUp(call);
  expect(await scene.close()).toEqual([]);
  expect(page.complaints).toEqual([]);
}, 60_000);

/**
 * A session that has just been started, on a call that goes on. Within a session all is keyed in one way: a tone that
 * an event of the same key follows at once is one press, not two.
 */
beforeEach(async () => {
  if (!scene.caller.isInCall) {
    call = await scene.dial();
    await headline(page).getByText('Ready to take a card', { exact: true }).waitFor();
  }
  if (await button(page.panel, 'cancel').isVisible()) await agent.cancel();
  await agent.start((await button(page.panel, 'startNew').isVisible()) ? 'startNew' : 'start');
}, 60_000);

async function errorsTold(): Promise<readonly unknown[]> {
  return (await page.events()).filter(({ type }) => type === 'tonegate:error').map(({ detail }) => detail.code);
}

describe('a field turns red with its exact text, and Re-capture asks for it alone', () => {
  test.each<[string, string, FieldName, string, KeyWay]>([
    ['Invalid card number', 'invalid-card-number', 'cardNumber', '4242424242424241', 'telephone-event'],
    ['Card type not accepted', 'invalid-card-type', 'cardNumber', AMEX.cardNumber, 'in-band'],
    ['Invalid expiration date', 'invalid-date', 'expirationDate', '1331', 'in-band'],
    ['Invalid security code', 'invalid-security-code', 'securityCode', '32145', 'telephone-event'],
  ])(
    '%s',
    async (text, code, field, keyed, way) => {
      const other: FieldName = field === 'expirationDate' ? 'securityCode' : 'expirationDate';
      await agent.enter(other, VISA[other], way);
      await agent.enter(field, keyed, way, { text, hue: 'red' });
      expect(await fieldText(page, other).textContent()).toBe(GREEN[other].text);
      expect(await button(page.panel, 'complete').isDisabled()).toBe(true);
      expect((await errorsTold()).at(-1)).toBe(code);
      await screenshot(page, `call-error-${code}`);
      await agent.enter(field, VISA[field], way);
      expect(await fieldText(page, other).textContent()).toBe(GREEN[other].text);
    },
    60_000,
  );

  test.each<[string, string, KeyWay]>([
    ['no key', '', 'telephone-event'],
    ['a number that is not ended', '4242', 'in-band'],
  ])(
    'Input timed out: %s, counted down before',
    async (_name, keyed, way) => {
      const timeLeft = row(page.panel, 'cardNumber').locator('.time-left');
      const texts = await keepTexts(page, timeLeft);
      await agent.capture('cardNumber');
      await texts.shown('5 seconds left');
      await scene.caller.key(keysOf(keyed), way);
      await texts.shown('1 second left');
      await agent.sees('cardNumber', { text: 'Input timed out', hue: 'red' });
      expect(await timeLeft.isVisible()).toBe(false);
      await agent.enter('cardNumber', VISA.cardNumber, way);
    },
    60_000,
  );
});

test('Too many attempts ends the session: only Try Again and Cancel are left, and Try Again starts afresh', async () => {
  await agent.enter('expirationDate', VISA.expirationDate, 'in-band');
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await agent.capture('securityCode');
    await scene.caller.key(keysOf('1#'), 'in-band');
    await agent.sees('securityCode', { text: attempt < 2 ? 'Invalid security code' : 'Too many attempts', hue: 'red' });
    // Re-capture of a green field is nobody's failed attempt.
    if (attempt < 2) await agent.enter('expirationDate', VISA.expirationDate, 'in-band');
  }
  expect(await headline(page).textContent()).toBe('Too many attempts');
  expect(await visibleActions(page)).toEqual(['Try Again', 'Cancel']);
  expect(await recordingLabel(page).textContent()).toBe('Recording paused');
  await agent.start('tryAgain');
  expect(await page.panel.locator('.field[data-state="empty"]').count()).toBe(3);
  await agent.enterCard();
  const token = await agent.complete();
  await agent.start('startNew');
  await agent.enterCard();
  expect(await agent.complete()).not.toBe(token);
}, 60_000);

test('AC-7: a code keyed before the number turns red when the number tells another length', async () => {
  await agent.enter('securityCode', AMEX.securityCode, 'telephone-event', { text: '****', hue: 'green' });
  await agent.enter('cardNumber', VISA.cardNumber, 'telephone-event');
  await agent.sees('securityCode', { text: 'Invalid security code', hue: 'red' });
  await agent.enter('securityCode', VISA.securityCode, 'telephone-event');
}, 60_000);

test('the star takes back what was keyed, and the dots with it', async () => {
  await agent.capture('expirationDate');
  const dots = row(page.panel, 'expirationDate').locator('.dots i');
  await scene.caller.key(keysOf('99'), 'in-band');
  await row(page.panel, 'expirationDate').getByText('2 keys', { exact: true }).waitFor();
  expect(await dots.count()).toBe(2);
  await scene.caller.key(keysOf('*'), 'in-band');
  await row(page.panel, 'expirationDate').getByText('2 keys', { exact: true }).waitFor({ state: 'hidden' });
  expect(await dots.count()).toBe(0);
  await scene.caller.key(keysOf(`${VISA.expirationDate}#`), 'in-band');
  await agent.sees('expirationDate', GREEN.expirationDate);
}, 60_000);

/** Another vault is there before it is ready, and ready before media has found it: until then no payment can start. */
async function vaultIsBack(): Promise<void> {
  const told = async (path: string) => (await fetch(`http://127.0.0.1:${scene.gateway.apiPort}${path}`)).text();
  const endMs = performance.now() + VAULT_LIMIT_MS;
  while (!/"vault":true/.test(await told('/healthz')) || !/^\S*vault_link_up_now\S* 1$/m.test(await told('/metrics'))) {
    if (performance.now() > endMs) throw new Error(`no vault: ${await told('/healthz')}`);
    await pause(POLL_INTERVAL_MS);
  }
}

/** Brings a fresh session into the state that the name says. */
const STATES: Readonly<Record<string, () => Promise<void>>> = {
  'with nothing captured': async () => undefined,
  'while keys come': async () => {
    await agent.capture('cardNumber');
    await scene.caller.key(keysOf('4242'), 'in-band');
    await row(page.panel, 'cardNumber').getByText('4 keys', { exact: true }).waitFor();
  },
  'with a red field': () =>
    agent.enter('expirationDate', '1331', 'sip-info', { text: 'Invalid expiration date', hue: 'red' }),
  'with everything captured': () => agent.enterCard(),
  'after it has failed': async () => {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await agent.capture('securityCode');
      await scene.caller.key(keysOf('1#'), 'in-band');
      await row(page.panel, 'securityCode').locator('.text').getByText('Awaiting Input').waitFor({ state: 'hidden' });
    }
    await button(page.panel, 'tryAgain').waitFor();
  },
};

test.each(Object.entries(STATES))(
  'Cancel %s: all is discarded, the recording goes on, and Start is there',
  async (_, reach) => {
    await reach();
    await agent.cancel();
    expect(await visibleActions(page)).toEqual(['Start']);
    await agent.start();
    expect(await page.panel.locator('.field[data-state="empty"]').count()).toBe(3);
  },
  60_000,
);

test('a vault that is lost while keys come is told in red; once it is back, Try Again works', async () => {
  await agent.capture('cardNumber');
  await scene.caller.key(keysOf('4242'), 'telephone-event');
  const vault = scene.gateway.pid('vault');
  process.kill(vault, 'SIGKILL');
  await headline(page).getByText('The payment service cannot be reached', { exact: true }).waitFor();
  expect(await hueOf(page.panel.locator('.headline .indicator'))).toBe('red');
  expect(await visibleActions(page)).toEqual(['Try Again', 'Cancel']);
  await screenshot(page, 'call-vault-lost');
  await eventually(VAULT_LIMIT_MS, 'another vault', () => (scene.gateway.pids().vault === vault ? undefined : true));
  await vaultIsBack();
  await agent.start('tryAgain');
  await agent.enterCard();
  await agent.complete();
}, 90_000);

describe('a caller who hangs up', () => {
  test.each(Object.entries(STATES))(
    '%s: the panel says so, and no token was made',
    async (_, reach) => {
      await reach();
      const told = (await page.events()).filter(({ type }) => type === 'tonegate:token').length;
      scene.caller.hangUp();
      await headline(page).getByText('The call has ended', { exact: true }).waitFor();
      expect(await page.panel.locator('.headline p').textContent()).toMatch(/discarded and no token was made/);
      expect(await visibleActions(page)).toEqual([]);
      expect(await page.panel.locator('.field:visible').count()).toBe(0);
      expect((await page.events()).filter(({ type }) => type === 'tonegate:token')).toHaveLength(told);
      await scene.agent.hungUp();
    },
    60_000,
  );

  test('after the card was vaulted: the token stays', async () => {
    await agent.enterCard();
    const token = await agent.complete();
    scene.caller.hangUp();
    await page.panel.locator('.caller').getByText('Call ended', { exact: true }).waitFor();
    expect(await page.panel.locator('.token-value').textContent()).toBe(token);
    expect(await visibleActions(page)).toEqual([]);
    await scene.agent.hungUp();
  }, 60_000);
});
