/** One browser for a test file, one server for a test, and what the tests do with the panel again and again. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import type { FieldName } from '../../vault-client/wire.js';
import {
  ADA,
  answered,
  button,
  captureAll,
  launchBrowser,
  openPage,
  openSignedIn,
  type PageOptions,
  type PanelPage,
  type PanelServer,
  press,
  row,
  startServer,
} from './panel-world.js';

export class PanelBench {
  world: PanelServer;
  readonly #browser: Browser;
  readonly #pages: PanelPage[] = [];

  constructor(browser: Browser, world: PanelServer) {
    this.#browser = browser;
    this.world = world;
  }

  async openSignIn(): Promise<PanelPage> {
    const page = await openPage(this.#browser, this.world.port);
    this.#pages.push(page);
    return page;
  }

  async open(options: PageOptions = {}): Promise<PanelPage> {
    const page = await openSignedIn(this.#browser, this.world.port, options);
    this.#pages.push(page);
    return page;
  }

  /** A page whose call has a session that is ready. */
  async openReady(options: PageOptions = {}): Promise<PanelPage & { readonly callId: string }> {
    const callId = this.world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper' });
    const page = await this.open(options);
    await press(page.panel, 'start');
    await row(page.panel, 'cardNumber').waitFor();
    await recordingIs(page, 'Recording paused');
    await answered(page.panel);
    return { ...page, callId };
  }

  async vault(page: PanelPage, callId: string, token: string): Promise<void> {
    await captureAll(this.world.desk, ADA, callId);
    await press(page.panel, 'complete');
    await page.panel.getByText('Vaulting the card', { exact: true }).waitFor();
    this.world.desk.finishTokenization(callId, token);
    await page.panel.getByText('Card securely vaulted', { exact: true }).waitFor();
  }

  async close(): Promise<void> {
    const complaints = this.#pages.flatMap((page) => page.complaints);
    await Promise.all(this.#pages.map(({ context }) => context.close()));
    await this.world.server.close();
    // No script error and no breach of the content security policy, in any test.
    expect(complaints).toEqual([]);
  }
}

/** Installs the hooks; the function answers the bench of the running test. */
export function usePanelBench(): () => PanelBench {
  let browser: Browser | undefined;
  let bench: PanelBench | undefined;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    if (browser !== undefined) bench = new PanelBench(browser, await startServer());
  });
  afterEach(() => bench?.close());
  return () => {
    if (bench === undefined) throw new Error('the bench is there only inside a test');
    return bench;
  };
}

export const headline = ({ panel }: PanelPage): Locator => panel.locator('.headline strong');
export const captureButton = ({ panel }: PanelPage, field: FieldName): Locator => row(panel, field).locator('button');
export const fieldText = ({ panel }: PanelPage, field: FieldName): Locator => row(panel, field).locator('.text');
export const recordingLabel = ({ panel }: PanelPage): Locator => panel.locator('.pill');

/** Told in a message of its own, behind the session's. */
export async function recordingIs(page: PanelPage, label: string): Promise<void> {
  await recordingLabel(page).getByText(label, { exact: true }).waitFor();
}

export function isEnabled(page: PanelPage, action: string): Promise<boolean> {
  return button(page.panel, action).isEnabled();
}

export async function visibleActions({ panel }: PanelPage): Promise<readonly string[]> {
  return panel.locator('.actions button:visible').allInnerTexts();
}

/** Runs in the page; this project's types know no DOM outside the panel. */
declare const MutationObserver: new (
  onChange: () => void,
) => { observe(node: unknown, changes: Readonly<Record<string, boolean>>): void };

export type ShownTexts = {
  /** Resolves when this has been shown, though it may be gone again. */
  shown(text: string): Promise<void>;
};

/** Keeps what is shown there from now on: who looks now and then may miss what stands for a second. */
export async function keepTexts({ page }: PanelPage, place: Locator): Promise<ShownTexts> {
  const texts = await place.evaluateHandle((node) => {
    const element = node as unknown as { readonly textContent: string; checkVisibility(): boolean };
    const kept: string[] = [];
    const keep = () => {
      if (element.checkVisibility()) kept.push(element.textContent);
    };
    keep();
    const changes = { attributes: true, characterData: true, childList: true, subtree: true };
    new MutationObserver(keep).observe(node, changes);
    return kept;
  });
  return {
    shown: async (text) => {
      await page.waitForFunction((wanted) => wanted.texts.includes(wanted.text), { texts, text });
    },
  };
}
