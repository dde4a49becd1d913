/**
 * The chain that makes a change in the audit log show. Pure.
 *
 * ```
 * hash[0] = SHA-256("tonegate audit log 1")
 * hash[n] = SHA-256( sequence n as 64 bits, big-endian | hash[n-1] | canonical JSON of record n )
 * ```
 *
 * Anybody who holds one later hash, say on paper, can tell whether any record before it was changed, removed, added
 * or moved. The chain has no key: who can rewrite the whole log and its head file can forge both, so keep copies of
 * the head elsewhere.
 */
import { createHash } from 'node:crypto';

export const HASH_SIZE_BYTES = 32;

/** Before the first record. */
export const GENESIS_HASH: Buffer = createHash('sha256').update('tonegate audit log 1').digest();

/** `record` is the canonical JSON in UTF-8; sequences begin at 1. */
export function chainHash(sequence: number, previousHash: Uint8Array, record: Uint8Array): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64BE(BigInt(sequence));
  return createHash('sha256').update(prefix).update(previousHash).update(record).digest();
}

export type CanonicalValue =
  | string
  | number
  | boolean
  | null
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue | undefined };

/**
 * JSON with one spelling only: members sorted by UTF-16 code units, no spaces, numbers as ECMAScript prints them
 * (RFC 8785 §3.2). @throws TypeError for a number that JSON does not have.
 */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('JSON has no such number');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = value[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}

function isList(value: object): value is readonly CanonicalValue[] {
  return Array.isArray(value);
}
