import { describe, expect, it } from '@jest/globals';
import { headerValue, headerValues } from './headers.js';
import {
  MAX_HEADERS,
  MAX_LINE_LENGTH,
  MAX_MESSAGE_BYTES,
  MAX_VIA_LINES,
  type ParseFailure,
  parseMessage,
  streamBodyLengthBytes,
} from './message-parser.js';
import { buildFailureResponse, buildResponse, writeMessage } from './message-writer.js';

/** RFC 3261 §24.2, F1 and F13 in one: enough to change one line at a time. */
const lines = [
  'INVITE sip:bob@biloxi.example.com SIP/2.0',
  'Via: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK776asdhds',
  'Max-Forwards: 70',
  'To: Bob <sip:bob@biloxi.example.com>',
  'From: Alice <sip:alice@atlanta.example.com>;tag=1928301774',
  'Call-ID: a84b4c76e66710@pc33.atlanta.example.com',
  'CSeq: 314159 INVITE',
  'Contact: <sip:alice@pc33.atlanta.example.com>',
  'Content-Type: application/sdp',
  'Content-Length: 4',
];

/** The message with the line that begins so replaced; an empty replacement removes it. */
function invite(start = '', replacement = '', body = 'v=0\n'): Buffer {
  const changed = lines.map((line) => (start !== '' && line.startsWith(start) ? replacement : line));
  return Buffer.from(`${changed.filter((line) => line !== '').join('\r\n')}\r\n\r\n${body}`, 'utf8');
}

function failureOf(bytes: Buffer): ParseFailure {
  const failure = parseMessage(bytes);
  if (failure.kind !== 'failure') {
    throw new Error('the message was accepted');
  }
  return failure;
}

