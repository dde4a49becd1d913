/** In words, what the gateway has just told the agent's panel. Pure. */
import type { CallView } from '../../api/call-desk.js';
import type { FieldView, SessionState, SessionView } from '../../payment/session-view.js';
import type { Calls } from '../desk-state.js';
import { FIELDS } from './test-cards.js';

export type Told = {
  readonly text: string;
  readonly tone: 'neutral' | 'yellow' | 'green' | 'red';
  /** An entry takes the place of the last one if that has the same subject: keys are counted on one line. */
  readonly subject?: string;
};

export function toldBetween(before: Calls, after: Calls): readonly Told[] {
  return after.flatMap((call) => {
    const known = before.find(({ id }) => id === call.id);
    return [...ofCall(known, call), ...ofSession(known?.session, call.session)];
  });
}

const CALL_TEXTS: Readonly<Record<CallView['state'], string>> = {
  ringing: 'calls',
  active: 'is on the line',
  held: 'is on hold',
  ended: 'has left the call',
};

const RECORDING_TEXTS: Readonly<Record<CallView['recording']['state'], string>> = {
  off: 'Not recording',
  recording: 'Recording',
  paused: 'Recording paused',
  stopped: 'Recording stopped',
};

function ofCall(before: CallView | undefined, after: CallView): readonly Told[] {
  const told: Told[] = [];
  if (after.state !== before?.state) told.push({ text: `${after.caller} ${CALL_TEXTS[after.state]}`, tone: 'neutral' });
  if (before !== undefined && after.recording.state !== before.recording.state) {
    const paused = after.recording.state === 'paused';
    told.push({ text: RECORDING_TEXTS[after.recording.state], tone: paused ? 'yellow' : 'neutral' });
  }
  return told;
}

const SESSION_TEXTS: Readonly<Partial<Record<SessionState, string>>> = {
  starting: 'Session starting',
  ready: 'Session ready, the keys are hidden',
  tokenizing: 'Vaulting the card',
  canceled: 'Payment canceled',
  ended: 'The call ended: everything keyed is discarded',
};

function ofSession(before: SessionView | undefined, after: SessionView | undefined): readonly Told[] {
  if (after === undefined) return [];
  const known = before?.id === after.id ? before : undefined;
  const told = FIELDS.flatMap(({ field, label }) => {
    const old = known?.fields[field];
    const now = after.fields[field];
    const isSame = old?.state === now.state && old.keyCount === now.keyCount;
    return isSame ? [] : ofField(label, now, `${after.id} ${field}`);
  });
  if (known?.state === after.state) return told;
  // A session goes to and fro between these two with every field, which the fields tell themselves.
  const isField = known?.state === 'capturing' && after.state === 'ready';
  const text = isField ? undefined : SESSION_TEXTS[after.state];
  if (after.state === 'vaulted')
    return [...told, { text: `Card securely vaulted: token ${after.token}`, tone: 'green' }];
  if (after.state === 'failed')
    return [...told, { text: after.error?.message ?? 'The payment was not taken', tone: 'red' }];
  return text === undefined ? told : [{ text, tone: 'neutral' }, ...told];
}

function ofField(label: string, { state, keyCount, masked, error }: FieldView, subject: string): readonly Told[] {
  switch (state) {
    case 'empty':
      return [];
    case 'awaiting': {
      const counted = keyCount === 0 ? '' : keyCount === 1 ? ', 1 key' : `, ${keyCount} keys`;
      return [{ text: `${label}: Awaiting Input${counted}`, tone: 'yellow', subject }];
    }
    case 'captured':
      return [{ text: `${label}: ${masked}`, tone: 'green', subject: `${subject} done` }];
    case 'error':
      return [{ text: `${label}: ${error?.message}`, tone: 'red', subject: `${subject} done` }];
  }
}
