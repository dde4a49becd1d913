/** The panel in Chromium, served by the running gateway, with a real call and real keys behind it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { CallView } from '../../gateway/api/call-desk.js';
import { PanelAgent } from '../panel/panel-agent.js';
import { fieldText, headline, recordingLabel, visibleActions } from '../panel/panel-bench.js';
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
import { keysOf } from '../support/keys.js';
import { scanBytes } from '../support/memory-scan.js';
import { AMEX, type KeyedCard, PaymentScene, VISA } from '../support/payment-scene.js';

/** Runs in the page. */
const WHOLE_PAGE = `document.documentElement.outerHTML + document.querySelector('tonegate-panel').shadowRoot.innerHTML`;

let browser: Browser;
let scene: PaymentScene;
let page: PanelPage;
let agent: PanelAgent;
let call: CallView;
/** Every WebSocket frame that the page saw or sent. */
let frames: string[];

beforeAll(async () => {
  scene = await PaymentScene.open();
  browser = await launchBrowser();
}, 60_000);

afterAll(async () => {
  await browser.close();
  expect(await scene.close()).toEqual([]);
}, 60_000);

beforeEach(async () => {
  call = await scene.dial();
  page = await openPage(browser, scene.gateway.apiPort);
  agent = new PanelAgent(scene, page);
  frames = [];
  page.page.on('websocket', (socket) => {
    const keep = ({ payload }: { readonly payload: string | Buffer }) => frames.push(String(payload));
    socket.on('framereceived', keep);
    socket.on('framesent', keep);
  });
  await signIn(page, scene.gateway.apiToken());
  await headline(page).getByText('Ready to take a card').waitFor();
}, 60_000);

afterEach(async () => {
  await page.context.close();
  if (scene.caller.isInCall) await scene.hangUp(call);
  // No script error and no breach of the content security policy, in any test.
  expect(page.complaints).toEqual([]);
}, 60_000);

/** Neither what the page was told nor what it shows holds the card. */
async function expectNoCard(cards: readonly KeyedCard[]): Promise<void> {
  const secrets = cards.map((card) => ({ name: 'card number', digits: keysOf(card.cardNumber) }));
  expect(frames.length).toBeGreaterThan(10);
  expect(scanBytes(Buffer.from(frames.join('\n')), secrets, 'frames').hits).toEqual([]);
  const html: string = await page.page.evaluate(WHOLE_PAGE);
  expect(html).toContain('data-field');
  expect(scanBytes(Buffer.from(html), secrets, 'page').hits).toEqual([]);
}

describe('a payment on a live call', () => {
  test('AC-10 to AC-13, AC-17: a card by telephone-event, then a second one in-band on the same call', async () => {
    await agent.start();
    await screenshot(page, 'call-01-fields');
    expect(await button(page.panel, 'complete').isDisabled()).toBe(true);
    await agent.enter('cardNumber', VISA.cardNumber, 'telephone-event', { text: '**** **** **** 4242', hue: 'green' });
    await agent.enter('expirationDate', VISA.expirationDate, 'telephone-event', { text: '**/**', hue: 'green' });
    await screenshot(page, 'call-02-two-green');
    await agent.enter('securityCode', VISA.securityCode, 'telephone-event', { text: '***', hue: 'green' });
    const first = await agent.complete();
    await screenshot(page, 'call-03-vaulted');
    await recordingLabel(page).getByText('Recording', { exact: true }).waitFor();
    expect(await visibleActions(page)).toEqual(['Start New Capture']);

    await agent.start('startNew');
    expect(await page.panel.locator('.token').isVisible()).toBe(false);
    await agent.enter('securityCode', AMEX.securityCode, 'in-band', { text: '****', hue: 'green' });
    await agent.enter('cardNumber', AMEX.cardNumber, 'in-band', { text: '**** ****** *0005', hue: 'green' });
    await agent.enter('expirationDate', AMEX.expirationDate, 'in-band', { text: '**/**', hue: 'green' });
    const second = await agent.complete();

    const tokens = (await page.events()).filter(({ type }) => type === 'tonegate:token');
    expect(tokens.map(({ detail }) => detail.token)).toEqual([first, second]);
    await expectNoCard([VISA, AMEX]);
    for (const [token, brand] of [
      [first, 'visa'],
      [second, 'amex'],
    ]) {
      expect(await scene.gateway.redeem({ token, orderId: `panel-${brand}` })).toMatchObject({
        status: 200,
        body: { brand },
      });
    }
  }, 90_000);

  test('an error turns its field red, Re-capture mends it, and Cancel discards all of it', async () => {
    await agent.start();
    await agent.enter('expirationDate', VISA.expirationDate, 'in-band', { text: '**/**', hue: 'green' });
    await agent.enter('cardNumber', '4242424242424241', 'telephone-event-among-audio', {
      text: 'Invalid card number',
      hue: 'red',
    });
    await screenshot(page, 'call-04-error');
    expect(await fieldText(page, 'expirationDate').textContent()).toBe('**/**');
    await agent.enter('cardNumber', VISA.cardNumber, 'tone-and-event', { text: '**** **** **** 4242', hue: 'green' });
    await agent.cancel();
    expect(await visibleActions(page)).toEqual(['Start']);
    await agent.start();
    expect(await page.panel.locator('.field[data-state="empty"]').count()).toBe(3);
    await expectNoCard([VISA]);
  }, 90_000);

  test('a caller who hangs up in the middle: the panel says so, and nothing was kept', async () => {
    await agent.start();
    await agent.capture('cardNumber');
    await scene.caller.key(keysOf('424242'), 'in-band');
    await row(page.panel, 'cardNumber').getByText('6 keys', { exact: true }).waitFor();
    await screenshot(page, 'call-05-six-keys');
    scene.caller.hangUp();
    await headline(page).getByText('The call has ended').waitFor();
    expect(await page.panel.locator('.headline p').textContent()).toMatch(/discarded and no token was made/);
    expect(await visibleActions(page)).toEqual([]);
    await screenshot(page, 'call-06-hung-up');
    expect((await page.events()).filter(({ type }) => type === 'tonegate:token')).toEqual([]);
    await scene.agent.hungUp();
  }, 60_000);

  test('AC-25: a page that is loaded anew shows the state that is', async () => {
    await agent.start();
    await agent.enter('securityCode', VISA.securityCode, 'telephone-event', { text: '***', hue: 'green' });
    await agent.capture('expirationDate');
    await scene.caller.key(keysOf('12'), 'telephone-event');
    await row(page.panel, 'expirationDate').getByText('2 keys', { exact: true }).waitFor();
    await page.page.reload();
    await row(page.panel, 'expirationDate').getByText('2 keys', { exact: true }).waitFor();
    expect(await fieldText(page, 'securityCode').textContent()).toBe('***');
    expect(await hueOf(row(page.panel, 'expirationDate').locator('.indicator'))).toBe('yellow');
    await scene.caller.key(keysOf('31#'), 'telephone-event');
    await fieldText(page, 'expirationDate').getByText('**/**', { exact: true }).waitFor();
  }, 60_000);
});
