/** axe-core in a page that is open: what breaks the rules it knows, WCAG 2.2 AA and good practice. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE_PATH = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

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
    return this.#page.evaluate(`axe.run(${JSON.stringify(selector)}, { resultTypes: ['violations'] })
      .then(({ violations }) => violations.map(({ id, nodes }) =>
        id + ': ' + nodes.map(({ target }) => target.flat().join(' ')).join(', ')))`);
  }
}
