/** The gateway's way into its audit log: stamps each entry with both clocks and appends it. */
import type { AuditLog } from './audit-log-store.js';
import type { AuditStatement } from './audit-record.js';

export type AuditEntry = Omit<AuditStatement, 'atIso' | 'monotonicMs'>;

export class AuditTrail {
  readonly #log: AuditLog;

  constructor(log: AuditLog) {
    this.#log = log;
  }

  /** For what another process reports until it is told that it is recorded: an event that the log has is not written again. */
  recordOnce(eventId: string, entry: AuditEntry): void {
    if (this.#log.holdsEvent(eventId)) return;
    this.record({ ...entry, detail: { ...entry.detail, eventId } });
  }

  /** Durable on return. @throws when the disk refuses: what was to be recorded must not happen. */
  record(entry: AuditEntry): void {
    this.#log.append({ ...entry, atIso: new Date().toISOString(), monotonicMs: performance.now() });
  }
}
