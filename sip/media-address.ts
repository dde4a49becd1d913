/** Where media may be sent on the word of a session description: nowhere it could harm a third party or ourselves. */
import { BlockList, isIP } from 'node:net';

export type MediaAddressProblem =
  | 'not-an-address'
  /** Also of the old hold by address (RFC 3264 §8.4), under which nothing is sent: ask `negotiatedAudio` for it first. */
  | 'unspecified'
  | 'loopback'
  | 'link-local'
  | 'multicast'
  | 'broadcast';

function ranges(...subnets: ReadonlyArray<readonly [string, number]>): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) {
    list.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** RFC 6890 and its registries; an IPv4 address mapped into IPv6 (RFC 4291 §2.5.5.2) falls under the IPv4 rules. */
const forbidden: ReadonlyArray<readonly [Exclude<MediaAddressProblem, 'not-an-address'>, BlockList]> = [
  ['unspecified', ranges(['0.0.0.0', 8], ['::', 128])],
  ['loopback', ranges(['127.0.0.0', 8], ['::1', 128])],
  ['link-local', ranges(['169.254.0.0', 16], ['fe80::', 10])],
  ['multicast', ranges(['224.0.0.0', 4], ['ff00::', 8])],
  ['broadcast', ranges(['240.0.0.0', 4])],
];

/** RTP goes to no well-known port: a DNS or SIP server is not a telephone. */
export const MIN_MEDIA_PORT = 1024;

/**
 * Why no media goes to this address, or `undefined`. Names are not resolved: whoever controls the name server would
 * choose the target.
 */
export function mediaAddressProblem(
  address: string,
  policy: { readonly allowLoopback: boolean },
): MediaAddressProblem | undefined {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) {
    return 'not-an-address';
  }
  for (const [problem, list] of forbidden) {
    if (list.check(address, family === 4 ? 'ipv4' : 'ipv6')) {
      return problem === 'loopback' && policy.allowLoopback ? undefined : problem;
    }
  }
  return undefined;
}
