import { brandRow } from './card-brands.js';
import type { CardBrand } from './wire.js';

/** `provisional`: no card number is known yet; the code is judged again when one is. */
export type SecurityCodeVerdict = 'valid' | 'provisional' | 'invalid';

/** Only the length of a security code can be judged here; whether it is right, the issuer knows. */
export function judgeSecurityCode(length: number, brand: CardBrand | undefined): SecurityCodeVerdict {
  if (brand !== undefined) return length === brandRow(brand).securityCodeLength ? 'valid' : 'invalid';
  return length === 3 || length === 4 ? 'provisional' : 'invalid';
}
