/**
 * Bytes to message (RFC 3261 §7, §25). Two levels: `readHead` finds the lines, of a broken message too, so that it can
 * be answered; `checkStructure` then refuses what two readers could read in two ways. Other values are read lazily, by
 * `headers.ts`.
 */
import { isAscii } from 'node:buffer';
import { hasControlCharacter, isToken, parseDecimal } from './characters.js';
import { canonicalName, isSingleName } from './header-names.js';
import { parseCseq, parseNameAddress, parseVia } from './headers.js';
import type { HeaderField, SipMessage, SipRequest } from './message.js';
import { MAX_URI_LENGTH, parseUri } from './uri.js';
import { splitFirst } from './value-list.js';

/** A datagram cannot be larger; on a stream nobody may make us hold more. */
export const MAX_MESSAGE_BYTES = 65_536;
/** One header, its folded lines together. The longest honest one, Identity (RFC 8224), takes about 2 KiB. */
export const MAX_LINE_LENGTH = 4_096;
/** Several times what the most talkative proxies chain up. */
export const MAX_HEADERS = 256;
/** A request crosses no more elements than the usual Max-Forwards allows (RFC 3261 §8.1.1.6). */
export const MAX_VIA_LINES = 70;

export type ParseFailureCode =
  /** Nothing but line ends: a keep-alive (RFC 5626 §4.4.1). */
  | 'empty'
  | 'message-too-large'
  | 'line-too-long'
  | 'uri-too-long'
  | 'too-many-headers'
  | 'control-byte'
  | 'no-end-of-head'
  | 'start-line'
  | 'version'
  | 'request-uri'
  | 'header-line'
  | 'missing-header'
  | 'repeated-header'
  | 'via'
  | 'from-or-to'
  | 'call-id'
  | 'cseq'
  | 'method-mismatch'
  | 'max-forwards'
  | 'content-length'
  | 'body-too-short';

/** Why bytes are no message, and what can be answered to whoever sent them. */
export type ParseFailure = {
  readonly kind: 'failure';
  readonly code: ParseFailureCode;
  readonly status: 400 | 414 | 505 | 513;
  /**
   * A request with the Via, From, To, Call-ID and CSeq lines as they came and nothing else, ready for `buildResponse`.
   * Missing where nothing can be answered: a response, an ACK, or one of these lines not found or unclean.
   */
  readonly reply?: SipRequest;
};

type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly requestUri: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string };

type Head = {
  readonly startLine: StartLine | ParseFailureCode;
  /** Whether the start line began like a response, broken or not: those are never answered. */
  readonly isResponse: boolean;
  readonly headers: readonly HeaderField[];
  /** The first thing wrong with the lines; reading goes on behind it. */
  readonly failure?: ParseFailureCode;
};

/**
 * Reads one message: a datagram, or what the stream framer cut out. Never throws.
 *
 * The body is a view of `bytes`. A datagram longer than Content-Length is cut, a shorter one refused, and without
 * Content-Length the body is the rest (RFC 3261 §18.3). Malformed UTF-8 becomes U+FFFD, which no token, URI or Call-ID
 * may hold: it survives in display names and free text only.
 */
export function parseMessage(bytes: Buffer): SipMessage | ParseFailure {
  if (bytes.length > MAX_MESSAGE_BYTES) {
    return { kind: 'failure', code: 'message-too-large', status: 513 };
  }
  const start = skipLineEnds(bytes);
  if (start === bytes.length) {
    return { kind: 'failure', code: 'empty', status: 400 };
  }
  const headEnd = bytes.indexOf('\r\n\r\n', start, 'latin1');
  const head = readHead(decode(bytes.subarray(start, headEnd < 0 ? bytes.length : headEnd)));
  const { startLine, headers } = head;
  if (typeof startLine === 'string') {
    return failure(head, startLine);
  }
  if (headEnd < 0) {
    return failure(head, 'no-end-of-head');
  }
  const problem = head.failure ?? checkStructure(startLine, headers);
  if (problem !== undefined) {
    return failure(head, problem);
  }
  const available = bytes.length - headEnd - 4;
  const lengthBytes = bodyLengthBytes(headers, available);
  if (lengthBytes === undefined || lengthBytes > available) {
    return failure(head, lengthBytes === undefined ? 'content-length' : 'body-too-short');
  }
  return { ...startLine, headers, body: bytes.subarray(headEnd + 4, headEnd + 4 + lengthBytes) };
}

