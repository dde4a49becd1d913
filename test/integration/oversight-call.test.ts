/** Supervisor and auditor in Chromium, over a payment on a real call: what they see of it, and what they never see. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { CallView } from '../../gateway/api/call-desk.js';
import { dataPaths } from '../../gateway/config/data-paths.js';
import { FIELD_NAMES } from '../../vault-client/wire.js';
import {
  callCard,
  chip,
  type OversightPage,
  screenshot,
  signIn,
  useOversightBench,
} from '../oversight/oversight-world.js';
import { gapBands, inkOf } from '../oversight/waveform-ink.js';
import { hueOf } from '../panel/panel-world.js';
import { keysOf } from '../support/keys.js';
import { scanBytes } from '../support/memory-scan.js';
import { tamperWith } from '../support/past-gateway.js';
import { PaymentScene, VISA } from '../support/payment-scene.js';

const bench = useOversightBench();
const secrets = [{ name: 'card number', digits: keysOf(VISA.cardNumber) }];

let scene: PaymentScene;
let call: CallView;

beforeAll(async () => {
  scene = await PaymentScene.open({
    configure: (base) => ({
      ...base,
      api: {
        ...base.api,
        accounts: [
          { name: 'sue', role: 'supervisor' },
          { name: 'oda', role: 'auditor' },
          { name: 'max', role: 'administrator' },
        ],
      },
    }),
  });
}, 60_000);

afterAll(async () => {
  expect(await scene.close()).toEqual([]);
}, 60_000);

function tokenOf(account: 'supervisor-sue' | 'auditor-oda' | 'administrator-max'): string {
  return scene.gateway.secret(`${account}.token`);
}

/** Keeps what the page is answered, as text. */
function keepAnswers(page: Page, told: Promise<string>[]): void {
  page.on('response', (response) => {
    const isText = /json|html|javascript/.test(response.headers()['content-type'] ?? '');
    if (isText) told.push(response.text().catch(() => ''));
  });
}

/** What a page was told and what it shows, digits looked for in every form. */
async function expectNoDigits({ page }: OversightPage, told: readonly string[]): Promise<void> {
  const html = await page.content();
  expect(scanBytes(Buffer.from(told.join('\n')), secrets, 'told').hits).toEqual([]);
  expect(scanBytes(Buffer.from(html), secrets, 'page').hits).toEqual([]);
}

