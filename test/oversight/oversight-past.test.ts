/** The auditor's history and recordings in Chromium, on a real server with the files of a past of its own. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { AUDITOR_TOKEN, type PanelServer, startServer } from '../panel/panel-world.js';
import { eventually } from '../support/deadline.js';
import type { PastGateway } from '../support/past-gateway.js';
import {
  expectCount,
  type OversightOptions,
  type OversightPage,
  screenshot,
  useOversightBench,
} from './oversight-world.js';
import { manyCalls, newestSession, recordingsOf } from './past-calls.js';
import { gapBands, inkOf } from './waveform-ink.js';

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
    // The button is gone, and the keyboard is where it was.
    expect(await page.evaluate('document.activeElement.textContent')).toBe('18 Nov 2026, 13:00:30');
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
    expect(await page.evaluate('location.hash')).toBe(`#sessions/${await newestSession(past)}`);
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

/** @param index from the newest recording on */
async function openRecording(index: number): Promise<OversightPage> {
  const sequence = (await recordingsOf(past))[index] ?? 0;
  const opened = await open(`recordings/${sequence}`);
  await opened.page.locator('.one .card').first().waitFor();
  return opened;
}

async function soundOf({ page }: OversightPage): Promise<readonly string[]> {
  await page.locator('.player table').waitFor();
  return page.locator('.player tbody .badge').allInnerTexts();
}

test('recordings are listed with their gaps, and one whose file is gone says so', async () => {
  const opened = await open('recordings');
  await expectCount(rows(opened.page), 4);
  expect(await rows(opened.page).locator('td:nth-child(5)').allInnerTexts()).toEqual([
    '1 payment, 1 pause',
    '1 payment',
    '1 payment',
    'None',
  ]);
  expect(await rows(opened.page).locator('td:nth-child(3)').allInnerTexts()).toEqual([
    'Complete',
    'Complete',
    'Complete',
    'File is missing',
  ]);
  await screenshot(opened, 'recordings');
});

describe('a recording', () => {
  test('shows its gaps where they are, labelled, and both channels visibly silent in them', async () => {
    const opened = await openRecording(0);
    expect(await soundOf(opened)).toEqual(['Silent, checked', 'Silent, checked']);
    expect(await gapBands(opened)).toEqual([
      { label: 'Payment', from: 0.3, to: 0.625 },
      { label: 'Pause', from: 0.75, to: 0.8 },
    ]);
    expect(await opened.page.locator('.player tbody tr').first().locator('td').allInnerTexts()).toEqual([
      'Payment: recording paused',
      '0:12.0 – 0:25.0',
      '12:00:14 – 12:00:27',
      '0:13.0',
      'Silent, checked',
    ]);
    await screenshot(opened, 'recording');
    const ink = await inkOf(opened);
    for (const lane of [ink.caller, ink.agent]) {
      expect(lane.highestBetween(0.31, 0.62)).toBeLessThanOrEqual(1);
      expect(lane.highestBetween(0.76, 0.79)).toBeLessThanOrEqual(1);
      // The control: before and behind them there is something to be seen.
      expect(lane.highestBetween(0, 0.29)).toBeGreaterThan(20);
      expect(lane.highestBetween(0.63, 0.74)).toBeGreaterThan(20);
    }
  });

  test('with sound in a gap is told to have it, and shows it', async () => {
    const opened = await openRecording(2);
    expect(await soundOf(opened)).toEqual(['Sound found']);
    const ink = await inkOf(opened);
    expect(ink.caller.highestBetween(0.3, 0.45)).toBeGreaterThan(20);
    await screenshot(opened, 'recording-with-sound-in-a-gap');
  });

  test('that went on with keys hidden is not called silent', async () => {
    const opened = await openRecording(1);
    expect(await soundOf(opened)).toEqual(['Goes on with keys hidden']);
    expect(await gapBands(opened)).toEqual([{ label: 'Payment', from: 0.25, to: 0.5 }]);
  });

  test('plays in the page, and a gap is gone to with what goes before it', async () => {
    const { page } = await openRecording(0);
    const time = page.locator('.player-time');
    await page.getByRole('button', { name: '0:12.0 – 0:25.0' }).click();
    await time.getByText('0:10.0 / 0:40').waitFor();
    await page.getByRole('slider', { name: 'Position' }).fill('39.5');
    await time.getByText('0:39.5 / 0:40').waitFor();
    await page.getByRole('button', { name: 'Play' }).click();
    await time.getByText('0:40.0 / 0:40').waitFor();
    await page.getByRole('button', { name: 'Play' }).waitFor();
    const box = await page.locator('.lanes').boundingBox();
    await page.locator('.lanes').click({ position: { x: (box?.width ?? 0) / 2, y: 20 } });
    await time.getByText(/^0:20\.[0-1] /).waitFor();
  });

  test('is downloaded as it lies on the disk, and its reading is recorded', async () => {
    world.audit.length = 0;
    const { page } = await openRecording(0);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download WAV' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('call-0-1.wav');
    expect(await readFile(await file.path())).toEqual(await readFile(join(past.recordings, 'call-0-1.wav')));
    const read = await eventually(1_000, 'the record of the reading', () =>
      world.audit.find(({ kind }) => kind === 'recording-read'),
    );
    expect(read).toMatchObject({ actor: 'oda', name: 'call-0-1.wav' });
  });

  test('without its file says so, and offers nothing to play', async () => {
    const { page } = await openRecording(3);
    await page.locator('.one .badge').getByText('File is missing').waitFor();
    expect(await page.locator('.player').count()).toBe(0);
  });
});
