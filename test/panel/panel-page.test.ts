/** The panel's page in Chromium: keyboard, screen reader, connection, list of calls, colours and widths. */
import { describe, expect, test } from '@jest/globals';
import { captureButton, fieldText, headline, isEnabled, usePanelBench } from './panel-bench.js';
import {
  ADA,
  answered,
  captureAll,
  hueOf,
  OTHER_TOKEN,
  press,
  pressCapture,
  row,
  screenshot,
  settled,
  signIn,
  startServer,
} from './panel-world.js';

const bench = usePanelBench();

describe('keyboard and screen reader', () => {
  test('a whole payment without a mouse: the focus is always somewhere useful', async () => {
    const callId = bench().world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper' });
    const page = await bench().openSignIn();
    const { keyboard } = page.page;
    const focused = (): Promise<string> => page.page.evaluate(FOCUSED);
    const focusOn = async (wanted: string) => {
      for (let step = 0; step < 15 && (await focused()) !== wanted; step += 1) await keyboard.press('Tab');
      expect(await focused()).toBe(wanted);
    };

    await keyboard.type('test-token-of-agent-ada-0123456789');
    await keyboard.press('Enter');
    await page.panel.waitFor();
    await focusOn('Start');
    expect(await page.page.evaluate(OUTLINE)).toBe('solid');
    await settled(page.panel, 'start').waitFor();
    await keyboard.press('Enter');
    await captureButton(page, 'cardNumber').waitFor();
    expect(await focused()).toBe('Capture Card Number');
    await answered(page.panel);
    for (const [field, masked] of [
      ['Card Number', '**** **** **** 4242'],
      ['Expiration Date', '**/**'],
      ['Security Code (CVV)', '***'],
    ] as const) {
      await focusOn(`Capture ${field}`);
      await page.panel.locator('button[data-action="capture"][data-settled]:focus').waitFor();
      await keyboard.press('Space');
      await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
      bench().world.desk.pressKeys(callId, 2);
      bench().world.desk.endEntry(callId, { masked });
      await page.panel.getByText(masked, { exact: true }).waitFor();
      expect(await focused()).toBe(`Re-capture ${field}`);
      await answered(page.panel);
    }
    await focusOn('Complete Tokenization');
    await settled(page.panel, 'complete').waitFor();
    await keyboard.press('Enter');
    await headline(page).getByText('Vaulting the card').waitFor();
    expect(await focused()).toBe('Complete Tokenization');
    await screenshot(page, '17-keyboard-focus');
    bench().world.desk.finishTokenization(callId, 'tok_1');
    await headline(page).getByText('Card securely vaulted').waitFor();
    expect(await focused()).toBe('Copy token');
    await focusOn('Start New Capture');
    await answered(page.panel);
    await settled(page.panel, 'startNew').waitFor();
    await keyboard.press('Enter');
    await captureButton(page, 'cardNumber').waitFor();
    await focusOn('Cancel');
    await settled(page.panel, 'cancel').waitFor();
    await keyboard.press('Enter');
    await headline(page).getByText('Payment canceled').waitFor();
    expect(await focused()).toBe('Start');
  });

  test('changes are announced, politely, by name', async () => {
    const page = await bench().openReady();
    const status = page.panel.getByRole('status');
    expect(await status.getAttribute('aria-live')).toBe('polite');
    await pressCapture(page.panel, 'securityCode');
    await status.getByText('Security Code (CVV): Awaiting Input').waitFor();
    bench().world.desk.endEntry(page.callId, { error: 'input-timeout' });
    await status.getByText('Security Code (CVV): Input timed out').waitFor();
    expect(await page.page.getByRole('button', { name: 'Re-capture Security Code (CVV)' }).count()).toBe(1);
  });

  test('every state shows an icon and a text beside its colour', async () => {
    const page = await bench().openReady();
    const shapes = new Set<string | null>();
    const shape = async () => {
      shapes.add(await row(page.panel, 'cardNumber').locator('.indicator path').getAttribute('d'));
    };
    await shape();
    await pressCapture(page.panel, 'cardNumber');
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    await shape();
    bench().world.desk.endEntry(page.callId, { error: 'invalid-card-number' });
    await page.panel.getByText('Invalid card number', { exact: true }).waitFor();
    await shape();
    await captureAll(bench().world.desk, ADA, page.callId);
    await page.panel.getByText('**** **** **** 4242', { exact: true }).waitFor();
    await shape();
    expect(shapes.size).toBe(4);
  });
});