describe('parseMessage', () => {
  it('reads a request', () => {
    const message = parseMessage(invite());
    expect(message).toMatchObject({ kind: 'request', method: 'INVITE', requestUri: 'sip:bob@biloxi.example.com' });
    expect(message.kind !== 'failure' && message.headers).toHaveLength(9);
    expect(message.kind !== 'failure' && message.body.toString()).toBe('v=0\n');
  });

  it('reads a response', () => {
    const message = parseMessage(invite('INVITE', 'SIP/2.0 486 Busy Here'));
    expect(message).toMatchObject({ kind: 'response', status: 486, reason: 'Busy Here' });
  });

  it('writes long names for compact ones and leaves unknown names as they came', () => {
    const message = parseMessage(invite('Contact', 'm: <sip:a@b.c>\r\nx-Own : 1'));
    expect(message.kind !== 'failure' && message.headers.slice(6, 8)).toEqual([
      { name: 'Contact', value: '<sip:a@b.c>' },
      { name: 'x-Own', value: '1' },
    ]);
  });

  it('gives the body as a view of the bytes it was given, so that wiping one wipes the other', () => {
    const bytes = invite('', '', '5\r\n1');
    const message = parseMessage(bytes);
    bytes.fill(0);
    expect(message.kind !== 'failure' && message.body).toEqual(Buffer.alloc(4));
  });

  it('takes the rest of a datagram as body where Content-Length is missing', () => {
    const message = parseMessage(invite('Content-Length', '', 'four and more'));
    expect(message.kind !== 'failure' && message.body.toString()).toBe('four and more');
  });

  it('skips line ends before the start line, and says of a datagram of nothing else that it is empty', () => {
    expect(parseMessage(Buffer.concat([Buffer.from('\r\n\r\n'), invite()])).kind).toBe('request');
    for (const text of ['', '\r\n', '\r\n\r\n']) {
      expect(parseMessage(Buffer.from(text))).toEqual({ kind: 'failure', code: 'empty', status: 400 });
    }
  });

  it('keeps malformed UTF-8 out of everything but free text', () => {
    const latin1 = (text: string): Buffer => Buffer.from(invite('To', text).toString(), 'latin1');
    const message = parseMessage(latin1('To: J\u00f6rg <sip:bob@b.c>'));
    expect(message.kind !== 'failure' && headerValue(message, 'To')).toBe('J\ufffdrg <sip:bob@b.c>');
    expect(failureOf(latin1('To: <sip:j\u00f6rg@b.c>')).code).toBe('from-or-to');
    expect(failureOf(latin1('To: <sip:bob@b.c>;tag=\u00f6')).code).toBe('from-or-to');
  });

  it('reads blanks before a colon as part of no name, so that no filter misses the header', () => {
    const message = parseMessage(invite('Contact', 'X-Hdr \t: 1\r\nCONTACT :<sip:a@b.c>'));
    expect(message.kind !== 'failure' && headerValues(message, 'x-hdr')).toEqual(['1']);
    expect(message.kind !== 'failure' && headerValues(message, 'Contact')).toEqual(['<sip:a@b.c>']);
  });

  it.each([
    ['a blank before the method', 'INVITE', ' INVITE sip:a@b.c SIP/2.0', 'start-line'],
    ['a method that is no token', 'INVITE', 'INV/ITE sip:a@b.c SIP/2.0', 'start-line'],
    ['no version', 'INVITE', 'INVITE sip:a@b.c', 'start-line'],
    ['another protocol', 'INVITE', 'INVITE sip:a@b.c HTTP/1.1', 'start-line'],
    ['another version', 'INVITE', 'INVITE sip:a@b.c SIP/3.0', 'version'],
    ['a status below 100', 'INVITE', 'SIP/2.0 099 No', 'start-line'],
    ['a status above 699', 'INVITE', 'SIP/2.0 700 No', 'start-line'],
    ['a Request-URI that is none', 'INVITE', 'INVITE bob SIP/2.0', 'request-uri'],
    ['a Request-URI with headers', 'INVITE', 'INVITE sip:a@b.c?x=y SIP/2.0', 'request-uri'],
    ['a header line without a colon', 'Contact', 'Contact', 'header-line'],
    ['a header without a name', 'Contact', ': <sip:a@b.c>', 'header-line'],
    ['a name that is no token', 'Contact', 'Con<tact: a', 'header-line'],
    ['an escaped name as what it is not', 'From', 'Fr%6Fm: <sip:a@b.c>;tag=1', 'missing-header'],
    ['no Via', 'Via', '', 'missing-header'],
    ['no CSeq', 'CSeq', '', 'missing-header'],
    ['two From', 'Contact', 'f: <sip:a@b.c>;tag=2', 'repeated-header'],
    ['two Content-Type', 'Contact', 'c: text/plain', 'repeated-header'],
    ['two Max-Forwards', 'Contact', 'max-forwards: 70', 'repeated-header'],
    ['a Via that cannot be read', 'Via', 'Via: SIP/2.0/UDP', 'via'],
    ['a Call-ID with a blank', 'Call-ID', 'Call-ID: a b', 'call-id'],
    ['an empty Call-ID', 'Call-ID', 'Call-ID:', 'call-id'],
    ['a CSeq of 2**31', 'CSeq', 'CSeq: 2147483648 INVITE', 'cseq'],
    ['a CSeq of another method', 'CSeq', 'CSeq: 1 invite', 'method-mismatch'],
    ['Max-Forwards above 255', 'Max-Forwards', 'Max-Forwards: 256', 'max-forwards'],
    ['a signed Content-Length', 'Content-Length', 'Content-Length: +4', 'content-length'],
    ['a Content-Length of two numbers', 'Content-Length', 'Content-Length: 4, 4', 'content-length'],
    ['a Content-Length of more than there is', 'Content-Length', 'Content-Length: 5', 'body-too-short'],
  ])('refuses %s', (_case, start, replacement, code) => {
    expect(failureOf(invite(start, replacement)).code).toBe(code);
  });

  it.each([
    ['NUL', '\0'],
    ['backspace', '\b'],
    ['escape', '\x1b'],
    ['delete', '\x7f'],
    ['a bare CR', '\r'],
    ['a bare LF', '\n'],
  ])('refuses %s anywhere in the head', (_case, byte) => {
    for (const start of ['INVITE', 'Via', 'Contact', 'Content-Length']) {
      const line = lines.find((one) => one.startsWith(start)) ?? '';
      expect(
        failureOf(
          invite(
            start,
            line.replace(/.$/, (last) => byte + last),
          ),
        ).code,
      ).toMatch(/^(control-byte|start-line)$/);
    }
  });

  it('refuses a head without a blank line', () => {
    expect(failureOf(Buffer.from(lines.join('\r\n'))).code).toBe('no-end-of-head');
    expect(failureOf(Buffer.from(invite().toString().replaceAll('\r\n', '\n'))).code).toMatch(/start-line|no-end/);
  });
});

