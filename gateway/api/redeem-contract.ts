/**
 * The step in which a token becomes an order's means of payment, as the vault's redeem endpoint takes it. The endpoint
 * itself is `vault-client/redeem-server.ts`, in another process; a test holds the two together.
 */
import { z } from 'zod';
import { cardBrand } from './view-schemas.js';

const body = z
  .strictObject({
    token: z.string(),
    orderId: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/)
      .describe('Comes back in the answer and is kept with the token.'),
    reveal: z
      .boolean()
      .exactOptional()
      .describe('Asks for the card itself, where `vault.redeem.allowReveal` lets it be told.'),
  })
  .meta({ id: 'RedeemRequest' });

const answer = z
  .strictObject({
    status: z.literal('redeemed'),
    brand: cardBrand,
    masked: z.string(),
    last4: z.string(),
    expiry: z.string().describe('As the merchant lets it show.'),
    orderId: z.string(),
    cardNumber: z.string().exactOptional().describe('Only with `reveal`.'),
    expirationDate: z.string().exactOptional().describe('Only with `reveal`; MMYY.'),
  })
  .meta({ id: 'RedeemAnswer' });

/** The vault's codes, with the status of each. */
const errors = {
  malformed_request: { status: 400, message: 'The request is not in the form this endpoint takes.' },
  unauthorized: { status: 401, message: 'A valid credential is needed.' },
  reveal_not_allowed: { status: 403, message: 'Cards are not revealed here. The token is not used up.' },
  token_unknown: { status: 404, message: 'There is no such token.' },
  not_found: { status: 404, message: 'There is nothing at this address.' },
  method_not_allowed: { status: 405, message: 'Only POST is possible here.' },
  token_already_redeemed: { status: 409, message: 'The token has been redeemed before.' },
  token_expired: { status: 410, message: 'The token has expired.' },
  token_voided: { status: 410, message: 'The token was voided before it was used.' },
  request_too_large: { status: 413, message: 'The request is larger than this endpoint accepts.' },
  internal_error: { status: 500, message: 'Something went wrong inside the vault.' },
} as const;

export const redeemOperation = {
  path: '/v1/redeem',
  summary: 'Makes a token the means of payment of an order, exactly once',
  description:
    'Whoever comes second is refused with `token_already_redeemed`, also when both come at once and through a crash. ' +
    'A decision is in the audit log before it is answered; one that cannot be recorded in time is answered with ' +
    '`internal_error`, and the same token and order id sent again get the answer they are owed, once. ' +
    "The agent's panel is told of both: `redemption` of the payment session.",
  body,
  answer,
  errors,
} as const;
