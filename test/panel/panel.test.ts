/** The payment panel in Chromium, clicked and typed at as an agent would; a picture of each state in test-output/panel. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { FieldErrorCode, FieldName } from '../../vault-client/wire.js';
import { captureAll } from '../support/memory-call-desk.js';
import {
  ADA,
  button,
  hueOf,
  launchBrowser,
  OTHER_TOKEN,
  openPage,
  openSignedIn,
  type PageOptions,
  type PanelPage,
  type PanelServer,
  row,
  screenshot,
  signIn,
  startServer,
} from './panel-world.js';

let browser: Browser;
let world: PanelServer;
const pages: PanelPage[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  world = await startServer();
});
afterEach(async () => {
  const complaints = pages.flatMap((page) => page.complaints);
  await Promise.all(pages.splice(0).map(({ context }) => context.close()));
  await world.server.close();
  // No script error and no breach of the content security policy, in any test.
  expect(complaints).toEqual([]);
});

async function open(options: PageOptions = {}): Promise<PanelPage> {
  const page = await openSignedIn(browser, world.port, options);
  pages.push(page);
  return page;
}

/** A page whose call has a session that is ready. */
async function openReady(options: PageOptions = {}): Promise<PanelPage & { readonly callId: string }> {
  const callId = world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper' });
  const page = await open(options);
  await button(page.panel, 'start').click();
  await row(page.panel, 'cardNumber').waitFor();
  return { ...page, callId };
}

const headline = ({ panel }: PanelPage) => panel.locator('.headline strong');
const captureButton = ({ panel }: PanelPage, field: FieldName) => row(panel, field).locator('button');
const fieldText = ({ panel }: PanelPage, field: FieldName) => row(panel, field).locator('.text');
const isEnabled = (page: PanelPage, action: string) => button(page.panel, action).isEnabled();
const recordingLabel = ({ panel }: PanelPage) => panel.locator('.pill');

async function visibleActions({ panel }: PanelPage): Promise<readonly string[]> {
  return panel.locator('.actions button:visible').allInnerTexts();
}

async function vault(page: PanelPage, callId: string, token: string): Promise<void> {
  await captureAll(world.desk, ADA, callId);
  await button(page.panel, 'complete').click();
  await page.panel.getByText('Vaulting the card', { exact: true }).waitFor();
  world.desk.finishTokenization(callId, token);
  await page.panel.getByText('Card securely vaulted', { exact: true }).waitFor();
}

