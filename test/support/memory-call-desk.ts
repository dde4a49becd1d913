/**
 * A `CallDesk` without telephones: calls are entries in a map, the payment sessions are the real state machine, and
 * what caller, vault and recorder would do is done by the methods at the end. For tests of the API and the panel.
 */
import { randomUUID } from 'node:crypto';
import type {
  CallDesk,
  CallView,
  DeskErrorCode,
  DeskEvent,
  DeskResult,
  Requester,
  WatchDesk,
} from '../../gateway/api/call-desk.js';
import type { RecordingAction, RecordingState } from '../../gateway/media/control-wire.js';
import { PaymentSession, type SessionInput, SessionStateError } from '../../gateway/payment/payment-session.js';
import { type SessionView, withoutToken } from '../../gateway/payment/session-view.js';
import type { CardBrand, FieldErrorCode, FieldName, FieldReport, SessionErrorCode } from '../../vault-client/wire.js';

export type MemoryCallOptions = {
  readonly agent: string;
  readonly caller?: string;
  readonly state?: CallView['state'];
  readonly recording?: RecordingState;
};

export type EntryOutcome = { readonly masked: string; readonly brand?: CardBrand } | { readonly error: FieldErrorCode };

type MemoryCall = {
  readonly id: string;
  readonly agent: string;
  readonly caller: string;
  readonly startedAt: string;
  state: CallView['state'];
  endedAt: string | undefined;
  recording: RecordingState;
  recordingBeforeWindow: RecordingState;
  sessions: MemorySession[];
};

type MemorySession = {
  readonly id: string;
  readonly machine: PaymentSession;
  readonly failures: Record<FieldName, number>;
  /** What the awaiting field goes back to when another one is captured. */
  before: FieldReport | undefined;
  awaiting: FieldReport | undefined;
};

type Listener = (event: DeskEvent, call: MemoryCall) => void;

const NOT_FOUND = { ok: false, code: 'not-found' } as const;
const CALLER_NUMBER = '+49305550100';
const MAX_ATTEMPTS = 3;
/** No time passes here: deadlines are the machine's own tests' business. */
const NOW_MS = 0;
/** Calls begin a second after each other, so that lists of them have one order. */
const FIRST_CALL_AT_MS = Date.parse('2026-11-23T09:30:00.000Z');

export class MemoryCallDesk implements CallDesk {
  readonly #calls = new Map<string, MemoryCall>();
  readonly #listeners = new Set<Listener>();
  /** `held` sessions stay in `starting` until `answerStart`. */
  startAnswers: 'at-once' | 'held' = 'at-once';
  /** The zone that refuses the next Start. */
  startRefusal: SessionErrorCode | undefined;
  /** Requests as the desk saw them, e.g. `capture cardNumber`. */
  readonly requests: { readonly agent: string; readonly operation: string }[] = [];

