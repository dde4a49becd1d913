/**
 * From which pages something may be asked that needs no bearer in a header. Browsers name the page's origin and cannot
 * be made not to; other programs name none. Nothing rides on cookies here, so this is a second lock: a foreign page
 * cannot even try tokens.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { ApiAuditEvent, ApiCounters } from './api-audit.js';
import { SourceReports } from './source-table.js';

export type OriginGuardOptions = {
  /** Beside our own. */
  readonly allowedOrigins: readonly string[];
  readonly counters: ApiCounters;
  readonly onAudit: (event: ApiAuditEvent) => void;
  readonly nowMs: () => number;
};

export class OriginGuard {
  readonly #options: OriginGuardOptions;
  readonly #reports = new SourceReports();

  constructor(options: OriginGuardOptions) {
    this.#options = options;
  }

  /** Counts and audits what it does not admit. */
  admits({ origin, host }: IncomingHttpHeaders, source: string): boolean {
    const { allowedOrigins, counters, onAudit, nowMs } = this.#options;
    if (origin === undefined || allowedOrigins.includes(origin) || isOwnOrigin(origin, host)) return true;
    counters.originsRefused += 1;
    const count = this.#reports.count(source, nowMs());
    if (count > 0) onAudit({ kind: 'origin-refused', source, count });
    return false;
  }
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  return (protocol === 'http:' || protocol === 'https:') && originHost === host.toLowerCase();
}
