/** What the parser makes of RFC 4475. What a whole element answers is tested where the element stands. */
import { describe, expect, it } from '@jest/globals';
import { cseqOf, headerValue, headerValues, parseNameAddress, parseVia, tagOf, topVia } from '../headers.js';
import type { SipMessage } from '../message.js';
import { type ParseFailureCode, parseMessage } from '../message-parser.js';
import { buildResponse, writeMessage } from '../message-writer.js';
import { parseUri } from '../uri.js';
import { type TortureName, tortureMessage, tortureNames } from './rfc4475-messages.js';

/** Refused here. Where the RFC leaves a choice (`either`), the strict one is taken. */
const refused: Partial<Record<TortureName, ParseFailureCode>> = {
  badinv01: 'via',
  clerr: 'body-too-short',
  ncl: 'content-length',
  scalar02: 'cseq',
  scalarlg: 'cseq',
  quotbal: 'from-or-to',
  ltgtruri: 'request-uri',
  lwsruri: 'start-line',
  lwsstart: 'start-line',
  trws: 'start-line',
  escruri: 'request-uri',
  badaspec: 'from-or-to',
  baddn: 'from-or-to',
  badvers: 'version',
  mismatch01: 'method-mismatch',
  mismatch02: 'method-mismatch',
  bigcode: 'start-line',
  insuf: 'missing-header',
  multi01: 'repeated-header',
  mcl01: 'repeated-header',
};

/** Refused, and nobody to answer: responses, and a request without From, To and Call-ID. */
const unanswerable: readonly TortureName[] = ['scalarlg', 'bigcode', 'insuf'];

function parsed(name: TortureName): SipMessage {
  const message = parseMessage(tortureMessage(name));
  if (message.kind === 'failure') {
    throw new Error(`${name} was refused: ${message.code}`);
  }
  return message;
}

