/**
 * Bytes to message (RFC 3261 §7, §25). Two levels: `readLines` finds the lines, of a broken message too, so that it can
 * be answered; `checkStructure` then refuses what two readers could read in two ways. Other values are read lazily, by
 * `headers.ts`.
 */
import { hasControlCharacter, isToken, parseDecimal } from './characters.js';
import { canonicalName, isSingleName } from './header-names.js';
import { parseCseq, parseNameAddress, parseVia } from './headers.js';
import { EMPTY_BODY, type HeaderField, type SipMessage, type SipRequest } from './message.js';
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
  const { head, end } = readHead(bytes, start);
  const { startLine, headers } = head;
  if (typeof startLine === 'string') {
    return failure(head, startLine);
  }
  const problem = head.failure ?? checkStructure(startLine, headers);
  if (problem !== undefined) {
    return failure(head, problem);
  }
  const available = bytes.length - end - 4;
  const lengthBytes = bodyLengthBytes(headers, available);
  if (lengthBytes === undefined || lengthBytes > available) {
    return failure(head, lengthBytes === undefined ? 'content-length' : 'body-too-short');
  }
  const body = bytes.subarray(end + 4, end + 4 + lengthBytes);
  return startLine.kind === 'request'
    ? { kind: 'request', method: startLine.method, requestUri: startLine.requestUri, headers, body }
    : { kind: 'response', status: startLine.status, reason: startLine.reason, headers, body };
}

/** RFC 3261 §7.5: line ends before the start line are not part of the message. */
function skipLineEnds(bytes: Buffer): number {
  let index = 0;
  while (index < bytes.length && (bytes[index] === 0x0d || bytes[index] === 0x0a)) {
    index += 1;
  }
  return index;
}

/**
 * Finds the blank line, looking at every byte before it once. CR and LF stand as pairs only, and there is no other control
 * byte but the tab. A `quoted-pair` may hold one (RFC 3261 §25.1). Deviates from RFC 3261 §8.2.6.2: it is left out of what
 * is read, and so of the answer, because what a terminal or a C string makes of it is nobody's display name.
 */
function readHead(bytes: Buffer, start: number): { readonly head: Head; readonly end: number } {
  let isPureAscii = true;
  let isSound = true;
  let hasEscapedControl = false;
  let end = start;
  for (; end < bytes.length; end += 1) {
    const byte = bytes[end];
    if (byte >= 0x20 && byte < 0x7f) {
      continue;
    }
    if (byte === 0x0d && bytes[end + 1] === 0x0a) {
      if (bytes[end + 2] === 0x0d && bytes[end + 3] === 0x0a) {
        break;
      }
      end += 1;
    } else if (byte >= 0x80) {
      isPureAscii = false;
    } else if (bytes[end - 1] === 0x5c && byte !== 0x0d && byte !== 0x0a) {
      hasEscapedControl = true;
    } else if (byte !== 0x09) {
      isSound = false;
    }
  }
  let text = bytes.toString(isPureAscii ? 'latin1' : 'utf8', start, end);
  if (hasEscapedControl) {
    text = withoutEscapedControls(text);
    isSound &&= !text.split('\r\n').some(hasControlCharacter);
  }
  const head = readLines(text, end < bytes.length ? (isSound ? undefined : 'control-byte') : 'no-end-of-head');
  return { head, end };
}

/** Leaves out each `quoted-pair` of a control character. What stands outside of quotes, or unescaped, stays to be found. */
function withoutEscapedControls(text: string): string {
  let kept = '';
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '\n' || (character === '"' && !isQuoted)) {
      // No quote is open beyond its line: a broken one must not turn the next line's inside out.
      isQuoted = character === '"';
    } else if (character === '"') {
      isQuoted = false;
    } else if (character === '\\' && isQuoted) {
      index += 1;
      const escaped = text[index] ?? '';
      kept += escaped === '\r' || escaped === '\t' || !hasControlCharacter(escaped) ? character + escaped : '';
      continue;
    }
    kept += character;
  }
  return kept;
}