describe('a payment', () => {
  test('AC-1 Start is offered only while a call is active', async () => {
    const page = await open();
    await headline(page).getByText('No active call').waitFor();
    expect(await visibleActions(page)).toEqual([]);
    await screenshot(page, '01-no-call');

    const callId = world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper', state: 'ringing', recording: 'off' });
    await headline(page).getByText('Ringing').waitFor();
    expect(await isEnabled(page, 'start')).toBe(false);
    await screenshot(page, '02-ringing');

    world.desk.setCallState(callId, 'active');
    await headline(page).getByText('Ready to take a card').waitFor();
    expect(await isEnabled(page, 'start')).toBe(true);
    await screenshot(page, '03-ready-to-start');

    world.desk.setCallState(callId, 'held');
    await headline(page).getByText('On hold').waitFor();
    expect(await isEnabled(page, 'start')).toBe(false);
  });

  test('AC-2 AC-3 Start secures the line, then shows exactly the three fields', async () => {
    const callId = world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper' });
    world.desk.startAnswers = 'held';
    const page = await open();
    await button(page.panel, 'start').click();
    await headline(page).getByText('Securing the line').waitFor();
    expect(await page.panel.locator('.field:visible').count()).toBe(0);
    expect(await recordingLabel(page).textContent()).toBe('Recording paused');
    await screenshot(page, '04-starting');

    world.desk.answerStart(callId);
    await row(page.panel, 'cardNumber').waitFor();
    expect(await page.panel.locator('.field .label').allInnerTexts()).toEqual([
      'Card Number',
      'Expiration Date',
      'Security Code (CVV)',
    ]);
    expect(await page.panel.locator('.field button').allInnerTexts()).toEqual(['Capture', 'Capture', 'Capture']);
    expect(await hueOf(row(page.panel, 'cardNumber').locator('.indicator'))).toBe('grey');
    expect(await visibleActions(page)).toEqual(['Complete Tokenization', 'Cancel']);
    await screenshot(page, '05-fields');
  });

  test('AC-10 AC-11 a field turns yellow, counts keys, and turns green with its masked value', async () => {
    const page = await openReady();
    const indicator = row(page.panel, 'cardNumber').locator('.indicator');
    const clickedAt = performance.now();
    await captureButton(page, 'cardNumber').click();
    await fieldText(page, 'cardNumber').getByText('Awaiting Input', { exact: true }).waitFor();
    expect(performance.now() - clickedAt).toBeLessThan(1000);
    expect(await hueOf(indicator)).toBe('yellow');
    expect(await page.panel.locator('.say q').textContent()).toMatch(/enter your card number .* press the # key/);

    world.desk.pressKeys(page.callId, 11);
    await row(page.panel, 'cardNumber').getByText('11 keys', { exact: true }).waitFor();
    expect(await row(page.panel, 'cardNumber').locator('.dots i').count()).toBe(11);
    await screenshot(page, '06-awaiting');

    world.desk.pressKeys(page.callId, 5);
    world.desk.endEntry(page.callId, { masked: '**** **** **** 4242', brand: 'visa' });
    await fieldText(page, 'cardNumber').getByText('**** **** **** 4242', { exact: true }).waitFor();
    expect(await hueOf(indicator)).toBe('green');
    expect(await row(page.panel, 'cardNumber').locator('.dots i').count()).toBe(0);
    expect(await captureButton(page, 'cardNumber').textContent()).toBe('Re-capture');
    await screenshot(page, '07-captured');
  });

  test('AC-12 AC-13 Complete Tokenization needs three greens and leads to the vaulted banner with the token', async () => {
    const page = await openReady();
    for (const [field, masked] of [
      ['securityCode', '***'],
      ['expirationDate', '**/**'],
      ['cardNumber', '**** **** **** 4242'],
    ] as const) {
      expect(await button(page.panel, 'complete').isDisabled()).toBe(true);
      await captureButton(page, field).click();
      await fieldText(page, field).getByText('Awaiting Input', { exact: true }).waitFor();
      world.desk.endEntry(page.callId, { masked });
      await fieldText(page, field).getByText(masked, { exact: true }).waitFor();
    }
    expect(await button(page.panel, 'complete').isDisabled()).toBe(false);
    await screenshot(page, '08-complete');

    await button(page.panel, 'complete').click();
    await headline(page).getByText('Vaulting the card').waitFor();
    expect(await isEnabled(page, 'cancel')).toBe(true);
    await screenshot(page, '09-tokenizing');

    world.desk.finishTokenization(page.callId, 'tok_7f3a9c0e51d24b8fa6c2');
    await headline(page).getByText('Card securely vaulted', { exact: true }).waitFor();
    expect(await hueOf(page.panel.locator('.headline .indicator'))).toBe('green');
    expect(await page.panel.locator('.headline .icon').isVisible()).toBe(true);
    expect(await page.panel.locator('.token-value').textContent()).toBe('tok_7f3a9c0e51d24b8fa6c2');
    expect(await recordingLabel(page).textContent()).toBe('Recording');
    expect(await visibleActions(page)).toEqual(['Start New Capture']);
    await screenshot(page, '10-vaulted');

    await button(page.panel, 'copy-token').click();
    await page.panel.getByText('Copied', { exact: true }).waitFor();
    expect(await page.page.evaluate('navigator.clipboard.readText()')).toBe('tok_7f3a9c0e51d24b8fa6c2');

    const tokens = (await page.events()).filter(({ type }) => type === 'tonegate:token');
    expect(tokens).toHaveLength(1);
    expect(tokens[0]?.detail).toMatchObject({ callId: page.callId, token: 'tok_7f3a9c0e51d24b8fa6c2' });
  });

  test('each error turns its field red with the exact text, and Re-capture asks again', async () => {
    const page = await openReady();
    const cases: readonly (readonly [FieldName, FieldErrorCode, string])[] = [
      ['cardNumber', 'invalid-card-number', 'Invalid card number'],
      ['cardNumber', 'invalid-card-type', 'Card type not accepted'],
      ['expirationDate', 'invalid-date', 'Invalid expiration date'],
      ['expirationDate', 'input-timeout', 'Input timed out'],
      ['securityCode', 'invalid-security-code', 'Invalid security code'],
    ];
    for (const [field, error, message] of cases) {
      await captureButton(page, field).click();
      await fieldText(page, field).getByText('Awaiting Input', { exact: true }).waitFor();
      world.desk.endEntry(page.callId, { error });
      await fieldText(page, field).getByText(message, { exact: true }).waitFor();
      expect(await hueOf(row(page.panel, field).locator('.indicator'))).toBe('red');
      expect(await captureButton(page, field).textContent()).toBe('Re-capture');
      await screenshot(page, `11-error-${error}`);
    }
    const errors = (await page.events()).filter(({ type }) => type === 'tonegate:error').map(({ detail }) => detail);
    expect(errors).toEqual(
      cases.map(([field, code, message]) => ({ callId: page.callId, level: 'field', field, code, message })),
    );
  });

  test('a refused request is shown as text and gone with the next step', async () => {
    const page = await openReady();
    // Recording is off limits here, and only the gateway knows: the page's own lock is lifted by hand.
    const resume = button(page.panel, 'recording-resume');
    await resume.evaluate((node) => Object.assign(node, { disabled: false }));
    await resume.click();
    await page.panel.getByRole('alert').getByText('Recording stays paused').waitFor();
    await captureButton(page, 'cardNumber').click();
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    expect(await page.panel.locator('.problem').isVisible()).toBe(false);
  });

  test('Too many attempts ends the session: red with the message, Try Again and Cancel', async () => {
    const page = await openReady();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await captureButton(page, 'cardNumber').click();
      await fieldText(page, 'cardNumber').getByText('Awaiting Input', { exact: true }).waitFor();
      world.desk.endEntry(page.callId, { error: 'invalid-card-number' });
      const message = attempt < 3 ? 'Invalid card number' : 'Too many attempts';
      await fieldText(page, 'cardNumber').getByText(message, { exact: true }).waitFor();
    }
    expect(await hueOf(row(page.panel, 'cardNumber').locator('.indicator'))).toBe('red');
    expect(await headline(page).textContent()).toBe('Too many attempts');
    expect(await page.panel.locator('.field button:visible').count()).toBe(0);
    expect(await visibleActions(page)).toEqual(['Try Again', 'Cancel']);
    await screenshot(page, '12-too-many-attempts');
  });

  test('AC-8 capturing another field puts the first back to what it was', async () => {
    const page = await openReady();
    await captureButton(page, 'cardNumber').click();
    await fieldText(page, 'cardNumber').getByText('Awaiting Input', { exact: true }).waitFor();
    world.desk.pressKeys(page.callId, 4);
    await captureButton(page, 'expirationDate').click();
    await fieldText(page, 'expirationDate').getByText('Awaiting Input', { exact: true }).waitFor();
    await fieldText(page, 'cardNumber').getByText('Not captured yet', { exact: true }).waitFor();
    expect(await page.panel.locator('.field[data-state="awaiting"]').count()).toBe(1);
  });

  test('a session-level error offers Try Again, which starts afresh', async () => {
    const page = await openReady();
    await captureAll(world.desk, ADA, page.callId);
    await button(page.panel, 'complete').click();
    await headline(page).getByText('Vaulting the card').waitFor();
    world.desk.fail(page.callId, 'payment-connector-error');
    await button(page.panel, 'tryAgain').waitFor();
    expect(await hueOf(page.panel.locator('.headline .indicator'))).toBe('red');
    expect(await visibleActions(page)).toEqual(['Try Again', 'Cancel']);
    await screenshot(page, '13-failed');
    await button(page.panel, 'tryAgain').click();
    await captureButton(page, 'cardNumber').waitFor();
    expect(await page.panel.locator('.field[data-state="empty"]').count()).toBe(3);
  });

  test('a refused Start says why, once', async () => {
    world.desk.startRefusal = 'vault-unreachable';
    world.desk.addCall({ agent: 'ada' });
    const page = await open();
    await button(page.panel, 'start').click();
    await button(page.panel, 'tryAgain').waitFor();
    expect(await page.panel.locator('.problem').isVisible()).toBe(false);
    const errors = (await page.events()).filter(({ type }) => type === 'tonegate:error');
    expect(errors.map(({ detail }) => detail.code)).toEqual(['vault-unreachable']);
    await screenshot(page, '14-vault-unreachable');
  });

  test('AC-15 Cancel before completion discards, resumes the recording and offers Start again', async () => {
    const page = await openReady();
    for (const stage of ['ready', 'capturing', 'tokenizing', 'failed'] as const) {
      if (stage === 'capturing') await captureButton(page, 'cardNumber').click();
      if (stage === 'tokenizing') {
        await captureAll(world.desk, ADA, page.callId);
        await button(page.panel, 'complete').click();
        await headline(page).getByText('Vaulting the card').waitFor();
      }
      if (stage === 'failed') {
        world.desk.fail(page.callId, 'internal-error');
        await button(page.panel, 'tryAgain').waitFor();
      }
      await button(page.panel, 'cancel').click();
      await headline(page).getByText('Payment canceled', { exact: true }).waitFor();
      expect(await recordingLabel(page).textContent()).toBe('Recording');
      expect(await visibleActions(page)).toEqual(['Start']);
      if (stage === 'ready') await screenshot(page, '15-canceled');
      await button(page.panel, 'start').click();
      await captureButton(page, 'cardNumber').waitFor();
    }
  });

  test('AC-17 Start New Capture comes only after success and leads to a second token', async () => {
    const page = await openReady();
    expect(await button(page.panel, 'startNew').isVisible()).toBe(false);
    await vault(page, page.callId, 'tok_first');
    await button(page.panel, 'startNew').click();
    await captureButton(page, 'cardNumber').waitFor();
    expect(await page.panel.locator('.token').isVisible()).toBe(false);
    await vault(page, page.callId, 'tok_second');
    const tokens = (await page.events()).filter(({ type }) => type === 'tonegate:token');
    expect(tokens.map(({ detail }) => detail.token)).toEqual(['tok_first', 'tok_second']);
  });

  test('a hang-up in the middle says so, and that nothing was kept', async () => {
    const page = await openReady();
    await captureButton(page, 'cardNumber').click();
    world.desk.pressKeys(page.callId, 6);
    world.desk.endCall(page.callId);
    await headline(page).getByText('The call has ended').waitFor();
    expect(await page.panel.locator('.headline p').textContent()).toMatch(/discarded and no token was made/);
    expect(await visibleActions(page)).toEqual([]);
    await screenshot(page, '16-call-ended');
  });

  test('AC-18 keys that no field awaits are mentioned', async () => {
    const page = await openReady();
    world.desk.pressKeys(page.callId, 3);
    await page.panel.getByText('3 keys pressed while no field was waiting were ignored.').waitFor();
  });
});

