/** Every button of the panel × every state of the session, through the page: what is there, what works, what it asks for. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { eventually } from '../support/deadline.js';
import { type Action, STATES, type StateCase, showState } from './panel-states.js';
import {
  answered,
  launchBrowser,
  openSignedIn,
  type PanelPage,
  type PanelServer,
  press,
  pressCapture,
  screenshot,
  startServer,
} from './panel-world.js';

const ACTIONS: readonly Action[] = [
  'start',
  'capture',
  'complete',
  'tryAgain',
  'startNew',
  'cancel',
  'copy-token',
  'recording-start',
  'recording-pause',
  'recording-resume',
  'recording-stop',
];

/** What the gateway is asked for; copying the token is nobody's business but the page's. */
const REQUESTS: Readonly<Record<Action, string | undefined>> = {
  start: 'start',
  capture: 'capture cardNumber',
  complete: 'complete',
  tryAgain: 'start',
  startNew: 'start',
  cancel: 'cancel',
  'copy-token': undefined,
  'recording-start': 'record start',
  'recording-pause': 'record pause',
  'recording-resume': 'record resume',
  'recording-stop': 'record stop',
};

let browser: Browser;
let world: PanelServer;
let page: PanelPage;
let calls = 0;

beforeAll(async () => {
  browser = await launchBrowser();
  world = await startServer();
  page = await openSignedIn(browser, world.port);
});

afterAll(async () => {
  await page.context.close();
  await browser.close();
  await world.server.close();
  expect(page.complaints).toEqual([]);
});

/** A call in this state, chosen in the list and on show. */
async function show(state: StateCase): Promise<void> {
  calls += 1;
  await showState(page, world.desk, state, `Caller ${calls}`);
}

/** Of each action the first button, as the page has it. */
async function offered(): Promise<{ readonly enabled: readonly string[]; readonly disabled: readonly string[] }> {
  const enabled: string[] = [];
  const disabled: string[] = [];
  for (const action of ACTIONS) {
    const button = page.panel.locator(`button[data-action="${action}"]`).first();
    if (!(await button.isVisible())) continue;
    ((await button.isEnabled()) ? enabled : disabled).push(action);
  }
  return { enabled, disabled };
}

async function click(action: Action): Promise<void> {
  if (action === 'cancel' || action === 'complete') await press(page.panel, action);
  else if (action === 'start' || action === 'startNew' || action === 'tryAgain') await press(page.panel, action);
  else if (action === 'capture') await pressCapture(page.panel, 'cardNumber');
  else {
    await answered(page.panel);
    await page.panel.locator(`button[data-action="${action}"]`).first().click();
  }
}

const named = (states: readonly StateCase[]) => states.map((state) => [state.name, state] as const);

test.each(named(STATES))('%s: offers what fits, keeps back what does not, and hides the rest', async (name, state) => {
  await show(state);
  expect(await offered()).toEqual({
    enabled: ACTIONS.filter((action) => state.enabled.includes(action)),
    disabled: ACTIONS.filter((action) => state.disabled.includes(action)),
  });
  await screenshot(page, `state-${name.replaceAll(/\W+/g, '-')}`);
});

test.each(named(STATES.filter(({ enabled }) => enabled.length > 0)))(
  '%s: each button that can be pressed asks for its operation, once',
  async (_, state) => {
    for (const action of state.enabled) {
      await show(state);
      const before = world.desk.requests.length;
      await click(action);
      const wanted = REQUESTS[action];
      if (wanted !== undefined) {
        await eventually(5_000, `${action} to be asked for`, () => world.desk.requests[before]);
      }
      await answeredByServer();
      expect(world.desk.requests.slice(before).map(({ operation }) => operation)).toEqual(wanted ? [wanted] : []);
    }
  },
);

test.each(named(STATES.filter(({ disabled }) => disabled.length > 0)))(
  '%s: a button that is kept back asks for nothing, even when a script presses it',
  async (_, state) => {
    await show(state);
    const before = world.desk.requests.length;
    for (const action of state.disabled) {
      await page.panel
        .locator(`button[data-action="${action}"]`)
        .first()
        .evaluate((button) => (button as unknown as { click(): void }).click());
    }
    await answeredByServer();
    expect(world.desk.requests.slice(before)).toEqual([]);
  },
);

/** Whatever the page has asked the server for before this has come to it. */
async function answeredByServer(): Promise<void> {
  expect(await page.page.evaluate(`fetch('/healthz').then(({ status }) => status)`)).toBe(200);
}
