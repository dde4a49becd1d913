/**
 * What a supervisor sees of the calls that go on, as a pure function of what the gateway said. Everything is masked where
 * it comes from, and nothing here is a control: a supervisor watches.
 */
import type { FieldName } from '../../../vault-client/wire.js';
import type { CallView } from '../../api/call-desk.js';
import type { FieldView, SessionState, SessionView } from '../../payment/session-view.js';
import type { ConnectionStatus } from '../desk-state.js';
import { type IconName, liveTexts, type Tone } from './oversight-texts.js';
import { counted, durationText, spokenDuration } from './time-texts.js';

export type LiveBoardInput = {
  readonly connection: ConnectionStatus;
  readonly calls: readonly CallView[];
  /** The agent whose calls are shown; all when undefined. */
  readonly agent: string | undefined;
  readonly nowMs: number;
};

export type Badge = { readonly tone: Tone; readonly icon: IconName; readonly text: string };

export type FieldChip = Badge & {
  readonly field: FieldName;
  readonly label: string;
  /** Beside the text: the brand, the keys so far, or a warning. */
  readonly detail: string | undefined;
};

export type CallCard = {
  readonly id: string;
  readonly caller: string;
  readonly agent: string;
  readonly direction: string;
  readonly state: Badge;
  /** How long it goes on, or went on. */
  readonly duration: string;
  readonly spokenDuration: string;
  readonly recording: Badge & { readonly note: string | undefined };
  readonly payment: (Badge & { readonly fields: readonly FieldChip[]; readonly note: string | undefined }) | undefined;
};

export type LiveBoard = {
  readonly connectionNote: string | undefined;
  readonly tiles: readonly { readonly name: string; readonly label: string; readonly count: number }[];
  /** Everybody who has a call, and the one chosen. */
  readonly agents: readonly string[];
  readonly running: readonly CallCard[];
  readonly ended: readonly CallCard[];
  readonly none: string | undefined;
};

const FIELD_ORDER: readonly FieldName[] = ['cardNumber', 'expirationDate', 'securityCode'];
const OPEN_SESSION: readonly SessionState[] = ['starting', 'ready', 'capturing', 'tokenizing'];

export function liveBoardOf({ connection, calls, agent, nowMs }: LiveBoardInput): LiveBoard {
  const shown = agent === undefined ? calls : calls.filter((call) => call.agent === agent);
  const running = shown.filter(({ state }) => state !== 'ended');
  const ended = shown.filter(({ state }) => state === 'ended');
  const known = [...calls.map((call) => call.agent), ...(agent === undefined ? [] : [agent])];
  return {
    connectionNote: liveTexts.connection[connection],
    tiles: [
      { name: 'calls', label: liveTexts.tiles.calls, count: running.length },
      { name: 'payments', label: liveTexts.tiles.payments, count: running.filter(isPaying).length },
      { name: 'held', label: liveTexts.tiles.held, count: running.filter(({ state }) => state === 'held').length },
    ],
    agents: [...new Set(known)].filter((name) => name !== '').sort((a, b) => a.localeCompare(b)),
    running: running.map((call) => cardOf(call, nowMs)),
    ended: ended.map((call) => cardOf(call, nowMs)),
    none: running.length > 0 ? undefined : agent === undefined ? liveTexts.none : liveTexts.noneOfAgent,
  };
}

function isPaying({ session }: CallView): boolean {
  return session !== undefined && OPEN_SESSION.includes(session.state);
}

function cardOf(call: CallView, nowMs: number): CallCard {
  const startMs = Date.parse(call.answeredAt ?? call.startedAt);
  const endMs = call.endedAt === undefined ? nowMs : Date.parse(call.endedAt);
  return {
    id: call.id,
    caller: call.caller === '' ? liveTexts.unknownCaller : call.caller,
    agent: call.agent === '' ? liveTexts.noAgent : call.agent,
    direction: liveTexts.directions[call.direction],
    state: liveTexts.callStates[call.state],
    duration: durationText(endMs - startMs),
    spokenDuration: spokenDuration(endMs - startMs),
    recording: {
      ...liveTexts.recording[call.recording.state],
      note: call.recording.lockedByPayment ? liveTexts.recordingLocked : undefined,
    },
    payment: call.session === undefined ? undefined : paymentOf(call.session),
  };
}

function paymentOf(session: SessionView): NonNullable<CallCard['payment']> {
  const { droppedKeys, error, fields, state } = session;
  const dropped = droppedKeys === 0 ? undefined : `${counted(droppedKeys, 'key')} ${liveTexts.dropped}`;
  return {
    ...liveTexts.sessionStates[state],
    note: error?.message ?? dropped,
    fields: FIELD_ORDER.map((field) => chipOf(field, fields[field])),
  };
}

function chipOf(field: FieldName, view: FieldView): FieldChip {
  const common = { field, label: liveTexts.fields[field] };
  switch (view.state) {
    case 'empty':
      return { ...common, tone: 'neutral', icon: 'empty', text: liveTexts.fieldStates.empty, detail: undefined };
    case 'awaiting': {
      const keys = counted(view.keyCount, 'key');
      const detail = view.warning === undefined ? keys : `${keys} · ${view.warning.message}`;
      return { ...common, tone: 'yellow', icon: 'keypad', text: liveTexts.fieldStates.awaiting, detail };
    }
    case 'captured': {
      const detail = view.brand && liveTexts.brands[view.brand];
      return { ...common, tone: 'green', icon: 'check', text: view.masked ?? liveTexts.fieldStates.captured, detail };
    }
    case 'error': {
      const detail = counted(view.failedAttempts, 'entry refused', 'entries refused');
      return {
        ...common,
        tone: 'red',
        icon: 'alert',
        text: view.error?.message ?? liveTexts.fieldStates.error,
        detail,
      };
    }
  }
}
