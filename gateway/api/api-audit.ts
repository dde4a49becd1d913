/** What the API tells its owner: for the audit log (who tried what) and for the access log (how it went). */
import type { ApiErrorCode } from './api-errors.js';
import type { FailedTry } from './authentication.js';
import type { Closing } from './event-protocol.js';
import type { TicketRefusal } from './panel-tickets.js';

export type ApiAuditEvent =
  /** At most one a source and minute; `count` says how many tries it stands for. */
  | {
      readonly kind: 'authentication-failed';
      readonly source: string;
      readonly way: 'http' | 'socket';
      readonly count: number;
    }
  /** Likewise. */
  | { readonly kind: 'origin-refused'; readonly source: string; readonly count: number }
  /** Likewise; `code` is that of the newest. */
  | {
      readonly kind: 'panel-ticket-refused';
      readonly source: string;
      readonly code: TicketRefusal;
      readonly count: number;
    }
  | {
      readonly kind: 'panel-ticket-issued';
      readonly source: string;
      readonly actor: string;
      readonly agent: string;
      readonly callId?: string;
    }
  | { readonly kind: 'panel-session-opened'; readonly source: string; readonly actor: string; readonly callId?: string }
  | { readonly kind: 'softphone-opened'; readonly source: string; readonly actor: string; readonly user: string }
  /**
   * Somebody known asked for what is not to be had: another's call, a locked recording, what the role may not. One an
   * account, operation, code and minute; `source` is that of the newest.
   */
  | {
      readonly kind: 'operation-refused';
      readonly source: string;
      readonly actor: string;
      readonly operation: string;
      readonly code: ApiErrorCode;
      readonly count: number;
    }
  /** Somebody looked into what is kept as evidence; told before the answer. */
  | {
      readonly kind: 'audit-log-read' | 'audit-log-verified' | 'recording-read';
      readonly source: string;
      readonly actor: string;
      /** The recording. */
      readonly name?: string;
      /** Where in the log the reading began. */
      readonly after?: number;
    }
  | { readonly kind: 'socket-opened'; readonly source: string; readonly actor: string }
  | {
      readonly kind: 'socket-closed';
      readonly source: string;
      readonly actor: string;
      readonly reason: Closing | 'client';
    };

/** One answered request. `route` is the pattern, not the address: neither ids nor query strings nor tokens are in it. */
export type AccessEntry = {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly source: string;
  readonly account?: string;
};

/** Counters since the start; names are the Prometheus metric's suffix. */
export type ApiCounters = {
  requests: number;
  requestsRefused: number;
  requestsFailed: number;
  authenticationFailures: number;
  rolesRefused: number;
  originsRefused: number;
  panelTicketsIssued: number;
  panelTicketsRefused: number;
  panelSessionsOpened: number;
  socketsOpened: number;
  socketsRefused: number;
  socketsClosedSlow: number;
  socketsClosedForMisuse: number;
};

export function newCounters(): ApiCounters {
  return {
    requests: 0,
    requestsRefused: 0,
    requestsFailed: 0,
    authenticationFailures: 0,
    rolesRefused: 0,
    originsRefused: 0,
    panelTicketsIssued: 0,
    panelTicketsRefused: 0,
    panelSessionsOpened: 0,
    socketsOpened: 0,
    socketsRefused: 0,
    socketsClosedSlow: 0,
    socketsClosedForMisuse: 0,
  };
}

export type RefusedTokenContext = {
  readonly source: string;
  readonly way: 'http' | 'socket';
  readonly counters: ApiCounters;
  readonly onAudit: (event: ApiAuditEvent) => void;
};

/** Counts a refused token, and audits it when the authenticator says it is time to. */
export function accountRefusedToken(
  { reportFailures }: FailedTry,
  { source, way, counters, onAudit }: RefusedTokenContext,
): void {
  counters.authenticationFailures += 1;
  if (reportFailures > 0) onAudit({ kind: 'authentication-failed', source, way, count: reportFailures });
}
