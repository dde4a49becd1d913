/** Every page of every role: accessible by axe-core's rules, light, dark, narrow and from right to left. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ADA,
  ADMINISTRATOR_TOKEN,
  AUDITOR_TOKEN,
  type PanelServer,
  SUPERVISOR_TOKEN,
  startServer,
} from '../panel/panel-world.js';
import type { PastGateway } from '../support/past-gateway.js';
import {
  axeViolations,
  type OversightOptions,
  type OversightPage,
  screenshot,
  scrollsSideways,
  useOversightBench,
} from './oversight-world.js';
import { manyCalls, newestSession, recordingsOf } from './past-calls.js';

const bench = useOversightBench();
let past: PastGateway;
let world: PanelServer;
let isWell = true;

beforeAll(async () => {
  past = manyCalls();
  past.tamper("UPDATE records SET record = replace(record, 'ada', 'eve') WHERE sequence = 1643");
  world = await startServer({
    evidence: past.evidence,
    health: () => ({ ok: isWell, parts: { vault: isWell, media: true } }),
  });
  const { desk } = world;
  const callId = desk.addCall({ agent: 'ada', caller: 'Grace Brewster Murray Hopper of the longest of names' });
  desk.addCall({ agent: 'bob', state: 'held', recording: 'off' });
  desk.endCall(desk.addCall({ agent: 'bob', caller: 'Alan Turing' }));
  const started = await desk.startSession(ADA, callId);
  if (!started.ok) throw new Error(started.code);
  await desk.capture(ADA, started.value.id, 'cardNumber');
  desk.endEntry(callId, { masked: '**** **** **** 4242', brand: 'visa' });
  await desk.capture(ADA, started.value.id, 'expirationDate');
  desk.endEntry(callId, { error: 'invalid-date' });
  await desk.capture(ADA, started.value.id, 'securityCode');
  desk.pressKeys(callId, 2);
});
afterAll(async () => {
  await world.server.close();
  past.remove();
});

type Place = {
  readonly token: string;
  readonly section: () => Promise<NonNullable<OversightOptions['section']>>;
  /** Is there once all of the page is. */
  readonly settled: string;
};

const places: Readonly<Record<string, Place>> = {
  live: { token: SUPERVISOR_TOKEN, section: async () => 'live', settled: '.payment:not([hidden]) .chip' },
  sessions: { token: AUDITOR_TOKEN, section: async () => 'sessions', settled: '.history tbody tr' },
  session: {
    token: AUDITOR_TOKEN,
    section: async () => `sessions/${await newestSession(past)}`,
    settled: '.timeline li',
  },
  recording: {
    token: AUDITOR_TOKEN,
    section: async () => `recordings/${(await recordingsOf(past))[0] ?? 0}`,
    settled: '.player',
  },
  audit: { token: AUDITOR_TOKEN, section: async () => 'audit/1643', settled: 'tr[data-broken]' },
  health: { token: ADMINISTRATOR_TOKEN, section: async () => 'health', settled: '.facts' },
  accounts: { token: ADMINISTRATOR_TOKEN, section: async () => 'accounts', settled: 'tbody tr' },
};

async function open(name: string, options: OversightOptions = {}): Promise<OversightPage> {
  const place = places[name];
  if (place === undefined) throw new Error(`no page is named ${name}`);
  const opened = await bench().openSignedIn(world.port, place.token, {
    ...options,
    section: await place.section(),
  });
  await opened.page.locator(place.settled).first().waitFor();
  return opened;
}

test.each(Object.keys(places))(
  '%s breaks no rule of axe-core, light or dark, and fits into 320 points from either side',
  async (name) => {
    const opened = await open(name);
    expect(await axeViolations(opened)).toEqual([]);
    await screenshot(opened, `${name}-light`);
    await opened.page.emulateMedia({ colorScheme: 'dark' });
    expect(await axeViolations(opened, 'color-contrast')).toEqual([]);
    await screenshot(opened, `${name}-dark`);
    await opened.page.emulateMedia({ colorScheme: 'light' });
    await opened.page.evaluate("document.documentElement.dir = 'rtl'");
    expect(await scrollsSideways(opened)).toBe(false);
    await opened.page.setViewportSize({ width: 320, height: 640 });
    expect(await scrollsSideways(opened)).toBe(false);
    await opened.page.evaluate("document.documentElement.dir = 'ltr'");
    expect(await scrollsSideways(opened)).toBe(false);
    await screenshot(opened, `${name}-320`, 'what-is-in-view');
  },
);

test('a planted violation is found', async () => {
  const opened = await open('accounts');
  await opened.page.evaluate("document.querySelector('main.oversight').append(document.createElement('button'))");
  expect((await axeViolations(opened)).join()).toMatch(/^button-name: /);
  await opened.page.evaluate(
    "Object.assign(document.querySelector('td bdi').style, { color: '#bbb', background: '#fff' })",
  );
  expect((await axeViolations(opened)).join()).toMatch(/color-contrast: /);
});

test('a part that is down is said within seconds, and that it is up again', async () => {
  const opened = await open('health');
  await opened.page.getByText('Every part is up').waitFor();
  isWell = false;
  await opened.page.getByText('A part is down').waitFor();
  expect(await opened.page.locator('.part').allInnerTexts()).toEqual(['vault\nDown', 'media\nUp']);
  await screenshot(opened, 'health-down');
  isWell = true;
  await opened.page.getByText('Every part is up').waitFor();
});

test('the keyboard reaches every section and every record, and is always to be seen', async () => {
  const { page } = await open('sessions', { heightPx: 1200 });
  const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent.trim()');
  const focusOn = async (wanted: string) => {
    for (let step = 0; step < 30 && (await focused()) !== wanted; step += 1) await page.keyboard.press('Tab');
    expect(await focused()).toBe(wanted);
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
  };
  await focusOn('23 Nov 2026, 12:00:30');
  await page.keyboard.press('Enter');
  await page.locator('.timeline').waitFor();
  expect(await focused()).toBe('Payment session');
  await page.keyboard.press('Shift+Tab');
  expect(await focused()).toBe('Audit log');
  await page.keyboard.press('Enter');
  await page.locator('.verdict[data-tone="red"]').waitFor();
  await focusOn('Show record 1643');
});