describe('RFC 4475', () => {
  it.each(tortureNames.filter((name) => refused[name] === undefined))('accepts %s', (name) => {
    expect(parsed(name).kind).toMatch(/^(request|response)$/);
  });

  it.each(tortureNames.filter((name) => refused[name] !== undefined))('refuses %s', (name) => {
    const failure = parseMessage(tortureMessage(name));
    expect(failure).toMatchObject({ kind: 'failure', code: refused[name], status: name === 'badvers' ? 505 : 400 });
    expect(failure.kind === 'failure' && failure.reply === undefined).toBe(unanswerable.includes(name));
  });

  it('reads wsinv as it is meant, folds, blanks and all', () => {
    const message = parsed('wsinv');
    expect(message.headers.slice(0, 2)).toEqual([
      { name: 'To', value: 'sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n' },
      { name: 'From', value: '"J Rosenberg \\\\\\""       <sip:jdrosen@example.com> ; tag = 98asjd8' },
    ]);
    expect(tagOf(headerValue(message, 'To') ?? '')).toBe('1918181833n');
    expect(parseNameAddress(headerValue(message, 'From') ?? '')).toEqual({
      displayName: 'J Rosenberg \\"',
      uri: 'sip:jdrosen@example.com',
      params: new Map([['tag', '98asjd8']]),
    });
    expect(cseqOf(message)).toEqual({ number: 9, method: 'INVITE' });
    expect(headerValue(message, 'Subject')).toBe('');
    expect(headerValue(message, 'newfangledheader')).toBe('newfangled value continued newfangled value');
    expect(headerValues(message, 'UnknownHeaderWithUnusualValue')).toEqual([';;,,;;,;']);
    expect(headerValues(message, 'Via').map(parseVia)).toEqual([
      { transport: 'UDP', host: '192.0.2.2', branch: '390skdjuw', params: new Map() },
      { transport: 'TCP', host: 'spindle.example.com', branch: 'z9hG4bK9ikj8', params: new Map() },
      { transport: 'UDP', host: '192.168.255.111', branch: 'z9hG4bK30239', params: new Map() },
    ]);
    expect(topVia(message)?.host).toBe('192.0.2.2');
    expect(parseNameAddress(headerValue(message, 'm') ?? '')).toEqual({
      displayName: 'Quoted string ""',
      uri: 'sip:jdrosen@example.com',
      params: new Map([
        ['newparam', 'newvalue'],
        ['secondparam', ''],
        ['q', '0.33'],
      ]),
    });
    expect(message.body).toHaveLength(150);
  });

  it('unescapes neither methods nor header names (esc02)', () => {
    const message = parsed('esc02');
    expect(message).toMatchObject({ method: 'RE%47IST%45R' });
    expect(headerValues(message, 'Contact')).toEqual([
      '<sip:alias1@host1.example.com>',
      '<sip:alias3@host3.example.com>',
    ]);
  });

  it('leaves escapes in URIs as they are (esc01, escnull, semiuri)', () => {
    const [esc01, escnull, semiuri] = [parsed('esc01'), parsed('escnull'), parsed('semiuri')];
    expect(esc01.kind === 'request' && parseUri(esc01.requestUri)?.user).toBe('sips%3Auser%40example.com');
    const contact = parseUri(parseNameAddress(headerValue(esc01, 'Contact') ?? '')?.uri ?? '');
    expect(contact?.params).toEqual(
      new Map([
        ['%6c%72', ''],
        ['n%61me', 'v%61lue%25%34%31'],
      ]),
    );
    expect(headerValues(escnull, 'Contact').map((value) => parseUri(parseNameAddress(value)?.uri ?? '')?.user)).toEqual(
      ['%00', '%00%00'],
    );
    expect(semiuri.kind === 'request' && parseUri(semiuri.requestUri)).toMatchObject({
      user: 'user;par=u%40example.net',
      host: 'example.com',
      params: new Map(),
    });
    expect(headerValues(semiuri, 'Accept')).toHaveLength(6);
  });

  it('takes long values and 34 Vias in every spelling (longreq)', () => {
    const message = parsed('longreq');
    expect(headerValues(message, 'Via')).toHaveLength(34);
    expect(topVia(message)?.host).toBe('sip33.example.com');
    expect(tagOf(headerValue(message, 'From') ?? '')).toHaveLength(155);
  });

  it('leaves escaped control characters out of a display name, and can answer (intmeth)', () => {
    const message = parsed('intmeth');
    expect(parseNameAddress(headerValue(message, 'To') ?? '')).toMatchObject({
      displayName: 'BEL: NUL: DEL:',
      uri: "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com",
    });
    const answer = message.kind === 'request' && buildResponse(message, { status: 501, reason: 'Not Implemented' });
    expect(answer && parseMessage(writeMessage(answer))).toMatchObject({ kind: 'response', status: 501 });
  });

  it('cuts a datagram behind its Content-Length (dblreq)', () => {
    expect(parsed('dblreq').body).toHaveLength(0);
  });

  it('reads reason phrases in UTF-8 and empty ones (unreason, noreason)', () => {
    expect(parsed('unreason')).toMatchObject({
      status: 200,
      reason: '= 2**3 * 5**2 но сто девяносто девять - простое',
    });
    expect(parsed('noreason')).toMatchObject({ status: 100, reason: '' });
  });

  it('passes requests whose URI is of another scheme, which is the element’s to answer with 416 (unkscm, novelsc)', () => {
    expect(parsed('unkscm')).toMatchObject({ requestUri: 'nobodyKnowsThisScheme:totallyopaquecontent' });
    expect(parsed('novelsc')).toMatchObject({ requestUri: 'soap.beep://192.0.2.103:3002' });
  });

  it('reads a message of RFC 2543 without branch, Max-Forwards and Content-Length (inv2543)', () => {
    const message = parsed('inv2543');
    expect(topVia(message)).toEqual({ transport: 'UDP', host: 'iftgw.example.com', params: new Map() });
    expect(message.body.toString()).toMatch(/^v=0\r\n/);
  });
});
