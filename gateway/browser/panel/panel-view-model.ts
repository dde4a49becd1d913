/**
 * What the panel shows, as a pure function of what the gateway said and what the agent just did. No DOM here: every
 * text, colour and enabled button is decided in this file and tested without a browser.
 */
import type { FieldName } from '../../../vault-client/wire.js';
import type { CallView } from '../../api/call-desk.js';
import type { RecordingAction, RecordingState } from '../../media/control-wire.js';
import type { FieldView, SessionAction, SessionView } from '../../payment/session-view.js';
import type { ConnectionStatus } from '../desk-state.js';
import { FIELD_ORDER, hintOf, isComplete, sayOf } from './panel-guidance.js';
import {
  type Catalogue,
  counted,
  filled,
  type PanelMessages,
  textOfFieldError,
  textOfRedemption,
  textOfRefusal,
  textOfSessionError,
} from './panel-messages.js';
import { type PanelPhase, phaseOf } from './panel-phase.js';

export type PanelCommand =
  | { readonly kind: 'start' }
  | { readonly kind: 'capture'; readonly field: FieldName }
  | { readonly kind: 'complete' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'record'; readonly action: RecordingAction };

export type PanelInput = {
  readonly connection: ConnectionStatus;
  readonly call: CallView | undefined;
  /** The request under way. */
  readonly busy: PanelCommand | undefined;
  /** Why the last request was refused; gone with the next one. */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
  /** Until the awaiting field times out, as far as the gateway has said so. */
  readonly timeLeftMs: number | undefined;
  readonly catalogue: Catalogue;
};

export type Tone = 'neutral' | 'yellow' | 'green' | 'red';

export type ButtonView = {
  readonly visible: boolean;
  readonly enabled: boolean;
  /** Its request is under way. */
  readonly busy: boolean;
  readonly label: string;
};

export type FieldRowView = {
  readonly field: FieldName;
  readonly label: string;
  readonly state: FieldView['state'];
  readonly tone: Tone;
  readonly text: string;
  /** Beside the text: the card's brand, the number of keys, or the warning. */
  readonly detail: string | undefined;
  /** The entry under way cannot become right any more, and what helps. */
  readonly warning: string | undefined;
  readonly keyCount: number;
  /** Counts down the last seconds of an awaiting field. */
  readonly secondsLeft: number | undefined;
  readonly button: ButtonView;
};

export type RecordingView = {
  readonly state: RecordingState;
  readonly label: string;
  readonly explanation: string | undefined;
  readonly buttons: Readonly<Record<RecordingAction, ButtonView>>;
};

export type ButtonName = 'start' | 'complete' | 'tryAgain' | 'startNew' | 'cancel';
/** A field's button, or one of the others. */
export type FocusTarget = FieldName | ButtonName | 'copy' | 'title';

export type PanelView = {
  readonly phase: PanelPhase;
  readonly caller: string | undefined;
  readonly callState: string | undefined;
  readonly headline: { readonly tone: Tone; readonly text: string; readonly note: string | undefined };
  readonly say: string | undefined;
  readonly hint: string | undefined;
  /** Empty unless there is something to capture or a reason to show what was. */
  readonly fields: readonly FieldRowView[];
  readonly buttons: Readonly<Record<ButtonName, ButtonView>>;
  readonly token: { readonly value: string; readonly note: string } | undefined;
  readonly recording: RecordingView | undefined;
  readonly connectionNote: string | undefined;
  readonly problem: string | undefined;
  /** Where the keyboard goes when the button that had it is gone. */
  readonly focus: FocusTarget;
};

/**
 * Before its last seconds a countdown would only make agent and caller hurry. Half of what a caller usually has for the
 * next key: an entry that goes on at a usual pace never shows it.
 */
export const COUNTDOWN_MS = 5_000;

export function panelViewOf(input: PanelInput): PanelView {
  const { call, connection } = input;
  const session = call?.session;
  const phase = phaseOf(call);
  const { texts } = input.catalogue;
  const context: Context = { ...input, phase, session, texts, online: connection === 'open' };
  const fields =
    session !== undefined && hasRows(phase, session) ? FIELD_ORDER.map((field) => rowOf(field, session, context)) : [];
  const buttons = buttonsOf(context);
  return {
    phase,
    caller: call?.caller,
    callState: call === undefined ? undefined : context.texts.callStates[call.state],
    headline: headlineOf(context),
    say: sayOf(context),
    hint: hintOf(context),
    fields,
    buttons,
    token: phase === 'vaulted' && session !== undefined ? tokenOf(session, texts) : undefined,
    recording: call === undefined ? undefined : recordingOf(call, context),
    connectionNote: connectionNoteOf(connection, call, texts),
    problem: input.problem && textOfRefusal(input.problem, texts),
    focus: focusOf(phase, fields, buttons),
  };
}

