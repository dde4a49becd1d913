/**
 * What answers and events hold, as schemas: the OpenAPI document is made of them, and every answer in the tests is held
 * against it. The types beside them are what the gateway works with; the compiler keeps the two equal.
 */
import { z } from 'zod';
import { FIELD_NAMES } from '../../vault-client/wire.js';
import type { SessionView } from '../payment/session-view.js';
import { type CallView, MAX_CALLER_NUMBER_LENGTH } from './call-desk.js';
import { ROLES } from './roles.js';

/** UTC, ISO 8601. */
export const instant = z.iso.datetime();

/** Every id of ours is shorter; what does not look like one is `not-found`, like any id nobody has. */
export const identifier = z.string().regex(/^[A-Za-z0-9._:@-]{1,128}$/);

/** An account's name, as the configuration has it. */
export const accountName = z.string().min(1).max(64);

export const fieldName = z.enum(FIELD_NAMES).meta({ id: 'FieldName', description: 'The three fields of a payment.' });

export const cardBrand = z
  .enum(['visa', 'mastercard', 'amex', 'discover', 'jcb', 'diners', 'unionpay', 'maestro'])
  .meta({ id: 'CardBrand' });

const fieldErrorCode = z
  .enum([
    'invalid-card-number',
    'invalid-security-code',
    'invalid-date',
    'input-timeout',
    'invalid-card-type',
    'too-many-failed-attempts',
    'input-uncertain',
  ])
  .meta({
    id: 'FieldErrorCode',
    description:
      "Twilio's ErrorType vocabulary where it has a word. `input-uncertain`: packets of the caller were lost in which a " +
      'key may have been; it counts as nobody’s failed attempt.',
  });

const sessionErrorCode = z
  .enum([
    'payment-connector-error',
    'internal-error',
    'too-many-failed-attempts',
    'vault-unreachable',
    'media-unreachable',
    'recorder-not-paused',
    'audio-not-inspectable',
  ])
  .meta({ id: 'SessionErrorCode' });

const fieldView = z
  .strictObject({
    state: z.enum(['empty', 'awaiting', 'captured', 'error']),
    keyCount: z
      .int()
      .min(0)
      .describe('Keys of the entry under way, for a row of dots; never which ones. 0 when the field is not awaiting.'),
    masked: z.string().exactOptional().describe('Only when captured: `**** **** **** 4242`, `**/**`, `***`.'),
    brand: cardBrand.exactOptional(),
    error: z.strictObject({ code: fieldErrorCode, message: z.string() }).exactOptional(),
    warning: z
      .strictObject({ code: z.literal('input-uncertain'), message: z.string() })
      .exactOptional()
      .describe(
        'Only while awaiting: a key may have been lost on the line, and this entry will not be taken unless the caller ' +
          'clears it with `*`.',
      ),
    timeLeftMs: z
      .int()
      .min(0)
      .exactOptional()
      .describe(
        'Only while awaiting: from the moment of this view until the entry times out, unless a key comes first.',
      ),
    failedAttempts: z.int().min(0).describe('Entries of this field that were refused so far.'),
  })
  .meta({ id: 'Field', description: 'One field as anybody outside the vault may know it.' });

const redemption = z
  .strictObject({
    state: z.enum(['redeemed', 'refused']).describe('`refused`: no order has got it so far.'),
    orderId: z
      .string()
      .exactOptional()
      .describe('Of the order that has used the token; missing where the id has twelve digits or more.'),
    refusedAttempts: z.int().min(0).describe('Orders that were refused it, up to a hundred.'),
    lastRefusal: z
      .enum(['token_already_redeemed', 'token_expired', 'token_voided', 'reveal_not_allowed'])
      .exactOptional(),
  })
  .meta({ id: 'Redemption', description: 'Once an order has used the token, or has been refused it.' });

export const sessionView = z
  .strictObject({
    id: z.string(),
    callId: z.string(),
    state: z.enum(['starting', 'ready', 'capturing', 'tokenizing', 'vaulted', 'failed', 'canceled', 'ended']),
    fields: z.strictObject({ cardNumber: fieldView, expirationDate: fieldView, securityCode: fieldView }),
    error: z.strictObject({ code: sessionErrorCode, message: z.string() }).exactOptional(),
    token: z.string().exactOptional().describe('Only once vaulted, and only for the agent whose call it is.'),
    tokenExpiresAt: instant.exactOptional(),
    redemption: redemption.exactOptional(),
    actions: z
      .array(z.enum(['capture', 'complete', 'cancel', 'try-again', 'start-new-capture']))
      .readonly()
      .describe('What may be asked of the session now; buttons follow it.'),
    droppedKeys: z
      .int()
      .min(0)
      .describe(
        'Keys the caller pressed in the open window while no field awaited them: hidden from all, and not used.',
      ),
  })
  .meta({ id: 'PaymentSession', description: 'A payment session, masked.' }) satisfies z.ZodType<SessionView>;

export const callerNumber = z
  .string()
  .max(MAX_CALLER_NUMBER_LENGTH)
  .describe(
    "User part of the caller's address, of the dialled one in an outbound call; missing where it has none. A display " +
      'name hides it in `caller`. Text of a stranger, never markup.',
  );

export const callView = z
  .strictObject({
    id: z.string(),
    direction: z.enum(['inbound', 'outbound']),
    state: z.enum(['ringing', 'active', 'held', 'ended']),
    caller: z.string().describe("Display name or user part of the caller's address: text of a stranger, never markup."),
    callerNumber: callerNumber.exactOptional(),
    agent: z.string().describe('Empty when no configured agent has the user that was called or calls.'),
    startedAt: instant,
    answeredAt: instant.exactOptional(),
    endedAt: instant.exactOptional(),
    recording: z.strictObject({
      state: z.enum(['off', 'recording', 'paused', 'stopped']),
      lockedByPayment: z.boolean().describe('While true every recording control is refused with `recording-locked`.'),
    }),
    session: sessionView.exactOptional().describe('The newest payment session of this call.'),
  })
  .meta({ id: 'Call' }) satisfies z.ZodType<CallView>;

export const role = z.enum(ROLES).meta({ id: 'Role' });
