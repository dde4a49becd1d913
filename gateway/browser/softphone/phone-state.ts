/** What the telephone knows, is told and orders: types, and questions to what it knows; `softphone-state.ts` moves it. */

import type { DialKey } from '../keypad.js';
import {
  callIdOf,
  type EndReason,
  LINE_NUMBERS,
  type Line,
  type LineNumber,
  type MediaPath,
  type Party,
  sessionOf,
} from './phone-line.js';

export type Signalling = 'off' | 'connecting' | 'registering' | 'registered' | 'reconnecting' | 'refused';

/** Why the telephone did not do what it was asked. */
export type Notice =
  | 'not-registered'
  | 'not-connected'
  | 'no-free-line'
  | 'other-call-first'
  | 'hold-refused'
  | 'resume-refused'
  | 'no-microphone';

export type PhoneState = {
  readonly lines: Readonly<Record<LineNumber, Line>>;
  readonly signalling: Signalling;
  readonly muted: boolean;
  /** About the last thing asked; gone with the next. */
  readonly notice: Notice | undefined;
  readonly dialled: number;
};

export type PhoneInput =
  // What the agent asks for.
  | { readonly kind: 'dial'; readonly user: string }
  | { readonly kind: 'answer' | 'hang-up' | 'hold' | 'resume'; readonly line: LineNumber; readonly nowMs: number }
  | { readonly kind: 'set-mute'; readonly muted: boolean }
  | { readonly kind: 'key'; readonly key: DialKey }
  // What SIP says.
  | { readonly kind: 'offered'; readonly session: string; readonly party: Party; readonly callId: string | undefined }
  | {
      readonly kind: 'progressed';
      readonly session: string;
      readonly callId: string | undefined;
      /** The far side sends its own ringing or announcement. */
      readonly hearsFarSide: boolean;
    }
  | {
      readonly kind: 'established';
      readonly session: string;
      readonly callId: string | undefined;
      readonly nowMs: number;
    }
  | { readonly kind: 'answer-failed' | 'held' | 'hold-failed' | 'resumed' | 'resume-failed'; readonly session: string }
  | { readonly kind: 'media'; readonly session: string; readonly media: MediaPath }
  | { readonly kind: 'ended'; readonly session: string; readonly reason: EndReason; readonly nowMs: number }
  | { readonly kind: 'signalling'; readonly signalling: Signalling; readonly nowMs: number }
  /** The event socket says so; signalling may have been down when it happened. */
  | { readonly kind: 'call-over'; readonly callId: string; readonly nowMs: number };

export type PhoneEffect =
  | { readonly kind: 'invite'; readonly session: string; readonly user: string }
  | {
      readonly kind: 'accept' | 'decline' | 'refuse-busy' | 'cancel' | 'bye' | 'hold' | 'resume';
      readonly session: string;
    }
  | { readonly kind: 'send-key'; readonly session: string; readonly key: DialKey };

export const newPhone: PhoneState = {
  lines: { 1: { kind: 'idle' }, 2: { kind: 'idle' } },
  signalling: 'off',
  muted: false,
  notice: undefined,
  dialled: 0,
};

// ---- questions

/** Whom the agent speaks with and is heard by: nobody while a hold is under way. */
export function talkingLine(state: PhoneState): Extract<Line, { readonly kind: 'active' }> | undefined {
  for (const number of LINE_NUMBERS) {
    const line = state.lines[number];
    if (line.kind === 'active' && line.step === 'talking') return line;
  }
  return undefined;
}

export function isConnected({ signalling }: PhoneState): boolean {
  return signalling === 'registering' || signalling === 'registered';
}

/** A call that has neither ended nor never begun. */
export function hasCall(state: PhoneState): boolean {
  return LINE_NUMBERS.some((number) => sessionOf(state.lines[number]) !== undefined);
}

/** Of the calls that are nobody's but this telephone's: one that only rings here may yet be answered elsewhere. */
export function callIdsOfConversations({ lines }: PhoneState): readonly string[] {
  return LINE_NUMBERS.flatMap((number) => {
    const line = lines[number];
    const isOnlyRinging = line.kind === 'ringing-in' && line.step !== 'answering';
    const callId = sessionOf(line) === undefined || isOnlyRinging ? undefined : callIdOf(line);
    return callId === undefined ? [] : [callId];
  });
}

/** One whose last call is over is free, but the other one is first. */
export function freeLine({ lines }: PhoneState): LineNumber | undefined {
  return (
    LINE_NUMBERS.find((number) => lines[number].kind === 'idle') ??
    LINE_NUMBERS.find((number) => lines[number].kind === 'ended')
  );
}
