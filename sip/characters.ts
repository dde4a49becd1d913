/** Character classes of RFC 3261 §25.1 as one table, so that a scanner asks one array instead of a regular expression. */

const TOKEN = 1;
const USER = 2;
const PASSWORD = 4;
const URI_PARAMETER = 8;
const URI_HEADER = 16;
const HOST = 32;

const alphanumeric = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const unreserved = `${alphanumeric}-_.!~*'()`;

const classes = new Uint8Array(128);

function mark(characters: string, flag: number): void {
  for (let index = 0; index < characters.length; index += 1) {
    classes[characters.charCodeAt(index)] |= flag;
  }
}

mark(`${alphanumeric}-.!%*_+\`'~`, TOKEN);
// A per cent sign is let through by the table; `hasSoundEscapes` checks the two digits behind it.
mark(`${unreserved}&=+$,;?/%`, USER);
mark(`${unreserved}&=+$,%`, PASSWORD);
mark(`${unreserved}[]/:&+$%`, URI_PARAMETER);
mark(`${unreserved}[]/?:+$%`, URI_HEADER);
// Deviates from RFC 3261 §25.1: underscores stand in host names of real networks.
mark(`${alphanumeric}-._`, HOST);

function allOf(text: string, flag: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 127 || (classes[code] & flag) === 0) {
      return false;
    }
  }
  return text.length > 0;
}

export function isTokenCode(code: number): boolean {
  return code < 128 && (classes[code] & TOKEN) !== 0;
}

/** `token` of RFC 3261 §25.1: methods, tags, branches, parameter names. */
export function isToken(text: string): boolean {
  return allOf(text, TOKEN);
}

export function isUserPart(text: string): boolean {
  return allOf(text, USER) && hasSoundEscapes(text);
}

export function isPassword(text: string): boolean {
  return text === '' || (allOf(text, PASSWORD) && hasSoundEscapes(text));
}

export function isUriParameter(text: string): boolean {
  return allOf(text, URI_PARAMETER) && hasSoundEscapes(text);
}

export function isUriHeader(text: string): boolean {
  return text === '' || (allOf(text, URI_HEADER) && hasSoundEscapes(text));
}

/** Every per cent sign is followed by two hexadecimal digits. */
export function hasSoundEscapes(text: string): boolean {
  return text.indexOf('%') < 0 || !/%(?![0-9A-Fa-f]{2})/.test(text);
}

/**
 * A host name, an IPv4 address or an IPv6 reference in brackets (RFC 3261 §25.1 `host`). The numbers inside an address are
 * not checked here: nothing is ever sent to a host out of a message.
 */
export function isHost(text: string): boolean {
  if (text.charCodeAt(0) === 0x5b) {
    return /^\[[0-9A-Fa-f:.]{2,45}\]$/.test(text) && text.indexOf(':') >= 0;
  }
  return allOf(text, HOST);
}

/**
 * Reads an unsigned decimal number of ASCII digits and nothing else: no sign, no blank, no overflow.
 *
 * @returns `undefined` where the text is something else or the number is above `maximum`.
 */
export function parseDecimal(text: string, maximum: number): number | undefined {
  // Leading zeros are legal, a number of more digits than a safe integer holds is not one we can compare.
  if (text.length === 0 || text.length > 15) {
    return undefined;
  }
  let value = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) {
      return undefined;
    }
    value = value * 10 + digit;
  }
  return value <= maximum ? value : undefined;
}

/** Index of the quote that closes the quoted string opened at `start`, or -1 (RFC 3261 §25.1 `quoted-string`). */
export function endOfQuotedString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x5c) {
      index += 1;
    } else if (code === 0x22) {
      return index;
    }
  }
  return -1;
}

/** Any control character but the tab; line ends among them. */
export function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) {
      return true;
    }
  }
  return false;
}

/** Longer display names and phrases are cut: some phones show them, none needs them. */
const MAX_PLAIN_TEXT_LENGTH = 128;

/** Text for people, without control characters and bidirectional overrides, which could make it look like another one. */
export function plainText(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .slice(0, MAX_PLAIN_TEXT_LENGTH)
    .trim();
}
