/**
 * The telephone itself, pure: two lines, what the agent may do with them, and what then has to be done by SIP.
 *
 *   idle → ringing-in → active ⇄ held → ended        an incoming call
 *   idle → dialling → early → active ⇄ held → ended  an outgoing one
 *
 * At most one line is active. To answer, resume or dial while the other line is active, that one is put on hold first,
 * and what was asked for waits until the far side has agreed to the hold: nobody ever hears two callers at once, and a
 * hold that is refused (the gateway refuses it during a payment) leaves everything as it was.
 */

import {
  callIdOf,
  type EndReason,
  isOnItsWay,
  LINE_NUMBERS,
  type Line,
  type LineNumber,
  otherLine,
  sessionOf,
} from './phone-line.js';
import {
  freeLine,
  hasCall,
  isConnected,
  type PhoneEffect,
  type PhoneInput,
  type PhoneState,
  type Signalling,
  talkingLine,
} from './phone-state.js';

export type PhoneStep = { readonly state: PhoneState; readonly effects: readonly PhoneEffect[] };

export function handlePhone(state: PhoneState, input: PhoneInput): PhoneStep {
  switch (input.kind) {
    case 'dial':
      return dialled(unnoticed(state), input.user);
    case 'answer':
    case 'resume':
      return takenUp(unnoticed(state), input.line, input.kind);
    case 'hold':
      return putOnHold(unnoticed(state), input.line);
    case 'hang-up':
      return hungUp(unnoticed(state), input.line, input.nowMs);
    case 'set-mute':
      return still({ ...unnoticed(state), muted: input.muted && hasCall(state) });
    case 'key': {
      const talking = talkingLine(state);
      return talking === undefined
        ? still(state)
        : step(state, { kind: 'send-key', session: talking.session, key: input.key });
    }
    case 'offered':
      return offered(state, input);
    case 'signalling':
      return signallingChanged(state, input.signalling, input.nowMs);
    case 'call-over':
      return callOver(state, input.callId, input.nowMs);
    default: {
      const line = LINE_NUMBERS.find((number) => sessionOf(state.lines[number]) === input.session);
      // A session that the agent has ended already may still have something to say.
      return line === undefined ? still(state) : told(state, line, input);
    }
  }
}

// ---- what the agent asks for

function dialled(state: PhoneState, user: string): PhoneStep {
  if (state.signalling !== 'registered') return still({ ...state, notice: 'not-registered' });
  const line = freeLine(state);
  if (line === undefined) return still({ ...state, notice: 'no-free-line' });
  const other = state.lines[otherLine(line)];
  if (isOnItsWay(other)) return still({ ...state, notice: 'other-call-first' });
  const session = `dialled-${state.dialled + 1}`;
  const waiting: Line = { kind: 'dialling', step: 'waiting', session, party: { name: '', number: user } };
  return afterHold({ ...withLine(state, line, waiting), dialled: state.dialled + 1 }, otherLine(line));
}

function takenUp(state: PhoneState, line: LineNumber, action: 'answer' | 'resume'): PhoneStep {
  const current = state.lines[line];
  const isRinging = action === 'answer' && current.kind === 'ringing-in' && current.step === 'ringing';
  const isHeld = action === 'resume' && current.kind === 'held' && current.step === 'held';
  if (!isRinging && !isHeld) return still(state);
  if (!isConnected(state)) return still({ ...state, notice: 'not-connected' });
  const other = otherLine(line);
  if (isOnItsWay(state.lines[other])) return still({ ...state, notice: 'other-call-first' });
  return afterHold(withLine(state, line, { ...current, step: 'waiting' }), other);
}

/** Puts the other line on hold where that is needed, and goes on where it is not. */
function afterHold(state: PhoneState, other: LineNumber): PhoneStep {
  const blocking = state.lines[other];
  return blocking.kind === 'active' ? putOnHold(state, other) : goOn(state);
}

function putOnHold(state: PhoneState, line: LineNumber): PhoneStep {
  const current = state.lines[line];
  if (current.kind !== 'active' || current.step !== 'talking') return still(state);
  if (!isConnected(state)) return still({ ...giveUpWaiting(state), notice: 'not-connected' });
  return step(withLine(state, line, { ...current, step: 'holding' }), { kind: 'hold', session: current.session });
}