  calls(requester: Requester): readonly CallView[] {
    return [...this.#calls.values()].filter((call) => isFor(requester, call)).map(viewOf);
  }

  call(requester: Requester, callId: string): DeskResult<CallView> {
    const call = this.#own(requester, callId);
    return call === undefined ? NOT_FOUND : { ok: true, value: viewOf(call) };
  }

  async hangUp(requester: Requester, callId: string): Promise<DeskResult<CallView>> {
    const call = this.#own(requester, callId);
    if (call === undefined) return NOT_FOUND;
    this.#note(requester, 'hang-up');
    if (call.state === 'ended') return { ok: false, code: 'call-not-active' };
    this.endCall(callId);
    return { ok: true, value: viewOf(call) };
  }

  async record(requester: Requester, callId: string, action: RecordingAction): Promise<DeskResult<CallView>> {
    const call = this.#own(requester, callId);
    if (call === undefined) return NOT_FOUND;
    this.#note(requester, `record ${action}`);
    if (call.state === 'ended') return { ok: false, code: 'call-not-active' };
    if (holdsWindow(call)) return { ok: false, code: 'recording-locked' };
    const next = recordingAfter(call.recording, action);
    if (next === undefined) return { ok: false, code: 'recording-unavailable' };
    call.recording = next;
    this.#tell(call);
    return { ok: true, value: viewOf(call) };
  }

  async startSession(requester: Requester, callId: string): Promise<DeskResult<SessionView>> {
    const call = this.#own(requester, callId);
    if (call === undefined) return NOT_FOUND;
    this.#note(requester, 'start');
    if (call.state !== 'active') return { ok: false, code: 'call-not-active' };
    const before = call.sessions.at(-1);
    if (holdsWindow(call) && before?.machine.state !== 'failed') return { ok: false, code: 'session-in-progress' };
    const session = newSession(call.id, before?.machine.windowOpen ?? false);
    if (!holdsWindow(call)) call.recordingBeforeWindow = call.recording;
    call.sessions.push(session);
    if (call.recording === 'recording') call.recording = 'paused';
    this.#feed(call, session, { kind: 'start' });
    if (this.startAnswers === 'at-once') this.answerStart(callId);
    const view = session.machine.view(NOW_MS);
    return view.error === undefined ? { ok: true, value: view } : { ok: false, code: deskCodeOf(view.error.code) };
  }

  session(requester: Requester, sessionId: string): DeskResult<SessionView> {
    const found = this.#find(requester, sessionId);
    return found === undefined ? NOT_FOUND : { ok: true, value: found.session.machine.view(NOW_MS) };
  }

  async capture(requester: Requester, sessionId: string, field: FieldName): Promise<DeskResult<SessionView>> {
    return this.#ask(requester, sessionId, `capture ${field}`, { kind: 'capture', field, captureId: randomUUID() });
  }

  async complete(requester: Requester, sessionId: string): Promise<DeskResult<SessionView>> {
    return this.#ask(requester, sessionId, 'complete', { kind: 'complete' });
  }

  async cancel(requester: Requester, sessionId: string): Promise<DeskResult<SessionView>> {
    return this.#ask(requester, sessionId, 'cancel', { kind: 'cancel' });
  }

  subscribe(requester: Requester, listener: (event: DeskEvent) => void): () => void {
    const listen: Listener = (event, call) => {
      if (isFor(requester, call)) listener(event);
    };
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  /** As a supervisor sees it. */
  get watch(): WatchDesk {
    const calls = () => [...this.#calls.values()].map((call) => withoutTokenOf(viewOf(call)));
    return {
      calls,
      call: (callId) => {
        const found = calls().find(({ id }) => id === callId);
        return found === undefined ? NOT_FOUND : { ok: true, value: found };
      },
      session: (sessionId) => {
        const sessions = [...this.#calls.values()].flatMap((call) => call.sessions);
        const found = sessions.find(({ id }) => id === sessionId);
        return found === undefined ? NOT_FOUND : { ok: true, value: withoutToken(found.machine.view(NOW_MS)) };
      },
      subscribe: (listener) => {
        const listen: Listener = (event) =>
          listener(
            event.kind === 'call'
              ? { kind: 'call', call: withoutTokenOf(event.call) }
              : { kind: 'session', session: withoutToken(event.session) },
          );
        this.#listeners.add(listen);
        return () => this.#listeners.delete(listen);
      },
    };
  }

  // What the world does.

  addCall(options: MemoryCallOptions): string {
    const recording = options.recording ?? 'recording';
    const call: MemoryCall = {
      id: randomUUID(),
      agent: options.agent,
      caller: options.caller ?? '+49 30 5550100',
      startedAt: new Date(FIRST_CALL_AT_MS + this.#calls.size * 1000).toISOString(),
      state: options.state ?? 'active',
      endedAt: undefined,
      recording,
      recordingBeforeWindow: recording,
      sessions: [],
    };
    this.#calls.set(call.id, call);
    this.#tell(call);
    return call.id;
  }

  setCallState(callId: string, state: CallView['state']): void {
    const call = this.#known(callId);
    call.state = state;
    this.#tell(call);
  }

  endCall(callId: string): void {
    const call = this.#known(callId);
    call.state = 'ended';
    call.endedAt = '2026-11-23T09:45:00.000Z';
    call.recording = call.recording === 'off' ? 'off' : 'stopped';
    const session = call.sessions.at(-1);
    if (session !== undefined) this.#feed(call, session, { kind: 'call-ended' });
    this.#tell(call);
  }

  /** Recorder, media and vault answer a held Start. */
  answerStart(callId: string): void {
    const { call, session } = this.#newest(callId);
    if (this.startRefusal !== undefined) {
      const code = this.startRefusal;
      this.startRefusal = undefined;
      this.#feed(call, session, { kind: 'window-refused', code });
      return;
    }
    this.#feed(call, session, { kind: 'window-opened' });
    this.#feed(call, session, { kind: 'vault-opened' });
  }

  /** The caller presses digits: the awaiting field counts them, an open window without one drops them. */
  pressKeys(callId: string, count: number): void {
    const { call, session } = this.#newest(callId);
    if (session.awaiting === undefined) {
      this.#feed(call, session, { kind: 'keys-dropped', count });
      return;
    }
    for (let key = 0; key < count; key += 1) {
      session.awaiting = { ...session.awaiting, keyCount: session.awaiting.keyCount + 1 };
      this.#feed(call, session, { kind: 'field', report: session.awaiting });
    }
  }

  /** The vault says how long the awaiting field still waits. */
  tellTimeLeft(callId: string, timeLeftMs: number): void {
    const { call, session } = this.#newest(callId);
    if (session.awaiting === undefined) throw new Error('no field awaits an entry');
    this.#feed(call, session, { kind: 'field', report: { ...session.awaiting, timeLeftMs } });
  }

  /** A press of the caller may have been lost on the line. */
  disturbEntry(callId: string): void {
    const { call, session } = this.#newest(callId);
    if (session.awaiting === undefined) throw new Error('no field awaits an entry');
    session.awaiting = { ...session.awaiting, isUncertain: true };
    this.#feed(call, session, { kind: 'field', report: session.awaiting });
  }

  /** The caller presses the number sign, or the time is over. */
  endEntry(callId: string, outcome: EntryOutcome): void {
    const { call, session } = this.#newest(callId);
    const { awaiting } = session;
    if (awaiting === undefined) throw new Error('no field awaits an entry');
    session.awaiting = undefined;
    this.#feed(call, session, { kind: 'field', report: judged(session, awaiting.field, outcome) });
  }

  /** A field turns red by itself, e.g. the security code when the card's brand became known. */
  rejectField(callId: string, field: FieldName, error: FieldErrorCode): void {
    const { call, session } = this.#newest(callId);
    this.#feed(call, session, { kind: 'field', report: judged(session, field, { error }) });
  }

  finishTokenization(callId: string, token: string): void {
    const { call, session } = this.#newest(callId);
    this.#feed(call, session, { kind: 'tokenized', token, expiresAt: '2026-11-23T10:45:00.000Z' });
  }

  rejectTokenization(callId: string, field: FieldName, error: FieldErrorCode): void {
    this.rejectField(callId, field, error);
    const { call, session } = this.#newest(callId);
    this.#feed(call, session, { kind: 'tokenization-rejected' });
  }

  fail(callId: string, code: SessionErrorCode): void {
    const { call, session } = this.#newest(callId);
    this.#feed(call, session, { kind: 'fault', code });
  }

  /** The same call again, as often as wanted. */
  tellAgain(callId: string): void {
    this.#tell(this.#known(callId));
  }

  #ask(requester: Requester, sessionId: string, operation: string, input: SessionInput): DeskResult<SessionView> {
    const found = this.#find(requester, sessionId);
    if (found === undefined) return NOT_FOUND;
    this.#note(requester, operation);
    try {
      this.#feed(found.call, found.session, input);
    } catch (error) {
      if (error instanceof SessionStateError) return { ok: false, code: 'session-not-in-state' };
      throw error;
    }
    return { ok: true, value: found.session.machine.view(NOW_MS) };
  }

  #feed(call: MemoryCall, session: MemorySession, input: SessionInput): void {
    let changed = false;
    const later: SessionInput[] = [];
    for (const output of session.machine.handle(input, NOW_MS)) {
      switch (output.kind) {
        case 'begin-capture':
          if (session.awaiting !== undefined && session.before !== undefined) {
            later.push({ kind: 'field', report: session.before });
          }
          session.before = reportOf(session.machine.view(NOW_MS), output.field);
          session.awaiting = {
            ...emptyReport(output.field),
            state: 'awaiting',
            failedAttempts: session.failures[output.field],
          };
          later.push(
            { kind: 'capture-begun', captureId: output.captureId },
            { kind: 'field', report: session.awaiting },
          );
          break;
        case 'close-window':
          call.recording = call.recordingBeforeWindow;
          break;
        case 'changed':
          changed = true;
          break;
        default:
          break;
      }
    }
    if (!session.machine.view(NOW_MS).actions.includes('capture')) session.awaiting = undefined;
    if (changed) this.#tell(call, session);
    for (const next of later) this.#feed(call, session, next);
  }

  #tell(call: MemoryCall, session?: MemorySession): void {
    for (const listener of this.#listeners) {
      if (session !== undefined) listener({ kind: 'session', session: session.machine.view(NOW_MS) }, call);
      listener({ kind: 'call', call: viewOf(call) }, call);
    }
  }

  #note(requester: Requester, operation: string): void {
    this.requests.push({ agent: requester.agent, operation });
  }

  #own(requester: Requester, callId: string): MemoryCall | undefined {
    const call = this.#calls.get(callId);
    return call !== undefined && isFor(requester, call) ? call : undefined;
  }

