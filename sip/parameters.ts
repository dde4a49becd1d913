/** Header parameters, `*( SEMI name [ EQUAL value ] )` of RFC 3261 §25.1. */
import { endOfQuotedString, isTokenCode } from './characters.js';

/** More parameters than this on one value is an attack, not a description. */
const MAX_PARAMETERS = 64;

/**
 * Reads parameters from `start`, where a semicolon stands, to the end of the text.
 *
 * Values keep their quotes and escapes, so that they are written as they were read; a parameter without a value is ''.
 * @returns names in lower case, or `undefined` where the text is malformed or names a parameter twice: of two tags or
 * branches the next element might take the other one.
 */
export function parseParameters(text: string, start: number): ReadonlyMap<string, string> | undefined {
  const params = new Map<string, string>();
  let index = start;
  while (index < text.length) {
    if (text.charCodeAt(index) !== 0x3b || params.size >= MAX_PARAMETERS) {
      return undefined;
    }
    index = skipBlanks(text, index + 1);
    const nameStart = index;
    index = skipToken(text, index);
    if (index === nameStart) {
      return undefined;
    }
    const name = text.slice(nameStart, index).toLowerCase();
    index = skipBlanks(text, index);
    let value = '';
    if (text.charCodeAt(index) === 0x3d) {
      const valueStart = skipBlanks(text, index + 1);
      const valueEnd = endOfValue(text, valueStart);
      if (valueEnd <= valueStart) {
        return undefined;
      }
      value = text.slice(valueStart, valueEnd);
      index = skipBlanks(text, valueEnd);
    }
    if (params.has(name)) {
      return undefined;
    }
    params.set(name, value);
  }
  return params;
}

export function writeParameters(params: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [name, value] of params) {
    text += value === '' ? `;${name}` : `;${name}=${value}`;
  }
  return text;
}

/** `token`, a host with the brackets and colons of IPv6, or a quoted string. */
function endOfValue(text: string, start: number): number {
  if (text.charCodeAt(start) === 0x22) {
    return endOfQuotedString(text, start) + 1;
  }
  let index = start;
  while (index < text.length && isValueCode(text.charCodeAt(index))) {
    index += 1;
  }
  return index;
}

function isValueCode(code: number): boolean {
  // Deviates from RFC 3261 §25.1 `gen-value`: slashes, at signs and bare IPv6 addresses stand unquoted in real parameters
  // (RFC 5118 §4.5 asks to take `received=2001:db8::1`).
  return isTokenCode(code) || code === 0x3a || code === 0x5b || code === 0x5d || code === 0x2f || code === 0x40;
}

export function skipBlanks(text: string, start: number): number {
  let index = start;
  while (index < text.length && (text.charCodeAt(index) === 0x20 || text.charCodeAt(index) === 0x09)) {
    index += 1;
  }
  return index;
}

export function skipToken(text: string, start: number): number {
  let index = start;
  while (index < text.length && isTokenCode(text.charCodeAt(index))) {
    index += 1;
  }
  return index;
}