describe('recording', () => {
  test('AC-24 is controlled by hand outside a payment, and locked with an explanation in one', async () => {
    world.desk.addCall({ agent: 'ada' });
    const page = await open();
    const label = recordingLabel(page);
    await button(page.panel, 'recording-pause').click();
    await label.getByText('Recording paused').waitFor();
    await button(page.panel, 'recording-resume').click();
    await label.getByText('Recording', { exact: true }).waitFor();
    await button(page.panel, 'recording-stop').click();
    await label.getByText('Recording stopped').waitFor();
    await button(page.panel, 'recording-start').click();
    await label.getByText('Recording', { exact: true }).waitFor();

    await button(page.panel, 'start').click();
    await captureButton(page, 'cardNumber').waitFor();
    expect(await button(page.panel, 'recording-resume').isDisabled()).toBe(true);
    expect(await button(page.panel, 'recording-stop').isDisabled()).toBe(true);
    expect(await page.panel.locator('.locked').textContent()).toBe(
      'Paused for the payment. It resumes when the payment is over.',
    );
  });
});

describe('keyboard and screen reader', () => {
  test('a whole payment without a mouse: the focus is always somewhere useful', async () => {
    const callId = world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper' });
    const page = await openPage(browser, world.port);
    pages.push(page);
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
    await keyboard.press('Enter');
    await captureButton(page, 'cardNumber').waitFor();
    expect(await focused()).toBe('Capture Card Number');
    for (const [field, masked] of [
      ['Card Number', '**** **** **** 4242'],
      ['Expiration Date', '**/**'],
      ['Security Code (CVV)', '***'],
    ] as const) {
      await focusOn(`Capture ${field}`);
      await keyboard.press('Space');
      await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
      world.desk.pressKeys(callId, 2);
      world.desk.endEntry(callId, { masked });
      await page.panel.getByText(masked, { exact: true }).waitFor();
      expect(await focused()).toBe(`Re-capture ${field}`);
    }
    await focusOn('Complete Tokenization');
    await keyboard.press('Enter');
    await headline(page).getByText('Vaulting the card').waitFor();
    expect(await focused()).toBe('Complete Tokenization');
    await screenshot(page, '17-keyboard-focus');
    world.desk.finishTokenization(callId, 'tok_1');
    await headline(page).getByText('Card securely vaulted').waitFor();
    expect(await focused()).toBe('Copy token');
    await focusOn('Start New Capture');
    await keyboard.press('Enter');
    await captureButton(page, 'cardNumber').waitFor();
    await focusOn('Cancel');
    await keyboard.press('Enter');
    await headline(page).getByText('Payment canceled').waitFor();
    expect(await focused()).toBe('Start');
  });

  test('changes are announced, politely, by name', async () => {
    const page = await openReady();
    const status = page.panel.getByRole('status');
    expect(await status.getAttribute('aria-live')).toBe('polite');
    await captureButton(page, 'securityCode').click();
    await status.getByText('Security Code (CVV): Awaiting Input').waitFor();
    world.desk.endEntry(page.callId, { error: 'input-timeout' });
    await status.getByText('Security Code (CVV): Input timed out').waitFor();
    expect(await page.page.getByRole('button', { name: 'Re-capture Security Code (CVV)' }).count()).toBe(1);
  });

  test('every state shows an icon and a text beside its colour', async () => {
    const page = await openReady();
    const shapes = new Set<string | null>();
    const shape = async () => {
      shapes.add(await row(page.panel, 'cardNumber').locator('.indicator path').getAttribute('d'));
    };
    await shape();
    await captureButton(page, 'cardNumber').click();
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    await shape();
    world.desk.endEntry(page.callId, { error: 'invalid-card-number' });
    await page.panel.getByText('Invalid card number', { exact: true }).waitFor();
    await shape();
    await captureAll(world.desk, ADA, page.callId);
    await page.panel.getByText('**** **** **** 4242', { exact: true }).waitFor();
    await shape();
    expect(shapes.size).toBe(4);
  });
});

