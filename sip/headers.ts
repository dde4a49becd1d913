/**
 * Reading and changing the headers of a message. Values stay raw until somebody asks; a reader that gets `undefined`
 * cannot tell a missing header from a malformed one, but the parser has already refused messages whose From, To,
 * Call-ID, CSeq or top Via are either.
 */
import { isToken, parseDecimal } from './characters.js';
import { canonicalName, isListName, isSameName } from './header-names.js';
import type { HeaderField, SipMessage } from './message.js';
import { splitFirst, splitList } from './value-list.js';
import { parseVia, type Via, writeVia } from './via.js';

export { type NameAddress, parseNameAddress, tagOf, writeNameAddress } from './name-address.js';
export { parseVia, type Via, writeVia };

/** RFC 3261 §8.1.1.5: below 2**31. */
const MAX_CSEQ = 2 ** 31 - 1;

/** The first line of that name, whole: a comma list is not split. Names in any case, compact or long. */
export function headerValue(message: { readonly headers: readonly HeaderField[] }, name: string): string | undefined {
  const wanted = canonicalName(name);
  for (const header of message.headers) {
    if (isNamed(header, wanted)) {
      return header.value;
    }
  }
  return undefined;
}

/** All values of that name in order, comma lists split (for headers that are lists: RFC 3261 §7.3.1). */
export function headerValues(message: { readonly headers: readonly HeaderField[] }, name: string): readonly string[] {
  const wanted = canonicalName(name);
  const values: string[] = [];
  for (const header of message.headers) {
    if (isNamed(header, wanted)) {
      if (isListName(wanted) && header.value.indexOf(',') >= 0) {
        values.push(...splitList(header.value));
      } else if (header.value !== '') {
        values.push(header.value);
      }
    }
  }
  return values;
}

/** The Via of the element that sent this message. */
export function topVia(message: SipMessage): Via | undefined {
  const value = headerValue(message, 'Via');
  return value === undefined ? undefined : parseVia(splitFirst(value)[0]);
}

export function cseqOf(message: SipMessage): { readonly number: number; readonly method: string } | undefined {
  const value = headerValue(message, 'CSeq');
  return value === undefined ? undefined : parseCseq(value);
}

/** RFC 3261 §20.16: a number below 2**31, a blank, the method. */
export function parseCseq(text: string): { readonly number: number; readonly method: string } | undefined {
  const parts = /^(\d{1,10})[ \t]+(\S+)$/.exec(text);
  const number = parts === null ? undefined : parseDecimal(parts[1], MAX_CSEQ);
  return parts === null || number === undefined || !isToken(parts[2]) ? undefined : { number, method: parts[2] };
}

/** The media type in a Content-Type value, in lower case, without its parameters (RFC 3261 §7.4.1). */
export function mediaTypeOf(contentType: string): string {
  return contentType.split(';', 1)[0].trim().toLowerCase();
}

/**
 * Notes in the top Via whence a request came: `received` where the sender's own idea of its address differs
 * (RFC 3261 §18.2.1) or `rport` was asked for, which is filled in (RFC 3581 §4).
 */
export function withSource<Message extends SipMessage>(
  message: Message,
  source: { readonly address: string; readonly port: number },
): Message {
  const index = message.headers.findIndex((header) => isNamed(header, 'Via'));
  const [first, others] = splitFirst(message.headers[index]?.value ?? '');
  const via = parseVia(first);
  const isHonest = via?.received === undefined && bareHost(via?.host ?? '') === source.address.toLowerCase();
  if (via === undefined || (via.rport === undefined && isHonest)) {
    return message;
  }
  const stamped: Via = {
    ...via,
    received: source.address,
    ...(via.rport === undefined ? undefined : { rport: source.port }),
  };
  const value = others === '' ? writeVia(stamped) : `${writeVia(stamped)}, ${others}`;
  return { ...message, headers: message.headers.with(index, { name: 'Via', value }) };
}

function isNamed(header: HeaderField, wanted: string): boolean {
  return header.name === wanted || isSameName(canonicalName(header.name), wanted);
}

function bareHost(host: string): string {
  return (host.startsWith('[') ? host.slice(1, -1) : host).toLowerCase();
}
