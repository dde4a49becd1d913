/** SIP and SIPS URIs (RFC 3261 §19.1), strictly; tel and unknown schemes (RFC 3966, RFC 3986) kept as they came. */
import { isHost, isPassword, isUriHeader, isUriParameter, isUserPart, parseDecimal } from './characters.js';

/**
 * Nothing is %-decoded: `%61` and `a` stay apart, so that no filter can be walked around. `host` is missing where the
 * scheme is neither sip nor sips; `opaque` is then what follows the colon.
 */
export type SipUri = {
  /** Lower case. */
  readonly scheme: string;
  /** The user part of sip and sips, the number of tel. */
  readonly user?: string;
  readonly password?: string;
  /** As written; an IPv6 reference keeps its brackets. */
  readonly host?: string;
  readonly port?: number;
  /** Names in lower case; a parameter without a value has the value ''. */
  readonly params: ReadonlyMap<string, string>;
  /** What stands behind the question mark, name to raw value. */
  readonly headers: ReadonlyMap<string, string>;
  readonly opaque?: string;
};

/** RFC 3261 sets no limit; a URI that takes more than this is an attack, not an address. */
export const MAX_URI_LENGTH = 2048;

const noParameters: ReadonlyMap<string, string> = new Map();

/** @returns `undefined` where the text is no URI by RFC 3261 §19.1.1 (any scheme: RFC 3986 §3). */
export function parseUri(text: string): SipUri | undefined {
  const colon = text.indexOf(':');
  if (colon <= 0 || colon === text.length - 1 || text.length > MAX_URI_LENGTH) {
    return undefined;
  }
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme === 'sip' || scheme === 'sips') {
    return parseSipUri(scheme, text.slice(colon + 1));
  }
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme)) {
    return undefined;
  }
  const opaque = text.slice(colon + 1);
  if (!/^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/.test(opaque)) {
    return undefined;
  }
  return scheme === 'tel' ? parseTelUri(opaque) : { scheme, params: noParameters, headers: noParameters, opaque };
}

function parseSipUri(scheme: string, rest: string): SipUri | undefined {
  // The last at sign parts user and host: none may stand, unescaped, in what follows.
  const at = rest.lastIndexOf('@');
  let user: string | undefined;
  let password: string | undefined;
  if (at >= 0) {
    const colon = rest.lastIndexOf(':', at);
    user = colon < 0 ? rest.slice(0, at) : rest.slice(0, colon);
    password = colon < 0 ? undefined : rest.slice(colon + 1, at);
    if (!isUserPart(user) || (password !== undefined && !isPassword(password))) {
      return undefined;
    }
  }
  const question = rest.indexOf('?', at + 1);
  const beforeHeaders = question < 0 ? rest.slice(at + 1) : rest.slice(at + 1, question);
  const semicolon = beforeHeaders.indexOf(';');
  const hostPort = parseHostPort(semicolon < 0 ? beforeHeaders : beforeHeaders.slice(0, semicolon));
  if (hostPort === undefined) {
    return undefined;
  }
  const params = semicolon < 0 ? noParameters : parseUriParameters(beforeHeaders.slice(semicolon + 1));
  const headers = question < 0 ? noParameters : parseUriHeaders(rest.slice(question + 1));
  if (params === undefined || headers === undefined) {
    return undefined;
  }
  return {
    scheme,
    ...(user === undefined ? undefined : { user }),
    ...(password === undefined ? undefined : { password }),
    ...hostPort,
    params,
    headers,
  };
}

/** `host [ ":" port ]`, as in URIs and Via. The port is 1 to 65535. */
export function parseHostPort(text: string): { readonly host: string; readonly port?: number } | undefined {
  // The brackets of an IPv6 reference hold colons of their own.
  const colon = text.indexOf(':', text.lastIndexOf(']') + 1);
  const host = colon < 0 ? text : text.slice(0, colon);
  if (!isHost(host)) {
    return undefined;
  }
  if (colon < 0) {
    return { host };
  }
  const port = parseDecimal(text.slice(colon + 1), 65535);
  return port === undefined || port === 0 ? undefined : { host, port };
}

function parseUriParameters(text: string): ReadonlyMap<string, string> | undefined {
  const params = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? '' : part.slice(equals + 1);
    // RFC 3261 §19.1.1: a parameter name stands at most once.
    if (!isUriParameter(name) || (equals >= 0 && !isUriParameter(value)) || params.has(name)) {
      return undefined;
    }
    params.set(name, value);
  }
  return params;
}

function parseUriHeaders(text: string): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const part of text.split('&')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0));
    const value = part.slice(equals + 1);
    // Deviates from RFC 3261 §19.1.1: a header named twice is refused, because nobody means it well.
    if (name === '' || !isUriHeader(name) || !isUriHeader(value) || headers.has(name)) {
      return undefined;
    }
    headers.set(name, value);
  }
  return headers;
}

/** RFC 3966 §3: the number, then parameters. The number is kept as dialled, separators and all. */
function parseTelUri(opaque: string): SipUri | undefined {
  const semicolon = opaque.indexOf(';');
  const user = semicolon < 0 ? opaque : opaque.slice(0, semicolon);
  const params = semicolon < 0 ? noParameters : parseUriParameters(opaque.slice(semicolon + 1));
  if (!/^\+?[0-9A-Fa-f*#%().-]+$/.test(user) || params === undefined) {
    return undefined;
  }
  return { scheme: 'tel', user, params, headers: noParameters, opaque };
}
