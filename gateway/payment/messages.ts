/**
 * The texts people read, one table: the field texts are the product's own wording, exact to the letter. The last of them
 * is beyond the six usual ones: it blames the line, and counts as nobody's attempt.
 */
import type { FieldErrorCode, SessionErrorCode } from '../../vault-client/wire.js';

export const FIELD_ERROR_MESSAGES: Readonly<Record<FieldErrorCode, string>> = {
  'invalid-card-number': 'Invalid card number',
  'invalid-security-code': 'Invalid security code',
  'invalid-date': 'Invalid expiration date',
  'input-timeout': 'Input timed out',
  'invalid-card-type': 'Card type not accepted',
  'too-many-failed-attempts': 'Too many attempts',
  'input-uncertain': 'Line disturbed, please re-capture',
};

/** While the field still awaits: what is keyed from here on can be saved without another Capture. */
export const UNCERTAIN_ENTRY_WARNING = 'Line disturbed: ask the caller to press * and enter it again';

export const SESSION_ERROR_MESSAGES: Readonly<Record<SessionErrorCode, string>> = {
  'payment-connector-error': 'The payment service could not create a token',
  'internal-error': 'The payment session failed unexpectedly',
  'too-many-failed-attempts': 'Too many attempts',
  'vault-unreachable': 'The payment service cannot be reached',
  'media-unreachable': 'The call audio cannot be secured right now',
  'recorder-not-paused': 'The call recording could not be paused',
  'audio-not-inspectable': 'The call audio cannot be inspected, so keys cannot be hidden',
};
