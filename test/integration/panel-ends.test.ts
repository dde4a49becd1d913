/**
 * A payment that is broken off, in the real page on a real call, with either kind of key: by Cancel, by a caller who hangs up,
 * and by a vault that is lost, from every state that a session can be in while its fields are asked for.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { headline, visibleActions } from '../panel/panel-bench.js';
import { PanelStage, WAYS } from '../panel/panel-stage.js';
import { button, hueOf, row, screenshot } from '../panel/panel-world.js';
import { eventually, pause } from '../support/deadline.js';

const TEST_LIMIT_MS = 60_000;
const VAULT_LIMIT_MS = 20_000;
const POLL_INTERVAL_MS = 50;
const MAX_ATTEMPTS = 3;

let stage: PanelStage;

beforeAll(async () => {
  stage = await PanelStage.open();
}, TEST_LIMIT_MS);

afterAll(() => stage.close(), TEST_LIMIT_MS);

/** Another vault is there before it is ready, and ready before media has found it: until then no payment can start. */
async function vaultIsBack(): Promise<void> {
  const told = async (path: string) => (await fetch(`http://127.0.0.1:${stage.scene.gateway.apiPort}${path}`)).text();
  const endMs = performance.now() + VAULT_LIMIT_MS;
  while (!/"vault":true/.test(await told('/healthz')) || !/^\S*vault_link_up_now\S* 1$/m.test(await told('/metrics'))) {
    if (performance.now() > endMs) throw new Error(`no vault: ${await told('/healthz')}`);
    await pause(POLL_INTERVAL_MS);
  }
}

describe.each(WAYS)('keys as %s', (way) => {
  // A call for each way: a tone that an event of the same key follows at once would be one press, not two.
  afterAll(() => stage.leaveCall(), TEST_LIMIT_MS);

  beforeEach(() => stage.ready(), TEST_LIMIT_MS);

  /** A call that ended in the test is searched for its keys at once. */
  afterEach(() => stage.searched(), TEST_LIMIT_MS);

  /** Brings a fresh session into the state that the name says. */
  const STATES: Readonly<Record<string, () => Promise<void>>> = {
    'with nothing captured': async () => undefined,
    'while keys come': async () => {
      await stage.agent.capture('cardNumber');
      await stage.key('4242', way);
      await row(stage.page.panel, 'cardNumber').getByText('4 keys', { exact: true }).waitFor();
    },
    'with a red field': () =>
      stage.enter('expirationDate', '1331', way, { text: 'Invalid expiration date', hue: 'red' }),
    'with everything captured': () => stage.enterCard(way),
    'after it has failed': async () => {
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const text = attempt < MAX_ATTEMPTS ? 'Invalid security code' : 'Too many attempts';
        await stage.agent.capture('securityCode');
        await stage.key('1#', way);
        await stage.agent.sees('securityCode', { text, hue: 'red' });
      }
      await button(stage.page.panel, 'tryAgain').waitFor();
    },
  };

  test.each(Object.entries(STATES))(
    'AC-15 AC-16: Cancel %s: all is discarded, the recording goes on, and Start is there',
    async (_, reach) => {
      await reach();
      await stage.agent.cancel();
      expect(await visibleActions(stage.page)).toEqual(['Start']);
      await stage.agent.start();
      expect(await stage.page.panel.locator('.field[data-state="empty"]').count()).toBe(3);
    },
    TEST_LIMIT_MS,
  );

  test.each(Object.entries(STATES))(
    'a caller who hangs up %s: the panel says so, and no token was made',
    async (_, reach) => {
      await reach();
      const told = await stage.tokensTold();
      stage.scene.caller.hangUp();
      await stage.seesTheEnd();
      expect(await stage.tokensTold()).toEqual(told);
    },
    TEST_LIMIT_MS,
  );

  test(
    'a caller who hangs up after the card was vaulted: the token stays',
    async () => {
      await stage.enterCard(way);
      const token = await stage.agent.complete();
      stage.scene.caller.hangUp();
      await stage.page.panel.locator('.caller').getByText('Call ended', { exact: true }).waitFor();
      expect(await stage.page.panel.locator('.token-value').textContent()).toBe(token);
      expect(await visibleActions(stage.page)).toEqual([]);
    },
    TEST_LIMIT_MS,
  );

  test(
    'a vault that is lost while keys come is told in red; once it is back, Try Again works',
    async () => {
      await stage.agent.capture('cardNumber');
      await stage.key('4242', way);
      const { gateway } = stage.scene;
      const vault = gateway.pid('vault');
      process.kill(vault, 'SIGKILL');
      await headline(stage.page).getByText('The payment service cannot be reached', { exact: true }).waitFor();
      expect(await hueOf(stage.page.panel.locator('.headline .indicator'))).toBe('red');
      expect(await visibleActions(stage.page)).toEqual(['Try Again', 'Cancel']);
      await screenshot(stage.page, `call-vault-lost-${way}`);
      await stage.key('42', way);
      await eventually(VAULT_LIMIT_MS, 'another vault', () => (gateway.pids().vault === vault ? undefined : true));
      await vaultIsBack();
      await stage.agent.start('tryAgain');
      await stage.enterCard(way);
      await stage.agent.complete();
    },
    TEST_LIMIT_MS,
  );
});
