/** What is said on the event socket, both ways, as schemas. */
import { z } from 'zod';
import type { EventMessage } from './event-messages.js';
import { callView, sessionView } from './view-schemas.js';

export const authenticateMessage = z
  .strictObject({ type: z.literal('authenticate'), token: z.string().max(512) })
  .describe('Within five seconds of opening.');

export const pingMessage = z
  .strictObject({ type: z.literal('ping') })
  .describe('Whenever the client wants to know that the way is open: browsers cannot see WebSocket pings.');

export const clientMessage = z
  .discriminatedUnion('type', [authenticateMessage, pingMessage])
  .meta({ id: 'EventSocketClientMessage', description: 'What a client may say.' });

export const serverMessage = z
  .discriminatedUnion('type', [
    z
      .strictObject({ type: z.literal('snapshot'), calls: z.array(callView).readonly() })
      .describe('The true state, now. Nothing is replayed: after a break the new snapshot is the state.'),
    z.strictObject({ type: z.literal('call'), call: callView }).describe('A call has changed.'),
    z.strictObject({ type: z.literal('session'), session: sessionView }).describe('A payment session has changed.'),
    z.strictObject({ type: z.literal('pong') }),
  ])
  .meta({ id: 'EventSocketMessage', description: 'What the gateway says.' }) satisfies z.ZodType<EventMessage>;
