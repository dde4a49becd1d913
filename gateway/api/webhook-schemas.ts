/**
 * What webhooks tell, as schemas: the OpenAPI document has them too. Each message is `{type, timestamp, data}`, as
 * Standard Webhooks recommends.
 */
import { z } from 'zod';
import { callerNumber } from './view-schemas.js';

const instant = z.iso.datetime();

const calls = {
  callId: z.string(),
  agent: z.string().describe('Empty when no configured agent has the user that was called or calls.'),
};

const session = { ...calls, sessionId: z.string() };

const call = z.strictObject({
  ...calls,
  direction: z.enum(['inbound', 'outbound']),
  caller: z.string().describe("Display name or user part of the caller's address: text of a stranger, never markup."),
  callerNumber: callerNumber.exactOptional(),
  startedAt: instant,
  answeredAt: instant.exactOptional(),
  endedAt: instant.exactOptional(),
});

export const webhookData = {
  'payment.token.created': z.strictObject({
    ...session,
    token: z.string().describe('Good for one order.'),
    expiresAt: instant,
    masked: z.string().describe('The masked card number.'),
    brand: z.string(),
  }),
  'payment.session.ended': z.strictObject({
    ...session,
    outcome: z.enum(['vaulted', 'canceled', 'failed', 'ended']).describe('`ended`: the call ended first.'),
    error: z.string().exactOptional().describe('Code of the failure.'),
  }),
  'call.started': call,
  'call.ended': call,
} as const;

export type WebhookType = keyof typeof webhookData;

export const WEBHOOK_TYPES = Object.keys(webhookData) as [WebhookType, ...WebhookType[]];

export const WEBHOOK_SUMMARIES: Readonly<Record<WebhookType, string>> = {
  'payment.token.created': 'A card was vaulted, and here is its token',
  'payment.session.ended': 'A payment session is over, however',
  'call.started': 'A call has come in, or is being made',
  'call.ended': 'A call is over',
};

/** The whole body of one type. */
export function webhookBody(type: WebhookType) {
  return z.strictObject({ type: z.literal(type), timestamp: instant, data: webhookData[type] });
}

type DataOf = { readonly [Type in WebhookType]: Readonly<z.infer<(typeof webhookData)[Type]>> };

export type WebhookEvent = {
  [Type in WebhookType]: { readonly type: Type; readonly timestamp: string; readonly data: DataOf[Type] };
}[WebhookType];