  #find(requester: Requester, sessionId: string): { call: MemoryCall; session: MemorySession } | undefined {
    for (const call of this.#calls.values()) {
      const session = call.sessions.find(({ id }) => id === sessionId);
      if (session !== undefined) return isFor(requester, call) ? { call, session } : undefined;
    }
    return undefined;
  }

  #known(callId: string): MemoryCall {
    const call = this.#calls.get(callId);
    if (call === undefined) throw new Error('no such call');
    return call;
  }

  #newest(callId: string): { call: MemoryCall; session: MemorySession } {
    const call = this.#known(callId);
    const session = call.sessions.at(-1);
    if (session === undefined) throw new Error('the call has no payment session');
    return { call, session };
  }
}

function isFor({ agent, onlyCallId }: Requester, call: MemoryCall): boolean {
  return call.agent === agent && (onlyCallId === undefined || onlyCallId === call.id);
}

function withoutTokenOf(call: CallView): CallView {
  return call.session === undefined ? call : { ...call, session: withoutToken(call.session) };
}

function newSession(callId: string, windowOpen: boolean): MemorySession {
  const id = randomUUID();
  return {
    id,
    machine: new PaymentSession({ sessionId: id, callId, startTimeoutMs: 1000, tokenizeTimeoutMs: 1000, windowOpen }),
    failures: { cardNumber: 0, expirationDate: 0, securityCode: 0 },
    before: undefined,
    awaiting: undefined,
  };
}