describe('a payment on a live call', () => {
  test('is seen by the supervisor as it goes, masked, without the token and without a digit', async () => {
    const frames: string[] = [];
    const opened = await bench().open(scene.gateway.apiPort, {
      before: (page) =>
        page.on('websocket', (socket) => {
          const keep = ({ payload }: { readonly payload: string | Buffer }) => frames.push(String(payload));
          socket.on('framereceived', keep);
          socket.on('framesent', keep);
        }),
    });
    await signIn(opened, tokenOf('supervisor-sue'));
    await opened.page.getByText('No calls at the moment.').waitFor();
    call = await scene.dial();
    const card = callCard(opened, call.id);
    await card.getByText('Talking').waitFor();
    const session = await scene.desk.startSession(call.id);
    await card.getByText('Secure window open').waitFor();
    await card.getByText('Recording paused', { exact: true }).waitFor();
    // One way throughout: two ways within a second can be one press to the gateway, as from a telephone that uses both.
    for (const field of FIELD_NAMES) {
      await scene.desk.capture(session.id, field);
      const indicator = chip(card, field).locator('.icon');
      await chip(card, field).getByText('Awaiting input').waitFor();
      expect(await hueOf(indicator)).toBe('yellow');
      await scene.caller.key(keysOf(VISA[field]), 'in-band');
      await chip(card, field).getByText(`${VISA[field].length} keys`).waitFor();
      if (field === 'cardNumber') await screenshot(opened, 'call-supervisor');
      await scene.caller.key(keysOf('#'), 'in-band');
      await chip(card, field).locator('.chip-state').getByText('*').waitFor();
      expect(await hueOf(indicator)).toBe('green');
    }
    await chip(card, 'cardNumber').getByText('**** **** **** 4242').waitFor();
    const token = await scene.complete(session);
    await card.getByText('Card securely vaulted').waitFor();
    await card.getByText('Recording', { exact: true }).waitFor();

    expect(frames.length).toBeGreaterThan(20);
    await expectNoDigits(opened, frames);
    const seen = `${frames.join('\n')}${await opened.page.content()}`;
    expect(seen).not.toContain(token);
    expect(seen).not.toContain(scene.gateway.apiToken());
    // The control: had either been told, it would have been found.
    expect(scanBytes(Buffer.from(`${seen}{"number":"${VISA.cardNumber}"}`), secrets).hits).not.toEqual([]);
    expect(JSON.stringify(await scene.desk.session(session.id))).toContain(token);
  }, 60_000);

  test('is found by the auditor with its records and its recording, whose gap is where it was', async () => {
    await scene.agentHears(100);
    await scene.hangUp(call);
    const recording = await scene.recording(call.id);
    const [gap] = recording.notes.gaps;
    const length = recording.caller.length;
    const told: Promise<string>[] = [];
    const opened = await bench().open(scene.gateway.apiPort, {
      section: 'sessions',
      before: (page) => keepAnswers(page, told),
    });
    const { page } = opened;
    await signIn(opened, tokenOf('auditor-oda'));
    const row = page.locator('.history tbody tr').first();
    await row.getByText('Vaulted').waitFor();
    await row.getByRole('link').click();
    const steps = page.locator('.timeline .badge');
    await page.locator('.timeline').getByText('Call ended').waitFor();
    const said = await steps.allInnerTexts();
    expect(said.filter((text) => text === 'Capture accepted')).toHaveLength(3);
    expect(said).toEqual(
      expect.arrayContaining(['Session started', 'Recording paused', 'Session vaulted', 'Recording resumed']),
    );
    await screenshot(opened, 'call-session');

    await page.locator('.card ul.plain a').click();
    await page.locator('.player table').waitFor();
    expect(recording.notes.gaps).toHaveLength(1);
    const [band] = await gapBands(opened);
    expect(band?.label).toBe('Payment');
    expect(band?.from).toBeCloseTo((gap?.startSample ?? 0) / length, 2);
    expect(band?.to).toBeCloseTo((gap?.endSample ?? 0) / length, 2);
    expect(await page.locator('.player tbody .badge').allInnerTexts()).toEqual(['Silent, checked']);
    const ink = await inkOf(opened);
    const [from, to] = [(band?.from ?? 0) + 0.005, (band?.to ?? 0) - 0.005];
    for (const lane of [ink.caller, ink.agent]) expect(lane.highestBetween(from, to)).toBeLessThanOrEqual(1);
    // The control: both talked before the payment.
    expect(ink.caller.highestBetween(0, from - 0.01)).toBeGreaterThan(5);
    await screenshot(opened, 'call-recording');

    await page.getByRole('link', { name: 'Audit log', exact: true }).click();
    await page.getByText('The log is intact').waitFor();
    expect(await hueOf(page.locator('.verdict .indicator'))).toBe('green');
    await page.locator('tbody').getByText('Recording read').first().waitFor();
    expect(told.length).toBeGreaterThan(8);
    await expectNoDigits(opened, await Promise.all(told));
  }, 60_000);

  test('a record that was changed on the disk turns the log red, by name', async () => {
    const { auditLog } = dataPaths(scene.gateway.dataDirectory);
    const opened = await bench().openSignedIn(scene.gateway.apiPort, tokenOf('auditor-oda'), { section: 'audit' });
    await opened.page.getByText('The log is intact').waitFor();
    tamperWith(auditLog, "UPDATE records SET record = json_set(record, '$.actor', 'nobody') WHERE sequence = 7");
    await opened.page.getByRole('button', { name: 'Verify again' }).click();
    await opened.page.getByText('Record 7: The record, its place or its hash was changed.').waitFor();
    await opened.page.getByRole('link', { name: 'Show record 7' }).click();
    await opened.page.locator('tr[data-broken="true"]').getByText('nobody').waitFor();
    await screenshot(opened, 'call-audit-broken');
  }, 60_000);
});

test('the administrator is told what is up, what runs and who may ask, and no secret of anybody', async () => {
  const told: Promise<string>[] = [];
  const opened = await bench().openSignedIn(scene.gateway.apiPort, tokenOf('administrator-max'), {
    before: (page) => keepAnswers(page, told),
  });
  const { page } = opened;
  await page.getByText('Every part is up').waitFor();
  await page.locator('.facts').getByText(`127.0.0.1:${scene.gateway.redeemPort}`).waitFor();
  await screenshot(opened, 'call-health');
  const seen = [await page.content()];
  await page.getByRole('link', { name: 'Accounts' }).click();
  await page.locator('tbody tr').nth(3).waitFor();
  const accounts = await page.locator('tbody tr').allInnerTexts();
  expect(accounts.map((row) => row.split(/\s+/).slice(0, 2).join(' '))).toEqual([
    'agent Agent',
    'sue Supervisor',
    'oda Auditor',
    'max Administrator',
  ]);
  const all = [...seen, await page.content(), ...(await Promise.all(told))].join('\n');
  for (const name of readdirSync(join(scene.gateway.dataDirectory, 'secrets'))) {
    const secret = readFileSync(join(scene.gateway.dataDirectory, 'secrets', name));
    expect([name, all.includes(secret.toString('utf8').trim())]).toEqual([name, false]);
  }
  // The control: it is among the same texts that everything else is found.
  expect(all).toContain('supervisor');
}, 60_000);
