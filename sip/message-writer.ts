/** Message to bytes, and the response that belongs to a request (RFC 3261 §7, §8.2.6). */
import { hasControlCharacter } from './characters.js';
import { canonicalName } from './header-names.js';
import { tagOf } from './headers.js';
import { EMPTY_BODY, type HeaderField, type SipMessage, type SipRequest, type SipResponse } from './message.js';
import type { ParseFailure } from './message-parser.js';

/**
 * Content-Length is always written, and always right: one among the headers is left out.
 *
 * @throws Error where a part of the head holds CR, LF or another control character: somebody let input through unread.
 */
export function writeMessage(message: SipMessage): Buffer {
  let head =
    message.kind === 'request'
      ? `${message.method} ${message.requestUri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  if (hasControlCharacter(head.slice(0, -2))) {
    throw new Error('a start line to be written holds a control character');
  }
  for (const { name, value } of message.headers) {
    if (hasControlCharacter(name) || hasControlCharacter(value)) {
      throw new Error(`a header to be written holds a control character: ${JSON.stringify(name.slice(0, 40))}`);
    }
    if (name !== 'Content-Length' && canonicalName(name) !== 'Content-Length') {
      head += `${name}: ${value}\r\n`;
    }
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  const headBytes = Buffer.byteLength(head, 'utf8');
  const bytes = Buffer.allocUnsafe(headBytes + message.body.length);
  bytes.write(head, 0, 'utf8');
  message.body.copy(bytes, headBytes);
  return bytes;
}

export type ResponseOptions = {
  readonly status: number;
  readonly reason: string;
  /** Put on To where the request had no tag there; left out for 100 (RFC 3261 §8.2.6.2). */
  readonly toTag?: string;
  /** Written behind the copied ones. */
  readonly headers?: readonly HeaderField[];
  readonly body?: Buffer;
};

/**
 * RFC 3261 §8.2.6.2: From, Call-ID, CSeq, To and every Via in order as in the request. Record-Route goes along in what
 * may form a dialog (§12.1.1); Timestamp in 100 (§8.2.6.1).
 */
export function buildResponse(request: SipRequest, options: ResponseOptions): SipResponse {
  const { status, reason, toTag } = options;
  const formsDialog = request.method === 'INVITE' || request.method === 'SUBSCRIBE' || request.method === 'REFER';
  const copiesRoute = formsDialog && status > 100 && status < 300;
  const headers: HeaderField[] = [];
  for (const header of request.headers) {
    switch (canonicalName(header.name)) {
      case 'Via':
      case 'From':
      case 'Call-ID':
      case 'CSeq':
        headers.push(header);
        break;
      case 'To': {
        const isTagged = toTag === undefined || status === 100 || tagOf(header.value) !== undefined;
        headers.push(isTagged ? header : { name: 'To', value: `${header.value};tag=${toTag}` });
        break;
      }
      case 'Record-Route':
        if (copiesRoute) {
          headers.push(header);
        }
        break;
      case 'Timestamp':
        if (status === 100) {
          headers.push(header);
        }
        break;
    }
  }
  headers.push(...(options.headers ?? []));
  return { kind: 'response', status, reason, headers, body: options.body ?? EMPTY_BODY };
}

const failureReasons: Readonly<Record<ParseFailure['status'], string>> = {
  400: 'Bad Request',
  414: 'Request-URI Too Long',
  505: 'Version Not Supported',
  513: 'Message Too Large',
};

/** The answer to bytes that are no message; `undefined` where there is nobody or nothing to answer. */
export function buildFailureResponse(failure: ParseFailure, toTag: string): SipResponse | undefined {
  const { reply, status } = failure;
  return reply === undefined ? undefined : buildResponse(reply, { status, reason: failureReasons[status], toTag });
}
