/** `name-addr / addr-spec` with header parameters: From, To, Contact, Route and their like (RFC 3261 §20.10, §25.1). */
import { endOfQuotedString, isToken } from './characters.js';
import { parseParameters, skipBlanks, writeParameters } from './parameters.js';

export type NameAddress = {
  /** Without quotes and escapes; '' if there is none. Comes from anywhere: never put it into markup. */
  readonly displayName: string;
  readonly uri: string;
  /** Header parameters, names in lower case, values as written. */
  readonly params: ReadonlyMap<string, string>;
};

const noParameters: ReadonlyMap<string, string> = new Map();

/** @returns `undefined` where the text is no single name-addr or addr-spec. The URI inside is not read. */
export function parseNameAddress(text: string): NameAddress | undefined {
  let index = skipBlanks(text, 0);
  let displayName = '';
  if (text.charCodeAt(index) === 0x22) {
    const end = endOfQuotedString(text, index);
    if (end < 0) {
      return undefined;
    }
    displayName = unescapeQuoted(text.slice(index + 1, end));
    index = skipBlanks(text, end + 1);
    return text.charCodeAt(index) === 0x3c ? readBracketed(text, index, displayName) : undefined;
  }
  const open = text.indexOf('<', index);
  if (open < 0) {
    return readBare(text, index);
  }
  displayName = text.slice(index, open).trim();
  // Deviates from RFC 3261 §25.1 `display-name`: unquoted words of any characters are taken (RFC 4475 §3.1.2.15 allows
  // it), but none that could start something else.
  return /[",;<>]/.test(displayName) ? undefined : readBracketed(text, open, displayName);
}

/** The display name is always quoted, so that nothing in it can be taken for structure. */
export function writeNameAddress(address: NameAddress): string {
  const name = address.displayName === '' ? '' : `"${address.displayName.replace(/["\\]/g, '\\$&')}" `;
  return `${name}<${address.uri}>${writeParameters(address.params)}`;
}

/** The `tag` parameter of a From or To value; `undefined` where there is none or it is malformed. */
export function tagOf(text: string): string | undefined {
  const tag = parseNameAddress(text)?.params.get('tag');
  return tag !== undefined && isToken(tag) ? tag : undefined;
}

function readBracketed(text: string, open: number, displayName: string): NameAddress | undefined {
  const close = text.indexOf('>', open);
  if (close < 0) {
    return undefined;
  }
  const uri = text.slice(open + 1, close);
  const rest = skipBlanks(text, close + 1);
  const params = rest === text.length ? noParameters : parseParameters(text, rest);
  return params === undefined || !isUriText(uri) ? undefined : { displayName, uri, params };
}

/** RFC 3261 §20: without brackets all parameters behind the URI are header parameters, and it holds no `,` or `?`. */
function readBare(text: string, start: number): NameAddress | undefined {
  const semicolon = text.indexOf(';', start);
  const uri = (semicolon < 0 ? text.slice(start) : text.slice(start, semicolon)).trimEnd();
  const params = semicolon < 0 ? noParameters : parseParameters(text, semicolon);
  if (params === undefined || !isUriText(uri) || /[,?]/.test(uri)) {
    return undefined;
  }
  return { displayName: '', uri, params };
}

/** Printable ASCII without blanks, quotes and brackets, and a scheme. The scheme's own rules are `parseUri`'s. */
function isUriText(uri: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:[\x21\x23-\x3b\x3d\x3f-\x7e]+$/.test(uri);
}

function unescapeQuoted(text: string): string {
  return text.indexOf('\\') < 0 ? text : text.replace(/\\(.)/gs, '$1');
}
