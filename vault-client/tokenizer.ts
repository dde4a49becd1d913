/** The contract between a card session and whatever makes tokens: the embedded vault, or a provider's adapter. */
import type { CardBrand, FieldErrorCode, FieldName, SessionErrorCode } from './wire.js';

/**
 * A whole, checked card. The bytes (ASCII digits) are on loan until `tokenize` gives its promise back: an adapter that
 * needs them later puts them into a Buffer of its own before its first `await` and wipes that when it is done. No
 * string is ever made of them.
 */
export type CardOnLoan = {
  readonly cardNumber: Uint8Array;
  /** MMYY. */
  readonly expirationDate: Uint8Array;
  readonly securityCode: Uint8Array;
  readonly brand: CardBrand;
  readonly maskedCardNumber: string;
  readonly maskedExpirationDate: string;
};

export type TokenizeOptions = {
  /** The same key with the same card gives the same token; with another card it is refused. */
  readonly idempotencyKey: string;
  /**
   * Aborted when nobody wants the token any more: the session was closed, or has waited long enough. A token made all the
   * same is given back, so it can be voided.
   */
  readonly signal: AbortSignal;
};

export type TokenizeOutcome =
  | { readonly kind: 'token'; readonly token: string; readonly expiresAtMs: number }
  | {
      readonly kind: 'field-failure';
      readonly field: FieldName;
      readonly code: Exclude<FieldErrorCode, 'input-timeout' | 'too-many-failed-attempts' | 'input-uncertain'>;
    }
  | {
      readonly kind: 'session-failure';
      readonly code: Extract<SessionErrorCode, 'payment-connector-error' | 'internal-error'>;
    };

export interface Tokenizer {
  /** Never rejects: whatever goes wrong is an outcome. Logs neither the request nor the answer. */
  tokenize(card: CardOnLoan, options: TokenizeOptions): Promise<TokenizeOutcome>;
  /** Makes a token worthless; false when it is unknown, used or void already. */
  voidToken(token: string): Promise<boolean>;
}