describe('the connection', () => {
  test('AC-25 after a break the panel shows the true state, and says meanwhile that it does not', async () => {
    const page = await openReady();
    await captureButton(page, 'cardNumber').click();
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    const { port, desk } = world;
    await world.server.close();
    await page.panel
      .getByText(/^Reconnecting/, { exact: true })
      .first()
      .waitFor();
    expect(await captureButton(page, 'expirationDate').isDisabled()).toBe(true);
    await screenshot(page, '18-reconnecting');

    desk.pressKeys(page.callId, 16);
    desk.endEntry(page.callId, { masked: '**** **** **** 4242', brand: 'visa' });
    world = await startServer({ desk, port });
    await fieldText(page, 'cardNumber').getByText('**** **** **** 4242', { exact: true }).waitFor();
    expect(await page.panel.locator('.connection').isVisible()).toBe(false);
    expect(await captureButton(page, 'expirationDate').isEnabled()).toBe(true);
  });

  test('two pages of one agent stay in step', async () => {
    const first = await openReady();
    const second = await open();
    await captureButton(second, 'cardNumber').click();
    await first.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    world.desk.pressKeys(first.callId, 3);
    await Promise.all([first, second].map(({ panel }) => panel.getByText('3 keys', { exact: true }).waitFor()));
    await button(first.panel, 'cancel').click();
    await headline(second).getByText('Payment canceled').waitFor();
  });

  test('a wrong token is said to be wrong; a right one is kept for this tab only', async () => {
    const page = await openPage(browser, world.port);
    pages.push(page);
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
    world.desk.addCall({ agent: 'ada', caller: 'First' });
    world.desk.addCall({ agent: 'ada', caller: 'Second', state: 'held' });
    world.desk.addCall({ agent: 'bob', caller: 'Other' });
    const page = await open();
    const names = page.page.locator('.call .name');
    expect((await names.allInnerTexts()).toSorted()).toEqual(['First', 'Second']);
    await page.page.getByRole('button', { name: /Second/ }).click();
    await page.panel.locator('.caller').getByText('Second').waitFor();
    expect(await isEnabled(page, 'start')).toBe(false);
    const bob = await openPage(browser, world.port);
    pages.push(bob);
    await signIn(bob, OTHER_TOKEN);
    await bob.panel.locator('.caller').getByText('Other').waitFor();
    expect(await bob.page.locator('.call .name').allInnerTexts()).toEqual(['Other']);
  });
});

