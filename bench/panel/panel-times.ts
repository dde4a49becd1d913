/** Payments on real calls, in a real browser: how long after a key's first packet its dot stands in the panel. */

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
import { clockAheadMs, type Shown, takeShown, watchPanel } from './panel-watch.js';

export type KeyingWay = 'telephone-event' | 'in-band';

export type PanelTimes = {
  readonly way: KeyingWay;
  /** From the first packet of a digit to the frame that shows its dot. */
  readonly dotMs: readonly number[];
  /** From the first packet of `#` to the frame that shows green. */
  readonly settledMs: readonly number[];
  /** Keys that never brought a dot, and `#` that brought no green. */
  readonly unseen: number;
  /** The most by which the two clocks may differ. */
  readonly clockUncertainMs: number;
};

/** A quick person's: a key and its pause in 200 ms. */
const RHYTHM = { onMs: 80, offMs: 120 };
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
      const times = { dotMs: [] as number[], settledMs: [] as number[], unseen: 0 };
      for (let payment = 1; payment <= payments; payment += 1) {
        onProgress(`panel, ${way}: payment ${payment} of ${payments}`);
        await takePayment(scene, page, way, clock.aheadMs, times);
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

type Times = { readonly dotMs: number[]; readonly settledMs: number[]; unseen: number };

async function takePayment(
  scene: PaymentScene,
  page: PanelPage,
  way: KeyingWay,
  aheadMs: number,
  times: Times,
): Promise<void> {
  const starts = page.panel.locator('[data-action="start"][data-settled], [data-action="startNew"][data-settled]');
  await starts.click();
  for (const field of FIELD_NAMES) {
    await row(page.panel, field).waitFor();
    await pressCapture(page.panel, field);
    await page.panel.locator(`[data-field="${field}"][data-state="awaiting"]`).waitFor();
    await takeShown(page.page);
    const firstPress = scene.caller.presses.length;
    await scene.caller.key(keysOf(`${VISA[field]}#`), way, RHYTHM);
    await page.panel.locator(`[data-field="${field}"][data-state="captured"]`).waitFor();
    const shown = await shownUntilCaptured(page, field);
    const pressedAtMs = scene.caller.presses
      .slice(firstPress)
      .map(({ startSample }) => scene.caller.talker.sentAtMs(startSample) + performance.timeOrigin + aheadMs);
    noteDots(pressedAtMs, shown, times);
  }
  await press(page.panel, 'complete');
  await page.panel.getByText('Card securely vaulted', { exact: true }).waitFor();
}

/** The frame that shows it comes a little after the change itself. */
async function shownUntilCaptured({ page }: PanelPage, field: FieldName): Promise<readonly Shown[]> {
  const endMs = performance.now() + FIELD_LIMIT_MS;
  const shown: Shown[] = [];
  for (;;) {
    shown.push(...(await takeShown(page)).filter((one) => one.field === field));
    if (shown.some(({ state }) => state === 'captured')) return shown;
    if (performance.now() > endMs) throw new Error(`${field} was not shown as captured`);
    await pause(POLL_INTERVAL_MS);
  }
}

function noteDots(pressedAtMs: readonly number[], shown: readonly Shown[], times: Times): void {
  pressedAtMs.forEach((pressedMs, index) => {
    const isPound = index === pressedAtMs.length - 1;
    const seen = isPound
      ? shown.find(({ state }) => state === 'captured')
      : shown.find(({ state, dots }) => state === 'awaiting' && dots > index);
    if (seen === undefined) times.unseen += 1;
    else (isPound ? times.settledMs : times.dotMs).push(seen.atEpochMs - pressedMs);
  });
}
