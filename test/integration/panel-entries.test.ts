/**
 * What callers key into the fields of a payment, row by row, in the real page on a real call, with either kind of key: masks
 * of all lengths, all orders, every error, time-outs, and keys that no field awaits.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CardBrand, FieldName } from '../../vault-client/wire.js';
import { type EntryOutcome, GREEN } from '../panel/panel-agent.js';
import { fieldText, headline, isEnabled, keepTexts, recordingLabel, visibleActions } from '../panel/panel-bench.js';
import { PanelStage, WAYS } from '../panel/panel-stage.js';
import { button, hueOf, row, screenshot } from '../panel/panel-world.js';
import { AMEX, type KeyedCard, VISA } from '../support/payment-scene.js';

const TEST_LIMIT_MS = 60_000;
/** Long enough for whoever keys at once on a machine that does much else. */
const FIRST_DIGIT_TIMEOUT_MS = 8_000;
const INTER_DIGIT_TIMEOUT_MS = 6_000;
const MAX_ATTEMPTS = 3;
const FIELDS = { C: 'cardNumber', E: 'expirationDate', S: 'securityCode' } as const;

let stage: PanelStage;

type OrderRow = {
  readonly order: string;
  readonly what: string;
  readonly card: KeyedCard;
  readonly masked: string;
  readonly brand: CardBrand;
  readonly shownBrand: string;
};

const withNumber = (cardNumber: string): KeyedCard => ({ ...VISA, cardNumber });

const ORDERS: readonly OrderRow[] = [
  {
    order: 'CES',
    what: '14 digits',
    card: withNumber('30569309025904'),
    masked: '**** ****** 5904',
    brand: 'diners',
    shownBrand: 'Diners Club',
  },
  {
    order: 'CSE',
    what: '15 digits and a code of four',
    card: AMEX,
    masked: '**** ****** *0005',
    brand: 'amex',
    shownBrand: 'American Express',
  },
  {
    order: 'ECS',
    what: '16 digits',
    card: withNumber('5555555555554444'),
    masked: '**** **** **** 4444',
    brand: 'mastercard',
    shownBrand: 'Mastercard',
  },
  {
    order: 'ESC',
    what: '19 digits',
    card: withNumber('4000000000000000006'),
    masked: '**** **** **** ***0 006',
    brand: 'visa',
    shownBrand: 'Visa',
  },
  {
    order: 'SCE',
    what: 'a code of four before its number',
    card: { ...AMEX, cardNumber: '371449635398431' },
    masked: '**** ****** *8431',
    brand: 'amex',
    shownBrand: 'American Express',
  },
  {
    order: 'SEC',
    what: 'a code of three before its number',
    card: withNumber('6011111111111117'),
    masked: '**** **** **** 1117',
    brand: 'discover',
    shownBrand: 'Discover',
  },
];

async function droppedKeysAre(text: string): Promise<void> {
  await stage.page.panel.locator('.hint').getByText(text, { exact: true }).waitFor();
}

async function isBack(field: FieldName, text: string, hue: 'grey' | 'green' | 'red'): Promise<void> {
  await fieldText(stage.page, field).getByText(text, { exact: true }).waitFor();
  expect(await hueOf(row(stage.page.panel, field).locator('.indicator'))).toBe(hue);
  expect(await stage.page.panel.locator('.field[data-state="awaiting"]').count()).toBe(1);
}

