/** What the page knows of the agent's calls: a pure fold of the event socket's messages. */
import type { CallView } from '../api/call-desk.js';
import type { EventMessage } from '../api/event-messages.js';
import type { SessionState, SessionView } from '../payment/session-view.js';

export type ConnectionStatus = 'signed-out' | 'connecting' | 'open' | 'reconnecting' | 'crowded' | 'refused';

/** Newest first. */
export type Calls = readonly CallView[];

/** A day of calls; older ended ones are in the gateway's history, not here. */
const MAX_ENDED_CALLS = 20;
const FINISHED: readonly SessionState[] = ['vaulted', 'failed', 'canceled', 'ended'];

export function callsAfter(calls: Calls, message: EventMessage): Calls {
  switch (message.type) {
    case 'snapshot':
      return tidy([...message.calls, ...lostCalls(calls, message.calls)]);
    case 'call':
      return tidy([...calls.filter(({ id }) => id !== message.call.id), message.call]);
    case 'session':
      return calls.map((call) => (call.id === message.session.callId ? withSession(call, message.session) : call));
    case 'pong':
      return calls;
  }
}

/**
 * Calls that went on when they were last heard of and that the gateway knows no more: they have ended meanwhile without a
 * token, or the gateway was started anew. They stay, as over, so that an agent in the middle of a payment is told what became
 * of it. Such a call alone has no `endedAt`.
 */
function lostCalls(known: Calls, told: Calls): Calls {
  return known
    .filter((call) => call.endedAt === undefined && told.every(({ id }) => id !== call.id))
    .map((call) => ({ ...call, state: 'ended', ...(call.session && { session: lostSession(call.session) }) }));
}

function lostSession(session: SessionView): SessionView {
  const over: SessionView = { ...session, actions: [] };
  if (FINISHED.includes(session.state)) return over;
  const empty = { state: 'empty', keyCount: 0, failedAttempts: 0 } as const;
  return {
    ...over,
    state: 'ended',
    fields: { cardNumber: empty, expirationDate: empty, securityCode: empty },
  };
}

/** A session replaces itself, and a new one replaces a finished one; a straggler of an older session changes nothing. */
function withSession(call: CallView, session: SessionView): CallView {
  const known = call.session;
  const isNews = known === undefined || known.id === session.id || FINISHED.includes(known.state);
  const isStraggler = known !== undefined && known.id !== session.id && FINISHED.includes(session.state);
  return isNews && !isStraggler ? { ...call, session } : call;
}

function tidy(calls: Calls): Calls {
  const ordered = [...calls].sort((a, b) => b.startedAt.localeCompare(a.startedAt) || b.id.localeCompare(a.id));
  const ended = ordered.filter(({ state }) => state === 'ended').slice(0, MAX_ENDED_CALLS);
  return ordered.filter((call) => call.state !== 'ended' || ended.includes(call));
}

/**
 * The call to show where the others are listed beside it: the chosen one, until it is over and a newer one goes on. A
 * call with a token stays, because the token is still to be used.
 */
export function callToShow(calls: Calls, chosenId: string | undefined): CallView | undefined {
  const chosen = calls.find(({ id }) => id === chosenId);
  const running = calls.find(({ state }) => state === 'active') ?? calls.find(({ state }) => state !== 'ended');
  if (chosen === undefined) return running ?? calls[0];
  if (chosen.state !== 'ended' || chosen.session?.state === 'vaulted' || running === undefined) return chosen;
  return running.startedAt > (chosen.endedAt ?? chosen.startedAt) ? running : chosen;
}

/**
 * The call to show where nothing else can be chosen: as `callToShow`, but a call with a token gives way once a newer one
 * is answered. The page has been told the token; the caller who speaks now has no other way to pay.
 */
export function callToFollow(calls: Calls, shownId: string | undefined): CallView | undefined {
  const shown = callToShow(calls, shownId);
  if (shown?.state !== 'ended') return shown;
  const answered = calls.find(({ state }) => state === 'active' || state === 'held');
  return answered !== undefined && answered.startedAt > shown.startedAt ? answered : shown;
}

/** One message of the event socket, or undefined for one this version does not know. */
export function parseServerMessage(text: string): EventMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  // The gateway's own messages are typed where they are made; here only the envelope is checked.
  switch (value.type) {
    case 'snapshot':
      return 'calls' in value && Array.isArray(value.calls) ? (value as EventMessage) : undefined;
    case 'call':
      return 'call' in value ? (value as EventMessage) : undefined;
    case 'session':
      return 'session' in value ? (value as EventMessage) : undefined;
    case 'pong':
      return { type: 'pong' };
    default:
      return undefined;
  }
}