describe('bounds', () => {
  it('refuses more bytes than a datagram has', () => {
    expect(failureOf(Buffer.alloc(MAX_MESSAGE_BYTES + 1, 'a'))).toMatchObject({
      code: 'message-too-large',
      status: 513,
    });
  });

  it('refuses a longer line, folded ones counted together', () => {
    const long = 'a'.repeat(MAX_LINE_LENGTH / 2);
    expect(failureOf(invite('Contact', `X: ${long}\r\n ${long}`))).toMatchObject({
      code: 'line-too-long',
      status: 513,
    });
    expect(parseMessage(invite('Contact', `X: ${long}`)).kind).toBe('request');
  });

  it('answers 414 to a longer Request-URI', () => {
    const failure = failureOf(invite('INVITE', `INVITE sip:${'a'.repeat(3_000)}@b.c SIP/2.0`));
    expect(failure).toMatchObject({ code: 'uri-too-long', status: 414 });
    expect(failure.reply?.method).toBe('INVITE');
  });

  it('refuses more headers and more Vias', () => {
    const headers = Array.from({ length: MAX_HEADERS }, (_, index) => `X-${index}: 1`).join('\r\n');
    expect(failureOf(invite('Contact', headers)).code).toBe('too-many-headers');
    const vias = Array.from({ length: MAX_VIA_LINES + 1 }, () => lines[1]).join('\r\n');
    expect(failureOf(invite('Via', vias)).code).toBe('too-many-headers');
  });
});

describe('control characters in quoted strings', () => {
  it.each([
    ['escaped', '"a\\\x00b" <sip:bob@b.c>', undefined],
    ['unescaped', '"a\x00b" <sip:bob@b.c>', 'control-byte'],
    ['behind an escaped backslash', '"a\\\\\x00b" <sip:bob@b.c>', 'control-byte'],
    ['escaped outside of the quotes', '"a" <sip:bob\\\x00@b.c>', 'control-byte'],
    ['escaped behind a quote of the line before', 'x\r\nX: "\r\nY: \\\x00', 'control-byte'],
  ])('%s', (_case, to, code) => {
    const lines = ['OPTIONS sip:b.c SIP/2.0', 'Via: SIP/2.0/UDP a.b;branch=z9hG4bK1', 'From: <sip:a@b.c>;tag=1'];
    const bytes = Buffer.from([...lines, 'Call-ID: 1', 'CSeq: 1 OPTIONS', `To: ${to}`, '', ''].join('\r\n'), 'latin1');
    const message = parseMessage(bytes);
    expect(message.kind === 'failure' ? message.code : undefined).toBe(code);
    if (message.kind === 'request') expect(headerValue(message, 'To')).toBe('"ab" <sip:bob@b.c>');
  });
});

describe('what can be answered', () => {
  it('has the lines of a broken request that its answer needs, and no others', () => {
    const { reply } = failureOf(invite('Max-Forwards', 'Max-Forwards: x'));
    expect(reply?.headers.map((header) => header.name)).toEqual(['Via', 'To', 'From', 'Call-ID', 'CSeq']);
  });

  it('becomes a response with all Vias and a tag', () => {
    const failure = failureOf(invite('INVITE', 'INVITE  sip:bob@b.c SIP/2.0'));
    const response = buildFailureResponse(failure, 'gw1');
    expect(response === undefined ? '' : writeMessage(response).toString()).toBe(
      `${[
        'SIP/2.0 400 Bad Request',
        lines[1],
        `${lines[3]};tag=gw1`,
        lines[4],
        lines[5],
        lines[6],
        'Content-Length: 0',
      ].join('\r\n')}\r\n\r\n`,
    );
  });

  it('takes the first of headers that stand there twice', () => {
    const { reply } = failureOf(invite('Contact', 'Call-ID: other'));
    expect(reply === undefined ? [] : headerValues(reply, 'Call-ID')).toEqual([
      'a84b4c76e66710@pc33.atlanta.example.com',
    ]);
  });

  it.each([
    ['a response', 'INVITE', 'SIP/2.0 9999 No'],
    ['an ACK', 'INVITE', 'ACK  sip:bob@b.c SIP/2.0\r\nX: 1'],
    ['a request without From', 'From', ''],
    ['a request whose Call-ID holds a control byte', 'Call-ID', 'Call-ID: a\0b'],
  ])('is nothing of %s', (_case, start, replacement) => {
    const text = invite(start, replacement).toString();
    const bytes = Buffer.from(replacement.startsWith('ACK') ? text.replace('314159 INVITE', '314159 ACK') : text);
    const failure = failureOf(bytes);
    expect(failure.reply).toBeUndefined();
    expect(buildFailureResponse(failure, 'x')).toBeUndefined();
  });
});

