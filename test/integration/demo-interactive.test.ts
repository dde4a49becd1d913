/** `tonegate demo --interactive` as a newcomer walks it, in Chromium, from the call to the second order. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';
import { launchBrowser, pressCapture, press as pressInPanel } from '../panel/panel-world.js';
import { eventually, pause } from '../support/deadline.js';
import { PeerProcess } from '../support/peer-process.js';
import { buildDirectory } from '../support/places.js';
import { processesOfSession } from '../support/session-processes.js';

const LIMIT_MS = 120_000;
const START_LIMIT_MS = 20_000;
/** A microphone of the browser's own making, which it may use without asking. */
const MICROPHONE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
const SCREENSHOTS = join(process.cwd(), 'test-output/demo');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const FIELDS = [
  { field: 'cardNumber', label: 'Card Number' },
  { field: 'expirationDate', label: 'Expiration Date' },
  { field: 'securityCode', label: 'Security Code (CVV)' },
] as const;
/** Keyed key by key; the year is that of the page's own test card. */
const VISA = ['4242424242424242#', `12${(new Date().getFullYear() + 2) % 100}#`, '123#'];
/** Digits of the two cards, each value with its #. */
const VISA_KEYS = 26;
const AMEX_KEYS = 26;
const BEFORE = '1957';

type PageMessage =
  | { readonly kind: 'levels'; readonly lane: Lane; readonly atMs: number; readonly levelsDbm0: readonly number[] }
  | { readonly kind: 'press'; readonly key: number; readonly atMs: number; readonly inPayment: boolean }
  | { readonly kind: 'other' };
type Lane = 'caller' | 'agent';

let directory: string;
let demo: PeerProcess;
let browser: Browser;
let page: Page;
/** What the demo told its page. */
const messages: PageMessage[] = [];
/** Errors of the page and refusals by its security policy. */
const complaints: string[] = [];

beforeAll(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  directory = mkdtempSync(join(tmpdir(), 'tonegate-demo-test-'));
  const main = join(buildDirectory, 'gateway', 'cli', 'main.js');
  // A session of its own, by which its processes can be told from all others.
  demo = new PeerProcess({
    command: 'setsid',
    args: ['--wait', process.execPath, main, 'demo', '--interactive'],
    env: { ...process.env, TMPDIR: directory },
    limitMs: LIMIT_MS,
  });
  await demo.line(/^panel/, START_LIMIT_MS);
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', ...MICROPHONE],
  });
  page = await openPage(browser);
}, 60_000);

afterAll(async () => {
  await browser.close();
  await demo.stop(10_000);
  rmSync(directory, { recursive: true, force: true });
}, 60_000);

async function openPage(inBrowser: Browser): Promise<Page> {
  const address = /http:\S+/.exec(await demo.line(/^open/, START_LIMIT_MS))?.[0] ?? '';
  const context = await inBrowser.newContext({ viewport: { width: 1440, height: 1000 }, locale: 'en-GB' });
  const opened = await context.newPage();
  opened.setDefaultTimeout(10_000);
  opened.on('pageerror', (error) => complaints.push(error.message));
  opened.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  opened.on('websocket', (socket) => {
    if (!socket.url().endsWith('/socket')) return;
    socket.on('framereceived', ({ payload }) => {
      if (typeof payload === 'string') messages.push(JSON.parse(payload));
    });
  });
  await opened.goto(address);
  return opened;
}

const screen = (): FrameLocator => page.frameLocator('.agent-screen');
const panel = (): Locator => screen().locator('tonegate-panel');
const row = (field: string): Locator => panel().locator(`[data-field="${field}"]`);
const count = (name: string): Locator => page.locator(`[data-count="${name}"]`);
const order = (id: string): Locator => page.locator(`[data-order="${id}"]`);
const pay = (id: string): Locator => page.getByRole('button', { name: `Pay with token Order ${id}` });
const tourStep = (): Promise<string | null> => page.locator('.tour [aria-current]').textContent();
const tourSays = (caption: RegExp): Promise<void> => page.locator('.caption').getByText(caption).waitFor();

async function press(keys: string): Promise<void> {
  for (const key of keys) await page.locator(`[data-key="${key}"]`).click();
}

async function capture(field: (typeof FIELDS)[number]['field']): Promise<void> {
  await pressCapture(panel(), field);
  await row(field).getByText('Awaiting Input', { exact: true }).waitFor();
}

/** As somebody who has seen the button: it takes no click before it has stood there for a moment. */
async function complete(): Promise<void> {
  await pressInPanel(panel(), 'complete');
}

async function screenshot(name: string): Promise<void> {
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}

async function violations(): Promise<readonly unknown[]> {
  await page.evaluate(AXE);
  // The gateway's own page in the frame has tests of its own.
  const found: { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[] = await page.evaluate(
    `axe.run(document, { iframes: false }).then(({ violations }) => violations)`,
  );
  return found.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]);
}

