/** The panel's world for tests: a real server on loopback, calls in memory, pages in Debian's Chromium. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import type { AdministrationDesk } from '../../gateway/api/administration-desk.js';
import type { ApiAuditEvent } from '../../gateway/api/api-audit.js';
import { ApiServer } from '../../gateway/api/api-server.js';
import type { Requester } from '../../gateway/api/call-desk.js';
import type { EvidenceDesk } from '../../gateway/api/evidence-desk.js';
import { renderMetrics } from '../../gateway/api/metrics.js';
import type { ApiHealth } from '../../gateway/api/service-handlers.js';
import type { SoftphoneDesk } from '../../gateway/api/softphone-access.js';
import type { RecordingAction } from '../../gateway/media/control-wire.js';
import { FIELD_NAMES, type FieldName } from '../../vault-client/wire.js';
import { defaultAdministration, EMPTY_EVIDENCE, NO_SOFTPHONE } from '../support/empty-evidence.js';
import { type EntryOutcome, MemoryCallDesk } from '../support/memory-call-desk.js';
import { animationsOver } from './axe.js';

export const TOKEN = 'test-token-of-agent-ada-0123456789';
export const OTHER_TOKEN = 'test-token-of-agent-bob-0123456789';
export const SUPERVISOR_TOKEN = 'test-token-of-supervisor-sue-0123456789';
export const AUDITOR_TOKEN = 'test-token-of-auditor-oda-0123456789';
export const INTEGRATION_TOKEN = 'test-token-of-integration-crm-0123456789';
export const ADMINISTRATOR_TOKEN = 'test-token-of-administrator-max-0123456789';
/** The origin whose pages may frame the panel and open sockets. */
export const CRM_ORIGIN = 'https://crm.example';
export const ADA = { agent: 'ada', origin: 'test' };
export const BOB = { agent: 'bob', origin: 'test' };

const CHROMIUM = '/usr/bin/chromium';
const here = dirname(fileURLToPath(import.meta.url));
export const PAGES_DIRECTORY = join(here, '../../gateway/browser/pages');
/** Runs in the page, before the page's own scripts. */
const COLLECT_EVENTS = `
  globalThis.tonegateEvents = [];
  for (const type of ['tonegate:state', 'tonegate:token', 'tonegate:error']) {
    addEventListener(type, ({ detail }) => tonegateEvents.push({ type, detail }));
  }`;
const SCREENSHOT_DIRECTORY = join(process.cwd(), 'test-output/panel');

export type PanelServer = {
  readonly desk: MemoryCallDesk;
  readonly server: ApiServer;
  readonly port: number;
  readonly audit: ApiAuditEvent[];
};

export type ServerOptions = {
  readonly desk?: MemoryCallDesk;
  readonly port?: number;
  readonly evidence?: EvidenceDesk;
  readonly health?: () => ApiHealth;
  readonly administration?: AdministrationDesk;
  readonly softphone?: SoftphoneDesk;
  readonly allowedOrigins?: readonly string[];
  readonly frameAncestors?: readonly string[];
};

export async function startServer(options: ServerOptions = {}): Promise<PanelServer> {
  const desk = options.desk ?? new MemoryCallDesk();
  const audit: ApiAuditEvent[] = [];
  const server = new ApiServer({
    listen: { address: '127.0.0.1', port: options.port ?? 0 },
    desk,
    watch: desk.watch,
    evidence: options.evidence ?? EMPTY_EVIDENCE,
    administration: options.administration ?? defaultAdministration(),
    softphone: options.softphone ?? NO_SOFTPHONE,
    accounts: [
      { name: 'ada', role: 'agent', token: TOKEN },
      { name: 'bob', role: 'agent', token: OTHER_TOKEN },
      { name: 'sue', role: 'supervisor', token: SUPERVISOR_TOKEN },
      { name: 'oda', role: 'auditor', token: AUDITOR_TOKEN },
      { name: 'crm', role: 'integration', token: INTEGRATION_TOKEN },
      { name: 'max', role: 'administrator', token: ADMINISTRATOR_TOKEN },
    ],
    allowedOrigins: options.allowedOrigins ?? [CRM_ORIGIN],
    frameAncestors: options.frameAncestors ?? [CRM_ORIGIN],
    panelSessionLifetimeMs: 43_200_000,
    onAudit: (event) => audit.push(event),
    metrics: () => renderMetrics([{ group: 'api', kind: 'counter', values: server.counters() }]),
    health: options.health ?? (() => ({ ok: true, parts: { vault: true } })),
    pagesDirectory: PAGES_DIRECTORY,
  });
  return { desk, server, port: await server.start(), audit };
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
}

