/** IP addresses as texts, for whoever signals or listens; pure. */
import { isIPv4 } from 'node:net';

/** A dual-stack socket sees IPv4 peers as `::ffff:192.0.2.1` (RFC 4291 §2.5.5.2); flows name them without the prefix. */
const MAPPED_PREFIX = '::ffff:';

export function withoutMapping(address: string): string {
  return address.startsWith(MAPPED_PREFIX) && address.includes('.') ? address.slice(MAPPED_PREFIX.length) : address;
}

/** As an IPv6 socket wants to be told it. */
export function withMapping(address: string): string {
  return isIPv4(address) ? `${MAPPED_PREFIX}${address}` : address;
}

/** An IPv6 address before a port stands in brackets (RFC 3986 §3.2.2, RFC 3261 §25.1 `IPv6reference`). */
export function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** What a socket binds to for all of its machine's addresses; in a description, the old way to say hold. */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
