/** The softphone's page without a telephone behind it: what it says when something is missing, its looks, its keys. */
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { SoftphoneDesk } from '../../gateway/api/softphone-access.js';
import { AxeAudit } from '../panel/axe.js';
import {
  launchBrowser,
  OTHER_TOKEN,
  type PanelServer,
  SUPERVISOR_TOKEN,
  startServer,
  TOKEN,
} from '../panel/panel-world.js';

type Looks = { readonly dark?: boolean; readonly widthPx?: number };

let browser: Browser;
let world: PanelServer;
let context: BrowserContext;
let softphone: SoftphoneDesk;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  softphone = nobodyAt(await closedPort());
});

afterAll(() => browser.close());

beforeEach(async () => {
  world = await startServer({ softphone });
});

afterEach(async () => {
  await context.close();
  await world.server.close();
  // No script error and no breach of the content security policy, in any test.
  expect(complaints).toEqual([]);
});

const softphoneAddress = () => `http://127.0.0.1:${world.port}/softphone/`;

async function open(token: string, looks: Looks = {}): Promise<Page> {
  const page = await signIn(token, looks);
  await page.locator('.softphone').waitFor();
  return page;
}

async function signIn(token: string, { dark = false, widthPx = 1180 }: Looks = {}): Promise<Page> {
  context = await browser.newContext({
    viewport: { width: widthPx, height: 800 },
    colorScheme: dark ? 'dark' : 'light',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser itself reports connections that fail and refusals by status; the page is meant to live with both.
    if (message.type() === 'error' && !/WebSocket|ERR_|status of \d+/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  await page.goto(softphoneAddress());
  await page.getByLabel('Access token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  return page;
}

const light = (page: Page, name: string, text: string) =>
  page.locator(`[data-light="${name}"]`).getByText(text, { exact: true }).waitFor();
const notice = (page: Page, text: string | RegExp) => page.locator('.notice').getByText(text).waitFor();

describe('what is missing is said', () => {
  test('a telephone that cannot be reached, no microphone, beside a gateway that is well', async () => {
    const page = await open(TOKEN);
    await light(page, 'gateway', 'Connected');
    await light(page, 'signalling', 'Reconnecting');
    await light(page, 'microphone', 'Not found');
    await notice(page, /No calls can come in meanwhile/);
    await notice(page, /No microphone was found/);
    expect(await page.getByRole('button', { name: 'Call', exact: true }).isDisabled()).toBe(true);
  });

  test('an agent for whom no softphone is set up', async () => {
    const page = await open(OTHER_TOKEN);
    await notice(page, 'No softphone is set up for this agent. Ask your administrator.');
    await light(page, 'signalling', 'Not started');
  });

  test('an account that is no agent is told so, and where to go: it finds itself signed in there', async () => {
    const page = await signIn(SUPERVISOR_TOKEN);
    await page.getByRole('heading', { name: 'This page is for agents' }).waitFor();
    expect(await page.locator('.softphone').isVisible()).toBe(false);
    await page.reload();
    await page.getByRole('link', { name: 'Open the oversight page' }).click();
    await page.getByRole('heading', { name: 'Live calls' }).waitFor();
    await page.goto(softphoneAddress());
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access token').fill(TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.softphone').waitFor();
    await light(page, 'gateway', 'Connected');
  });

  test('a gateway that is lost and comes back', async () => {
    const page = await open(TOKEN);
    await light(page, 'gateway', 'Connected');
    const { desk, port } = world;
    await world.server.close();
    await light(page, 'gateway', 'Reconnecting');
    await notice(page, /The gateway cannot be reached/);
    world = await startServer({ softphone, desk, port });
    await light(page, 'gateway', 'Connected');
  });

  test('a page that the browser had put aside and shows again asks for its telephone anew', async () => {
    const page = await open(TOKEN);
    await light(page, 'signalling', 'Reconnecting');
    const asked = page.waitForRequest('**/v1/softphone');
    for (const name of ['pagehide', 'pageshow']) {
      await page.evaluate(`dispatchEvent(new PageTransitionEvent('${name}', { persisted: true }))`);
    }
    await asked;
    await light(page, 'signalling', 'Reconnecting');
  });

  test('after signing out nothing of the telephone goes on', async () => {
    const page = await open(TOKEN);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access token').waitFor();
    expect(await page.evaluate('sessionStorage.length + document.querySelectorAll("audio").length')).toBe(0);
  });
});

describe('dial pad', () => {
  test('by mouse and by keyboard it writes the destination, which can be shortened', async () => {
    const page = await open(TOKEN);
    const destination = page.getByLabel('Number or name');
    await page.getByRole('button', { name: '4', exact: true }).click();
    await page.getByRole('button', { name: 'Star' }).click();
    await page.keyboard.type('7#x');
    expect(await destination.inputValue()).toBe('4*7#');
    await page.getByRole('button', { name: 'Erase the last character' }).click();
    expect(await destination.inputValue()).toBe('4*7');
    await destination.fill('<b>');
    await page.keyboard.press('Enter');
    await notice(page, /^Enter a number/);
    expect(await destination.getAttribute('aria-invalid')).toBe('true');
  });
});

describe('looks', () => {
  test.each([
    ['light', {}],
    ['dark', { dark: true }],
    ['320 px', { widthPx: 320 }],
  ] as const)('%s: nothing that axe-core finds, and no sideways scrolling', async (_name, looks) => {
    const page = await open(TOKEN, looks);
    await notice(page, /No microphone was found/);
    const axe = await AxeAudit.of(page);
    expect(await axe.violations('body')).toEqual([]);
    // The control: what is wrong on purpose is found.
    await page.evaluate(`document.querySelector('label[for="destination"]').remove()`);
    expect((await axe.violations('body')).join()).toContain('#destination');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});

/** Ada has a softphone whose SIP is not there; nobody else has one. */
function nobodyAt(port: number): SoftphoneDesk {
  const server = `ws://127.0.0.1:${port}`;
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const access = { server, aor: 'sip:ada@127.0.0.1', user: 'ada', password: 'x', realm: 'tonegate', expiresAt };
  return { serverOrigin: server, open: (agent) => (agent === 'ada' ? { ...access, iceServers: [] } : undefined) };
}

/** One that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