/** RFC 3261 §7.5: line ends before the start line are not part of the message. */
function skipLineEnds(bytes: Buffer): number {
  let index = 0;
  while (index < bytes.length && (bytes[index] === 0x0d || bytes[index] === 0x0a)) {
    index += 1;
  }
  return index;
}

function decode(head: Buffer): string {
  // Most heads are pure ASCII, for which the latin1 decoder is the fast one.
  return head.toString(isAscii(head) ? 'latin1' : 'utf8');
}

/**
 * CR and LF stand as pairs only, and there is no other control byte but the tab. Deviates from RFC 3261 §25.1: none in a
 * `quoted-pair` either, because what a terminal or a C string makes of it is nobody's display name.
 */
function isSoundHead(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x0d && text.charCodeAt(index + 1) === 0x0a) {
      index += 1;
    } else if ((code < 0x20 && code !== 0x09) || code === 0x7f) {
      return false;
    }
  }
  return true;
}

function readHead(text: string): Head {
  let failure: ParseFailureCode | undefined = isSoundHead(text) ? undefined : 'control-byte';
  const headers: HeaderField[] = [];
  const singles: string[] = [];
  let vias = 0;
  let lineEnd = endOfLine(text, 0);
  const isResponse = /^SIP\//i.test(text);
  const startLine = isResponse ? readStatusLine(text.slice(0, lineEnd)) : readRequestLine(text.slice(0, lineEnd));
  for (let position = lineEnd + 2; position < text.length; position = lineEnd + 2) {
    lineEnd = endOfLine(text, position);
    const lineStart = position;
    let isFolded = false;
    while (isBlank(text.charCodeAt(lineEnd + 2))) {
      lineEnd = endOfLine(text, lineEnd + 2);
      isFolded = true;
    }
    if (lineEnd - lineStart > MAX_LINE_LENGTH) {
      failure ??= 'line-too-long';
      continue;
    }
    const colon = text.indexOf(':', lineStart);
    const name = colon < 0 || colon > lineEnd ? '' : readName(text, lineStart, colon);
    if (name === '') {
      failure ??= 'header-line';
      continue;
    }
    const raw = text.slice(colon + 1, lineEnd);
    headers.push({ name, value: (isFolded ? raw.replace(/[ \t]*\r\n[ \t]+/g, ' ') : raw).trim() });
    vias += name === 'Via' ? 1 : 0;
    if (isSingleName(name)) {
      failure ??= singles.includes(name) ? 'repeated-header' : undefined;
      singles.push(name);
    }
    if (headers.length > MAX_HEADERS || vias > MAX_VIA_LINES) {
      return { startLine, isResponse, headers: [], failure: 'too-many-headers' };
    }
  }
  return failure === undefined ? { startLine, isResponse, headers } : { startLine, isResponse, headers, failure };
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\r\n', start);
  return end < 0 ? text.length : end;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** RFC 3261 §25.1 HCOLON: blanks may stand before the colon, and the name is the same name with them. */
function readName(text: string, start: number, colon: number): string {
  let end = colon;
  while (end > start && isBlank(text.charCodeAt(end - 1))) {
    end -= 1;
  }
  const name = text.slice(start, end);
  return isToken(name) ? canonicalName(name) : '';
}

function readRequestLine(line: string): StartLine | ParseFailureCode {
  if (line.length > MAX_LINE_LENGTH) {
    return 'uri-too-long';
  }
  // RFC 3261 §7.1: three parts, one blank between them; a message that has more is refused, not guessed at.
  const parts = line.split(' ');
  if (parts.length !== 3 || !isToken(parts[0])) {
    return 'start-line';
  }
  const [method, requestUri, version] = parts;
  if (version !== 'SIP/2.0' && version.toUpperCase() !== 'SIP/2.0') {
    return /^SIP\/\d+\.\d+$/i.test(version) ? 'version' : 'start-line';
  }
  if (requestUri.length > MAX_URI_LENGTH) {
    return 'uri-too-long';
  }
  // RFC 3261 §19.1.1: no headers in a Request-URI. Other schemes are well-formed here and 416 later.
  const uri = parseUri(requestUri);
  return uri === undefined || uri.headers.size > 0 ? 'request-uri' : { kind: 'request', method, requestUri };
}

function readStatusLine(line: string): StartLine | ParseFailureCode {
  const parts = /^SIP\/(\d+\.\d+) ([1-6]\d\d)(?: (.*))?$/i.exec(line);
  if (parts === null) {
    return 'start-line';
  }
  return parts[1] === '2.0' ? { kind: 'response', status: Number(parts[2]), reason: parts[3] ?? '' } : 'version';
}

/** What every message must have (RFC 3261 §8.1.1) and what routing and matching rest on. */
function checkStructure(startLine: StartLine, headers: readonly HeaderField[]): ParseFailureCode | undefined {
  let via: string | undefined;
  let found = 0;
  for (const { name, value } of headers) {
    switch (name) {
      case 'Via':
        via ??= value;
        break;
      case 'From':
      case 'To':
        found += 1;
        if (parseNameAddress(value) === undefined) {
          return 'from-or-to';
        }
        break;
      case 'Call-ID':
        found += 1;
        // Deviates from RFC 3261 §25.1 `callid`: any printable character is taken; real ones hold `=` and `@` freely.
        if (!/^[\x21-\x7e]+$/.test(value)) {
          return 'call-id';
        }
        break;
      case 'CSeq': {
        found += 1;
        const cseq = parseCseq(value);
        if (cseq === undefined) {
          return 'cseq';
        }
        if (startLine.kind === 'request' && startLine.method !== cseq.method) {
          return 'method-mismatch';
        }
        break;
      }
      case 'Max-Forwards':
        if (parseDecimal(value, 255) === undefined) {
          return 'max-forwards';
        }
        break;
    }
  }
  // From, To, Call-ID and CSeq are single, so four of them are all of them.
  if (via === undefined || found < 4) {
    return 'missing-header';
  }
  return parseVia(splitFirst(via)[0]) === undefined ? 'via' : undefined;
}

function bodyLengthBytes(headers: readonly HeaderField[], availableBytes: number): number | undefined {
  for (const { name, value } of headers) {
    if (name === 'Content-Length') {
      return parseDecimal(value, Number.MAX_SAFE_INTEGER);
    }
  }
  return availableBytes;
}

function failure(head: Head, code: ParseFailureCode): ParseFailure {
  const status = statusOf(code);
  const reply = replyTo(head);
  return reply === undefined ? { kind: 'failure', code, status } : { kind: 'failure', code, status, reply };
}

function statusOf(code: ParseFailureCode): ParseFailure['status'] {
  switch (code) {
    case 'version':
      return 505;
    case 'uri-too-long':
      return 414;
    case 'message-too-large':
    case 'line-too-long':
    case 'too-many-headers':
      return 513;
    default:
      return 400;
  }
}

const replyNames: ReadonlySet<string> = new Set(['Via', 'From', 'To', 'Call-ID', 'CSeq']);

function replyTo(head: Head): SipRequest | undefined {
  const headers = head.headers.filter((header) => replyNames.has(header.name) && !hasControlCharacter(header.value));
  const names = new Set(headers.map((header) => header.name));
  // The method of a broken start line is the one in CSeq, so far as there is one.
  const startLine = typeof head.startLine === 'string' ? undefined : head.startLine;
  const cseqMethod = /\S+$/.exec(headers.find((header) => header.name === 'CSeq')?.value ?? '')?.[0] ?? '';
  const method = startLine?.kind === 'request' ? startLine.method : cseqMethod;
  const isAnswerable = names.size === replyNames.size && method !== 'ACK' && cseqMethod !== 'ACK';
  if (!isAnswerable || head.isResponse) {
    return undefined;
  }
  const requestUri = startLine?.kind === 'request' ? startLine.requestUri : '';
  return { kind: 'request', method, requestUri, headers, body: Buffer.alloc(0) };
}
