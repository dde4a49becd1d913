/** What the gateway, its sessions, vault and API report, in the words of the audit log. Pure. */
import { createHash } from 'node:crypto';
import type { VaultEvent } from '../../vault-client/wire.js';
import type { ApiAuditEvent } from '../api/api-audit.js';
import type { AuditEntry } from '../audit/audit-trail.js';
import { canonicalJson } from '../audit/hash-chain.js';
import type { Configuration } from '../config/configuration.js';
import type { SessionAudit } from '../payment/payment-desk.js';

/**
 * The SHA-256 of the configuration's canonical JSON, defaults and overrides included: equal hashes, equal configurations.
 * Secrets are not in it, only the paths of their files.
 */
export function auditEntryOfConfiguration(configuration: Configuration): AuditEntry {
  const sha256 = createHash('sha256').update(canonicalJson(configuration)).digest('hex');
  return {
    actor: 'gateway',
    origin: 'gateway',
    action: 'configuration-loaded',
    outcome: 'success',
    detail: { sha256 },
  };
}

export function auditEntryOfSession(record: SessionAudit): AuditEntry {
  const { actor, origin, action, outcome, callId, sessionId, field, code } = record;
  return {
    actor,
    origin,
    action,
    outcome,
    resource: { callId, sessionId, ...(field && { field }) },
    ...(code !== undefined && { detail: { code } }),
  };
}

export function auditEntryOfVault(event: Extract<VaultEvent, { readonly kind: 'audit' }>): AuditEntry {
  return {
    actor: 'vault',
    origin: 'vault',
    action: event.action,
    outcome: event.action === 'token-refused' ? 'refused' : 'success',
    resource: { tokenHint: event.tokenHint },
    detail: { outcome: event.outcome },
  };
}

export function auditEntryOfApi(event: ApiAuditEvent): AuditEntry {
  const origin = event.source;
  switch (event.kind) {
    case 'authentication-failed':
      return {
        actor: 'unknown',
        origin,
        action: event.kind,
        outcome: 'refused',
        detail: { way: event.way, count: event.count },
      };
    case 'origin-refused':
      return { actor: 'unknown', origin, action: event.kind, outcome: 'refused' };
    case 'operation-refused':
      return {
        actor: event.agent,
        origin,
        action: event.kind,
        outcome: 'refused',
        detail: { operation: event.operation, code: event.code },
      };
    case 'socket-opened':
      return { actor: event.agent, origin, action: event.kind, outcome: 'success' };
    case 'socket-closed':
      return { actor: event.agent, origin, action: event.kind, outcome: 'success', detail: { reason: event.reason } };
  }
}
