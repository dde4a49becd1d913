/** The operation with which the softphone's page becomes a telephone. */
import type { ApiAuditEvent } from './api-audit.js';
import type { Handlers } from './routes.js';
import type { SoftphoneDesk } from './softphone-access.js';

export type SoftphoneHandlerOptions = {
  readonly softphone: SoftphoneDesk;
  readonly onAudit: (event: ApiAuditEvent) => void;
};

export function softphoneHandlers({ softphone, onAudit }: SoftphoneHandlerOptions): Pick<Handlers, 'open-softphone'> {
  return {
    'open-softphone': ({ account, source }) => {
      if (account === undefined) throw new Error('a softphone was asked for by nobody');
      const access = softphone.open(account.name);
      if (access === undefined) return { ok: false, code: 'softphone-unavailable' };
      onAudit({ kind: 'softphone-opened', source, actor: account.name, user: access.user });
      return { ok: true, value: { softphone: access } };
    },
  };
}
