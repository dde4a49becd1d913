/**
 * From which pages something may be asked that needs no bearer in a header. Browsers name the page's origin and cannot
 * be made not to; other programs name none. Nothing rides on cookies here, so this is a second lock.
 *
 * A page whose owner lets its name lead to this machine (DNS rebinding) has that name in Origin and Host alike. The two
 * agreeing therefore proves nothing, unless it is a name that nobody can give to a page elsewhere: an address, or
 * `localhost`. A public name, such as that of a proxy, is ours by being listed in `api.allowedOrigins`.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { ApiAuditEvent, ApiCounters } from './api-audit.js';
import { SourceReports } from './source-table.js';

export type OriginGuardOptions = {
  /** Beside our own, which are known only where no proxy gives them another name. */
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
  if (host === undefined || !isRebindingProof(host) || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  return (protocol === 'http:' || protocol === 'https:') && originHost === host.toLowerCase();
}

/** Whether a `Host` header names a place that no foreign page can have as its own name. */
export function isRebindingProof(host: string | undefined): boolean {
  const parsed = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host ?? '');
  const [bracketed, plain = ''] = [parsed?.[1], parsed?.[2]];
  return bracketed === undefined ? isIP(plain) === 4 || plain.toLowerCase() === 'localhost' : isIP(bracketed) === 6;
}
