/** What is worth telling others of the changes of calls and sessions; each is told once. A machine without I/O. */
import type { CallView, DeskEvent } from '../api/call-desk.js';
import type { WebhookEvent } from '../api/webhook-schemas.js';
import type { SessionState, SessionView } from '../payment/session-view.js';

type Known = { readonly call: CallView; readonly sessions: Map<string, 'going-on' | 'over'> };

/** States in which a session is over for whoever waits for a payment. */
const OUTCOMES = ['vaulted', 'canceled', 'failed', 'ended'] as const;
type SessionOutcome = (typeof OUTCOMES)[number];

export class WebhookEvents {
  /** Calls that go on; the gateway's own bounds hold here too. */
  readonly #calls = new Map<string, Known>();

  /** @param nowIso wall time, for the message */
  handle(event: DeskEvent, nowIso: string): readonly WebhookEvent[] {
    return event.kind === 'call' ? this.#call(event.call, nowIso) : this.#session(event.session, nowIso);
  }

  #call(call: CallView, timestamp: string): readonly WebhookEvent[] {
    const known = this.#calls.get(call.id);
    if (call.state === 'ended') {
      this.#calls.delete(call.id);
      // Views of a call that is over may come again, e.g. when its token is redeemed.
      return known === undefined ? [] : [{ type: 'call.ended', timestamp, data: callData(call) }];
    }
    this.#calls.set(call.id, { call, sessions: known?.sessions ?? new Map() });
    return known === undefined ? [{ type: 'call.started', timestamp, data: callData(call) }] : [];
  }

  #session(session: SessionView, timestamp: string): readonly WebhookEvent[] {
    const known = this.#calls.get(session.callId);
    if (known === undefined || known.sessions.get(session.id) === 'over') return [];
    if (!isOutcome(session.state)) {
      known.sessions.set(session.id, 'going-on');
      return [];
    }
    known.sessions.set(session.id, 'over');
    const ids = { callId: session.callId, sessionId: session.id, agent: known.call.agent };
    const { error, state: outcome } = session;
    const ended: WebhookEvent = {
      type: 'payment.session.ended',
      timestamp,
      data: { ...ids, outcome, ...(error === undefined ? {} : { error: error.code }) },
    };
    const { token, tokenExpiresAt } = session;
    if (token === undefined || tokenExpiresAt === undefined) return [ended];
    const { masked = '', brand = '' } = session.fields.cardNumber;
    const data = { ...ids, token, expiresAt: tokenExpiresAt, masked, brand };
    return [{ type: 'payment.token.created', timestamp, data }, ended];
  }
}

function isOutcome(state: SessionState): state is SessionOutcome {
  return OUTCOMES.some((outcome) => outcome === state);
}

function callData({ id, agent, direction, caller, callerNumber, startedAt, answeredAt, endedAt }: CallView) {
  return {
    callId: id,
    agent,
    direction,
    caller,
    ...(callerNumber === undefined ? {} : { callerNumber }),
    startedAt,
    ...(answeredAt === undefined ? {} : { answeredAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}