function readLines(text: string, scanFailure: ParseFailureCode | undefined): Head {
  let failure = scanFailure;
  const headers: HeaderField[] = [];
  const singles: string[] = [];
  let lines = 0;
  let vias = 0;
  let lineEnd = endOfLine(text, 0);
  const isResponse = /^SIP\//i.test(text);
  const startLine = isResponse ? readStatusLine(text.slice(0, lineEnd)) : readRequestLine(text.slice(0, lineEnd));
  for (let position = lineEnd + 2; position < text.length; position = lineEnd + 2) {
    const lineStart = position;
    lineEnd = endOfLine(text, position);
    let isFolded = false;
    while (isBlank(text.charCodeAt(lineEnd + 2))) {
      lineEnd = endOfLine(text, lineEnd + 2);
      isFolded = true;
    }
    lines += 1;
    if (lines > MAX_HEADERS || vias > MAX_VIA_LINES) {
      failure ??= 'too-many-headers';
      break;
    }
    if (lineEnd - lineStart > MAX_LINE_LENGTH) {
      failure ??= 'line-too-long';
      continue;
    }
    const header = readHeader(text.slice(lineStart, lineEnd), isFolded);
    if (header === undefined) {
      failure ??= 'header-line';
      continue;
    }
    headers.push(header);
    vias += header.name === 'Via' ? 1 : 0;
    if (isSingleName(header.name)) {
      failure ??= singles.includes(header.name) ? 'repeated-header' : undefined;
      singles.push(header.name);
    }
  }
  return failure === undefined ? { startLine, isResponse, headers } : { startLine, isResponse, headers, failure };
}

function readHeader(line: string, isFolded: boolean): HeaderField | undefined {
  const colon = line.indexOf(':');
  // RFC 3261 §25.1 HCOLON: blanks may stand before the colon, and the name with them is the same name.
  const name = isBlank(line.charCodeAt(colon - 1)) ? line.slice(0, colon).trimEnd() : line.slice(0, Math.max(colon, 0));
  if (!isToken(name)) {
    return undefined;
  }
  const value = line.slice(colon + 1).trim();
  return { name: canonicalName(name), value: isFolded ? unfold(value) : value };
}

/** RFC 3261 §7.3.1: a fold, with the blanks around it, is one blank. */
function unfold(value: string): string {
  return value
    .split('\r\n')
    .map((part) => part.trim())
    .join(' ');
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\r\n', start);
  return end < 0 ? text.length : end;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
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
  const parts = /^SIP\/(\d+\.\d+) ([1-6]\d\d)(?: (.*))?$/is.exec(line);
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

/**
 * How long the body of a message on a stream is (RFC 3261 §18.3). The framer asks the same reader that reads the message
 * afterwards, so that the two cannot be led apart; where any line is broken nobody can say where the message ends.
 *
 * @param head - from the start line to the blank line and with it.
 */
export function streamBodyLengthBytes(head: Buffer): number | ParseFailure {
  const read = readHead(head, 0).head;
  const contentLength = read.headers.find((header) => header.name === 'Content-Length');
  const lengthBytes = parseDecimal(contentLength?.value ?? '', Number.MAX_SAFE_INTEGER);
  if (read.failure !== undefined || lengthBytes === undefined) {
    return failure(read, read.failure ?? 'content-length');
  }
  return head.length + lengthBytes > MAX_MESSAGE_BYTES ? failure(read, 'message-too-large') : lengthBytes;
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
  const names = new Set<string>();
  const headers = head.headers.filter(({ name, value }) => {
    // Of a header that may not be repeated the first one is answered.
    const isWanted = replyNames.has(name) && !hasControlCharacter(value) && (name === 'Via' || !names.has(name));
    if (isWanted) {
      names.add(name);
    }
    return isWanted;
  });
  // The method of a broken start line is the one in CSeq, so far as there is one.
  const startLine = typeof head.startLine === 'string' ? undefined : head.startLine;
  const cseqMethod = /\S+$/.exec(headers.find((header) => header.name === 'CSeq')?.value ?? '')?.[0] ?? '';
  const method = startLine?.kind === 'request' ? startLine.method : cseqMethod;
  const isAnswerable = names.size === replyNames.size && method !== 'ACK' && cseqMethod !== 'ACK';
  if (!isAnswerable || head.isResponse) {
    return undefined;
  }
  const requestUri = startLine?.kind === 'request' ? startLine.requestUri : '';
  return { kind: 'request', method, requestUri, headers, body: EMPTY_BODY };
}