/** At once for the agent, whatever becomes of the message: nobody waits for a network to be rid of a call. */
function hungUp(state: PhoneState, line: LineNumber, nowMs: number): PhoneStep {
  const current = state.lines[line];
  switch (current.kind) {
    case 'idle':
      return still(state);
    case 'ended':
      return still(withLine(state, line, { kind: 'idle' }));
    case 'ringing-in':
      return ended(state, line, { reason: 'you-declined', nowMs });
    default:
      return ended(state, line, { reason: 'you-hung-up', nowMs });
  }
}

// ---- what SIP says

function offered(state: PhoneState, call: Extract<PhoneInput, { readonly kind: 'offered' }>): PhoneStep {
  const line = freeLine(state);
  if (line === undefined) return step(state, { kind: 'refuse-busy', session: call.session });
  const { session, party, callId } = call;
  return still(withLine(state, line, { kind: 'ringing-in', step: 'ringing', session, party, callId }));
}

type Told = Exclude<
  PhoneInput,
  {
    readonly kind:
      | 'dial'
      | 'answer'
      | 'hang-up'
      | 'hold'
      | 'resume'
      | 'set-mute'
      | 'key'
      | 'offered'
      | 'signalling'
      | 'call-over';
  }
>;

function told(state: PhoneState, line: LineNumber, input: Told): PhoneStep {
  const current = state.lines[line];
  switch (input.kind) {
    case 'progressed':
      return progressed(state, line, input);
    case 'established': {
      const { session, nowMs } = input;
      if (current.kind !== 'ringing-in' && current.kind !== 'dialling' && current.kind !== 'early') return still(state);
      const callId = input.callId ?? callIdOf(current);
      const { party } = current;
      const call = { session, party, callId, sinceMs: nowMs, media: 'up' } as const;
      return still(withLine(state, line, { ...call, kind: 'active', step: 'talking' }));
    }
    case 'answer-failed':
      if (current.kind !== 'ringing-in') return still(state);
      return still({ ...withLine(state, line, { ...current, step: 'ringing' }), notice: 'no-microphone' });
    case 'held':
      return current.kind === 'active'
        ? goOn(withLine(state, line, { ...current, kind: 'held', step: 'held' }))
        : still(state);
    case 'hold-failed': {
      if (current.kind !== 'active') return still(state);
      const talking = withLine(state, line, { ...current, step: 'talking' });
      return still({ ...giveUpWaiting(talking), notice: 'hold-refused' });
    }
    case 'resumed':
      return current.kind === 'held'
        ? still(withLine(state, line, { ...current, kind: 'active', step: 'talking' }))
        : still(state);
    case 'resume-failed':
      if (current.kind !== 'held') return still(state);
      return still({ ...withLine(state, line, { ...current, step: 'held' }), notice: 'resume-refused' });
    case 'media':
      return 'media' in current ? still(withLine(state, line, { ...current, media: input.media })) : still(state);
    case 'ended':
      return ended(state, line, { reason: input.reason, nowMs: input.nowMs });
  }
}

/** Provisional answers come more than once, and each may tell more than the one before. */
function progressed(
  state: PhoneState,
  line: LineNumber,
  { callId, hearsFarSide }: Extract<PhoneInput, { readonly kind: 'progressed' }>,
): PhoneStep {
  const current = state.lines[line];
  if (current.kind !== 'dialling' && current.kind !== 'early') return still(state);
  const { session, party } = current;
  const before = current.kind === 'early' ? current : { callId: undefined, hearsFarSide: false };
  return still(
    withLine(state, line, {
      kind: 'early',
      session,
      party,
      callId: callId ?? before.callId,
      hearsFarSide: hearsFarSide || before.hearsFarSide,
    }),
  );
}

/**
 * A conversation outlives its signalling: media goes on. A call that is only on its way does not: the message that would
 * end its ringing may never come.
 */
