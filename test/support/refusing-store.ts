/**
 * Loaded into a vault before anything else, it makes of the embedded store a payment provider's vault that finds fault with
 * some cards, as none of ours does: each of these security codes is refused once.
 */
import { EmbeddedVaultStore } from '../../vault-client/embedded-vault-store.js';
import type { CardOnLoan, TokenizeOptions, TokenizeOutcome } from '../../vault-client/tokenizer.js';

const refusals = new Map<string, TokenizeOutcome>([
  ['901', { kind: 'field-failure', field: 'securityCode', code: 'invalid-security-code' }],
  ['902', { kind: 'field-failure', field: 'cardNumber', code: 'invalid-card-number' }],
  ['903', { kind: 'field-failure', field: 'expirationDate', code: 'invalid-date' }],
  ['904', { kind: 'session-failure', code: 'payment-connector-error' }],
]);
const { tokenize } = EmbeddedVaultStore.prototype;

EmbeddedVaultStore.prototype.tokenize = async function (card: CardOnLoan, options: TokenizeOptions) {
  const code = Buffer.from(card.securityCode).toString('latin1');
  const refusal = refusals.get(code);
  if (refusal === undefined) return tokenize.call(this, card, options);
  refusals.delete(code);
  return refusal;
};
