import { describe, expect, test } from '@jest/globals';
import { apiErrors } from '../../api/api-errors.js';
import { FIELD_ERROR_MESSAGES, SESSION_ERROR_MESSAGES, UNCERTAIN_ENTRY_WARNING } from '../../payment/messages.js';
import { catalogueOf } from './panel-catalogues.js';
import { counted, filled, type PanelMessages } from './panel-messages.js';
import { texts as english } from './panel-texts.js';
import { arabicTexts } from './panel-texts-arabic.js';
import { germanTexts } from './panel-texts-german.js';

/** Every text of a catalogue by its path, plural forms too. */
function leavesOf(texts: object, path = ''): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  for (const [key, text] of Object.entries(texts)) {
    if (typeof text === 'string') leaves.set(`${path}${key}`, text);
    else for (const [inner, leaf] of leavesOf(text, `${path}${key}.`)) leaves.set(inner, leaf);
  }
  return leaves;
}

describe('the English catalogue', () => {
  test('has the product’s labels and banner, exact to the letter', () => {
    expect(english.fields).toEqual({
      cardNumber: 'Card Number',
      expirationDate: 'Expiration Date',
      securityCode: 'Security Code (CVV)',
    });
    const { start, capture, recapture, complete, tryAgain, startNew } = english.buttons;
    expect([start, capture, recapture, complete, tryAgain, startNew]).toEqual([
      'Start',
      'Capture',
      'Re-capture',
      'Complete Tokenization',
      'Try Again',
      'Start New Capture',
    ]);
    expect([english.fieldAwaiting, english.vaulted]).toEqual(['Awaiting Input', 'Card securely vaulted']);
  });

  test('says of every error what the gateway says of it', () => {
    expect(english.fieldErrors).toEqual(FIELD_ERROR_MESSAGES);
    expect(english.sessionErrors).toEqual(SESSION_ERROR_MESSAGES);
    expect(english.fieldDisturbed).toBe(UNCERTAIN_ENTRY_WARNING);
    const gateways = Object.entries(english.requestErrors).filter(([code]) => code !== 'network' && code !== 'unknown');
    expect(gateways.length).toBeGreaterThan(10);
    for (const [code, message] of gateways) {
      expect([code, message]).toEqual([code, Object.entries(apiErrors).find(([other]) => other === code)?.[1].message]);
    }
  });
});

describe.each<[string, PanelMessages]>([
  ['de', germanTexts],
  ['ar', arabicTexts],
])('the catalogue of %s', (language, texts) => {
  const leaves = leavesOf(texts);

  test('has a text of its own for everything that is not a name', () => {
    const same = [...leavesOf(english)].filter(([path, text]) => leaves.get(path) === text).map(([path]) => path);
    expect(same.filter((path) => !path.startsWith('brands.'))).toEqual([]);
    expect([...leaves].filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  test('keeps the parts that are put in, and names the keys of the telephone', () => {
    for (const [path, text] of leavesOf(english)) {
      for (const part of text.match(/\{\w+\}|[#*]/g) ?? []) {
        // Where a plural form has a word for the number, the number need not be said.
        if (part !== '{count}') expect([path, leaves.get(path)]).toEqual([path, expect.stringContaining(part)]);
      }
    }
  });

  test('has every plural form that its language needs', () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const count of [0, 1, 2, 3, 7, 11, 24, 99, 100]) {
      expect(pluralCategories).toContain(new Intl.PluralRules(language).select(count));
      for (const forms of [texts.keys, texts.droppedKeys, texts.secondsLeft]) {
        expect(counted(forms, count, language)).not.toMatch(/[{}]/);
      }
    }
  });
});

describe('plurals and parts', () => {
  test.each([
    [1, '1 key'],
    [2, '2 keys'],
    [0, '0 keys'],
  ])('%i in English is "%s"', (count, text) => {
    expect(counted(english.keys, count, 'en')).toBe(text);
  });

  test('Arabic has a form for two, for a few and for many', () => {
    const forms = [2, 3, 11].map((count) => counted(arabicTexts.keys, count, 'ar'));
    expect(new Set(forms).size).toBe(3);
    expect(forms[0]).toBe('مفتاحان');
  });

  test('a part without a value stays as it is', () => {
    expect(filled('{label}: {other}', { label: 'a' })).toBe('a: {other}');
  });
});

describe('the catalogue of a language tag', () => {
  test.each([
    [undefined, 'en', 'ltr'],
    ['', 'en', 'ltr'],
    ['de-AT', 'de', 'ltr'],
    ['ar-EG', 'ar', 'rtl'],
    ['fr', 'en', 'ltr'],
    ['not a tag', 'en', 'ltr'],
    ['__proto__', 'en', 'ltr'],
  ])('%j is %s, %s', (tag, language, direction) => {
    expect(catalogueOf(tag, undefined)).toMatchObject({ language, direction });
  });

  test("a page's texts replace those they name, and leave the others", () => {
    const { texts, language } = catalogueOf('de', { title: 'Bezahlen', fields: { cardNumber: 'Nummer' } });
    expect([texts.title, texts.fields.cardNumber, language]).toEqual(['Bezahlen', 'Nummer', 'de']);
    expect(texts.fields.expirationDate).toBe(germanTexts.fields.expirationDate);
  });

  test('a language that only the page has is put together by its own rules and direction', () => {
    const catalogue = catalogueOf('he', { title: 'תשלום' });
    expect(catalogue).toMatchObject({ language: 'he', direction: 'rtl' });
    expect(catalogue.texts.fields.cardNumber).toBe('Card Number');
  });

  test('what is no text changes nothing', () => {
    const changes: object = JSON.parse('{"title":7,"fields":"x","keys":{"other":null},"constructor":{"name":"x"}}');
    expect(catalogueOf('en', changes).texts).toEqual(english);
  });
});
