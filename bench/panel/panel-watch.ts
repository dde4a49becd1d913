/** What a page showed, and when: a script for the page, and what it has noted. */
import type { Page } from 'playwright-core';
import type { FieldName } from '../../vault-client/wire.js';

/** The clock of the machine; a page and this process read the same one. */
export type Shown = {
  readonly atEpochMs: number;
  readonly field: FieldName;
  readonly state: string;
  readonly dots: number;
};

/** When an agent clicked a field's button. */
export type Clicked = { readonly atEpochMs: number; readonly field: FieldName };

/** Called in a frame of the page, before it is painted: what changed since the last frame is what this frame shows. */
const WATCH = `(() => {
  globalThis.tonegateShown = [];
  globalThis.tonegateClicked = [];
  const root = document.querySelector('tonegate-panel').shadowRoot;
  const told = new Map();
  const look = () => {
    for (const row of root.querySelectorAll('[data-field]')) {
      const dots = row.querySelector('.dots').childElementCount;
      const text = row.dataset.state + ' ' + dots;
      if (told.get(row) === text) continue;
      told.set(row, text);
      const atEpochMs = performance.timeOrigin + performance.now();
      tonegateShown.push({ atEpochMs, field: row.dataset.field, state: row.dataset.state, dots });
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  root.addEventListener('click', ({ target, timeStamp }) => {
    const field = target.closest('[data-field]')?.dataset.field;
    if (field !== undefined) tonegateClicked.push({ atEpochMs: performance.timeOrigin + timeStamp, field });
  }, { capture: true });
})()`;

export async function watchPanel(page: Page): Promise<void> {
  await page.evaluate(WATCH);
}

/** What has been noted since the last time. */
export function takeShown(page: Page): Promise<readonly Shown[]> {
  return page.evaluate('tonegateShown.splice(0)');
}

/** Clicks since the last time. */
export function takeClicked(page: Page): Promise<readonly Clicked[]> {
  return page.evaluate('tonegateClicked.splice(0)');
}

/** By how much the page's clock is ahead of ours; half a round trip of some milliseconds is the most it can be wrong by. */
export async function clockAheadMs(page: Page): Promise<{ readonly aheadMs: number; readonly uncertainMs: number }> {
  const tries: { aheadMs: number; uncertainMs: number }[] = [];
  for (let count = 0; count < 20; count += 1) {
    const beforeMs = performance.timeOrigin + performance.now();
    const pageMs: number = await page.evaluate('performance.timeOrigin + performance.now()');
    const afterMs = performance.timeOrigin + performance.now();
    tries.push({ aheadMs: pageMs - (beforeMs + afterMs) / 2, uncertainMs: (afterMs - beforeMs) / 2 });
  }
  return tries.reduce((best, one) => (one.uncertainMs < best.uncertainMs ? one : best));
}