describe('looks', () => {
  test('markup in a name stays text', async () => {
    const caller = '<img src=x onerror="document.title=1"><b>Eve</b>\u202e';
    world.desk.addCall({ agent: 'ada', caller });
    const page = await open();
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
    const page = await openReady(options);
    const tag = name.replace(' ', '');
    await captureButton(page, 'expirationDate').click();
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    world.desk.endEntry(page.callId, { error: 'invalid-date' });
    await page.panel.getByText('Invalid expiration date', { exact: true }).waitFor();
    await captureButton(page, 'cardNumber').click();
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    world.desk.endEntry(page.callId, { masked: '**** **** **** ***0 006', brand: 'visa' });
    await page.panel.getByText('**** **** **** ***0 006', { exact: true }).waitFor();
    await captureButton(page, 'securityCode').click();
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    world.desk.pressKeys(page.callId, 2);
    await page.panel.getByText('2 keys', { exact: true }).waitFor();
    const hues = [];
    await screenshot(page, `21-${tag}-three-colours`);
    for (const field of ['cardNumber', 'expirationDate', 'securityCode'] as const) {
      hues.push(await hueOf(row(page.panel, field).locator('.indicator')));
    }
    expect(hues).toEqual(['green', 'red', 'yellow']);
    expect(await page.page.evaluate(LOW_CONTRAST)).toEqual([]);
    await vault(page, page.callId, `tok_${'0123456789abcdef'.repeat(2)}`);
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
