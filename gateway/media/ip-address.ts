/** IP addresses as four 32-bit words, IPv4 as ::ffff:a.b.c.d, so that comparing them allocates nothing. */
import { isIPv4, isIPv6 } from 'node:net';

export const ADDRESS_WORDS = 4;
/** A source or destination: the address, then the port. */
export const SOURCE_WORDS = ADDRESS_WORDS + 1;
const IPV4_MAPPED_PREFIX = 0xffff;

/** Writes the address to `words[at, at + 4)`. Returns false, having written nothing, when `text` is no IP address. */
export function writeAddress(text: string, words: Int32Array, at: number): boolean {
  if (isIPv4(text)) {
    words[at] = 0;
    words[at + 1] = 0;
    words[at + 2] = IPV4_MAPPED_PREFIX;
    words[at + 3] = ipv4Word(text);
    return true;
  }
  const unscoped = text.split('%')[0];
  if (!isIPv6(unscoped)) return false;
  const groups = ipv6Groups(unscoped);
  for (let word = 0; word < ADDRESS_WORDS; word += 1) {
    words[at + word] = (groups[word * 2] << 16) | groups[word * 2 + 1];
  }
  return true;
}

/** The text of the address in `words[at, at + 4)`, as sockets take it. */
export function readAddress(words: Int32Array, at: number): string {
  const last = words[at + 3];
  if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === IPV4_MAPPED_PREFIX) {
    return `${last >>> 24}.${(last >>> 16) & 0xff}.${(last >>> 8) & 0xff}.${last & 0xff}`;
  }
  const groups: string[] = [];
  for (let word = 0; word < ADDRESS_WORDS; word += 1) {
    groups.push((words[at + word] >>> 16).toString(16), (words[at + word] & 0xffff).toString(16));
  }
  return groups.join(':');
}

function ipv4Word(text: string): number {
  return text.split('.').reduce((word, part) => (word << 8) | Number(part), 0);
}

function ipv6Groups(text: string): readonly number[] {
  const [head, tail] = text.split('::');
  const first = groupsOf(head);
  const last = tail === undefined ? [] : groupsOf(tail);
  return [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
}

function groupsOf(part: string): readonly number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const word = ipv4Word(group);
    return [(word >>> 16) & 0xffff, word & 0xffff];
  });
}

/** Every address of a machine to those who bind to it, none at all to those who would send there. */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}
