/** A gateway that has nothing behind it yet: no past calls, no recordings, an empty audit log. */
import type { AdministrationDesk } from '../../gateway/api/administration-desk.js';
import type { EvidenceDesk } from '../../gateway/api/evidence-desk.js';
import type { SoftphoneDesk } from '../../gateway/api/softphone-access.js';
import { parseConfiguration } from '../../gateway/config/parse-configuration.js';
import { administrationOf } from '../../gateway/control/administration.js';

const MISSING = { ok: false, code: 'not-found' } as const;

export const EMPTY_EVIDENCE: EvidenceDesk = {
  sessions: async () => [],
  calls: async () => [],
  recordings: async () => [],
  recordingNotes: async () => MISSING,
  openRecording: async () => MISSING,
  auditLines: () => [],
  verifyAuditLog: async () => ({ ok: true, records: 0, hash: '' }),
};

export const NO_SOFTPHONE: SoftphoneDesk = { serverOrigin: undefined, open: () => undefined };

/** Of the default configuration. */
export function defaultAdministration(): AdministrationDesk {
  const defaults = parseConfiguration('', {});
  if (!defaults.ok) throw new Error('the default configuration is not accepted');
  return administrationOf(defaults.configuration);
}
