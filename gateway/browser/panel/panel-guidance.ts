/** What the agent is told to do: the sentence to say to the caller at each step, and the hint beside it. */
import type { FieldName } from '../../../vault-client/wire.js';
import type { CallView } from '../../api/call-desk.js';
import type { FieldView, SessionView } from '../../payment/session-view.js';
import { type Catalogue, counted, type PanelMessages } from './panel-messages.js';
import type { PanelPhase } from './panel-phase.js';

/** The order in which the panel shows them; any order of capture works. */
export const FIELD_ORDER: readonly FieldName[] = ['cardNumber', 'expirationDate', 'securityCode'];

type Situation = {
  readonly phase: PanelPhase;
  readonly call: CallView | undefined;
  readonly session: SessionView | undefined;
  readonly catalogue: Catalogue;
};

export function sayOf({ phase, call, session, catalogue }: Situation): string | undefined {
  const { say } = catalogue.texts;
  switch (phase) {
    case 'idle':
    case 'canceled':
      return call?.state === 'active' ? say.idle : undefined;
    case 'starting':
      return say.starting;
    case 'collecting':
      return session === undefined ? undefined : sayWhileCollecting(session, catalogue.texts);
    case 'tokenizing':
      return say.complete;
    case 'vaulted':
      return call?.state === 'active' ? say.vaulted : undefined;
    case 'failed':
      return session?.error?.code === 'too-many-failed-attempts' ? say.tooMany : say.failed;
    case 'no-call':
    case 'ended':
      return undefined;
  }
}

function sayWhileCollecting(session: SessionView, { say }: PanelMessages): string {
  const inState = (state: FieldView['state']) => FIELD_ORDER.find((field) => session.fields[field].state === state);
  const awaiting = inState('awaiting');
  if (awaiting !== undefined) {
    return (session.fields[awaiting].warning === undefined ? say.capture : say.disturbed)[awaiting];
  }
  const failed = inState('error');
  if (failed !== undefined) {
    return (session.fields[failed].error?.code === 'input-uncertain' ? say.uncertain : say.again)[failed];
  }
  if (isComplete(session)) return say.complete;
  return inState('captured') === undefined ? say.ready : say.next;
}

export function hintOf({ phase, session, catalogue }: Situation): string | undefined {
  if (phase !== 'collecting' || session === undefined) return undefined;
  const { texts, language } = catalogue;
  if (session.state === 'capturing') return texts.clearHint;
  const { droppedKeys } = session;
  return droppedKeys > 0 ? counted(texts.droppedKeys, droppedKeys, language) : undefined;
}

export function isComplete(session: SessionView): boolean {
  return FIELD_ORDER.every((field) => session.fields[field].state === 'captured');
}
