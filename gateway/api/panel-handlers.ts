/** The operations on panel tickets; what a ticket is good for is decided in `panel-tickets.ts`. */
import type { FastifyReply } from 'fastify';
import type { ApiAuditEvent, ApiCounters } from './api-audit.js';
import { ApiError } from './api-errors.js';
import type { Authenticator } from './authentication.js';
import type { CallDesk } from './call-desk.js';
import type { OriginGuard } from './origins.js';
import { type Outcome, tooManyRequests } from './outcome.js';
import type { PanelTickets, TicketRefusal } from './panel-tickets.js';
import type { Handlers } from './routes.js';
import { type BucketRate, TokenBuckets } from './token-bucket.js';

export type PanelHandlerOptions = {
  readonly tickets: PanelTickets;
  readonly authenticator: Authenticator;
  readonly desk: CallDesk;
  /** Names of all agents. */
  readonly agents: readonly string[];
  readonly origins: OriginGuard;
  readonly counters: ApiCounters;
  readonly onAudit: (event: ApiAuditEvent) => void;
  readonly nowMs: () => number;
};

/** For one agent, whoever asks: each is a record of the audit log. A page asks when it shows a panel. */
const TICKET_RATE: BucketRate = { burst: 20, perSecond: 0.2 };

export function panelHandlers(
  options: PanelHandlerOptions,
): Pick<Handlers, 'create-panel-ticket' | 'open-panel-session'> {
  const buckets = new TokenBuckets(TICKET_RATE);
  return {
    'create-panel-ticket': ({ account, source, body, reply }) => {
      const { tickets, desk, agents, counters, onAudit, nowMs } = options;
      if (account === undefined) throw new Error('a ticket was asked for by nobody');
      const agent = account.role === 'agent' ? account.name : body.agent;
      if (agent === undefined) throw new ApiError('bad-request', [{ path: 'body.agent', rule: 'missing' }]);
      // Another agent is as good as none, to an agent as to an integration that guesses names.
      if (!agents.includes(agent) || (body.agent ?? agent) !== agent) return { ok: false, code: 'agent-unknown' };
      const { callId, origin } = body;
      if (callId !== undefined && !desk.call({ agent, origin: source }, callId).ok)
        return { ok: false, code: 'not-found' };
      const blockedMs = buckets.take(agent, nowMs());
      if (blockedMs > 0) return tooManyRequests(reply, blockedMs);
      const issued = tickets.issue({ agent, origin, ...(callId === undefined ? {} : { callId }) }, nowMs());
      if (issued.kind === 'refused') return { ok: false, code: issued.code };
      counters.panelTicketsIssued += 1;
      onAudit({
        kind: 'panel-ticket-issued',
        source,
        actor: account.name,
        agent,
        ...(callId === undefined ? {} : { callId }),
      });
      return { ok: true, value: { ticket: issued.ticket, expiresAt: wallTime(issued.expiresAtMs, nowMs()) } };
    },
    'open-panel-session': ({ source, body, request, reply }) => {
      const { tickets, counters, onAudit, origins, nowMs } = options;
      if (!origins.admits(request.headers, source)) return { ok: false, code: 'forbidden-origin' };
      const result = tickets.exchange(body, nowMs());
      if (result.kind === 'refused') return refused(options, { code: result.code, source, reply });
      const { token, expiresAtMs, agent, callId } = result;
      const bound = callId === undefined ? {} : { callId };
      counters.panelSessionsOpened += 1;
      onAudit({ kind: 'panel-session-opened', source, actor: agent, ...bound });
      return { ok: true, value: { token, expiresAt: wallTime(expiresAtMs, nowMs()), agent, ...bound } };
    },
  };
}

type Refused = {
  readonly code: TicketRefusal;
  readonly source: string;
  readonly reply: FastifyReply;
};

/** A wrong ticket counts as a wrong token of its source does. */
function refused(
  { authenticator, counters, onAudit, nowMs }: PanelHandlerOptions,
  { code, source, reply }: Refused,
): Outcome<never> {
  const failed = authenticator.failed(source, nowMs());
  counters.panelTicketsRefused += 1;
  const { reportFailures: count } = failed;
  if (count > 0) onAudit({ kind: 'panel-ticket-refused', source, code, count });
  if (failed.code !== 'too-many-requests') return { ok: false, code };
  return tooManyRequests(reply, failed.retryAfterMs);
}

/** The machine's clock runs from the start of the process; clients know the wall's. */
function wallTime(atMs: number, nowMs: number): string {
  return new Date(Date.now() + atMs - nowMs).toISOString();
}
