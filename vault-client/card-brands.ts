import type { CardBrand } from './wire.js';

/** First six digits, from and to, both included. */
type PrefixRange = readonly [from: number, to: number];

export type CardBrandRow = {
  readonly brand: CardBrand;
  readonly prefixes: readonly PrefixRange[];
  readonly lengths: readonly number[];
  readonly securityCodeLength: 3 | 4;
  /** How the digits stand in groups on the card, by length; every other length stands in fours from the left. */
  readonly groups?: { readonly length: number; readonly sizes: readonly number[] };
  /** UnionPay issues numbers that fail Luhn: a check would refuse good cards. */
  readonly luhn: 'required' | 'not-guaranteed';
};

const SIXTEEN_TO_NINETEEN = [16, 17, 18, 19];

/**
 * The brands we know, after the networks' published issuer ranges (ISO/IEC 7812-1). The first row that matches wins,
 * and Maestro's 60–69 is what the others leave over, so Maestro stands last.
 *
 * 622126–622925 (UnionPay cards that Discover also accepts) count as UnionPay. Visa's 13-digit numbers and JCB's
 * 15-digit ones (1800, 2131) are no longer issued and are refused.
 */
export const CARD_BRANDS: readonly CardBrandRow[] = [
  {
    brand: 'visa',
    // 493698 is Maestro's.
    prefixes: [
      [400000, 493697],
      [493699, 499999],
    ],
    lengths: [16, 19],
    securityCodeLength: 3,
    luhn: 'required',
  },
  {
    brand: 'mastercard',
    prefixes: [
      [510000, 559999],
      [222100, 272099],
    ],
    lengths: [16],
    securityCodeLength: 3,
    luhn: 'required',
  },
  {
    brand: 'amex',
    prefixes: [
      [340000, 349999],
      [370000, 379999],
    ],
    lengths: [15],
    securityCodeLength: 4,
    groups: { length: 15, sizes: [4, 6, 5] },
    luhn: 'required',
  },
  {
    brand: 'discover',
    prefixes: [
      [601100, 601199],
      [644000, 659999],
    ],
    lengths: SIXTEEN_TO_NINETEEN,
    securityCodeLength: 3,
    luhn: 'required',
  },
  {
    brand: 'jcb',
    prefixes: [[352800, 358999]],
    lengths: SIXTEEN_TO_NINETEEN,
    securityCodeLength: 3,
    luhn: 'required',
  },
  {
    brand: 'diners',
    prefixes: [
      [300000, 305999],
      [309500, 309599],
      [360000, 369999],
      [380000, 399999],
    ],
    lengths: [14, ...SIXTEEN_TO_NINETEEN],
    securityCodeLength: 3,
    groups: { length: 14, sizes: [4, 6, 4] },
    luhn: 'required',
  },
  {
    brand: 'unionpay',
    prefixes: [
      [620000, 629999],
      [810000, 817199],
    ],
    lengths: [14, 15, ...SIXTEEN_TO_NINETEEN],
    securityCodeLength: 3,
    luhn: 'not-guaranteed',
  },
  {
    brand: 'maestro',
    prefixes: [
      [493698, 493698],
      [500000, 509999],
      [560000, 699999],
    ],
    lengths: [12, 13, 14, 15, ...SIXTEEN_TO_NINETEEN],
    securityCodeLength: 3,
    luhn: 'required',
  },
];

export function brandRow(brand: CardBrand): CardBrandRow {
  const row = CARD_BRANDS.find((candidate) => candidate.brand === brand);
  if (row === undefined) throw new RangeError('a brand without a row');
  return row;
}
