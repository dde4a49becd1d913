/** Sets of IPv4 and IPv6 addresses, written as single addresses or CIDR blocks (RFC 4632, RFC 4291 §2.3). Pure. */
import { BlockList, isIP } from 'node:net';

export type AddressBlock = { readonly address: string; readonly family: 'ipv4' | 'ipv6'; readonly prefixBits: number };

/** Undefined for what is neither an address nor a block. */
export function parseAddressBlock(text: string): AddressBlock | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  // A zone names an interface of one machine, and BlockList knows none.
  if (version === 0 || rest.length > 0 || address.includes('%')) return undefined;
  const widthBits = version === 4 ? 32 : 128;
  if (prefix !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return undefined;
  const prefixBits = prefix === undefined ? widthBits : Number(prefix);
  if (prefixBits > widthBits) return undefined;
  return { address, family: version === 4 ? 'ipv4' : 'ipv6', prefixBits };
}

/** A set that an IPv4-mapped IPv6 address belongs to as its IPv4 address does (RFC 4291 §2.5.5.2). */
export class AddressSet {
  readonly #list = new BlockList();

  constructor(blocks: readonly AddressBlock[]) {
    for (const block of blocks) this.#list.addSubnet(block.address, block.prefixBits, block.family);
  }

  has(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 4 ? 'ipv4' : 'ipv6');
  }
}

/** True when some address is in both: the narrower block's own address is in the wider one. */
export function blocksOverlap(one: AddressBlock, other: AddressBlock): boolean {
  if (one.family !== other.family) return false;
  const [wider, narrower] = one.prefixBits <= other.prefixBits ? [one, other] : [other, one];
  return new AddressSet([wider]).has(narrower.address);
}

/** 0.0.0.0 and ::, which a socket may bind to but nobody can be told to send to. */
export function isUnspecified(address: string): boolean {
  return new AddressSet([
    { address: '0.0.0.0', family: 'ipv4', prefixBits: 32 },
    { address: '::', family: 'ipv6', prefixBits: 128 },
  ]).has(address);
}

export function isLoopback(address: string): boolean {
  return new AddressSet([
    { address: '127.0.0.0', family: 'ipv4', prefixBits: 8 },
    { address: '::1', family: 'ipv6', prefixBits: 128 },
  ]).has(address);
}