describe('the connection', () => {
  test('AC-25 after a break the panel shows the true state, and says meanwhile that it does not', async () => {
    const page = await bench().openReady();
    await pressCapture(page.panel, 'cardNumber');
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    await answered(page.panel);
    const { port, desk } = bench().world;
    await bench().world.server.close();
    await page.panel
      .getByText(/^Reconnecting/, { exact: true })
      .first()
      .waitFor();
    expect(await captureButton(page, 'expirationDate').isDisabled()).toBe(true);
    await screenshot(page, '18-reconnecting');

    desk.pressKeys(page.callId, 16);
    desk.endEntry(page.callId, { masked: '**** **** **** 4242', brand: 'visa' });
    bench().world = await startServer({ desk, port });
    await fieldText(page, 'cardNumber').getByText('**** **** **** 4242', { exact: true }).waitFor();
    expect(await page.panel.locator('.connection').isVisible()).toBe(false);
    expect(await captureButton(page, 'expirationDate').isEnabled()).toBe(true);
  });

  test('two pages of one agent stay in step', async () => {
    const first = await bench().openReady();
    const second = await bench().open();
    await pressCapture(second.panel, 'cardNumber');
    await first.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    bench().world.desk.pressKeys(first.callId, 3);
    await Promise.all([first, second].map(({ panel }) => panel.getByText('3 keys', { exact: true }).waitFor()));
    await press(first.panel, 'cancel');
    await headline(second).getByText('Payment canceled').waitFor();
  });

  test('a wrong token is said to be wrong; a right one is kept for this tab only', async () => {
    const page = await bench().openSignIn();
    await screenshot(page, '19-sign-in');
    await signIn(page, 'not-the-token');
    await page.page.getByText('This access token was not accepted.').waitFor();
    expect(await page.page.evaluate('sessionStorage.length')).toBe(0);
    await screenshot(page, '20-refused');
    await signIn(page);
    await page.panel.waitFor();
    await page.page.reload();
    await page.panel.waitFor();
    expect(await page.page.evaluate('localStorage.length + document.cookie.length')).toBe(0);
    await page.page.getByRole('button', { name: 'Sign out' }).click();
    await page.page.getByLabel('Access token').waitFor();
    expect(await page.page.evaluate('sessionStorage.length')).toBe(0);
  });

  test("an agent sees the own calls in the list, chooses among them, and never another's", async () => {
    bench().world.desk.addCall({ agent: 'ada', caller: 'First' });
    bench().world.desk.addCall({ agent: 'ada', caller: 'Second', state: 'held' });
    bench().world.desk.addCall({ agent: 'bob', caller: 'Other' });
    const page = await bench().open();
    const names = page.page.locator('.call .name');
    expect((await names.allInnerTexts()).toSorted()).toEqual(['First', 'Second']);
    await page.page.getByRole('button', { name: /Second/ }).click();
    await page.panel.locator('.caller').getByText('Second').waitFor();
    expect(await isEnabled(page, 'start')).toBe(false);
    const bob = await bench().openSignIn();
    await signIn(bob, OTHER_TOKEN);
    await bob.panel.locator('.caller').getByText('Other').waitFor();
    expect(await bob.page.locator('.call .name').allInnerTexts()).toEqual(['Other']);
  });
});

describe('looks', () => {
  test('markup in a name stays text', async () => {
    const caller = '<img src=x onerror="document.title=1"><b>Eve</b>\u202e';
    bench().world.desk.addCall({ agent: 'ada', caller });
    const page = await bench().open();
    expect(await page.panel.locator('.caller .name').textContent()).toBe(caller);
    expect(await page.page.locator('.call .name').textContent()).toBe(caller);
    expect(await page.page.locator('tonegate-panel img, .call img, tonegate-panel b').count()).toBe(0);
    expect(await page.page.title()).toBe('Tonegate');
  });

  test.each([
    ['light', {}],
    ['dark', { dark: true }],
    ['320 px', { widthPx: 320, heightPx: 640 }],
  ] as const)('%s: no sideways scrolling, colours as they should be, text in contrast', async (name, options) => {
    const page = await bench().openReady(options);
    const tag = name.replace(' ', '');
    await pressCapture(page.panel, 'expirationDate');
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    bench().world.desk.endEntry(page.callId, { error: 'invalid-date' });
    await page.panel.getByText('Invalid expiration date', { exact: true }).waitFor();
    await pressCapture(page.panel, 'cardNumber');
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    bench().world.desk.endEntry(page.callId, { masked: '**** **** **** ***0 006', brand: 'visa' });
    await page.panel.getByText('**** **** **** ***0 006', { exact: true }).waitFor();
    await pressCapture(page.panel, 'securityCode');
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    bench().world.desk.pressKeys(page.callId, 2);
    await page.panel.getByText('2 keys', { exact: true }).waitFor();
    const hues = [];
    await screenshot(page, `21-${tag}-three-colours`);
    for (const field of ['cardNumber', 'expirationDate', 'securityCode'] as const) {
      hues.push(await hueOf(row(page.panel, field).locator('.indicator')));
    }
    expect(hues).toEqual(['green', 'red', 'yellow']);
    expect(await page.page.evaluate(LOW_CONTRAST)).toEqual([]);
    await bench().vault(page, page.callId, `tok_${'0123456789abcdef'.repeat(2)}`);
    await screenshot(page, `22-${tag}-vaulted`);
    expect(await page.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await page.page.evaluate(LOW_CONTRAST)).toEqual([]);
  });
});

/** Accessible name of what has the focus, through the shadow root. */
const FOCUSED = `(() => {
  const panel = document.querySelector('tonegate-panel');
  const node = panel?.shadowRoot.activeElement ?? document.activeElement;
  const labels = node.getAttribute('aria-labelledby')?.split(' ') ?? [];
  const texts = labels.map((id) => node.getRootNode().getElementById(id).textContent);
  return texts.length > 0 ? texts.join(' ') : node.textContent.trim();
})()`;

const OUTLINE = `getComputedStyle(document.querySelector('tonegate-panel').shadowRoot.activeElement).outlineStyle`;

/** Visible texts of the panel whose contrast with the first opaque background is below 4.5 (WCAG 1.4.3). */
const LOW_CONTRAST = `(() => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const backOf = (node) => {
    for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const root = document.querySelector('tonegate-panel').shadowRoot;
  const low = [];
  for (const node of root.querySelectorAll('*')) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== '');
    const button = node.closest('button');
    if (!own || !node.checkVisibility() || button?.disabled || node.closest('.said')) continue;
    const [a, b] = [light(numbers(getComputedStyle(node).color)), light(backOf(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push(node.textContent + ' ' + ratio.toFixed(2));
  }
  return low;
})()`;