export type PanelPage = {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly panel: Locator;
  /** Errors of the page and refusals by its security policy, both of which must stay empty. */
  readonly complaints: string[];
  /** `tonegate:*` events as they were dispatched. */
  events(): Promise<readonly { readonly type: string; readonly detail: Record<string, unknown> }[]>;
};

export type PageOptions = { readonly dark?: boolean; readonly widthPx?: number; readonly heightPx?: number };

export async function openPage(browser: Browser, port: number, options: PageOptions = {}): Promise<PanelPage> {
  const context = await browser.newContext({
    viewport: { width: options.widthPx ?? 1060, height: options.heightPx ?? 800 },
    colorScheme: options.dark ? 'dark' : 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
    timezoneId: 'UTC',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser itself reports connections that fail and refusals by status; the page is meant to live with both.
    if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION_REFUSED|status of \d+/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  await page.addInitScript({ content: COLLECT_EVENTS });
  await page.goto(`http://127.0.0.1:${port}/`);
  return {
    context,
    page,
    panel: page.locator('tonegate-panel'),
    complaints,
    events: () => page.evaluate('globalThis.tonegateEvents'),
  };
}

export async function signIn({ page }: PanelPage, token = TOKEN): Promise<void> {
  await page.getByLabel('Access token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function openSignedIn(browser: Browser, port: number, options: PageOptions = {}): Promise<PanelPage> {
  const opened = await openPage(browser, port, options);
  await signIn(opened);
  await opened.panel.waitFor();
  return opened;
}

export function row(panel: Locator, field: FieldName): Locator {
  return panel.locator(`[data-field="${field}"]`);
}

export function button(panel: Locator, action: string): Locator {
  return panel.locator(`button[data-action="${action}"]`);
}

/**
 * Clicks as somebody does who has seen the button: it takes no click before it has stood there for a moment, and none but
 * Cancel's before the last request has been answered, which may be a moment after its outcome is shown.
 */
export async function press(panel: Locator, action: GuardedAction): Promise<void> {
  if (action !== 'cancel') await answered(panel);
  await button(panel, action).scrollIntoViewIfNeeded();
  await settled(panel, action).click();
}

/** Resolves when no button waits for the answer to its request. A row that is not shown is not kept up to date. */
export async function answered(panel: Locator): Promise<void> {
  const waiting = ['.actions button', '.recording button', '.field:visible button'].map(
    (of) => `${of}[aria-busy="true"]`,
  );
  await panel.locator(waiting.join(', ')).first().waitFor({ state: 'detached' });
}

/** A button of the recording, as soon as it can be pressed. */
export async function pressRecording(panel: Locator, action: RecordingAction): Promise<void> {
  await answered(panel);
  await button(panel, `recording-${action}`).click();
}

export type GuardedAction = 'start' | 'startNew' | 'tryAgain' | 'complete' | 'cancel';

export async function pressCapture(panel: Locator, field: FieldName): Promise<void> {
  await answered(panel);
  await row(panel, field).locator('button').scrollIntoViewIfNeeded();
  await row(panel, field).locator('button[data-settled]').click();
}

export function settled(panel: Locator, action: GuardedAction): Locator {
  return panel.locator(`button[data-action="${action}"][data-settled]`);
}

export async function screenshot({ page }: PanelPage, name: string): Promise<void> {
  await mkdir(SCREENSHOT_DIRECTORY, { recursive: true });
  await animationsOver(page);
  await page.screenshot({ path: join(SCREENSHOT_DIRECTORY, `${name}.png`), fullPage: true });
}

/** Runs in the page; this project's types know no DOM outside the panel. */
declare const getComputedStyle: (node: unknown) => { readonly backgroundColor: string };

export type Hue = 'green' | 'yellow' | 'red' | 'grey';

/** What a person would call the element's background colour. */
export async function hueOf(indicator: Locator): Promise<Hue> {
  const colour = await indicator.evaluate((node) => getComputedStyle(node).backgroundColor);
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  const spread = Math.max(red, green, blue) - Math.min(red, green, blue);
  if (spread < 40) return 'grey';
  if (red > 180 && green > 150) return 'yellow';
  return red > green ? 'red' : 'green';
}

/** Brings a fresh session of a call to three green fields. */
export async function captureAll(desk: MemoryCallDesk, requester: Requester, callId: string): Promise<void> {
  const call = desk.call(requester, callId);
  const sessionId = call.ok ? call.value.session?.id : undefined;
  if (sessionId === undefined) throw new Error('the call has no payment session');
  const outcomes: Record<FieldName, EntryOutcome> = {
    cardNumber: { masked: '**** **** **** 4242', brand: 'visa' },
    expirationDate: { masked: '**/**' },
    securityCode: { masked: '***' },
  };
  for (const field of FIELD_NAMES) {
    await desk.capture(requester, sessionId, field);
    desk.pressKeys(callId, 4);
    desk.endEntry(callId, outcomes[field]);
  }
}
