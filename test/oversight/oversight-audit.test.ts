/** The auditor's view of the audit log in Chromium: verification, pages, export, and what a changed record looks like. */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readAuditLines } from '../../gateway/audit/audit-read-store.js';
import { AUDITOR_TOKEN, hueOf, type PanelServer, startServer } from '../panel/panel-world.js';
import type { PastGateway } from '../support/past-gateway.js';
import {
  expectCount,
  type OversightOptions,
  type OversightPage,
  screenshot,
  useOversightBench,
} from './oversight-world.js';
import { manyCalls } from './past-calls.js';

const bench = useOversightBench();
let past: PastGateway;
let world: PanelServer;

beforeEach(async () => {
  past = manyCalls();
  world = await startServer({ evidence: past.evidence });
});
afterEach(async () => {
  await world.server.close();
  past.remove();
});

async function open(section: NonNullable<OversightOptions['section']> = 'audit'): Promise<OversightPage> {
  const opened = await bench().openSignedIn(world.port, AUDITOR_TOKEN, { section });
  await opened.page.locator('.verdict:is([data-tone="green"], [data-tone="red"])').waitFor();
  return opened;
}

const shown = async ({ page }: OversightPage): Promise<readonly number[]> => {
  await page.locator('.section > .notice').waitFor({ state: 'hidden' });
  return (await page.locator('tbody td:first-child').allInnerTexts()).map(Number);
};
const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

test('an intact log is green, in words too, and its pages lead to every record', async () => {
  const opened = await open();
  const { page } = opened;
  const { records } = past;
  const verdict = page.locator('.verdict');
  await verdict.getByText('The log is intact').waitFor();
  await verdict.getByText(`${records.toLocaleString('en')} records, each as it was written.`).waitFor();
  expect(await hueOf(verdict.locator('.indicator'))).toBe('green');
  expect(await verdict.locator('code').textContent()).toMatch(/^[0-9a-f]{64}$/);
  await expectCount(page.locator('tbody tr'), 50);
  expect(await shown(opened)).toEqual(range(records - 49, 50));
  await page.getByRole('button', { name: 'Previous' }).click();
  await page.locator(`tr[data-sequence="${records - 99}"]`).waitFor();
  expect(await shown(opened)).toEqual(range(records - 99, 50));
  await page.getByRole('button', { name: 'First' }).click();
  await page.locator('tr[data-sequence="1"]').waitFor();
  expect(await shown(opened)).toEqual(range(1, 50));
  expect(await page.getByRole('button', { name: 'Previous' }).isDisabled()).toBe(true);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.locator('tr[data-sequence="100"]').waitFor();
  expect(await shown(opened)).toEqual(range(51, 50));
  await page.getByLabel('Record number').fill('700');
  await page.getByRole('button', { name: 'Go' }).click();
  await page.locator('tr[aria-current="true"][data-sequence="700"]').waitFor();
  await page.getByRole('button', { name: 'Latest' }).click();
  await page.locator(`tr[data-sequence="${records}"]`).waitFor();
  await screenshot(opened, 'audit-intact');
});

test('a changed record turns it red, and is named and shown', async () => {
  past.tamper("UPDATE records SET record = replace(record, 'ada', 'eve') WHERE sequence = 1643");
  const opened = await open();
  const { page } = opened;
  const verdict = page.locator('.verdict');
  await verdict.getByText('The log is broken').waitFor();
  await verdict.getByText('Record 1643: The record, its place or its hash was changed.').waitFor();
  expect(await hueOf(verdict.locator('.indicator'))).toBe('red');
  await page.getByRole('link', { name: 'Show record 1643' }).click();
  const row = page.locator('tr[data-broken="true"]');
  await row.getByText('eve').waitFor();
  expect(await row.getAttribute('data-sequence')).toBe('1643');
  expect(await page.locator('tr[data-broken]').count()).toBe(1);
  // The whole log is not read again for each record that is looked at.
  await verdict.getByText('The log is broken').waitFor();
  expect(world.audit.filter(({ kind }) => kind === 'audit-log-verified')).toHaveLength(1);
  await page.getByRole('button', { name: 'Verify again' }).click();
  await verdict.getByText('The log is broken').waitFor();
  expect(world.audit.filter(({ kind }) => kind === 'audit-log-verified')).toHaveLength(2);
  await screenshot(opened, 'audit-broken');
});

test('a missing record is found, and so is a log without its triggers', async () => {
  past.tamper('DELETE FROM records WHERE sequence = 900');
  const opened = await open();
  await opened.page.getByText('Record 900: The record is missing.').waitFor();
  const other = await open('audit/900');
  await other.page.locator('tr[data-sequence="901"]').waitFor();
  expect(await shown(other)).not.toContain(900);
});

test('is exported as JSON lines, every record as it is stored', async () => {
  const { page } = await open();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export as JSON lines' }).click(),
  ]);
  expect(file.suggestedFilename()).toBe('tonegate-audit.jsonl');
  const text = await readFile(await file.path(), 'utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const stored = [...readAuditLines(past.auditLog, { afterSequence: 0, limit: 100_000 })];
  expect(stored.length).toBe(past.records);
  expect(lines).toEqual(stored.map(({ sequence, json }) => ({ sequence, record: JSON.parse(json) })));
});

test('markup in a record stays text', async () => {
  const markup = '<img src=x onerror="document.title=1">';
  past.tamper(
    `UPDATE records SET record = json_set(record, '$.actor', '${markup}', '$.detail.note', '${markup}', '$.action', '${markup}') WHERE sequence = ${past.records}`,
  );
  const { page } = await open();
  await page.locator(`tr[data-sequence="${past.records}"]`).waitFor();
  expect(await page.locator(`tr[data-sequence="${past.records}"]`).textContent()).toContain(markup);
  expect(await page.locator('main.oversight img').count()).toBe(0);
  expect(await page.title()).toBe('Audit log · Tonegate');
});
