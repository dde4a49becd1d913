/** Payments on real calls, in a real browser: how long after a click or a key's first packet what it brings stands in the panel. */

import {
  launchBrowser,
  openPage,
  type PanelPage,
  press,
  pressCapture,
  row,
  signIn,
} from '../../test/panel/panel-world.js';
import { pause } from '../../test/support/deadline.js';
import { keysOf } from '../../test/support/keys.js';
import { PaymentScene, VISA } from '../../test/support/payment-scene.js';
import { FIELD_NAMES, type FieldName } from '../../vault-client/wire.js';
import { clockAheadMs, type Shown, takeClicked, takeShown, watchPanel } from './panel-watch.js';

export type KeyingWay = 'telephone-event' | 'in-band';

export type PanelTimes = {
  readonly way: KeyingWay;
  /** From the first packet of a digit to the frame that shows its dot. */
  readonly dotMs: readonly number[];
  /** From the click on Capture to the frame that shows yellow. */
  readonly awaitingMs: readonly number[];
  /** From the first packet of `#` to the frame that shows green. */
  readonly greenMs: readonly number[];
  /** The same for an entry that is wrong, and red. */
  readonly redMs: readonly number[];
  /** Clicks that brought no yellow, keys that brought no dot, and `#` that brought no colour. */
  readonly unseen: number;
  /** The most by which the two clocks may differ. */
  readonly clockUncertainMs: number;
};

/** A quick person's: a key and its pause in 200 ms. */
const RHYTHM = { onMs: 80, offMs: 120 };
/** One a payment, in each field by turns. */
const WRONG: Readonly<Record<FieldName, string>> = {
  cardNumber: '4242424242424241',
  expirationDate: '1331',
  securityCode: '32145',
};
const FIELD_LIMIT_MS = 10_000;
const POLL_INTERVAL_MS = 20;

export async function measurePanelTimes(
  payments: number,
  onProgress: (line: string) => void,
): Promise<readonly PanelTimes[]> {
  const scene = await PaymentScene.open({ limitMs: 300_000 });
  const browser = await launchBrowser();
  try {
    const call = await scene.dial();
    const page = await openPage(browser, scene.gateway.apiPort);
    await signIn(page, scene.gateway.apiToken());
    await page.panel.waitFor();
    await watchPanel(page.page);
    const clock = await clockAheadMs(page.page);
    const results: PanelTimes[] = [];
    for (const way of ['telephone-event', 'in-band'] as const) {
      const times: Times = { dotMs: [], awaitingMs: [], greenMs: [], redMs: [], unseen: 0 };
      for (let payment = 1; payment <= payments; payment += 1) {
        onProgress(`panel, ${way}: payment ${payment} of ${payments}`);
        const wrong = FIELD_NAMES[payment % FIELD_NAMES.length];
        await takePayment({ scene, page, way, aheadMs: clock.aheadMs }, wrong, times);
      }
      results.push({ way, ...times, clockUncertainMs: clock.uncertainMs });
    }
    await scene.hangUp(call);
    return results;
  } finally {
    await browser.close();
    await scene.close();
  }
}

type Times = {
  readonly dotMs: number[];
  readonly awaitingMs: number[];
  readonly greenMs: number[];
  readonly redMs: number[];
  unseen: number;
};

type Bench = {
  readonly scene: PaymentScene;
  readonly page: PanelPage;
  readonly way: KeyingWay;
  /** The page's clock before ours. */
  readonly aheadMs: number;
};

type EndState = 'captured' | 'error';

async function takePayment(bench: Bench, wrong: FieldName, times: Times): Promise<void> {
  const { panel } = bench.page;
  const starts = panel.locator('[data-action="start"][data-settled], [data-action="startNew"][data-settled]');
  await starts.click();
  for (const field of FIELD_NAMES) {
    await row(panel, field).waitFor();
    if (field === wrong) await enter(bench, field, { names: WRONG[field], ends: 'error' }, times);
    await enter(bench, field, { names: VISA[field], ends: 'captured' }, times);
  }
  await press(panel, 'complete');
  await panel.getByText('Card securely vaulted', { exact: true }).waitFor();
}

async function enter(
  { scene, page, way, aheadMs }: Bench,
  field: FieldName,
  { names, ends }: { readonly names: string; readonly ends: EndState },
  times: Times,
): Promise<void> {
  await takeShown(page.page);
  await takeClicked(page.page);
  await pressCapture(page.panel, field);
  const yellow = await shownUntil(page, field, 'awaiting');
  const [click] = await takeClicked(page.page);
  noteFirst(times, 'awaitingMs', { shown: yellow, state: 'awaiting', sinceMs: click?.atEpochMs });
  const firstPress = scene.caller.presses.length;
  await scene.caller.key(keysOf(`${names}#`), way, RHYTHM);
  const shown = await shownUntil(page, field, ends);
  const pressedAtMs = scene.caller.presses
    .slice(firstPress)
    .map(({ startSample }) => scene.caller.talker.sentAtMs(startSample) + performance.timeOrigin + aheadMs);
  const poundAtMs = pressedAtMs.pop();
  noteDots(pressedAtMs, shown, times);
  noteFirst(times, ends === 'captured' ? 'greenMs' : 'redMs', { shown, state: ends, sinceMs: poundAtMs });
}

/** The frame that shows it comes a little after the change itself. */
async function shownUntil({ page }: PanelPage, field: FieldName, wanted: string): Promise<readonly Shown[]> {
  const endMs = performance.now() + FIELD_LIMIT_MS;
  const shown: Shown[] = [];
  for (;;) {
    shown.push(...(await takeShown(page)).filter((one) => one.field === field));
    if (shown.some(({ state }) => state === wanted)) return shown;
    if (performance.now() > endMs) throw new Error(`${field} was not shown as ${wanted}`);
    await pause(POLL_INTERVAL_MS);
  }
}

type First = { readonly shown: readonly Shown[]; readonly state: string; readonly sinceMs: number | undefined };

function noteFirst(times: Times, of: 'awaitingMs' | 'greenMs' | 'redMs', { shown, state, sinceMs }: First): void {
  const seen = shown.find((one) => one.state === state);
  if (seen === undefined || sinceMs === undefined) times.unseen += 1;
  else times[of].push(seen.atEpochMs - sinceMs);
}

function noteDots(pressedAtMs: readonly number[], shown: readonly Shown[], times: Times): void {
  pressedAtMs.forEach((pressedMs, index) => {
    const seen = shown.find(({ state, dots }) => state === 'awaiting' && dots > index);
    if (seen === undefined) times.unseen += 1;
    else times.dotMs.push(seen.atEpochMs - pressedMs);
  });
}
