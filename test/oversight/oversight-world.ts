/** The oversight pages for tests: a real server on loopback with a past behind it, and pages in Debian's Chromium. */
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import type { SectionName } from '../../gateway/browser/oversight/oversight-sections.js';
import { animationsOver } from '../panel/axe.js';
import { launchBrowser } from '../panel/panel-world.js';

const SCREENSHOT_DIRECTORY = join(process.cwd(), 'test-output/oversight');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export type OversightPage = {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Errors of the page and refusals by its security policy, both of which must stay empty. */
  readonly complaints: string[];
};

export type OversightOptions = {
  readonly dark?: boolean;
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly section?: SectionName | `${SectionName}/${number}`;
  /** Called before the page is loaded. */
  readonly before?: (page: Page) => void;
};

/** Opens pages and closes them behind each test, which must not have complained. */
export class OversightBench {
  readonly #browser: Browser;
  readonly #pages: OversightPage[] = [];

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  async open(port: number, options: OversightOptions = {}): Promise<OversightPage> {
    const context = await this.#browser.newContext({
      viewport: { width: options.widthPx ?? 1180, height: options.heightPx ?? 820 },
      colorScheme: options.dark ? 'dark' : 'light',
      timezoneId: 'UTC',
      locale: 'en-GB',
      acceptDownloads: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // The browser itself reports connections that fail and refusals by status; the page is meant to live with both.
      if (message.type() === 'error' && !/WebSocket|net::ERR_|status of \d+/.test(message.text())) {
        complaints.push(message.text());
      }
    });
    options.before?.(page);
    await page.goto(`http://127.0.0.1:${port}/oversight/${options.section === undefined ? '' : `#${options.section}`}`);
    const opened = { context, page, complaints };
    this.#pages.push(opened);
    return opened;
  }

  async openSignedIn(port: number, token: string, options: OversightOptions = {}): Promise<OversightPage> {
    const opened = await this.open(port, options);
    await signIn(opened, token);
    await opened.page.locator('.account').waitFor();
    return opened;
  }

  async closePages(): Promise<void> {
    const pages = this.#pages.splice(0);
    await Promise.all(pages.map(({ context }) => context.close()));
    expect(pages.flatMap(({ complaints }) => complaints)).toEqual([]);
  }
}

/** Installs the hooks; the function answers the bench of the running file. */
export function useOversightBench(): () => OversightBench {
  let browser: Browser | undefined;
  let bench: OversightBench | undefined;
  beforeAll(async () => {
    browser = await launchBrowser();
    bench = new OversightBench(browser);
  });
  afterEach(() => bench?.closePages());
  afterAll(() => browser?.close());
  return () => {
    if (bench === undefined) throw new Error('the bench is there only inside a test');
    return bench;
  };
}

export async function signIn({ page }: OversightPage, token: string): Promise<void> {
  await page.getByLabel('Access token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function screenshot(
  { page }: OversightPage,
  name: string,
  part: 'whole-page' | 'what-is-in-view' = 'whole-page',
): Promise<void> {
  await mkdir(SCREENSHOT_DIRECTORY, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOT_DIRECTORY, `${name}.png`), fullPage: part === 'whole-page' });
}

export function callCard({ page }: OversightPage, callId: string): Locator {
  return page.locator(`.call-card[data-call="${callId}"]`);
}

export function chip(card: Locator, field: string): Locator {
  return card.locator(`.chip[data-field="${field}"]`);
}

/** Names of the rules that axe-core finds broken, with the elements. */
export async function axeViolations(
  { page }: OversightPage,
  rules: 'all' | 'color-contrast' = 'all',
): Promise<readonly string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  await animationsOver(page);
  const only = rules === 'all' ? '' : `runOnly: ['${rules}'],`;
  return page.evaluate(
    `axe.run(document, { ${only} resultTypes: ['violations'] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`,
  );
}

export function scrollsSideways({ page }: OversightPage): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > innerWidth');
}

/** Waits until there are so many and no more. */
export async function expectCount(locator: Locator, count: number): Promise<void> {
  await locator.nth(count).waitFor({ state: 'detached' });
  if (count > 0) await locator.nth(count - 1).waitFor();
}
