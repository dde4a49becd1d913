/** The operation with which the softphone's page becomes a telephone. */
import type { ApiAuditEvent } from './api-audit.js';
import { tooManyRequests } from './outcome.js';
import type { Handlers } from './routes.js';
import type { SoftphoneDesk } from './softphone-access.js';
import { type BucketRate, TokenBuckets } from './token-bucket.js';

export type SoftphoneHandlerOptions = {
  readonly softphone: SoftphoneDesk;
  readonly onAudit: (event: ApiAuditEvent) => void;
  readonly nowMs: () => number;
};

/** Each is a record of the audit log. A page asks once when it is opened, and once an hour then. */
const SOFTPHONE_RATE: BucketRate = { burst: 20, perSecond: 0.2 };

export function softphoneHandlers({
  softphone,
  onAudit,
  nowMs,
}: SoftphoneHandlerOptions): Pick<Handlers, 'open-softphone'> {
  const buckets = new TokenBuckets(SOFTPHONE_RATE);
  return {
    'open-softphone': ({ account, source, reply }) => {
      if (account === undefined) throw new Error('a softphone was asked for by nobody');
      const blockedMs = buckets.take(account.name, nowMs());
      if (blockedMs > 0) return tooManyRequests(reply, blockedMs);
      const access = softphone.open(account.name);
      if (access === undefined) return { ok: false, code: 'softphone-unavailable' };
      onAudit({ kind: 'softphone-opened', source, actor: account.name, user: access.user });
      return { ok: true, value: { softphone: access } };
    },
  };
}