function tokenOf(session: SessionView, texts: PanelMessages): PanelView['token'] {
  if (session.token === undefined) return undefined;
  return { value: session.token, note: textOfRedemption(session, texts) ?? texts.tokenNote };
}

type Context = PanelInput & {
  readonly phase: PanelPhase;
  readonly session: SessionView | undefined;
  readonly texts: PanelMessages;
  readonly online: boolean;
};

function hasRows(phase: PanelPhase, session: SessionView): boolean {
  // A failed session has discarded its fields; only the one that used up its attempts is worth showing.
  if (phase === 'failed') return FIELD_ORDER.some((field) => session.fields[field].state !== 'empty');
  return phase === 'collecting' || phase === 'tokenizing' || phase === 'vaulted';
}

function rowOf(field: FieldName, session: SessionView, context: Context): FieldRowView {
  const { texts, catalogue, timeLeftMs } = context;
  const view = session.fields[field];
  const label = texts.fields[field];
  const busy = context.busy?.kind === 'capture' && context.busy.field === field;
  const button = {
    visible: context.phase !== 'vaulted' && context.phase !== 'failed',
    enabled: allows(context, 'capture'),
    busy,
    label: view.state === 'empty' ? texts.buttons.capture : texts.buttons.recapture,
  };
  const plain = { keyCount: 0, detail: undefined, warning: undefined, secondsLeft: undefined };
  const row = { field, label, state: view.state, button, ...plain };
  switch (view.state) {
    case 'empty':
      return { ...row, tone: 'neutral', text: texts.fieldEmpty };
    case 'awaiting': {
      const { keyCount } = view;
      const warning = view.warning === undefined ? undefined : texts.fieldDisturbed;
      const keys = keyCount === 0 ? undefined : counted(texts.keys, keyCount, catalogue.language);
      const awaiting = {
        tone: 'yellow',
        text: texts.fieldAwaiting,
        keyCount,
        detail: warning ?? keys,
        warning,
      } as const;
      return { ...row, ...awaiting, secondsLeft: secondsLeftOf(timeLeftMs) };
    }
    case 'captured':
      return {
        ...row,
        tone: 'green',
        text: view.masked ?? filled(texts.fieldCaptured, { label }),
        detail: view.brand === undefined ? undefined : texts.brands[view.brand],
      };
    case 'error':
      return { ...row, tone: 'red', text: textOfFieldError(view, texts) };
  }
}

function secondsLeftOf(timeLeftMs: number | undefined): number | undefined {
  return timeLeftMs === undefined || timeLeftMs > COUNTDOWN_MS ? undefined : Math.ceil(timeLeftMs / 1000);
}

function buttonsOf(context: Context): Readonly<Record<ButtonName, ButtonView>> {
  const { phase, call, busy, online, texts } = context;
  const callIsActive = call?.state === 'active';
  const restart = busy?.kind === 'start';
  return {
    start: {
      visible: phase === 'idle' || phase === 'canceled',
      enabled: online && callIsActive,
      busy: restart,
      label: texts.buttons.start,
    },
    complete: {
      visible: phase === 'collecting' || phase === 'tokenizing',
      enabled: allows(context, 'complete'),
      busy: phase === 'tokenizing' || busy?.kind === 'complete',
      label: texts.buttons.complete,
    },
    tryAgain: {
      visible: phase === 'failed',
      enabled: callIsActive && allows(context, 'try-again'),
      busy: restart,
      label: texts.buttons.tryAgain,
    },
    startNew: {
      visible: phase === 'vaulted' && call?.state !== 'ended',
      enabled: callIsActive && allows(context, 'start-new-capture'),
      busy: restart,
      label: texts.buttons.startNew,
    },
    cancel: {
      visible: phase === 'starting' || phase === 'collecting' || phase === 'tokenizing' || phase === 'failed',
      enabled: allows(context, 'cancel'),
      busy: busy?.kind === 'cancel',
      label: texts.buttons.cancel,
    },
  };
}

function allows({ online, session }: Context, action: SessionAction): boolean {
  return online && (session?.actions.includes(action) ?? false);
}

