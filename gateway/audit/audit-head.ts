/**
 * The head file beside the audit log: how many records there were, and the hash of the last. A log that has fewer, or
 * another hash in that place, has lost its tail. Always HEAD_SIZE_BYTES long, so that it is overwritten in place by one
 * write and never seen half empty.
 */
import { HASH_SIZE_BYTES } from './hash-chain.js';

export type AuditHead = { readonly records: number; readonly hash: Buffer };

const RECORDS_WIDTH = 16;
const PREFIX = 'tonegate-audit-head 1 ';
export const HEAD_SIZE_BYTES = PREFIX.length + RECORDS_WIDTH + 1 + 2 * HASH_SIZE_BYTES + 1;

/** `audit.db` has its head in `audit.head`. */
export function headPathOf(logPath: string): string {
  return `${logPath.replace(/\.db$/, '')}.head`;
}

export function formatHead(head: AuditHead): Buffer {
  const records = String(head.records).padStart(RECORDS_WIDTH, '0');
  return Buffer.from(`${PREFIX}${records} ${head.hash.toString('hex')}\n`, 'latin1');
}

const HEAD_LINE = new RegExp(`^${PREFIX}(\\d{${RECORDS_WIDTH}}) ([0-9a-f]{${2 * HASH_SIZE_BYTES}})\\n$`);

export function parseHead(bytes: Buffer): AuditHead | undefined {
  const found = HEAD_LINE.exec(bytes.toString('latin1'));
  if (!found) return undefined;
  return { records: Number(found[1]), hash: Buffer.from(found[2], 'hex') };
}
