import { CARD_BRANDS, type CardBrandRow } from './card-brands.js';
import type { CardBrand } from './wire.js';

const ASCII_ZERO = 0x30;
const PREFIX_LENGTH = 6;
/** ISO/IEC 7812-1: card numbers of a network we do not know still have 12 to 19 digits. */
const SHORTEST_LENGTH = 12;
const LONGEST_LENGTH = 19;

export type CardNumberVerdict =
  | { readonly kind: 'valid'; readonly brand: CardBrand }
  | { readonly kind: 'invalid'; readonly error: 'invalid-card-number' | 'invalid-card-type' };

/**
 * Judges a whole card number (ASCII digits): brand, length for the brand, Luhn, and only then whether the merchant
 * accepts the brand. A mistyped number of an accepted card often looks like another brand, so the brand is blamed
 * only when everything else fits; a number of no known network that fits counts as a type not accepted.
 */
export function judgeCardNumber(digits: Uint8Array, acceptedBrands: readonly CardBrand[]): CardNumberVerdict {
  const row = brandOf(digits);
  if (!hasWholeLength(digits.length, row)) return { kind: 'invalid', error: 'invalid-card-number' };
  if (row?.luhn !== 'not-guaranteed' && !passesLuhn(digits)) return { kind: 'invalid', error: 'invalid-card-number' };
  if (row === undefined || !acceptedBrands.includes(row.brand)) return { kind: 'invalid', error: 'invalid-card-type' };
  return { kind: 'valid', brand: row.brand };
}

/** Tells whether as many digits as a card of this brand can have are there; a timed-out entry needs it. */
export function isWholeCardNumber(digits: Uint8Array): boolean {
  return hasWholeLength(digits.length, brandOf(digits));
}

/** The row whose issuer range holds the first six digits, or nothing: too few digits, or a network we do not know. */
export function brandOf(digits: Uint8Array): CardBrandRow | undefined {
  if (digits.length < PREFIX_LENGTH) return undefined;
  let prefix = 0;
  for (let index = 0; index < PREFIX_LENGTH; index += 1) prefix = prefix * 10 + digits[index] - ASCII_ZERO;
  return CARD_BRANDS.find((row) => row.prefixes.some(([from, to]) => prefix >= from && prefix <= to));
}

/** ISO/IEC 7812-1 Annex B: every second digit from the right is doubled, and the digits' sum ends in zero. */
export function passesLuhn(digits: Uint8Array): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits[digits.length - 1 - index] - ASCII_ZERO;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return digits.length > 0 && sum % 10 === 0;
}

function hasWholeLength(length: number, row: CardBrandRow | undefined): boolean {
  if (row === undefined) return length >= SHORTEST_LENGTH && length <= LONGEST_LENGTH;
  return row.lengths.includes(length);
}