function signallingChanged(state: PhoneState, signalling: Signalling, nowMs: number): PhoneStep {
  const wasConnected = isConnected(state);
  let result: PhoneStep = still({ ...state, signalling });
  if (!wasConnected || isConnected(result.state)) return result;
  for (const line of LINE_NUMBERS) {
    const { kind } = state.lines[line];
    if (kind !== 'ringing-in' && kind !== 'dialling' && kind !== 'early') continue;
    const next = ended(result.state, line, { reason: 'connection-lost', nowMs });
    result = { state: next.state, effects: [...result.effects, ...next.effects] };
  }
  return result;
}

/** Of a call that was never answered SIP says itself, and better, how it ended. */
function callOver(state: PhoneState, callId: string, nowMs: number): PhoneStep {
  const line = LINE_NUMBERS.find(
    (number) => 'sinceMs' in state.lines[number] && callIdOf(state.lines[number]) === callId,
  );
  return line === undefined ? still(state) : ended(state, line, { reason: 'they-hung-up', nowMs });
}

function ended(
  state: PhoneState,
  line: LineNumber,
  { reason, nowMs }: { readonly reason: EndReason; readonly nowMs: number },
): PhoneStep {
  const current = state.lines[line];
  if (current.kind === 'idle' || current.kind === 'ended') return still(state);
  const spokenMs = 'sinceMs' in current ? nowMs - current.sinceMs : undefined;
  const over = withLine(state, line, {
    kind: 'ended',
    party: current.party,
    callId: callIdOf(current),
    reason,
    spokenMs,
  });
  const next = goOn({ ...over, muted: over.muted && hasCall(over) });
  const effect = endingOf(current);
  return effect === undefined ? next : { ...next, effects: [effect, ...next.effects] };
}

/** What ends this line's session; harmless for one that has ended by itself. */
function endingOf(line: Exclude<Line, { readonly kind: 'idle' | 'ended' }>): PhoneEffect | undefined {
  const { session } = line;
  switch (line.kind) {
    case 'ringing-in':
      return { kind: 'decline', session };
    case 'dialling':
      return line.step === 'waiting' ? undefined : { kind: 'cancel', session };
    case 'early':
      return { kind: 'cancel', session };
    default:
      return { kind: 'bye', session };
  }
}

// ---- one line waits for the other

/** Does what waits, once no line is active any more. */
function goOn(state: PhoneState): PhoneStep {
  if (LINE_NUMBERS.some((number) => state.lines[number].kind === 'active')) return still(state);
  for (const line of LINE_NUMBERS) {
    const current = state.lines[line];
    if (!('step' in current) || current.step !== 'waiting') continue;
    const { session } = current;
    switch (current.kind) {
      case 'ringing-in':
        return step(withLine(state, line, { ...current, step: 'answering' }), { kind: 'accept', session });
      case 'dialling': {
        const invite: PhoneEffect = { kind: 'invite', session, user: current.party.number };
        return step(withLine(state, line, { ...current, step: 'calling' }), invite);
      }
      case 'held':
        return step(withLine(state, line, { ...current, step: 'resuming' }), { kind: 'resume', session });
    }
  }
  return still(state);
}

function giveUpWaiting(state: PhoneState): PhoneState {
  let result = state;
  for (const line of LINE_NUMBERS) {
    const current = state.lines[line];
    if (!('step' in current) || current.step !== 'waiting') continue;
    const before: Line =
      current.kind === 'ringing-in'
        ? { ...current, step: 'ringing' }
        : current.kind === 'held'
          ? { ...current, step: 'held' }
          : { kind: 'idle' };
    result = withLine(result, line, before);
  }
  return result;
}

// ---- steps

function unnoticed(state: PhoneState): PhoneState {
  return state.notice === undefined ? state : { ...state, notice: undefined };
}

function withLine(state: PhoneState, number: LineNumber, line: Line): PhoneState {
  return { ...state, lines: { ...state.lines, [number]: line } };
}

function still(state: PhoneState): PhoneStep {
  return { state, effects: [] };
}

function step(state: PhoneState, ...effects: readonly PhoneEffect[]): PhoneStep {
  return { state, effects };
}
