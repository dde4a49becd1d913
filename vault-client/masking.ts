/** The one place where a value becomes what people may see. No other file writes a star. */
import { Buffer } from 'node:buffer';
import { brandRow } from './card-brands.js';
import type { CardBrand } from './wire.js';

const CLEAR_DIGITS = 4;
const GROUP_SIZE = 4;

/**
 * Stars and the last four digits, in the groups in which the brand prints its numbers: `**** **** **** 4242`,
 * `**** ****** *0005` for Amex, `**** **** **** ***0 006` for 19 digits. The first six are never shown, though
 * PCI DSS 3.4.1 would allow it.
 */
export function maskCardNumber(digits: Uint8Array, brand: CardBrand): string {
  const sizes = groupSizes(digits.length, brand);
  const clear = lastFour(digits);
  const stars = '*'.repeat(digits.length - CLEAR_DIGITS);
  const row = `${stars}${clear}`;
  let at = 0;
  return sizes
    .map((size) => {
      at += size;
      return row.slice(at - size, at);
    })
    .join(' ');
}

/** The last four digits, which may be shown. */
export function lastFour(digits: Uint8Array): string {
  return Buffer.from(digits.slice(-CLEAR_DIGITS)).toString('latin1');
}

/** MMYY as stars, or as MM/YY where the merchant has chosen to show it (it is then no longer treated as card data). */
export function maskExpirationDate(digits: Uint8Array, showExpiry: boolean): string {
  if (!showExpiry) return '**/**';
  const shown = Buffer.from(digits).toString('latin1');
  return `${shown.slice(0, 2)}/${shown.slice(2)}`;
}

export function maskSecurityCode(length: number): string {
  return '*'.repeat(length);
}

function groupSizes(length: number, brand: CardBrand): readonly number[] {
  const groups = brandRow(brand).groups;
  if (groups !== undefined && groups.length === length) return groups.sizes;
  const fours = Array.from({ length: Math.floor(length / GROUP_SIZE) }, () => GROUP_SIZE);
  const rest = length % GROUP_SIZE;
  return rest === 0 ? fours : [...fours, rest];
}
