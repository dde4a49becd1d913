/** What an agent does in the panel while somebody really keys: one page, one scene, a call after another. */
import { expect } from '@jest/globals';
import type { FieldName } from '../../vault-client/wire.js';
import type { KeyWay } from '../support/keypad-phone.js';
import { keysOf } from '../support/keys.js';
import { type KeyedCard, type PaymentScene, VISA } from '../support/payment-scene.js';
import { captureButton, fieldText, headline, recordingLabel } from './panel-bench.js';
import { button, hueOf, type PanelPage, press, pressCapture, row } from './panel-world.js';

export type EntryOutcome = { readonly text: string; readonly hue: 'green' | 'red' };

export const GREEN: Readonly<Record<FieldName, EntryOutcome>> = {
  cardNumber: { text: '**** **** **** 4242', hue: 'green' },
  expirationDate: { text: '**/**', hue: 'green' },
  securityCode: { text: '***', hue: 'green' },
};

export class PanelAgent {
  readonly scene: PaymentScene;
  readonly page: PanelPage;

  constructor(scene: PaymentScene, page: PanelPage) {
    this.scene = scene;
    this.page = page;
  }

  async start(action: 'start' | 'startNew' | 'tryAgain' = 'start'): Promise<void> {
    await press(this.page.panel, action);
    // A failed session may show its rows too.
    await button(this.page.panel, action).waitFor({ state: 'hidden' });
    await row(this.page.panel, 'cardNumber').waitFor();
    await recordingLabel(this.page).getByText('Recording paused', { exact: true }).waitFor();
  }

  /** Clicks Capture and sees yellow. */
  async capture(field: FieldName): Promise<void> {
    await pressCapture(this.page.panel, field);
    await fieldText(this.page, field).getByText('Awaiting Input', { exact: true }).waitFor();
    expect(await hueOf(row(this.page.panel, field).locator('.indicator'))).toBe('yellow');
  }

  /** Clicks Capture, sees yellow, lets the caller key the value, and sees `text` in this colour. */
  async enter(field: FieldName, names: string, way: KeyWay, outcome: EntryOutcome = GREEN[field]): Promise<void> {
    await this.capture(field);
    const keying = this.scene.caller.key(keysOf(`${names}#`), way);
    await this.sees(field, outcome);
    await keying;
    expect(await captureButton(this.page, field).textContent()).toBe('Re-capture');
  }

  async enterCard(card: KeyedCard = VISA, way: KeyWay = 'sip-info'): Promise<void> {
    for (const field of ['cardNumber', 'expirationDate', 'securityCode'] as const) {
      await this.enter(field, card[field], way);
    }
  }

  async sees(field: FieldName, { text, hue }: EntryOutcome): Promise<void> {
    const shown = fieldText(this.page, field);
    await shown
      .getByText(text, { exact: true })
      .waitFor()
      .catch(async () => {
        throw new Error(`${field} shows "${await shown.textContent()}" and not "${text}"`);
      });
    expect(await hueOf(row(this.page.panel, field).locator('.indicator'))).toBe(hue);
  }

  async complete(): Promise<string> {
    await press(this.page.panel, 'complete');
    await headline(this.page).getByText('Card securely vaulted', { exact: true }).waitFor();
    expect(await hueOf(this.page.panel.locator('.headline .indicator'))).toBe('green');
    expect(await this.page.panel.locator('.headline .icon').isVisible()).toBe(true);
    return (await this.page.panel.locator('.token-value').textContent()) ?? '';
  }

  async cancel(): Promise<void> {
    await press(this.page.panel, 'cancel');
    await headline(this.page).getByText('Payment canceled', { exact: true }).waitFor();
    await recordingLabel(this.page).getByText('Recording', { exact: true }).waitFor();
  }
}
