/** The auditor's session history in Chromium, on a real server with a past of its own. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { AUDITOR_TOKEN, type PanelServer, startServer } from '../panel/panel-world.js';
import type { PastGateway } from '../support/past-gateway.js';
import {
  expectCount,
  type OversightOptions,
  type OversightPage,
  screenshot,
  useOversightBench,
} from './oversight-world.js';
import { manyCalls, newestSession } from './past-calls.js';

const bench = useOversightBench();
let past: PastGateway;
let world: PanelServer;

beforeAll(async () => {
  past = manyCalls();
  world = await startServer({ evidence: past.evidence });
});
afterAll(async () => {
  await world.server.close();
  past.remove();
});

function open(section: NonNullable<OversightOptions['section']>): Promise<OversightPage> {
  return bench().openSignedIn(world.port, AUDITOR_TOKEN, { section });
}

const rows = (page: Page): Locator => page.locator('.history tbody tr');

describe('payment sessions', () => {
  test('come newest first, a step at a time, to the first of all', async () => {
    const { page } = await open('sessions');
    await expectCount(rows(page), 50);
    await page.getByRole('button', { name: 'Older' }).click();
    await expectCount(rows(page), 100);
    await page.getByRole('button', { name: 'Older' }).click();
    await page.getByText('That is everything.').waitFor();
    await expectCount(rows(page), 120);
    const times = await rows(page).locator('td:first-child').allInnerTexts();
    expect(times[0]).toBe('23 Nov 2026, 12:00:30');
    expect(times.at(-1)).toBe('18 Nov 2026, 13:00:30');
  });

  test('are found by agent, outcome and time', async () => {
    const opened = await open('sessions');
    const { page } = opened;
    await page.getByLabel('Agent', { exact: true }).fill('bob');
    await page.getByText('That is everything.').waitFor();
    await expectCount(rows(page), 40);
    await page.getByLabel('Outcome').selectOption('failed');
    await expectCount(rows(page), 10);
    expect(new Set(await rows(page).locator('td:nth-child(3)').allInnerTexts())).toEqual(new Set(['Failed']));
    await page.getByLabel('From').fill('2026-11-22T00:00');
    await page.getByLabel('Until').fill('2026-11-23T07:00');
    await expectCount(rows(page), 3);
    await screenshot(opened, 'sessions-filtered');
    await page.getByLabel('Agent', { exact: true }).fill('nobody');
    await page.getByText('Nothing fits.').waitFor();
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await expectCount(rows(page), 50);
  });

  test('one of them is told record by record, with its recording', async () => {
    const opened = await open('sessions');
    const { page } = opened;
    await rows(page).first().getByRole('link').click();
    await page.locator('.timeline').waitFor();
    expect(await page.evaluate('location.hash')).toBe(`#sessions/${newestSession(past)}`);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Payment session');
    expect(await page.locator('.timeline .badge').allInnerTexts()).toEqual([
      'Session started',
      'Window opened',
      'Recording paused',
      'Session ready',
      'Capture started',
      'Capture rejected',
      'Capture started',
      'Capture accepted',
      'Session vaulted',
      'Window closed',
      'Recording resumed',
      'Call ended',
    ]);
    expect(await page.locator('.timeline .offset').nth(5).textContent()).toBe('0:10.0');
    await screenshot(opened, 'session');
    await page.locator('.card ul.plain a').click();
    await page.locator('.player').waitFor();
    await page.goBack();
    await page.locator('.timeline li').nth(5).getByRole('link').click();
    await page.locator('tr[aria-current="true"]').getByText('Capture rejected').waitFor();
  });

  test('an address of no session says so', async () => {
    const { page } = await open('sessions/1');
    await page.getByText('There is no such payment session.').waitFor();
  });
});
