/** axe-core in a page that is open: what breaks the rules it knows, WCAG 2.2 AA and good practice. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE_PATH = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Runs in the page: resolves when every animation that ends has ended, in the panel's shadow too. */
const ANIMATIONS_OVER = `Promise.all([...document.getAnimations(), ...(document.querySelector('tonegate-panel')?.shadowRoot.getAnimations() ?? [])]
  .filter((animation) => animation.effect.getTiming().iterations !== Infinity)
  .map((animation) => animation.finished.catch(() => 0)))`;

/** Half a fade has colours that are nobody's: neither a picture nor a contrast says anything of it. */
export async function animationsOver(page: Page): Promise<void> {
  await page.evaluate(ANIMATIONS_OVER);
}

export class AxeAudit {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Put in by the debugger's protocol, which the page's own security policy has no say in. */
  static async of(page: Page): Promise<AxeAudit> {
    await page.evaluate(await readFile(AXE_PATH, 'utf8'));
    return new AxeAudit(page);
  }

  /** `rule: elements`, one a broken rule; `selector` is where to look, shadow roots included. */
  async violations(selector: string): Promise<readonly string[]> {
    await animationsOver(this.#page);
    return this.#page.evaluate(`axe.run(${JSON.stringify(selector)}, { resultTypes: ['violations'] })
      .then(({ violations }) => violations.map(({ id, nodes }) =>
        id + ': ' + nodes.map(({ target }) => target.flat().join(' ')).join(', ')))`);
  }
}