/** The loudest 20 ms of a lane in a span of the call, by what the page was told to plot; undefined until all of it has come. */
function loudest(lane: Lane, fromMs: number, toMs: number): number | undefined {
  const levels = messages.flatMap((message) =>
    message.kind === 'levels' && message.lane === lane
      ? message.levelsDbm0.map((level, index) => ({ level, atMs: message.atMs + index * 20 }))
      : [],
  );
  if ((levels.at(-1)?.atMs ?? 0) < toMs) return undefined;
  return Math.max(...levels.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs).map(({ level }) => level));
}

function pressesOf(inPayment: boolean): readonly number[] {
  return messages.flatMap((message) =>
    message.kind === 'press' && message.inPayment === inPayment ? [message.atMs] : [],
  );
}

/** Around each press; a browser's jitter buffer may play it some tens of milliseconds earlier or later. */
async function levelsAt(pressesMs: readonly number[]): Promise<readonly { caller: number; agent: number }[]> {
  return Promise.all(
    pressesMs.map((atMs) =>
      eventually(5_000, `the levels at ${atMs} ms`, () => {
        const caller = loudest('caller', atMs + 20, atMs + 60);
        const agent = loudest('agent', atMs - 60, atMs + 160);
        return caller === undefined || agent === undefined ? undefined : { caller, agent };
      }),
    ),
  );
}

/** How much of the last three seconds of a lane's level is painted: a share of the area, 0 to 1. */
function painted(lane: Lane): Promise<number> {
  return page.evaluate(`(() => {
    const canvas = document.querySelector('[data-lane="${lane}"] canvas');
    const left = Math.floor(canvas.width * 0.7);
    const image = canvas.getContext('2d').getImageData(left, 18, canvas.width - left, (canvas.height - 18) / 2);
    let solid = 0;
    // The marks behind the levels are translucent, the levels are not.
    for (let at = 3; at < image.data.length; at += 4) solid += image.data[at] === 255 ? 1 : 0;
    return solid / (image.data.length / 4);
  })()`);
}

/** Resolves once more than this share is painted. The plot moves on: looked at too late, it shows other seconds. */
async function isPainted(lane: Lane, share: number): Promise<void> {
  const endMs = performance.now() + 10_000;
  while ((await painted(lane)) <= share) {
    if (performance.now() > endMs) throw new Error(`the ${lane}'s lane shows next to nothing`);
    await pause(20);
  }
}

