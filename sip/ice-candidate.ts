/** Candidates of ICE as session descriptions carry them (RFC 8839 §5.1). Pure. */
import { isIP } from 'node:net';
import { parseDecimal } from './characters.js';
import { MIN_MEDIA_PORT, mediaAddressProblem } from './media-address.js';

export type IceCandidate = {
  /** Of equal foundations candidates of one kind from one base (RFC 8445 §5.1.1.3). */
  readonly foundation: string;
  readonly priority: number;
  readonly address: string;
  readonly port: number;
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
};

/** RFC 8445 §5.1.2.1: 31 bits. */
const MAX_PRIORITY = 2 ** 31 - 1;
const TYPES: readonly IceCandidate['type'][] = ['host', 'srflx', 'prflx', 'relay'];

/**
 * @param value what follows `a=`; attributes after the type, such as `raddr`, are not looked at
 * @returns `undefined` also for what no media may be sent to, and for a name, such as a browser's mDNS one: nothing is looked
 *   up, its owner shows its address when it checks. ICE over TCP and RTCP on a port of its own are none of ours
 */
export function parseIceCandidate(
  value: string,
  policy: { readonly allowLoopback: boolean },
): IceCandidate | undefined {
  const [foundation, component, transport, priorityText, address, portText, keyword, typeText] = value.startsWith(
    'candidate:',
  )
    ? value.slice('candidate:'.length).split(' ')
    : [];
  const priority = parseDecimal(priorityText ?? '', MAX_PRIORITY);
  const port = parseDecimal(portText ?? '', 65_535);
  const type = TYPES.find((known) => known === typeText);
  const isUsable = component === '1' && transport?.toUpperCase() === 'UDP' && keyword === 'typ';
  if (!isUsable || !/^[A-Za-z0-9+/]{1,32}$/.test(foundation)) return undefined;
  if (priority === undefined || port === undefined || type === undefined || port < MIN_MEDIA_PORT) return undefined;
  return mediaAddressProblem(address, policy) === undefined ? { foundation, priority, address, port, type } : undefined;
}

/** What follows `a=`. */
export function writeIceCandidate({ foundation, priority, address, port, type }: IceCandidate): string {
  // RFC 8839 §5.1: a related address stands with all but host candidates; it is of no use but to people, so it is hidden.
  const hidden = isIP(address) === 6 ? '::' : '0.0.0.0';
  const related = type === 'host' ? '' : ` raddr ${hidden} rport 9`;
  return `candidate:${foundation} 1 UDP ${priority} ${address} ${port} typ ${type}${related}`;
}
