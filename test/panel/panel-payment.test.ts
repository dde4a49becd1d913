/** A payment in the panel, clicked as an agent would in Chromium; a picture of each state in test-output/panel. */
import { describe, expect, test } from '@jest/globals';
import type { FieldErrorCode, FieldName } from '../../vault-client/wire.js';
import {
  captureButton,
  fieldText,
  headline,
  isEnabled,
  recordingIs,
  usePanelBench,
  visibleActions,
} from './panel-bench.js';
import { ADA, button, captureAll, hueOf, press, pressCapture, pressRecording, row, screenshot } from './panel-world.js';

const bench = usePanelBench();

describe('a payment', () => {
  test('AC-1 Start is offered only while a call is active', async () => {
    const page = await bench().open();
    await headline(page).getByText('No active call').waitFor();
    expect(await visibleActions(page)).toEqual([]);
    await screenshot(page, '01-no-call');

    const callId = bench().world.desk.addCall({
      agent: 'ada',
      caller: 'Grace Hopper',
      state: 'ringing',
      recording: 'off',
    });
    await headline(page).getByText('Ringing').waitFor();
    expect(await isEnabled(page, 'start')).toBe(false);
    await screenshot(page, '02-ringing');

    bench().world.desk.setCallState(callId, 'active');
    await headline(page).getByText('Ready to take a card').waitFor();
    expect(await isEnabled(page, 'start')).toBe(true);
    await screenshot(page, '03-ready-to-start');

    bench().world.desk.setCallState(callId, 'held');
    await headline(page).getByText('On hold').waitFor();
    expect(await isEnabled(page, 'start')).toBe(false);
  });

  test('AC-2 AC-3 Start secures the line, then shows exactly the three fields', async () => {
    const callId = bench().world.desk.addCall({ agent: 'ada', caller: 'Grace Hopper' });
    bench().world.desk.startAnswers = 'held';
    const page = await bench().open();
    await press(page.panel, 'start');
    await headline(page).getByText('Securing the line').waitFor();
    expect(await page.panel.locator('.field:visible').count()).toBe(0);
    await recordingIs(page, 'Recording paused');
    await screenshot(page, '04-starting');

    bench().world.desk.answerStart(callId);
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
    const page = await bench().openReady();
    const indicator = row(page.panel, 'cardNumber').locator('.indicator');
    await pressCapture(page.panel, 'cardNumber');
    await fieldText(page, 'cardNumber').getByText('Awaiting Input', { exact: true }).waitFor();
    expect(await hueOf(indicator)).toBe('yellow');
    expect(await page.panel.locator('.say q').textContent()).toMatch(/enter your card number .* press the # key/);

    bench().world.desk.pressKeys(page.callId, 11);
    await row(page.panel, 'cardNumber').getByText('11 keys', { exact: true }).waitFor();
    expect(await row(page.panel, 'cardNumber').locator('.dots i').count()).toBe(11);
    await screenshot(page, '06-awaiting');

    bench().world.desk.pressKeys(page.callId, 5);
    bench().world.desk.endEntry(page.callId, { masked: '**** **** **** 4242', brand: 'visa' });
    await fieldText(page, 'cardNumber').getByText('**** **** **** 4242', { exact: true }).waitFor();
    expect(await hueOf(indicator)).toBe('green');
    expect(await row(page.panel, 'cardNumber').locator('.dots i').count()).toBe(0);
    expect(await captureButton(page, 'cardNumber').textContent()).toBe('Re-capture');
    await screenshot(page, '07-captured');
  });

  test('AC-12 AC-13 Complete Tokenization needs three greens and leads to the vaulted banner with the token', async () => {
    const page = await bench().openReady();
    for (const [field, masked] of [
      ['securityCode', '***'],
      ['expirationDate', '**/**'],
      ['cardNumber', '**** **** **** 4242'],
    ] as const) {
      expect(await button(page.panel, 'complete').isDisabled()).toBe(true);
      await pressCapture(page.panel, field);
      await fieldText(page, field).getByText('Awaiting Input', { exact: true }).waitFor();
      bench().world.desk.endEntry(page.callId, { masked });
      await fieldText(page, field).getByText(masked, { exact: true }).waitFor();
    }
    expect(await button(page.panel, 'complete').isDisabled()).toBe(false);
    await screenshot(page, '08-complete');

    await press(page.panel, 'complete');
    await headline(page).getByText('Vaulting the card').waitFor();
    expect(await isEnabled(page, 'cancel')).toBe(true);
    await screenshot(page, '09-tokenizing');

    bench().world.desk.finishTokenization(page.callId, 'tok_7f3a9c0e51d24b8fa6c2');
    await headline(page).getByText('Card securely vaulted', { exact: true }).waitFor();
    expect(await hueOf(page.panel.locator('.headline .indicator'))).toBe('green');
    expect(await page.panel.locator('.headline .icon').isVisible()).toBe(true);
    expect(await page.panel.locator('.token-value').textContent()).toBe('tok_7f3a9c0e51d24b8fa6c2');
    await recordingIs(page, 'Recording');
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
    const page = await bench().openReady();
    const cases: readonly (readonly [FieldName, FieldErrorCode, string])[] = [
      ['cardNumber', 'invalid-card-number', 'Invalid card number'],
      ['cardNumber', 'invalid-card-type', 'Card type not accepted'],
      ['expirationDate', 'invalid-date', 'Invalid expiration date'],
      ['expirationDate', 'input-timeout', 'Input timed out'],
      ['securityCode', 'invalid-security-code', 'Invalid security code'],
    ];
    for (const [field, error, message] of cases) {
      await pressCapture(page.panel, field);
      await fieldText(page, field).getByText('Awaiting Input', { exact: true }).waitFor();
      bench().world.desk.endEntry(page.callId, { error });
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
    const page = await bench().openReady();
    // Recording is off limits here, and only the gateway knows: the page's own lock is lifted by hand.
    await button(page.panel, 'recording-resume').evaluate((node) =>
      (Object.assign(node, { disabled: false }) as unknown as { click(): void }).click(),
    );
    await page.panel.getByRole('alert').getByText('Recording stays paused').waitFor();
    await pressCapture(page.panel, 'cardNumber');
    await page.panel.getByText('Awaiting Input', { exact: true }).waitFor();
    expect(await page.panel.locator('.problem').isVisible()).toBe(false);
  });

  test('Too many attempts ends the session: red with the message, Try Again and Cancel', async () => {
    const page = await bench().openReady();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await pressCapture(page.panel, 'cardNumber');
      await fieldText(page, 'cardNumber').getByText('Awaiting Input', { exact: true }).waitFor();
      bench().world.desk.endEntry(page.callId, { error: 'invalid-card-number' });
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
    const page = await bench().openReady();
    await pressCapture(page.panel, 'cardNumber');
    await fieldText(page, 'cardNumber').getByText('Awaiting Input', { exact: true }).waitFor();
    bench().world.desk.pressKeys(page.callId, 4);
    await pressCapture(page.panel, 'expirationDate');
    await fieldText(page, 'expirationDate').getByText('Awaiting Input', { exact: true }).waitFor();
    await fieldText(page, 'cardNumber').getByText('Not captured yet', { exact: true }).waitFor();
    expect(await page.panel.locator('.field[data-state="awaiting"]').count()).toBe(1);
  });

  test('a session-level error offers Try Again, which starts afresh', async () => {
    const page = await bench().openReady();
    await captureAll(bench().world.desk, ADA, page.callId);
    await press(page.panel, 'complete');
    await headline(page).getByText('Vaulting the card').waitFor();
    bench().world.desk.fail(page.callId, 'payment-connector-error');
    await button(page.panel, 'tryAgain').waitFor();
    expect(await hueOf(page.panel.locator('.headline .indicator'))).toBe('red');
    expect(await visibleActions(page)).toEqual(['Try Again', 'Cancel']);
    await screenshot(page, '13-failed');
    await press(page.panel, 'tryAgain');
    await captureButton(page, 'cardNumber').waitFor();
    expect(await page.panel.locator('.field[data-state="empty"]').count()).toBe(3);
  });

  test('a refused Start says why, once', async () => {
    bench().world.desk.startRefusal = 'vault-unreachable';
    bench().world.desk.addCall({ agent: 'ada' });
    const page = await bench().open();
    await press(page.panel, 'start');
    await button(page.panel, 'tryAgain').waitFor();
    expect(await page.panel.locator('.problem').isVisible()).toBe(false);
    const errors = (await page.events()).filter(({ type }) => type === 'tonegate:error');
    expect(errors.map(({ detail }) => detail.code)).toEqual(['vault-unreachable']);
    await screenshot(page, '14-vault-unreachable');
  });

  test('AC-15 Cancel before completion discards, resumes the recording and offers Start again', async () => {
    const page = await bench().openReady();
    for (const stage of ['ready', 'capturing', 'tokenizing', 'failed'] as const) {
      if (stage === 'capturing') {
        await pressCapture(page.panel, 'cardNumber');
        await fieldText(page, 'cardNumber').getByText('Awaiting Input', { exact: true }).waitFor();
      }
      if (stage === 'tokenizing') {
        await captureAll(bench().world.desk, ADA, page.callId);
        await press(page.panel, 'complete');
        await headline(page).getByText('Vaulting the card').waitFor();
      }
      if (stage === 'failed') {
        bench().world.desk.fail(page.callId, 'internal-error');
        await button(page.panel, 'tryAgain').waitFor();
      }
      await press(page.panel, 'cancel');
      await headline(page).getByText('Payment canceled', { exact: true }).waitFor();
      await recordingIs(page, 'Recording');
      expect(await visibleActions(page)).toEqual(['Start']);
      if (stage === 'ready') await screenshot(page, '15-canceled');
      await press(page.panel, 'start');
      await captureButton(page, 'cardNumber').waitFor();
    }
  });

  test('AC-17 Start New Capture comes only after success and leads to a second token', async () => {
    const page = await bench().openReady();
    expect(await button(page.panel, 'startNew').isVisible()).toBe(false);
    await bench().vault(page, page.callId, 'tok_first');
    await press(page.panel, 'startNew');
    await captureButton(page, 'cardNumber').waitFor();
    expect(await page.panel.locator('.token').isVisible()).toBe(false);
    await bench().vault(page, page.callId, 'tok_second');
    const tokens = (await page.events()).filter(({ type }) => type === 'tonegate:token');
    expect(tokens.map(({ detail }) => detail.token)).toEqual(['tok_first', 'tok_second']);
  });

  test('a hang-up in the middle says so, and that nothing was kept', async () => {
    const page = await bench().openReady();
    await pressCapture(page.panel, 'cardNumber');
    await fieldText(page, 'cardNumber').getByText('Awaiting Input', { exact: true }).waitFor();
    bench().world.desk.pressKeys(page.callId, 6);
    await row(page.panel, 'cardNumber').getByText('6 keys', { exact: true }).waitFor();
    bench().world.desk.endCall(page.callId);
    await headline(page).getByText('The call has ended').waitFor();
    expect(await page.panel.locator('.headline p').textContent()).toMatch(/discarded and no token was made/);
    expect(await visibleActions(page)).toEqual([]);
    await screenshot(page, '16-call-ended');
  });

  test('AC-18 keys that no field awaits are mentioned', async () => {
    const page = await bench().openReady();
    bench().world.desk.pressKeys(page.callId, 3);
    await page.panel.getByText('3 keys pressed while no field was waiting were ignored.').waitFor();
  });
});

describe('recording', () => {
  test('AC-24 is controlled by hand outside a payment, and locked with an explanation in one', async () => {
    bench().world.desk.addCall({ agent: 'ada' });
    const page = await bench().open();
    for (const [action, label] of [
      ['pause', 'Recording paused'],
      ['resume', 'Recording'],
      ['stop', 'Recording stopped'],
      ['start', 'Recording'],
    ] as const) {
      await pressRecording(page.panel, action);
      await recordingIs(page, label);
    }

    await press(page.panel, 'start');
    await captureButton(page, 'cardNumber').waitFor();
    expect(await button(page.panel, 'recording-resume').isDisabled()).toBe(true);
    expect(await button(page.panel, 'recording-stop').isDisabled()).toBe(true);
    expect(await page.panel.locator('.locked').textContent()).toBe(
      'Paused for the payment. It resumes when the payment is over.',
    );
  });
});
