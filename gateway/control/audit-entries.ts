/** What the gateway, its sessions, vault and API report, in the words of the audit log. Pure. */
import type { ApiAuditEvent } from '../api/api-audit.js';
import type { AuditEntry } from '../audit/audit-trail.js';
import type { Unfinished } from '../audit/unfinished-store.js';
import type { Configuration } from '../config/configuration.js';
import type { SessionAudit } from '../payment/payment-desk.js';
import type { VaultAuditEvent } from '../process/vault-connection.js';
import type { WebhookAudit } from '../webhook/webhooks-socket.js';
import { hashOfConfiguration } from './administration.js';

export function auditEntryOfConfiguration(configuration: Configuration): AuditEntry {
  return {
    actor: 'gateway',
    origin: 'gateway',
    action: 'configuration-loaded',
    outcome: 'success',
    detail: { sha256: hashOfConfiguration(configuration) },
  };
}

/** The end of what a gateway that was killed has left open. */
export function auditEntryOfUnfinished({ kind, id, callId }: Unfinished): AuditEntry {
  const lost = { actor: 'gateway', origin: 'gateway', outcome: 'failure' } as const;
  const reason = 'gateway-restarted';
  switch (kind) {
    case 'call':
      return { ...lost, action: 'call-ended', resource: { callId: id }, detail: { by: 'gateway', reason } };
    case 'session':
      return { ...lost, action: 'session-ended', resource: { callId, sessionId: id }, detail: { reason } };
    case 'recording':
      return { ...lost, action: 'recording-failed', resource: { callId }, detail: { file: id, reason } };
  }
}

export function auditEntryOfSession(record: SessionAudit): AuditEntry {
  const { actor, origin, action, outcome, callId, sessionId, field, code, tokenHint, count } = record;
  return {
    actor,
    origin,
    action,
    outcome,
    resource: { callId, sessionId, ...(field && { field }), ...(tokenHint !== undefined && { tokenHint }) },
    detail: { ...(code !== undefined && { code }), ...(count !== undefined && { count }) },
  };
}

export function auditEntryOfVault(event: VaultAuditEvent): AuditEntry {
  const { action, outcome, happenedAt, tokenHint, origin, orderId, isRetry, count } = event;
  return {
    actor: origin === undefined ? 'vault' : askerOf(event),
    origin: origin ?? 'vault',
    action,
    outcome: outcomeOf(event),
    ...(tokenHint !== undefined && { resource: { tokenHint } }),
    detail: {
      outcome,
      happenedAt,
      ...(orderId !== undefined && { orderId }),
      ...(isRetry && { isRetry }),
      ...(count !== undefined && { count }),
    },
  };
}

/** Who has no credential is not the order system. */
function askerOf({ outcome }: VaultAuditEvent): string {
  return outcome === 'unauthorized' ? 'unknown' : 'order-system';
}

function outcomeOf({ action, outcome }: VaultAuditEvent): AuditEntry['outcome'] {
  if (action === 'token-refused') return 'refused';
  return outcome === 'not-voidable' ? 'failure' : 'success';
}

export function auditEntryOfWebhook({ kind, endpoint, type, attempts, reason }: WebhookAudit): AuditEntry {
  return {
    actor: 'gateway',
    origin: 'gateway',
    action: kind,
    outcome: kind === 'webhook-delivered' ? 'success' : 'failure',
    resource: { name: endpoint },
    detail: { type, attempts, ...(reason !== undefined && { reason }) },
  };
}

export function auditEntryOfApi(event: ApiAuditEvent): AuditEntry {
  const { kind: action, source: origin } = event;
  switch (event.kind) {
    case 'authentication-failed':
      return { ...refusal, action, origin, detail: { way: event.way, count: event.count } };
    case 'origin-refused':
      return { ...refusal, action, origin, detail: { count: event.count } };
    case 'panel-ticket-refused':
      return { ...refusal, action, origin, detail: { code: event.code, count: event.count } };
    case 'operation-refused': {
      const { actor, operation, code, count } = event;
      return { actor, origin, action, outcome: 'refused', detail: { operation, code, count } };
    }
    case 'panel-ticket-issued':
      return { ...success(event), resource: callOf(event), detail: { agent: event.agent } };
    case 'softphone-opened':
      return { ...success(event), detail: { user: event.user } };
    case 'panel-session-opened':
      return { ...success(event), resource: callOf(event) };
    case 'audit-log-read':
    case 'audit-log-verified':
    case 'recording-read': {
      const { name, after } = event;
      return {
        ...success(event),
        ...(name !== undefined && { resource: { name } }),
        ...(after !== undefined && { detail: { after } }),
      };
    }
    case 'socket-opened':
      return success(event);
    case 'socket-closed':
      return { ...success(event), detail: { reason: event.reason } };
  }
}

/** Of somebody who is not known. */
const refusal = { actor: 'unknown', outcome: 'refused' } as const;

function success({ kind, source, actor }: Extract<ApiAuditEvent, { readonly actor: string }>): AuditEntry {
  return { actor, origin: source, action: kind, outcome: 'success' };
}

function callOf({ callId }: { readonly callId?: string }): NonNullable<AuditEntry['resource']> {
  return callId === undefined ? {} : { callId };
}
