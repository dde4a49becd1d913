/**
 * One audit record: who, what, when, how it ended, from where, and to what (PCI DSS 10.2.2 lists the six). Pure.
 *
 * No value may hold a run of digits that could be a card number: such a value is replaced before the record exists,
 * and the record says how many were.
 */
import type { FieldName } from '../../vault-client/wire.js';
import { hideDigitRuns, holdsDigitRun } from '../log/digit-guard.js';

/** Everything that is ever recorded, by the thing it happened to. */
export type AuditAction =
  // Processes and the log itself (PCI DSS 10.2.1.6).
  | 'process-started'
  | 'process-stopped'
  | 'process-crashed'
  | 'audit-log-opened'
  | 'audit-log-closed'
  | 'configuration-loaded'
  // Calls.
  | 'call-started'
  | 'call-answered'
  | 'call-ended'
  | 'call-refused'
  // Payment sessions and their fields.
  | 'session-started'
  | 'session-ready'
  | 'session-vaulted'
  | 'session-failed'
  | 'session-canceled'
  | 'session-ended'
  | 'capture-started'
  | 'capture-accepted'
  | 'capture-rejected'
  | 'capture-abandoned'
  | 'capture-disturbed'
  | 'keys-dropped'
  | 'tokenization-started'
  // Suppression.
  | 'window-opened'
  | 'window-closed'
  | 'media-fault'
  | 'foreign-media'
  // Recording: what was asked, and what the recorder acknowledged.
  | 'recording-start-requested'
  | 'recording-pause-requested'
  | 'recording-resume-requested'
  | 'recording-stop-requested'
  | 'recording-started'
  | 'recording-paused'
  | 'recording-resumed'
  | 'recording-masked'
  | 'recording-stopped'
  | 'recording-failed'
  // Tokens.
  | 'token-redeemed'
  | 'token-refused'
  | 'token-voided'
  | 'token-expired'
  // The API.
  | 'authentication-failed'
  | 'origin-refused'
  | 'operation-refused'
  | 'panel-ticket-issued'
  | 'panel-ticket-refused'
  | 'softphone-opened'
  | 'panel-session-opened'
  // What is told to others' servers.
  | 'webhook-delivered'
  | 'webhook-given-up'
  // Looking into what is kept (PCI DSS 10.2.1.3).
  | 'audit-log-read'
  | 'audit-log-verified'
  | 'recording-read'
  | 'socket-opened'
  | 'socket-closed';

export type AuditOutcome = 'success' | 'failure' | 'refused';

export type AuditScalar = string | number | boolean | null;

/** What the record is about. */
export type AuditResource = {
  readonly callId?: string;
  readonly sessionId?: string;
  readonly field?: FieldName;
  readonly tokenHint?: string;
  /** A recording's file, a process's name, a path of the API. */
  readonly name?: string;
};

/** What a caller states. */
export type AuditStatement = {
  /** Wall time, ISO 8601 in UTC. */
  readonly atIso: string;
  readonly monotonicMs: number;
  /** An agent's name, `gateway`, or a peer's. */
  readonly actor: string;
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  /** Address or zone that it came from. */
  readonly origin: string;
  readonly resource?: AuditResource;
  readonly detail?: Readonly<Record<string, AuditScalar>>;
};

export type AuditRecord = Required<AuditStatement> & {
  /** Values replaced by REFUSED; 0 in a healthy gateway. */
  readonly refusedValues: number;
};

export const REFUSED = '[refused]';
/** Longer text is cut: a record is a line, not a document, and peers choose some of these texts. */
export const MAX_VALUE_LENGTH = 256;
/** More details than any of our records has; the rest is dropped. */
export const MAX_DETAILS = 16;

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/;

/** Makes a record of a statement, refusing every value that could hold a card number. Idempotent. */
export function auditRecord(statement: AuditStatement): AuditRecord {
  let refusedValues =
    'refusedValues' in statement && typeof statement.refusedValues === 'number' ? statement.refusedValues : 0;
  const text = (value: string): string => {
    if (ISO_TIME.test(value)) return value;
    // Looked at whole: cutting first could leave eleven digits of a card number.
    if (holdsDigitRun(value)) {
      refusedValues++;
      return REFUSED;
    }
    return value.length > MAX_VALUE_LENGTH ? `${value.slice(0, MAX_VALUE_LENGTH - 1)}…` : value;
  };
  const scalar = (value: AuditScalar): AuditScalar => {
    if (typeof value === 'string') return text(value);
    if (typeof value !== 'number') return value;
    // Canonical JSON has no other numbers, and a fraction of a thousandth means nothing here.
    return Number.isFinite(value) ? scalarNumber(Math.round(value * 1000) / 1000) : null;
  };
  const scalarNumber = (value: number): AuditScalar => {
    if (!holdsDigitRun(String(value)) && Number.isFinite(value)) return value;
    refusedValues++;
    return REFUSED;
  };
  const detail = Object.entries(statement.detail ?? {})
    .slice(0, MAX_DETAILS)
    .map(([key, value]) => [hideDigitRuns(key).slice(0, MAX_VALUE_LENGTH), scalar(value)]);
  const resource = Object.entries(statement.resource ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, text(value)]);
  return {
    atIso: text(statement.atIso),
    monotonicMs: Math.round(statement.monotonicMs * 1000) / 1000,
    actor: text(statement.actor),
    action: statement.action,
    outcome: statement.outcome,
    origin: text(statement.origin),
    resource: Object.fromEntries(resource),
    detail: Object.fromEntries(detail),
    refusedValues,
  };
}
