import { describe, expect, test } from '@jest/globals';
import cardValidator from 'card-validator';
import { brandRow, CARD_BRANDS } from './card-brands.js';
import { brandOf, judgeCardNumber, passesLuhn } from './card-checks.js';
import type { CardBrand } from './wire.js';

const digits = (text: string): Uint8Array => Buffer.from(text);
const ALL: readonly CardBrand[] = CARD_BRANDS.map((row) => row.brand);
const judge = (text: string, accepted: readonly CardBrand[] = ALL): string => {
  const verdict = judgeCardNumber(digits(text), accepted);
  return verdict.kind === 'valid' ? verdict.brand : verdict.error;
};

/** Appends the digit that makes Luhn hold. */
function withCheckDigit(body: string): string {
  for (let digit = 0; digit < 10; digit += 1) if (passesLuhn(digits(`${body}${digit}`))) return `${body}${digit}`;
  throw new Error('no check digit');
}

/** A linear congruential generator: the same numbers for the same seed on every machine. */
function randomDigits(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('published test numbers', () => {
  test.each<[string, CardBrand]>([
    ['4242424242424242', 'visa'],
    ['4000056655665556', 'visa'],
    ['4000000000000000006', 'visa'],
    ['5555555555554444', 'mastercard'],
    ['2223003122003222', 'mastercard'],
    ['378282246310005', 'amex'],
    ['371449635398431', 'amex'],
    ['6011111111111117', 'discover'],
    ['6510000000000000', 'discover'],
    ['3566002020360505', 'jcb'],
    ['30569309025904', 'diners'],
    ['38520000023237', 'diners'],
    ['3622720627166759', 'diners'],
    ['6200000000000005', 'unionpay'],
    ['6205500000000000004', 'unionpay'],
    ['6759649826438453', 'maestro'],
    ['501800000009', 'maestro'],
  ])('%s is %s', (number, brand) => {
    expect(judge(number)).toBe(brand);
  });
});

describe('brands', () => {
  test.each<[string, CardBrand | undefined]>([
    ['222099', undefined],
    ['222100', 'mastercard'],
    ['272099', 'mastercard'],
    ['272100', undefined],
    ['509999', 'maestro'],
    ['510000', 'mastercard'],
    ['559999', 'mastercard'],
    ['560000', 'maestro'],
    ['601100', 'discover'],
    ['601200', 'maestro'],
    ['643999', 'maestro'],
    ['644000', 'discover'],
    ['622126', 'unionpay'],
    ['352799', undefined],
    ['352800', 'jcb'],
    ['358999', 'jcb'],
    ['493697', 'visa'],
    ['493698', 'maestro'],
    ['493699', 'visa'],
    ['306000', undefined],
    ['309500', 'diners'],
    ['000000', undefined],
    ['42424', undefined],
  ])('the prefix %s is of %s', (prefix, brand) => {
    expect(brandOf(digits(prefix))?.brand).toBe(brand);
  });

  test('every brand has a row, and Maestro, which takes what is left, the last one', () => {
    for (const brand of ALL) expect(brandRow(brand).brand).toBe(brand);
    expect(ALL.at(-1)).toBe('maestro');
  });
});

describe('the order of the checks', () => {
  test.each<[string, readonly CardBrand[], string, string]>([
    ['4242424242424241', ALL, 'invalid-card-number', 'Luhn'],
    ['4242424242424', ALL, 'invalid-card-number', 'a length that Visa no longer has'],
    ['', ALL, 'invalid-card-number', 'nothing'],
    ['4', ALL, 'invalid-card-number', 'one digit'],
    ['378282246310005', ['visa'], 'invalid-card-type', 'a good card of a brand not accepted'],
    ['378282246310006', ['visa'], 'invalid-card-number', 'a mistyped one: the brand is not blamed'],
    ['37828224631000', ['visa'], 'invalid-card-number', 'one digit short'],
    [withCheckDigit('222099000000000'), ALL, 'invalid-card-type', 'a whole number of no network we know'],
    ['2220990000000001', ALL, 'invalid-card-number', 'the same with a wrong check digit'],
    [withCheckDigit('9999999999'), ALL, 'invalid-card-number', 'eleven digits of no network'],
    ['6212345678901234', ALL, 'unionpay', 'UnionPay without Luhn'],
  ])('%s with %p: %s (%s)', (number, accepted, expected) => {
    expect(judge(number, accepted)).toBe(expected);
  });

  test('the digits are only read', () => {
    const number = digits('4242424242424242');
    judgeCardNumber(number, ALL);
    expect(Buffer.from(number).toString()).toBe('4242424242424242');
  });
});

describe('card-validator as the oracle', () => {
  const SEED = 20261123;
  const NAMES: Readonly<Record<string, CardBrand>> = {
    visa: 'visa',
    mastercard: 'mastercard',
    'american-express': 'amex',
    discover: 'discover',
    jcb: 'jcb',
    'diners-club': 'diners',
    unionpay: 'unionpay',
    maestro: 'maestro',
  };

  test(`agrees on 4000 generated numbers of each kind it can know (seed ${SEED})`, () => {
    const random = randomDigits(SEED);
    let compared = 0;
    for (let round = 0; round < 4_000; round += 1) {
      const row = CARD_BRANDS[random(CARD_BRANDS.length)];
      const [from, to] = row.prefixes[random(row.prefixes.length)];
      const length = 12 + random(8);
      let body = String(from + random(to - from + 1));
      while (body.length < length - 1) body += random(10);
      const number = random(4) === 0 ? `${body}${random(10)}` : withCheckDigit(body);
      const oracle = cardValidator.number(number);
      const brand = NAMES[oracle.card?.type ?? ''];
      // Brands that only the oracle tells apart (Elo, Hiper, Mir, …) are ours under the network that carries them.
      if (brand === undefined) continue;
      const ours = brandOf(digits(number))?.brand;
      if (ours !== brand) {
        // It knows UnionPay by sub-ranges and leaves the rest of 62 to Maestro; to us 62 is UnionPay as a whole.
        expect([number, brand, ours]).toEqual([number, 'maestro', 'unionpay']);
        continue;
      }
      if (!brandRow(brand).lengths.includes(length) || !oracle.card?.lengths.includes(length)) {
        // One of us does not know this length: Visa 18, Discover 17 and 18, Diners 17 and 18.
        continue;
      }
      compared += 1;
      expect([number, judge(number)]).toEqual([number, oracle.isValid ? brand : 'invalid-card-number']);
    }
    expect(compared).toBeGreaterThan(1_000);
  });

  test(`agrees on Luhn for 4000 numbers (seed ${SEED})`, () => {
    const random = randomDigits(SEED + 1);
    for (let round = 0; round < 4_000; round += 1) {
      let number = '4';
      while (number.length < 16) number += random(10);
      expect([number, passesLuhn(digits(number))]).toEqual([number, cardValidator.number(number).isValid]);
    }
  });

  test('differs in lengths only where the networks say so', () => {
    const lengths = (brand: CardBrand, prefix: string): readonly number[] =>
      (cardValidator.number(prefix).card?.lengths ?? []).filter((length) => !brandRow(brand).lengths.includes(length));
    expect(lengths('visa', '4242')).toEqual([18]);
    expect(lengths('mastercard', '5555')).toEqual([]);
    expect(lengths('amex', '3782')).toEqual([]);
    expect(lengths('discover', '6011')).toEqual([]);
    expect(lengths('jcb', '3566')).toEqual([]);
    expect(lengths('diners', '3056')).toEqual([]);
    expect(lengths('unionpay', '6200')).toEqual([]);
    expect(lengths('maestro', '5018')).toEqual([]);
  });
});
