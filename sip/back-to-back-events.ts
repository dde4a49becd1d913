/**
 * What goes into the back-to-back user agent and what comes out of it. The machine owns every SIP rule; its user owns
 * policy (where a call goes) and media (what stands in the session descriptions). It never looks into a description:
 * each one that has to cross is handed out as `description-received` and waits for `description-ready`.
 *
 * Leg `a` is the one that dialled the gateway, leg `b` the one that the gateway dials.
 */
import type { Flow } from './message.js';
import type { LoginReport } from './registrar/login-reports.js';

export type LegSide = 'a' | 'b';

export function other(side: LegSide): LegSide {
  return side === 'a' ? 'b' : 'a';
}

export type CallParty = { readonly displayName: string; readonly uri: string; readonly user: string };

export type BackToBackInput =
  /** A datagram, or one message cut from a stream. The machine wipes INFO bodies after handing them on. */
  | { readonly kind: 'received'; readonly flow: Flow; readonly bytes: Buffer }
  /** A TCP connection is gone or could not be opened; its client transactions fail (RFC 3261 §8.1.3.1). */
  | { readonly kind: 'flow-failed'; readonly flow: Flow }
  | { readonly kind: 'deadline' }
  /** Answers `call-arrived`. */
  | {
      readonly kind: 'route-call';
      readonly callId: string;
      readonly target: {
        readonly flow: Flow;
        readonly requestUri: string;
        readonly from: CallParty;
        readonly to: CallParty;
      };
    }
  /** Answers `call-arrived`: to the phone of a registered user. */
  | {
      readonly kind: 'route-call-to-user';
      readonly callId: string;
      readonly user: string;
      /** On which the phone has registered. */
      readonly listener: string;
      readonly from: CallParty;
      readonly to: CallParty;
    }
  | { readonly kind: 'refuse-call'; readonly callId: string; readonly status: number; readonly reason: string }
  /** Answers `description-received`; `sdp` goes out on the other leg (or back, where the machine asked for it). */
  | { readonly kind: 'description-ready'; readonly exchangeId: number; readonly sdp: Buffer }
  | {
      readonly kind: 'description-refused';
      readonly exchangeId: number;
      readonly status: number;
      readonly reason: string;
    }
  /** Answers `info-received`. `relay` sends the body, unread, to the other leg and answers with its answer. */
  | { readonly kind: 'answer-info'; readonly infoId: number; readonly action: 'accept' | 'relay' | 'refuse' }
  /** With a `cause`, a SIP status, both sides are told it and `reason` (RFC 3326). */
  | { readonly kind: 'hang-up'; readonly callId: string; readonly reason: string; readonly cause?: number }
  /** New calls are answered 503 from here on; running ones go on. */
  | { readonly kind: 'drain' };

export type BackToBackOutput =
  | { readonly kind: 'send'; readonly flow: Flow; readonly bytes: Buffer }
  /** INVITE outside a dialog. 100 Trying has been sent. `flow` names the user of a registered phone. */
  | {
      readonly kind: 'call-arrived';
      readonly callId: string;
      readonly flow: Flow;
      readonly requestUri: string;
      readonly from: CallParty;
      readonly to: CallParty;
    }
  | {
      readonly kind: 'description-received';
      readonly callId: string;
      readonly exchangeId: number;
      /** The leg it came from. */
      readonly from: LegSide;
      readonly role: 'offer' | 'answer';
      /** `early` answers may be followed by the final one. */
      readonly phase: 'initial' | 'early' | 'renegotiation';
      readonly sdp: Buffer;
    }
  | { readonly kind: 'call-progress'; readonly callId: string; readonly state: 'ringing' | 'early-media' | 'answered' }
  /** A renegotiation failed or was rolled back: the descriptions agreed before stand. */
  | { readonly kind: 'renegotiation-failed'; readonly callId: string; readonly status: number }
  | {
      readonly kind: 'info-received';
      readonly callId: string;
      readonly infoId: number;
      readonly from: LegSide;
      readonly contentType: string;
      /** Good until `answer-info` has been handled; wiped then. */
      readonly body: Buffer;
    }
  /** Once per call, after which the machine holds nothing but its lingering transactions. */
  | {
      readonly kind: 'call-ended';
      readonly callId: string;
      readonly by: LegSide | 'gateway';
      readonly status?: number;
      readonly reason: string;
    }
  /** Somebody failed to authenticate, for the first time in a minute or once too often. */
  | ({ readonly kind: 'login-refused'; readonly flow: Flow } & LoginReport)
  /** Something from the network was dropped or refused; `code` is a metric suffix. */
  | { readonly kind: 'counted'; readonly code: string };
