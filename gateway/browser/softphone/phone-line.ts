/** What one of the two lines of the telephone may be. Types, and questions to them; `softphone-state.ts` says how it changes. */

export type LineNumber = 1 | 2;
export const LINE_NUMBERS: readonly LineNumber[] = [1, 2];

/** Who is at the other end, as the network said: untrusted text. */
export type Party = { readonly name: string; readonly number: string };

export type EndReason =
  | 'you-hung-up'
  | 'they-hung-up'
  | 'you-declined'
  | 'missed'
  | 'busy'
  | 'declined'
  | 'no-answer'
  | 'not-found'
  | 'forbidden'
  | 'no-common-audio'
  | 'no-microphone'
  | 'connection-lost'
  | 'failed';

/** Whether sound can pass; a conversation whose sound is broken is kept, and said to be. */
export type MediaPath = 'up' | 'broken';

type Call = { readonly session: string; readonly party: Party };
/** The gateway's id of the call, by which the API knows it; undefined until the gateway has said it. */
type KnownCall = Call & { readonly callId: string | undefined };
type Conversation = KnownCall & { readonly sinceMs: number; readonly media: MediaPath };

export type Line =
  | { readonly kind: 'idle' }
  | (KnownCall & { readonly kind: 'ringing-in'; readonly step: 'ringing' | 'waiting' | 'answering' })
  | (Call & { readonly kind: 'dialling'; readonly step: 'waiting' | 'calling' })
  | (KnownCall & { readonly kind: 'early'; readonly hearsFarSide: boolean })
  | (Conversation & { readonly kind: 'active'; readonly step: 'talking' | 'holding' })
  | (Conversation & { readonly kind: 'held'; readonly step: 'held' | 'waiting' | 'resuming' })
  | {
      readonly kind: 'ended';
      readonly party: Party;
      readonly callId: string | undefined;
      readonly reason: EndReason;
      /** How long the two spoke; undefined when they never did. */
      readonly spokenMs: number | undefined;
    };

// ---- questions

export function sessionOf(line: Line): string | undefined {
  return 'session' in line ? line.session : undefined;
}

export function callIdOf(line: Line): string | undefined {
  return 'callId' in line ? line.callId : undefined;
}

export function otherLine(line: LineNumber): LineNumber {
  return line === 1 ? 2 : 1;
}

/** RFC 3261 §21: what a refusal means for the one who dialled. */
export function endReasonOf(status: number): EndReason {
  switch (status) {
    case 403:
      return 'forbidden';
    case 404:
    case 484:
    case 604:
      return 'not-found';
    case 408:
    case 480:
    case 487:
      return 'no-answer';
    case 486:
    case 600:
      return 'busy';
    case 488:
    case 606:
      return 'no-common-audio';
    case 603:
      return 'declined';
    default:
      return 'failed';
  }
}

/** Neither answered nor over: it may become active at any moment, so nothing else may. */
export function isOnItsWay(line: Line): boolean {
  switch (line.kind) {
    case 'dialling':
    case 'early':
      return true;
    case 'ringing-in':
      return line.step !== 'ringing';
    case 'held':
      return line.step !== 'held';
    default:
      return false;
  }
}
