/** What goes into a single-leg user agent and what comes out of it: a phone without audio. */
import type { InviteTarget } from './leg/initial-invite.js';
import type { LegEvent } from './leg/leg-events.js';
import type { Flow } from './message.js';

export type UserAgentInput =
  | { readonly kind: 'received'; readonly flow: Flow; readonly bytes: Buffer }
  | { readonly kind: 'flow-failed'; readonly flow: Flow }
  | { readonly kind: 'deadline' }
  /** `callId` is the caller's own name for the call. Without `sdp` the far side makes the offer. */
  | { readonly kind: 'place-call'; readonly callId: string; readonly target: InviteTarget; readonly sdp?: Buffer }
  | {
      readonly kind: 'ring';
      readonly callId: string;
      readonly status: number;
      readonly reason: string;
      readonly sdp?: Buffer;
    }
  | { readonly kind: 'answer'; readonly callId: string; readonly sdp: Buffer }
  /** The answer to an offer that came in a 2xx; goes out in the ACK. */
  | { readonly kind: 'acknowledge'; readonly callId: string; readonly sdp: Buffer }
  /** Refusal, CANCEL or BYE, whatever fits. `status` is used where it is a refusal. */
  | { readonly kind: 'hang-up'; readonly callId: string; readonly status?: number; readonly reason?: string }
  /** Re-INVITE. Tried again by itself after glare (RFC 3261 §14.1). */
  | { readonly kind: 'renegotiate'; readonly callId: string; readonly sdp?: Buffer }
  | { readonly kind: 'accept-renegotiation'; readonly callId: string; readonly sdp: Buffer }
  | { readonly kind: 'refuse-renegotiation'; readonly callId: string; readonly status: number; readonly reason: string }
  | { readonly kind: 'send-info'; readonly callId: string; readonly contentType: string; readonly body: Buffer }
  | { readonly kind: 'answer-info'; readonly callId: string; readonly infoId: number; readonly status: number };

type OfCall<Event> = Event extends unknown ? Event & { readonly callId: string } : never;

export type UserAgentOutput =
  | { readonly kind: 'send'; readonly flow: Flow; readonly bytes: Buffer }
  | {
      readonly kind: 'incoming-call';
      readonly callId: string;
      readonly flow: Flow;
      readonly requestUri: string;
      /** From and To as they stand in the INVITE. */
      readonly from: string;
      readonly to: string;
      readonly sdp?: Buffer;
    }
  | OfCall<LegEvent>
  | { readonly kind: 'counted'; readonly code: string };
