/**
 * The gateway is killed in the middle of a payment and started again, while the agent's pages stay open: the panel in a tab
 * and the one in a CRM's frame both come back by themselves, and say that the call is over and that nothing was kept.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import { CrmServer } from '../panel/crm-server.js';
import { PanelAgent } from '../panel/panel-agent.js';
import { launchBrowser, openPage, type PanelPage, row, signIn } from '../panel/panel-world.js';
import { eventually } from '../support/deadline.js';
import type { ConfigurationInput } from '../support/gateway-under-test.js';
import { keysOf } from '../support/keys.js';
import { scanFiles } from '../support/memory-scan.js';
import { PaymentScene } from '../support/payment-scene.js';
import { isAlive } from '../support/process-resources.js';

const TEST_LIMIT_MS = 120_000;
const GONE_WITHIN_MS = 5_000;
const BACK_WITHIN_MS = 20_000;

/** With enough different digits to be told from chance in a search. */
const CARD_NUMBER = '4539578763621486';
const MASKED = '**** **** **** 1486';

let browser: Browser;
let crm: CrmServer;
let scene: PaymentScene;
let page: PanelPage;

beforeAll(async () => {
  browser = await launchBrowser();
  crm = await CrmServer.open();
  scene = await PaymentScene.open({ configure: withCrm });
  page = await openPage(browser, scene.gateway.apiPort);
}, 60_000);

afterAll(async () => {
  await browser.close();
  await crm.close();
  expect(await scene.close()).toEqual([]);
  expect(page.complaints).toEqual([]);
}, 60_000);

function withCrm(base: ConfigurationInput): ConfigurationInput {
  const accounts = [{ name: 'crm', role: 'integration' as const }];
  return { ...base, api: { ...base.api, accounts, frameAncestors: [crm.origin] } };
}

test(
  'AC-22: the panel in a tab and the one in a frame say that call and payment are over',
  async () => {
    await signIn(page, scene.gateway.apiToken());
    await page.panel.waitFor();
    const call = await scene.dial();
    const { apiPort, directory } = scene.gateway;
    Object.assign(crm, {
      gatewayPort: apiPort,
      gatewayToken: scene.gateway.secret('integration-crm.token'),
      order: { agent: 'agent', callId: call.id },
    });
    crm.pages.set('/', mountedAt(`http://127.0.0.1:${apiPort}`));
    const tab = await page.context.newPage();
    await tab.goto(crm.origin);
    const framed = tab.frameLocator('iframe').locator('tonegate-panel');
    const agent = new PanelAgent(scene, page);
    await agent.start();
    await agent.enter('cardNumber', CARD_NUMBER, 'telephone-event', { text: MASKED, hue: 'green' });
    await row(framed, 'cardNumber').getByText(MASKED, { exact: true }).waitFor();
    await agent.capture('expirationDate');
    await scene.caller.key(keysOf('12'), 'telephone-event');
    await row(framed, 'expirationDate').getByText('2 keys', { exact: true }).waitFor();

    const pids = Object.values(scene.gateway.pids());
    await scene.gateway.kill();
    await eventually(GONE_WITHIN_MS, 'the end of all its processes', () => (pids.some(isAlive) ? undefined : true));
    await scene.gateway.restart();

    for (const panel of [page.panel, framed]) await isOver(panel);
    expect(await scene.desk.request('GET', `/v1/calls/${call.id}`)).toMatchObject({ status: 404 });
    const ended = await scene.audited('session-ended', { callId: call.id });
    expect(ended.detail).toEqual({ reason: 'gateway-restarted' });
    const secrets = [{ name: 'card number', digits: keysOf(CARD_NUMBER) }];
    expect((await scanFiles([directory], secrets)).hits).toEqual([]);

    // Both are there for what comes next.
    scene.caller.hangUp();
    scene.agent.hangUp();
    await page.page.bringToFront();
    await scene.dial();
    await agent.start();
    await agent.cancel();
  },
  TEST_LIMIT_MS,
);

async function isOver(panel: Locator): Promise<void> {
  const headline = panel.locator('.headline');
  await headline.getByText('The call has ended', { exact: true }).waitFor({ timeout: BACK_WITHIN_MS });
  await headline.getByText('Everything keyed was discarded and no token was made.', { exact: true }).waitFor();
  expect(await panel.locator('.connection').isVisible()).toBe(false);
  expect(await panel.locator('.field:visible').count()).toBe(0);
  expect(await panel.getByText(/1486/).filter({ visible: true }).count()).toBe(0);
}

/** As the documentation shows it. */
function mountedAt(gateway: string): string {
  return `<div id="payment"></div>
    <script src="${gateway}/panel/embed.js"></script>
    <script>
      const ticket = async () => {
        const answer = await fetch('/ticket');
        if (answer.status === 404) return undefined;
        if (!answer.ok) throw new Error('no ticket');
        return answer.text();
      };
      TonegatePanel.mount(document.querySelector('#payment'), { ticket });
    </script>`;
}
