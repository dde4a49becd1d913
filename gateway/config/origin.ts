/** Origins of web pages (RFC 6454): which texts are one, and which are the gateway's own. Pure. */
import { bracketed } from '../../sip/ip-address.js';
import { isLoopback } from './cidr.js';

export const NO_ORIGIN = 'must be an origin like https://crm.example, without a path';

/** No wildcard, and nothing that would begin another source or directive in a content security policy. */
const ORIGIN_SYNTAX = /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d+)?$/;

export function isOrigin(text: string): boolean {
  return ORIGIN_SYNTAX.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** Of pages that an HTTP server on that address and port gives out; one behind a proxy has the proxy's, unknown here. */
export function ownOrigins(address: string, port: number): readonly string[] {
  const hosts = isLoopback(address) ? [bracketed(address), 'localhost'] : [bracketed(address)];
  return hosts.map((host) => new URL(`http://${host}:${port}`).origin);
}