function viewOf(call: MemoryCall): CallView {
  const session = call.sessions.at(-1)?.machine.view(NOW_MS);
  return {
    id: call.id,
    direction: 'inbound',
    state: call.state,
    caller: call.caller,
    callerNumber: CALLER_NUMBER,
    agent: call.agent,
    startedAt: call.startedAt,
    ...(call.state === 'ringing' ? {} : { answeredAt: call.startedAt }),
    ...(call.endedAt === undefined ? {} : { endedAt: call.endedAt }),
    recording: { state: call.recording, lockedByPayment: holdsWindow(call) },
    ...(session === undefined ? {} : { session }),
  };
}

function holdsWindow(call: MemoryCall): boolean {
  return call.sessions.at(-1)?.machine.holdsWindow ?? false;
}

function recordingAfter(state: RecordingState, action: RecordingAction): RecordingState | undefined {
  switch (action) {
    case 'start':
      return state === 'off' || state === 'stopped' ? 'recording' : undefined;
    case 'pause':
      return state === 'recording' ? 'paused' : undefined;
    case 'resume':
      return state === 'paused' ? 'recording' : undefined;
    case 'stop':
      return state === 'recording' || state === 'paused' ? 'stopped' : undefined;
  }
}

function judged(session: MemorySession, field: FieldName, outcome: EntryOutcome): FieldReport {
  if ('masked' in outcome) {
    const { masked, brand } = outcome;
    const failedAttempts = session.failures[field];
    return {
      ...emptyReport(field),
      state: 'captured',
      masked,
      failedAttempts,
      ...(brand === undefined ? {} : { brand }),
    };
  }
  session.failures[field] += 1;
  const failedAttempts = session.failures[field];
  const error = failedAttempts >= MAX_ATTEMPTS ? 'too-many-failed-attempts' : outcome.error;
  return { ...emptyReport(field), state: 'error', error, failedAttempts };
}

function reportOf(view: SessionView, field: FieldName): FieldReport {
  const { error, ...rest } = view.fields[field];
  return { field, ...rest, ...(error === undefined ? {} : { error: error.code }) };
}

function emptyReport(field: FieldName): FieldReport {
  return { field, state: 'empty', keyCount: 0, failedAttempts: 0 };
}

function deskCodeOf(code: SessionErrorCode): DeskErrorCode {
  switch (code) {
    case 'vault-unreachable':
    case 'media-unreachable':
    case 'recorder-not-paused':
    case 'audio-not-inspectable':
      return code;
    default:
      return 'session-not-in-state';
  }
}
