/** What an agent types to be called, as the user part of a SIP address. */

/** RFC 3261 §25.1 `unreserved` and what of `user-unreserved` a dial plan uses; the gateway decides where it leads. */
const USER = /^[A-Za-z0-9_.!~*'()&=+$,#-]{1,64}$/;
/** What people write between the digits of a number. */
const SEPARATORS = /[\s\u00a0()./-]/g;

/** A number loses its separators; a name stays as it is. Undefined for what is neither. */
export function destinationOf(typed: string): string | undefined {
  const trimmed = typed.trim();
  const digits = trimmed.replace(SEPARATORS, '');
  if (/^\+?[0-9*#]{1,32}$/.test(digits)) return digits;
  return USER.test(trimmed) ? trimmed : undefined;
}

/** RFC 3261 §25.1: `#` is no user-unreserved character and has to be escaped in an address. */
export function userPartOf(destination: string): string {
  return destination.replaceAll('#', '%23');
}
