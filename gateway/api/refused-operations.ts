/**
 * Tells the audit log whom it refused what. A refusal costs its asker nothing, a record costs a write to the disk while
 * the calls wait: of the same refusal of the same account there is one a minute, with the number it stands for.
 */
import type { ApiAuditEvent } from './api-audit.js';
import type { ApiErrorCode } from './api-errors.js';
import type { OperationName } from './operations.js';
import { RepeatedReports } from './source-table.js';

export type RefusedOperation = {
  readonly source: string;
  readonly actor: string;
  readonly operation: OperationName;
  readonly code: ApiErrorCode;
};

export class RefusedOperations {
  readonly #reports = new RepeatedReports();
  readonly #onAudit: (event: ApiAuditEvent) => void;
  readonly #nowMs: () => number;

  constructor(onAudit: (event: ApiAuditEvent) => void, nowMs: () => number) {
    this.#onAudit = onAudit;
    this.#nowMs = nowMs;
  }

  tell(refused: RefusedOperation): void {
    const { actor, operation, code } = refused;
    const count = this.#reports.count(`${actor} ${operation} ${code}`, this.#nowMs());
    if (count > 0) this.#onAudit({ kind: 'operation-refused', ...refused, count });
  }
}
