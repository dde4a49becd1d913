/**
 * The port between the HTTP and WebSocket API and the calls behind it. The API knows agents and views; it knows no
 * SIP, no media and no vault.
 */
import type { FieldName } from '../../vault-client/wire.js';
import type { RecordingAction, RecordingState } from '../media/control-wire.js';
import type { SessionView } from '../payment/session-view.js';

/** E.164 numbers have fifteen digits; the rest is for what peers write around them. It is a stranger's text, sent on to others. */
export const MAX_CALLER_NUMBER_LENGTH = 64;

export type CallView = {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly state: 'ringing' | 'active' | 'held' | 'ended';
  /** Display name or user part of the caller's address; untrusted text. */
  readonly caller: string;
  /** The user part of the caller's address, whatever name stands beside it; untrusted text. */
  readonly callerNumber?: string;
  readonly agent: string;
  readonly startedAt: string;
  readonly answeredAt?: string;
  readonly endedAt?: string;
  readonly recording: { readonly state: RecordingState; readonly lockedByPayment: boolean };
  /** The newest payment session of this call. */
  readonly session?: SessionView;
};

export type DeskErrorCode =
  | 'not-found'
  | 'call-not-active'
  | 'session-in-progress'
  | 'session-not-in-state'
  | 'recording-locked'
  | 'recording-unavailable'
  | 'vault-unreachable'
  | 'media-unreachable'
  | 'recorder-not-paused'
  | 'audio-not-inspectable';

export type DeskResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: DeskErrorCode };

/** Which agent asks; kept with every audit record. */
export type Requester = {
  readonly agent: string;
  readonly origin: string;
  /** Set where the requester is let see this one of the agent's calls only, e.g. a panel opened for it. */
  readonly onlyCallId?: string;
};

export type DeskEvent =
  | { readonly kind: 'call'; readonly call: CallView }
  | { readonly kind: 'session'; readonly session: SessionView };

/** Every method sees only the requester's own calls: another's call is `not-found`. */
export type CallDesk = {
  calls(requester: Requester): readonly CallView[];
  call(requester: Requester, callId: string): DeskResult<CallView>;
  hangUp(requester: Requester, callId: string): Promise<DeskResult<CallView>>;
  record(requester: Requester, callId: string, action: RecordingAction): Promise<DeskResult<CallView>>;
  startSession(requester: Requester, callId: string): Promise<DeskResult<SessionView>>;
  session(requester: Requester, sessionId: string): DeskResult<SessionView>;
  capture(requester: Requester, sessionId: string, field: FieldName): Promise<DeskResult<SessionView>>;
  complete(requester: Requester, sessionId: string): Promise<DeskResult<SessionView>>;
  cancel(requester: Requester, sessionId: string): Promise<DeskResult<SessionView>>;
  /** The listener hears of every change of the requester's own calls until the returned function is called. */
  subscribe(requester: Requester, listener: (event: DeskEvent) => void): () => void;
};

/** Every call of every agent, to look at: no view of it holds a token, and there is nothing in it to act with. */
export type WatchDesk = {
  calls(): readonly CallView[];
  call(callId: string): DeskResult<CallView>;
  session(sessionId: string): DeskResult<SessionView>;
  subscribe(listener: (event: DeskEvent) => void): () => void;
};
