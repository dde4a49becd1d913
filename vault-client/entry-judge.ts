import { isWholeCardNumber, judgeCardNumber } from './card-checks.js';
import { calendarMonth, isValidExpirationDate } from './expiration-date.js';
import { maskCardNumber, maskExpirationDate, maskSecurityCode } from './masking.js';
import { judgeSecurityCode } from './security-code.js';
import type { CardBrand, CardRules, FieldErrorCode, FieldName } from './wire.js';

/** What an ended entry is worth: what its field shows from now on. */
export type Judgement =
  | { readonly kind: 'captured'; readonly masked: string; readonly brand?: CardBrand }
  | { readonly kind: 'error'; readonly error: FieldErrorCode };

export type JudgeContext = {
  readonly rules: CardRules;
  /** Brand of the captured card number, if there is one. */
  readonly brand: CardBrand | undefined;
  /** Milliseconds since the epoch: cards expire by the calendar. */
  readonly wallMs: number;
};

/** Judges an entry (ASCII digits) that the caller ended with `#`. */
export function judgeEntry(name: FieldName, digits: Uint8Array, context: JudgeContext): Judgement {
  const { rules, brand, wallMs } = context;
  switch (name) {
    case 'cardNumber': {
      const verdict = judgeCardNumber(digits, rules.acceptedBrands);
      if (verdict.kind === 'invalid') return { kind: 'error', error: verdict.error };
      return { kind: 'captured', masked: maskCardNumber(digits, verdict.brand), brand: verdict.brand };
    }
    case 'expirationDate':
      if (!isValidExpirationDate(digits, calendarMonth(wallMs, rules.timeZone))) {
        return { kind: 'error', error: 'invalid-date' };
      }
      return { kind: 'captured', masked: maskExpirationDate(digits, rules.showExpiry) };
    case 'securityCode':
      if (judgeSecurityCode(digits.length, brand) === 'invalid') {
        return { kind: 'error', error: 'invalid-security-code' };
      }
      return { kind: 'captured', masked: maskSecurityCode(digits.length) };
  }
}

/**
 * Judges an entry that ran out of time: one that may be whole is judged as if the `#` had only been forgotten, an
 * empty or incomplete one has timed out.
 */
export function judgeTimedOutEntry(name: FieldName, digits: Uint8Array, context: JudgeContext): Judgement {
  if (isWhole(name, digits, context.brand)) return judgeEntry(name, digits, context);
  return { kind: 'error', error: 'input-timeout' };
}

function isWhole(name: FieldName, digits: Uint8Array, brand: CardBrand | undefined): boolean {
  switch (name) {
    case 'cardNumber':
      return isWholeCardNumber(digits);
    case 'expirationDate':
      return digits.length === 4;
    case 'securityCode':
      return judgeSecurityCode(digits.length, brand) !== 'invalid';
  }
}
