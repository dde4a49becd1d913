/** Why a gateway could not start, where it is for the operator to mend: one line, and no stack. */
import { types } from 'node:util';

import { AuditLogError } from '../audit/audit-log-store.js';
import type { Configuration } from '../config/configuration.js';
import { DataDirectoryError } from '../config/data-directory-store.js';
import { type ListeningPort, listeningPorts } from '../config/listening-ports.js';
import { SecretFileError } from '../config/secrets-store.js';
import { StartError } from '../control/start-error.js';
import { ProcessRunsError } from '../process/pid-file-store.js';

/** Errors whose own text says all that the operator needs. */
const MENDABLE = [AuditLogError, DataDirectoryError, SecretFileError, StartError];

/** Undefined for what is our own fault. */
export function startFailure(error: unknown, configuration: Configuration): string | undefined {
  if (error instanceof ProcessRunsError) {
    return `another gateway works in ${configuration.dataDirectory}: ${error.message}. Stop it, or set another dataDirectory`;
  }
  if (types.isNativeError(error) && MENDABLE.some((kind) => error instanceof kind)) return error.message;
  const taken = takenSocket(error);
  if (taken === undefined) return undefined;
  const { address, port, reason } = taken;
  const wanted = listeningPorts(configuration).filter((listening) => isOf(listening, port));
  const purpose = wanted.map((listening) => `${listening.transport} for ${listening.purpose}`).join('; ');
  return `port ${port} of ${address} (${purpose || 'of this gateway'}) cannot be opened: ${reason}`;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has it',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'the system does not allow it',
};

/** What Node says when `listen` or `bind` fails. */
function takenSocket(
  error: unknown,
): { readonly address: string; readonly port: number; readonly reason: string } | undefined {
  if (!types.isNativeError(error) || !('code' in error && 'address' in error && 'port' in error)) return undefined;
  const { code, address, port } = error;
  const reason = REASONS[String(code)];
  return reason === undefined ? undefined : { address: String(address), port: Number(port), reason };
}

function isOf({ firstPort, lastPort }: ListeningPort, port: number): boolean {
  return port >= firstPort && port <= lastPort;
}