function headlineOf(context: Context): PanelView['headline'] {
  const { phase, call, session, texts } = context;
  const { status } = texts;
  switch (phase) {
    case 'no-call':
      return { tone: 'neutral', text: status.noCall, note: status.noCallNote };
    case 'idle':
      return call?.state === 'active'
        ? { tone: 'neutral', text: status.idle, note: undefined }
        : { tone: 'neutral', text: texts.callStates[call?.state ?? 'ended'], note: status.notActive };
    case 'starting':
      return { tone: 'yellow', text: status.starting, note: status.startingNote };
    case 'collecting':
      return collectingHeadline(session, texts);
    case 'tokenizing':
      return { tone: 'yellow', text: status.tokenizing, note: status.tokenizingNote };
    case 'vaulted':
      return { tone: 'green', text: texts.vaulted, note: call?.state === 'ended' ? undefined : status.vaultedNote };
    case 'failed':
      return {
        tone: 'red',
        text: session === undefined ? status.failed : textOfSessionError(session, texts),
        note: status.failedNote,
      };
    case 'canceled':
      return {
        tone: 'neutral',
        text: status.canceled,
        note:
          call?.recording.state === 'recording'
            ? `${status.canceledNote} ${texts.recording.resumed}`
            : status.canceledNote,
      };
    case 'ended':
      return {
        tone: 'neutral',
        text: status.ended,
        note: session?.state === 'ended' ? status.endedNote : status.callOverNote,
      };
  }
}

function collectingHeadline(session: SessionView | undefined, texts: PanelMessages): PanelView['headline'] {
  const { status } = texts;
  if (session !== undefined && isComplete(session)) {
    return { tone: 'green', text: status.complete, note: status.completeNote };
  }
  return { tone: 'neutral', text: status.collecting, note: status.collectingNote };
}

function recordingOf(call: CallView, { busy, online, texts }: Context): RecordingView {
  const { state, lockedByPayment } = call.recording;
  const free = online && !lockedByPayment && call.state !== 'ended';
  const button = (action: RecordingAction, label: string, states: readonly RecordingState[]): ButtonView => ({
    visible: states.includes(state) && call.state !== 'ended',
    enabled: free,
    busy: busy?.kind === 'record' && busy.action === action,
    label,
  });
  return {
    state,
    label: texts.recording[state],
    explanation: lockedByPayment && call.state !== 'ended' ? lockExplanation(state, texts) : undefined,
    buttons: {
      start: button('start', texts.buttons.record, ['off', 'stopped']),
      pause: button('pause', texts.buttons.pause, ['recording']),
      resume: button('resume', texts.buttons.resume, ['paused']),
      stop: button('stop', texts.buttons.stop, ['recording', 'paused']),
    },
  };
}

function lockExplanation(state: RecordingState, texts: PanelMessages): string {
  switch (state) {
    case 'paused':
      return texts.recording.lockedPaused;
    case 'recording':
      return texts.recording.lockedMasked;
    case 'off':
    case 'stopped':
      return texts.recording.locked;
  }
}

/** Who is shown how a call has ended need not be signed in for it. */
function connectionNoteOf(
  connection: ConnectionStatus,
  call: CallView | undefined,
  texts: PanelMessages,
): string | undefined {
  switch (connection) {
    case 'open':
      return undefined;
    case 'connecting':
      return texts.connecting;
    case 'reconnecting':
      return texts.reconnecting;
    case 'crowded':
      return texts.crowded;
    case 'refused':
    case 'signed-out':
      return call?.state === 'ended' ? undefined : texts.signedOut;
  }
}

function focusOf(
  phase: PanelPhase,
  fields: readonly FieldRowView[],
  buttons: Readonly<Record<ButtonName, ButtonView>>,
): FocusTarget {
  switch (phase) {
    case 'collecting': {
      if (buttons.complete.enabled) return 'complete';
      const next = fields.find(({ state, button }) => button.enabled && state !== 'captured');
      return next?.field ?? 'title';
    }
    case 'idle':
    case 'canceled':
      return buttons.start.enabled ? 'start' : 'title';
    case 'failed':
      return buttons.tryAgain.enabled ? 'tryAgain' : 'cancel';
    case 'vaulted':
      return 'copy';
    // Not Cancel: a second press of the key that started must not cancel.
    case 'starting':
    case 'tokenizing':
    case 'no-call':
    case 'ended':
      return 'title';
  }
}