describe('streamBodyLengthBytes', () => {
  it('wants a Content-Length, which a datagram may do without', () => {
    const head = (start = '', replacement = ''): Buffer => invite(start, replacement, '');
    expect(streamBodyLengthBytes(head())).toBe(4);
    expect(streamBodyLengthBytes(head('Content-Length', ''))).toMatchObject({ code: 'content-length' });
    expect(streamBodyLengthBytes(head('Content-Length', 'l: 65536'))).toMatchObject({ code: 'message-too-large' });
    expect(streamBodyLengthBytes(head('INVITE', 'INVITE  x'))).toBe(4);
  });
});

describe('writeMessage', () => {
  const message = parseMessage(invite());

  it('writes what was read', () => {
    expect(message.kind !== 'failure' && writeMessage(message).toString()).toBe(invite().toString());
  });

  it('writes one Content-Length, and the right one, whatever the headers say', () => {
    if (message.kind === 'failure') {
      throw new Error('not read');
    }
    const headers = [...message.headers, { name: 'l', value: '999' }, { name: 'content-length', value: '1' }];
    const written = writeMessage({ ...message, headers, body: Buffer.from('äöü') }).toString();
    expect(written.match(/^(content-length|l):.*$/gim)).toEqual(['Content-Length: 6']);
  });

  it.each([
    ['a header value', { headers: [{ name: 'X', value: 'a\r\nEvil: 1' }] }],
    ['a header name', { headers: [{ name: 'X\n', value: 'a' }] }],
    ['a method', { method: 'INVITE\r\nX: 1' }],
    ['a Request-URI', { requestUri: 'sip:a@b.c\0' }],
  ])('throws where %s holds a control character', (_case, change) => {
    const base = {
      kind: 'request',
      method: 'INVITE',
      requestUri: 'sip:a@b.c',
      headers: [],
      body: Buffer.alloc(0),
    } as const;
    expect(() => writeMessage({ ...base, ...change })).toThrow('control character');
  });
});

describe('buildResponse', () => {
  const read = parseMessage(
    invite('Contact', 'v: SIP/2.0/UDP b;branch=2\r\nRecord-Route: <sip:p.b.c;lr>\r\nTimestamp: 54'),
  );
  if (read.kind !== 'request') {
    throw new Error('not read');
  }
  const names = (status: number): string[] =>
    buildResponse(read, { status, reason: 'x', toTag: 't' }).headers.map((header) => header.name);

  it('copies Vias in order, From, To, Call-ID and CSeq (RFC 3261 §8.2.6.2)', () => {
    expect(names(404)).toEqual(['Via', 'To', 'From', 'Call-ID', 'CSeq', 'Via']);
  });

  it('copies Record-Route into what may form a dialog, and Timestamp into 100', () => {
    expect(names(200)).toContain('Record-Route');
    expect(names(183)).toContain('Record-Route');
    expect(names(100)).not.toContain('Record-Route');
    expect(names(100)).toContain('Timestamp');
  });

  it('puts a tag on To, but on none that has one and not in 100', () => {
    const to = (status: number, text = ''): string | undefined =>
      headerValue(
        buildResponse(
          {
            ...read,
            headers: read.headers.map((one) => (one.name === 'To' ? { ...one, value: one.value + text } : one)),
          },
          { status, reason: 'x', toTag: 'new' },
        ),
        'To',
      );
    expect(to(180)).toMatch(/;tag=new$/);
    expect(to(180, ';tag=old')).toMatch(/>;tag=old$/);
    expect(to(100)).not.toContain('tag');
  });
});
