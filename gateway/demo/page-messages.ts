/**
 * What the demo's process and its page say to each other. The page shows what the caller keys, which no page of the
 * gateway may ever do: the numbers are published test numbers, and the process holds the telephone they are keyed on.
 */
import { z } from 'zod';
import type { EventMessage } from '../api/event-messages.js';
import type { KeyCounts } from './key-counts.js';
import { KEY_TRANSPORTS, type KeyTransport } from './key-transport.js';
import type { OrderResult } from './order-entry.js';

/** Where one may listen: on the caller's own wire, and at the agent's ear. */
export const LANES = ['caller', 'agent'] as const;
export type Lane = (typeof LANES)[number];

export type PhoneState = 'idle' | 'calling' | 'on-call';

/** `softphone`: the agent answers in the browser; `desk-phone`: a SIP telephone of the demo's that answers by itself. */
export const AGENT_PHONES = ['softphone', 'desk-phone'] as const;
export type AgentPhone = (typeof AGENT_PHONES)[number];

/** Times are those of the caller's RTP clock, in milliseconds since the call's first packet. */
export type PageMessage =
  | { readonly kind: 'welcome'; readonly agentToken: string }
  | { readonly kind: 'phone'; readonly state: PhoneState; readonly talking: boolean; readonly problem?: string }
  | { readonly kind: 'told'; readonly message: EventMessage }
  | {
      readonly kind: 'levels';
      readonly lane: Lane;
      readonly atMs: number;
      readonly levelsDbm0: readonly number[];
      /** Bytes in base64, as many a level. */
      readonly spectra: string;
    }
  | {
      readonly kind: 'press';
      readonly key: number;
      readonly atMs: number;
      readonly transport: KeyTransport;
      readonly inPayment: boolean;
    }
  | { readonly kind: 'counts'; readonly counts: KeyCounts };

const commandSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('call'), agentPhone: z.enum(AGENT_PHONES) }),
  z.strictObject({ kind: z.literal('hang-up') }),
  z.strictObject({
    kind: z.literal('key'),
    keys: z.string().regex(/^[0-9*#]{1,24}$/),
    transport: z.enum(KEY_TRANSPORTS),
  }),
  z.strictObject({ kind: z.literal('talk'), talking: z.boolean() }),
  /** Whose audio the page plays; PCM of 8 kHz then comes in binary messages. */
  z.strictObject({ kind: z.literal('listen'), to: z.enum([...LANES, 'nobody']) }),
]);

export type PageCommand = z.infer<typeof commandSchema>;

const orderSchema = z.strictObject({
  orderId: z.string().regex(/^[a-z0-9-]{1,32}$/),
  token: z.string().min(1).max(128),
});

export type PageOrder = z.infer<typeof orderSchema>;
export type PageOrderResult = OrderResult;

/** @returns undefined for what is no command */
export function parseCommand(text: string): PageCommand | undefined {
  return commandSchema.safeParse(parsedJson(text)).data;
}

/** @returns undefined for what is no order */
export function parseOrder(text: string): PageOrder | undefined {
  return orderSchema.safeParse(parsedJson(text)).data;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
