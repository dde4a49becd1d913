/** The panel for everybody: axe-core in every state, forced colours, reduced motion, target sizes, zoom, countdown. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { AxeAudit } from './axe.js';
import { keepTexts } from './panel-bench.js';
import { STATES, type StateCase, showState } from './panel-states.js';
import {
  ADA,
  launchBrowser,
  openPage,
  openSignedIn,
  type PanelPage,
  type PanelServer,
  row,
  screenshot,
  startServer,
} from './panel-world.js';

let browser: Browser;
let world: PanelServer;
let page: PanelPage;
let axe: AxeAudit;

beforeAll(async () => {
  browser = await launchBrowser();
  world = await startServer();
  page = await openSignedIn(browser, world.port);
  axe = await AxeAudit.of(page.page);
});

afterAll(async () => {
  await page.context.close();
  await browser.close();
  await world.server.close();
  expect(page.complaints).toEqual([]);
});

let calls = 0;

function show(state: StateCase): Promise<string> {
  calls += 1;
  return showState(page, world.desk, state, `Caller ${calls}`);
}

function stateOf(name: string): StateCase {
  const state = STATES.find((other) => other.name === name);
  if (state === undefined) throw new Error(`no state is called ${name}`);
  return state;
}

async function dress(lang: string | undefined, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.page.emulateMedia({ colorScheme });
  await page.page.evaluate(`(() => {
    const panel = document.querySelector('tonegate-panel');
    ${lang === undefined ? "panel.removeAttribute('lang')" : `panel.setAttribute('lang', '${lang}')`};
  })()`);
}

describe('axe-core', () => {
  test.each(STATES.map((state) => [state.name, state] as const))(
    '%s: 0 violations, light, dark and from right to left',
    async (name, state) => {
      const callId = await show(state);
      const found: string[] = [];
      for (const [lang, colours] of [
        [undefined, 'light'],
        [undefined, 'dark'],
        ['ar', 'light'],
        ['ar', 'dark'],
      ] as const) {
        await dress(lang, colours);
        const file = `state-${name.replaceAll(/\W+/g, '-')}-${lang ?? 'en'}-${colours}`;
        if (lang !== undefined || colours === 'dark') await screenshot(page, file);
        found.push(...(await axe.violations('tonegate-panel')).map((violation) => `${file} ${violation}`));
      }
      await dress(undefined, 'light');
      world.desk.endCall(callId);
      expect(found).toEqual([]);
    },
  );

  test('the whole page, signed in and signing in', async () => {
    await show(stateOf('capturing'));
    expect(await axe.violations('html')).toEqual([]);
    const signIn = await openPage(browser, world.port);
    expect(await (await AxeAudit.of(signIn.page)).violations('html')).toEqual([]);
    await signIn.context.close();
  });

  test('control: a planted picture without a text, a button without a name and a pale text are all found', async () => {
    await show(stateOf('ready'));
    await page.page.evaluate(`(() => {
      const root = document.querySelector('tonegate-panel').shadowRoot.querySelector('.panel');
      const planted = document.createElement('div');
      planted.id = 'planted';
      planted.append(document.createElement('img'), document.createElement('button'), 'pale');
      planted.style.color = '#ccc';
      root.append(planted);
    })()`);
    const rules = (await axe.violations('tonegate-panel')).map((violation) => violation.split(':')[0]);
    expect(rules).toEqual(expect.arrayContaining(['image-alt', 'button-name', 'color-contrast']));
    await page.page.evaluate(`document.querySelector('tonegate-panel').shadowRoot.querySelector('#planted').remove()`);
    expect(await axe.violations('tonegate-panel')).toEqual([]);
  });
});

describe('what the system asks for', () => {
  test('forced colours: states keep their shapes, and dots their ink', async () => {
    await page.page.emulateMedia({ forcedColors: 'active' });
    await show(stateOf('capturing'));
    const looks = await page.page.evaluate(FORCED_COLOURS);
    await screenshot(page, 'forced-colours');
    await page.page.emulateMedia({ forcedColors: 'none' });
    expect(looks).toEqual({ fieldBorder: 'solid', indicatorBorder: 'solid', iconsSeen: true, dotsSeen: true });
  });

  test('reduced motion: nothing turns, pops or fades; without it something does', async () => {
    await show(stateOf('tokenizing'));
    const movingMs = () => page.page.evaluate(LONGEST_ANIMATION);
    expect(await movingMs()).toBeGreaterThan(100);
    await page.page.emulateMedia({ reducedMotion: 'reduce' });
    expect(await movingMs()).toBeLessThanOrEqual(1);
    await page.page.emulateMedia({ reducedMotion: 'no-preference' });
  });

  test.each(['capturing', 'vaulted', 'failed', 'idle'])('%s: no target is smaller than 24 px', async (name) => {
    await show(stateOf(name));
    const sizes: readonly (readonly [string, number, number])[] = await page.page.evaluate(TARGETS);
    expect(sizes.length).toBeGreaterThan(2);
    expect(sizes.filter(([, widthPx, heightPx]) => widthPx < 24 || heightPx < 24)).toEqual([]);
  });

  test('320 px wide, and with text twice as large: all of it is there, and nothing scrolls sideways', async () => {
    await show(stateOf('disturbed'));
    for (const [widthPx, fontSize] of [
      [320, '100%'],
      [640, '200%'],
    ] as const) {
      await page.page.setViewportSize({ width: widthPx, height: 800 });
      await page.page.evaluate(`document.documentElement.style.fontSize = '${fontSize}'`);
      expect(await page.page.evaluate(SIDEWAYS)).toEqual([]);
      await screenshot(page, `narrow-${widthPx}`);
    }
    await page.page.evaluate(`document.documentElement.style.fontSize = ''`);
    await page.page.setViewportSize({ width: 1060, height: 800 });
  });

  test('what has the focus by keyboard has an outline, and nothing lies over it', async () => {
    await show(stateOf('all captured'));
    const seen = new Set<string>();
    const stops: number = await page.page.evaluate(STOPS);
    for (let step = 0; step < stops; step += 1) {
      await page.page.keyboard.press('Tab');
      const focus: { name: string; outlinePx: number; covered: boolean } | undefined = await page.page.evaluate(FOCUS);
      if (focus === undefined) continue;
      expect(focus).toEqual({ name: focus.name, outlinePx: 3, covered: false });
      seen.add(focus.name);
    }
    expect([...seen]).toEqual(expect.arrayContaining(['capture', 'complete', 'cancel']));
  });
});

describe('the countdown', () => {
  test('runs down by itself beside the field, and is told once', async () => {
    const callId = await show(stateOf('capturing'));
    const timeLeft = row(page.panel, 'cardNumber').locator('.time-left');
    expect(await timeLeft.isVisible()).toBe(false);
    const texts = await keepTexts(page, timeLeft);
    world.desk.tellTimeLeft(callId, 6_000);
    await texts.shown('5 seconds left');
    const status = page.panel.getByRole('status');
    await status.getByText('Card Number: 5 seconds left', { exact: true }).waitFor();
    await texts.shown('1 second left');
    expect(await status.textContent()).toBe('Card Number: 5 seconds left');
    world.desk.endEntry(callId, { error: 'input-timeout' });
    await status.getByText('Card Number: Input timed out', { exact: true }).waitFor();
    expect(await timeLeft.isVisible()).toBe(false);
  });

  test('a key that comes starts the time anew, and out of sight', async () => {
    const callId = await show(stateOf('timing out'));
    const timeLeft = row(page.panel, 'cardNumber').locator('.time-left');
    expect(await timeLeft.isVisible()).toBe(true);
    world.desk.tellTimeLeft(callId, 30_000);
    await timeLeft.waitFor({ state: 'hidden' });
    expect(world.desk.call(ADA, callId).ok).toBe(true);
  });
});

const IN_PANEL = `const root = document.querySelector('tonegate-panel').shadowRoot;`;

const FORCED_COLOURS = `(() => {
  ${IN_PANEL}
  const field = root.querySelector('[data-field="cardNumber"]');
  const style = (selector) => getComputedStyle(selector === '' ? field : field.querySelector(selector));
  const canvas = getComputedStyle(document.body).backgroundColor;
  return {
    fieldBorder: style('').borderTopStyle,
    indicatorBorder: style('.indicator').borderTopStyle,
    iconsSeen: style('.indicator .icon').stroke !== style('.indicator').backgroundColor,
    dotsSeen: style('.dots i').backgroundColor !== canvas,
  };
})()`;

/** Of the animations that are under way, and of the transitions there could be. */
const LONGEST_ANIMATION = `(() => {
  ${IN_PANEL}
  const running = root.getAnimations().map((animation) => {
    const { duration, iterations } = animation.effect.getTiming();
    return duration * iterations;
  });
  const transitions = [...root.querySelectorAll('*')]
    .map((node) => Math.max(...getComputedStyle(node).transitionDuration.split(',').map((text) => parseFloat(text) * 1000)));
  return Math.min(1e6, Math.max(0, ...running, ...transitions));
})()`;