describe.each(WAYS)('a card keyed as %s', (way) => {
  beforeAll(async () => {
    stage = await PanelStage.open();
  }, TEST_LIMIT_MS);

  afterAll(() => stage.close(), TEST_LIMIT_MS);

  beforeEach(() => stage.ready(), TEST_LIMIT_MS);

  test.each(ORDERS)(
    'AC-7 AC-12 AC-13: $order, $what: green with its mask, Complete after the third alone, and a token',
    async ({ order, card, masked, brand, shownBrand }) => {
      stage.keeps(card);
      const green: Readonly<Record<FieldName, EntryOutcome>> = {
        cardNumber: { text: masked, hue: 'green' },
        expirationDate: GREEN.expirationDate,
        securityCode: { text: '*'.repeat(card.securityCode.length), hue: 'green' },
      };
      for (const letter of order) {
        expect(await isEnabled(stage.page, 'complete')).toBe(false);
        const field = FIELDS[letter as keyof typeof FIELDS];
        await stage.enter(field, card[field], way, green[field]);
      }
      await button(stage.page.panel, 'complete').and(stage.page.page.locator(':enabled')).waitFor();
      expect(await row(stage.page.panel, 'cardNumber').locator('.detail').textContent()).toBe(shownBrand);
      expect(await stage.texts()).toEqual({
        cardNumber: masked,
        expirationDate: '**/**',
        securityCode: green.securityCode.text,
      });
      const token = await stage.agent.complete();
      expect((await stage.tokensTold()).at(-1)).toBe(token);
      expect(await stage.scene.gateway.redeem({ token, orderId: `${way}-${order}` })).toMatchObject({
        status: 200,
        body: { brand, masked },
      });
    },
    TEST_LIMIT_MS,
  );

  test(
    'AC-9 AC-18: keys before Capture and after # are told, counted, and belong to no field',
    async () => {
      await stage.key('4', way);
      await droppedKeysAre('1 key pressed while no field was waiting was ignored.');
      await stage.agent.capture('expirationDate');
      await stage.key(`${VISA.expirationDate}#58*`, way);
      await stage.agent.sees('expirationDate', GREEN.expirationDate);
      await droppedKeysAre('4 keys pressed while no field was waiting were ignored.');
      expect(await stage.texts()).toEqual({
        cardNumber: 'Not captured yet',
        expirationDate: '**/**',
        securityCode: 'Not captured yet',
      });
    },
    TEST_LIMIT_MS,
  );

  test(
    'AC-8: Capture of another field puts the first back to what it was, and one awaits at most',
    async () => {
      const { agent } = stage;
      await agent.capture('cardNumber');
      await agent.capture('expirationDate');
      await isBack('cardNumber', 'Not captured yet', 'grey');
      await stage.key(`${VISA.expirationDate}#`, way);
      await agent.sees('expirationDate', GREEN.expirationDate);
      await agent.capture('expirationDate');
      await agent.capture('securityCode');
      await isBack('expirationDate', '**/**', 'green');
      await stage.key('1#', way);
      await agent.sees('securityCode', { text: 'Invalid security code', hue: 'red' });
      // Of a green field the first digit takes the value away; a red one stays red.
      for (const [field, text, hue] of [
        ['expirationDate', 'Not captured yet', 'grey'],
        ['securityCode', 'Invalid security code', 'red'],
      ] as const) {
        await agent.capture(field);
        await stage.key('1', way);
        await row(stage.page.panel, field).getByText('1 key', { exact: true }).waitFor();
        await agent.capture('cardNumber');
        await isBack(field, text, hue);
      }
    },
    TEST_LIMIT_MS,
  );
});