describe('a newcomer', () => {
  let firstToken: string | null = null;

  test('opens the page: the agent is signed in, the tour begins, and nothing can be keyed yet', async () => {
    await screen().locator('[data-light="signalling"]').getByText('Registered', { exact: true }).waitFor();
    expect(await tourStep()).toBe('Call');
    expect(await page.locator('[data-key="5"]').isDisabled()).toBe(true);
    expect(await pay('1001').isDisabled()).toBe(true);
    expect(await violations()).toEqual([]);
    await screenshot('1-before-the-call');
  });

  test('calls, answers in the browser, presses keys outside of a payment, and finds them on both sides', async () => {
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await tourSays(/select Answer/);
    await screen().getByRole('button', { name: 'Answer', exact: true }).first().click();
    await tourSays(/Take payment and Start/);
    // The caller says a word, by which the two lanes are laid on one clock.
    await eventually(10_000, 'sound at the agent’s ear', () =>
      messages.some((message) => message.kind === 'levels' && message.lane === 'agent' && message.atMs > 2000)
        ? true
        : undefined,
    );
    await page.getByRole('switch').uncheck();
    await press(BEFORE);
    // The keyboard is a keypad too.
    await page.keyboard.press('0');
    await isPainted('caller', 0.05);
    await isPainted('agent', 0.05);
    await count('outside-agent').getByText('5', { exact: true }).waitFor();
    expect(await count('outside-pressed').textContent()).toBe('5');
    expect(await count('outside-caller').textContent()).toBe('5');
    const levels = await levelsAt(pressesOf(false));
    expect(levels).toHaveLength(5);
    for (const { caller, agent } of levels) {
      expect(caller).toBeGreaterThan(-12);
      expect(Math.abs(caller - agent)).toBeLessThan(4);
    }
    await screenshot('2-outside-a-payment');
  });

  test('starts a payment and keys a card as tones, key by key: they stay on the caller’s side', async () => {
    await screen().getByRole('button', { name: 'Take payment' }).click();
    await pressInPanel(panel(), 'start');
    await row('cardNumber').waitFor();
    await page.getByText('keys hidden', { exact: true }).waitFor();
    for (const [index, { field, label }] of FIELDS.entries()) {
      await tourSays(new RegExp(`Select Capture beside ${label.replace(/[()]/g, '\\$&')}`));
      await capture(field);
      await tourSays(/^Key the/);
      const keys = VISA[index] ?? '';
      await press(keys.slice(0, -2));
      if (field === 'cardNumber') {
        await count('inPayment-caller').getByText('15', { exact: true }).waitFor();
        expect(await painted('caller')).toBeGreaterThan(4 * (await painted('agent')));
        await screenshot('3-keying');
      }
      await press(keys.slice(-2));
      await row(field).and(screen().locator('[data-state="captured"]')).waitFor();
    }
    await count('inPayment-caller').getByText(String(VISA_KEYS), { exact: true }).waitFor();
    expect(await count('inPayment-pressed').textContent()).toBe(String(VISA_KEYS));
    expect(await count('inPayment-agent').textContent()).toBe('0');
    const levels = await levelsAt(pressesOf(true));
    expect(levels).toHaveLength(VISA_KEYS);
    for (const { caller, agent } of levels) expect(caller - agent).toBeGreaterThan(25);
    expect(await violations()).toEqual([]);
  });

  test('completes, and pays the first order with the token; the second use is refused in words', async () => {
    expect(await tourStep()).toBe('Complete');
    await complete();
    await tourSays(/Pay an order/);
    firstToken = await page.locator('.method .token').textContent();
    expect(await panel().locator('.token-value').textContent()).toBe(firstToken);
    await pay('1001').click();
    await order('1001').getByText('Paid with Visa **** **** **** 4242', { exact: true }).waitFor();
    await tourSays(/Try the same token/);
    await pay('1002').click();
    await order('1002')
      .getByText(/^Refused: this token has already paid an order/)
      .waitFor();
    await order('1002').getByText('token_already_redeemed', { exact: true }).waitFor();
    expect(await violations()).toEqual([]);
    await screenshot('4-paid-and-refused');
  });

  test('takes a second card on the same call, as telephone events: a second token pays the second order', async () => {
    await page.getByRole('switch').check();
    await page.getByRole('radio', { name: 'telephone events' }).check();
    await pressInPanel(panel(), 'startNew');
    for (const { field, label } of FIELDS) {
      await capture(field);
      await page.getByRole('button', { name: `the ${label} of American Express` }).click();
      await row(field).and(screen().locator('[data-state="captured"]')).waitFor();
    }
    await complete();
    await tourSays(/Pay an order/);
    expect(await page.locator('.method .token').textContent()).not.toBe(firstToken);
    await pay('1002').click();
    await order('1002').getByText('Paid with American Express **** ****** *0005', { exact: true }).waitFor();
    await tourSays(/That is all of it/);
    const keys = String(VISA_KEYS + AMEX_KEYS);
    await count('inPayment-caller').getByText(keys, { exact: true }).waitFor();
    expect(await count('inPayment-pressed').textContent()).toBe(keys);
    expect(await count('inPayment-agent').textContent()).toBe('0');
    await screenshot('5-second-order');
  });

  test('sees a wrong card number told on the panel', async () => {
    await pressInPanel(panel(), 'startNew');
    await capture('cardNumber');
    await page.getByRole('button', { name: 'the Card Number of Invalid' }).click();
    await row('cardNumber').getByText('Invalid card number', { exact: true }).waitFor();
    await page.locator('.log').getByText('Card Number: Invalid card number', { exact: true }).waitFor();
    await tourSays(/Select Re-capture beside Card Number/);
  });

  test('looks at it in the dark and on a narrow screen, hangs up, and has had no error', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations()).toEqual([]);
    await screenshot('6-dark');
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await page.setViewportSize({ width: 320, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    expect(await violations()).toEqual([]);
    await screenshot('7-narrow');
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('button', { name: 'Call', exact: true }).waitFor();
    await screen().locator('[data-kind="ended"]').first().waitFor();
    expect(complaints).toEqual([]);
  });
});

test('a browser without a microphone gets a desk phone that answers by itself, and the panel', async () => {
  await page.context().close();
  const deaf = await launchBrowser();
  try {
    messages.length = 0;
    page = await openPage(deaf);
    await panel().waitFor();
    expect(await page.getByRole('radio', { name: 'desk phone' }).isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await panel().getByText('Ready to take a card', { exact: true }).waitFor();
    await page.getByRole('radio', { name: 'both' }).check();
    await press('90');
    await count('outside-agent').getByText('2', { exact: true }).waitFor();
    await pressInPanel(panel(), 'start');
    await capture('securityCode');
    await page.getByRole('button', { name: 'the Security Code (CVV) of Visa' }).click();
    await row('securityCode').and(screen().locator('[data-state="captured"]')).waitFor();
    await count('inPayment-caller').getByText('4', { exact: true }).waitFor();
    expect(await count('inPayment-agent').textContent()).toBe('0');
    await page.getByRole('button', { name: 'Hang up' }).click();
    await page.getByRole('button', { name: 'Call', exact: true }).waitFor();
    expect(complaints).toEqual([]);
  } finally {
    await deaf.close();
  }
});

test('Ctrl-C ends it: exit code 0, no process and no file left, and no card number in what it printed', async () => {
  // As a terminal does: the whole foreground group hears it.
  process.kill(-demo.pid, 'SIGINT');
  expect(await demo.exited).toEqual({ code: 0, signal: null });
  expect(processesOfSession(demo.pid)).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
  expect(demo.errorLines).toEqual([]);
  expect(demo.outputLines.map((line) => line.split(/\s/)[0])).toEqual(['open', 'panel']);
  expect(demo.outputLines.join('\n')).not.toMatch(/\d{13}/);
});