const TARGETS = `(() => {
  ${IN_PANEL}
  return [...root.querySelectorAll('button')].filter((button) => button.checkVisibility()).map((button) => {
    const { width, height } = button.getBoundingClientRect();
    return [button.dataset.action, width, height];
  });
})()`;

/** What sticks out at the side, of the page or of its box in the panel. */
const SIDEWAYS = `(() => {
  ${IN_PANEL}
  const out = document.documentElement.scrollWidth > innerWidth ? ['page'] : [];
  for (const node of root.querySelectorAll('.panel *')) {
    if (!node.checkVisibility() || node.closest('.said') || node.closest('svg')) continue;
    const { left, right } = node.getBoundingClientRect();
    if (left < -1 || right > innerWidth + 1) out.push(node.className || node.tagName);
  }
  return out;
})()`;

/** How often Tab is pressed to come round the whole page, the list of calls before the panel too. */
const STOPS = `(() => {
  ${IN_PANEL}
  const buttons = [...document.querySelectorAll('button'), ...root.querySelectorAll('button')];
  // One more for where the page begins anew.
  return buttons.filter((button) => button.checkVisibility() && !button.disabled).length + 1;
})()`;

const FOCUS = `(() => {
  ${IN_PANEL}
  const node = root.activeElement;
  if (!(node instanceof HTMLButtonElement)) return undefined;
  const { left, top, width, height } = node.getBoundingClientRect();
  const over = root.elementFromPoint(left + width / 2, top + height / 2);
  const { outlineStyle, outlineWidth } = getComputedStyle(node);
  return {
    name: node.dataset.action,
    outlinePx: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth),
    covered: over === null || !node.contains(over),
  };
})()`;