describe.each(WAYS)('what goes wrong, keyed as %s', (way) => {
  /** The merchant has chosen to show it. */
  const SHOWN: Readonly<Record<FieldName, EntryOutcome>> = {
    ...GREEN,
    expirationDate: { text: '12/31', hue: 'green' },
  };

  beforeAll(async () => {
    stage = await PanelStage.open({
      configure: (configuration) => ({
        ...configuration,
        payment: {
          ...configuration.payment,
          acceptedBrands: ['visa', 'mastercard'],
          showExpiry: true,
          maxAttempts: MAX_ATTEMPTS,
          firstDigitTimeoutMs: FIRST_DIGIT_TIMEOUT_MS,
          interDigitTimeoutMs: INTER_DIGIT_TIMEOUT_MS,
        },
      }),
    });
  }, TEST_LIMIT_MS);

  afterAll(() => stage.close(), TEST_LIMIT_MS);

  beforeEach(() => stage.ready(), TEST_LIMIT_MS);

  const enter = (field: FieldName, names = VISA[field], outcome = SHOWN[field]) =>
    stage.enter(field, names, way, outcome);

  test.each<[string, string, FieldName, string]>([
    ['Invalid card number', 'invalid-card-number', 'cardNumber', '4242424242424241'],
    ['Card type not accepted', 'invalid-card-type', 'cardNumber', AMEX.cardNumber],
    ['Invalid expiration date', 'invalid-date', 'expirationDate', '1331'],
    ['Invalid security code', 'invalid-security-code', 'securityCode', '32145'],
  ])(
    '%s: red with this text, and Re-capture asks for the field alone',
    async (text, code, field, keyed) => {
      const other: FieldName = field === 'expirationDate' ? 'securityCode' : 'expirationDate';
      await enter(other);
      await enter(field, keyed, { text, hue: 'red' });
      expect(await fieldText(stage.page, other).textContent()).toBe(SHOWN[other].text);
      expect(await isEnabled(stage.page, 'complete')).toBe(false);
      expect((await stage.errorsTold()).at(-1)).toBe(code);
      await screenshot(stage.page, `call-error-${code}-${way}`);
      await enter(field);
      expect(await fieldText(stage.page, other).textContent()).toBe(SHOWN[other].text);
    },
    TEST_LIMIT_MS,
  );

  test.each([
    ['no key', ''],
    ['a number that is not ended', '4242'],
  ])(
    'Input timed out: %s, counted down before',
    async (_name, keyed) => {
      const timeLeft = row(stage.page.panel, 'cardNumber').locator('.time-left');
      const texts = await keepTexts(stage.page, timeLeft);
      await stage.agent.capture('cardNumber');
      await stage.key(keyed, way);
      await texts.shown('5 seconds left');
      await texts.shown('1 second left');
      await stage.agent.sees('cardNumber', { text: 'Input timed out', hue: 'red' });
      expect(await timeLeft.isVisible()).toBe(false);
      await enter('cardNumber');
    },
    TEST_LIMIT_MS,
  );

  test(
    'a number that is whole when time runs out is taken without #',
    async () => {
      await stage.agent.capture('cardNumber');
      await stage.key(VISA.cardNumber, way);
      await stage.agent.sees('cardNumber', SHOWN.cardNumber);
    },
    TEST_LIMIT_MS,
  );

  test(
    'Too many attempts ends the session: only Try Again and Cancel are left, and Try Again starts afresh',
    async () => {
      await enter('expirationDate');
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const isLast = attempt === MAX_ATTEMPTS;
        await stage.agent.capture('securityCode');
        await stage.key('1#', way);
        const text = isLast ? 'Too many attempts' : 'Invalid security code';
        await stage.agent.sees('securityCode', { text, hue: 'red' });
        // Re-capture of a green field is nobody's failed attempt.
        if (!isLast) await enter('expirationDate');
      }
      expect(await headline(stage.page).textContent()).toBe('Too many attempts');
      expect(await visibleActions(stage.page)).toEqual(['Try Again', 'Cancel']);
      expect(await recordingLabel(stage.page).textContent()).toBe('Recording paused');
      await stage.key('7', way);
      await stage.agent.start('tryAgain');
      expect(await stage.page.panel.locator('.field[data-state="empty"]').count()).toBe(3);
      await enter('expirationDate');
    },
    TEST_LIMIT_MS,
  );

  test(
    'AC-7: a code keyed before the number turns red when the number tells another length',
    async () => {
      await enter('securityCode', AMEX.securityCode, { text: '****', hue: 'green' });
      await enter('cardNumber');
      await stage.agent.sees('securityCode', { text: 'Invalid security code', hue: 'red' });
      await enter('securityCode');
    },
    TEST_LIMIT_MS,
  );

  test(
    'the star takes back what was keyed, and the dots with it',
    async () => {
      await stage.agent.capture('expirationDate');
      const dots = row(stage.page.panel, 'expirationDate').locator('.dots i');
      const count = row(stage.page.panel, 'expirationDate').getByText('2 keys', { exact: true });
      await stage.key('99', way);
      await count.waitFor();
      expect(await dots.count()).toBe(2);
      await stage.key('*', way);
      await count.waitFor({ state: 'hidden' });
      expect(await dots.count()).toBe(0);
      await stage.key(`${VISA.expirationDate}#`, way);
      await stage.agent.sees('expirationDate', SHOWN.expirationDate);
    },
    TEST_LIMIT_MS,
  );
});
