import { describe, expect, it, test } from '@jest/globals';
import {
  cseqOf,
  headerValue,
  headerValues,
  mediaTypeOf,
  parseCseq,
  parseNameAddress,
  parseVia,
  tagOf,
  topVia,
  withSource,
  writeNameAddress,
  writeVia,
} from './headers.js';
import type { HeaderField, SipRequest } from './message.js';

function request(...headers: readonly HeaderField[]): SipRequest {
  return { kind: 'request', method: 'INVITE', requestUri: 'sip:a@b.c', headers, body: Buffer.alloc(0) };
}

describe('headerValue and headerValues', () => {
  const message = request(
    { name: 'v', value: 'SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2' },
    { name: 'VIA', value: 'SIP/2.0/TCP c;branch=3' },
    { name: 'Contact', value: '"Smith, John" <sip:john@a.b>, <sip:j,ohn@c.d;x=1>;q=0.5,sip:k@e.f' },
    { name: 'X-Own', value: 'one, two' },
    { name: 'Authorization', value: 'Digest username="a", realm="b"' },
  );

  it('finds headers in any case and under their compact names', () => {
    expect(headerValue(message, 'via')).toBe('SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2');
    expect(headerValue(message, 'm')).toContain('Smith');
    expect(headerValue(message, 'x-own')).toBe('one, two');
    expect(headerValue(message, 'Missing')).toBeUndefined();
  });

  it('splits comma lists over all lines, but not within quotes and brackets', () => {
    expect(headerValues(message, 'Via')).toHaveLength(3);
    expect(headerValues(message, 'Contact')).toEqual([
      '"Smith, John" <sip:john@a.b>',
      '<sip:j,ohn@c.d;x=1>;q=0.5',
      'sip:k@e.f',
    ]);
  });

  it('leaves commas in headers that are no lists, and in unknown ones', () => {
    expect(headerValues(message, 'Authorization')).toEqual(['Digest username="a", realm="b"']);
    expect(headerValues(message, 'X-Own')).toEqual(['one, two']);
  });

  it('takes the first of several Vias on one line as the top one', () => {
    expect(topVia(message)).toMatchObject({ host: 'a', branch: '1' });
  });

  it('splits a long list in time that grows with its length only', () => {
    const value = Array.from({ length: 100_000 }, () => '<sip:a@b.c;lr>').join(',');
    expect(headerValues(request({ name: 'Record-Route', value }), 'Record-Route')).toHaveLength(100_000);
  });
});

describe('parseVia', () => {
  it('reads every part and writes it back', () => {
    const text =
      'SIP/2.0/UDP host.example.com:5060;rport=9988;received=192.0.2.1;branch=z9hG4bKa;maddr=224.2.0.1;ttl=16';
    const via = parseVia(text);
    expect(via).toEqual({
      transport: 'UDP',
      host: 'host.example.com',
      port: 5060,
      branch: 'z9hG4bKa',
      received: '192.0.2.1',
      rport: 9988,
      params: new Map([
        ['maddr', '224.2.0.1'],
        ['ttl', '16'],
      ]),
    });
    expect(via === undefined ? '' : writeVia(via)).toBe(text);
  });

  it('takes blanks wherever the grammar does', () => {
    expect(
      parseVia('SIP / 2.0 / UDP first.example.com : 4000 ; ttl = 16 ; branch = z9hG4bKa7c6a8dlze.1'),
    ).toMatchObject({
      transport: 'UDP',
      host: 'first.example.com',
      port: 4000,
      branch: 'z9hG4bKa7c6a8dlze.1',
    });
  });

  it('takes IPv6 in brackets as sent-by, and with or without them in received (RFC 5118 §4.5)', () => {
    expect(parseVia('SIP/2.0/UDP [2001:db8::9:1]:5060;received=[2001:db8::9:255]')).toMatchObject({
      host: '[2001:db8::9:1]',
      port: 5060,
      received: '[2001:db8::9:255]',
    });
    expect(parseVia('SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255')?.received).toBe('2001:db8::9:255');
  });

  it('tells an asked-for response port from a given one (RFC 3581)', () => {
    expect(parseVia('SIP/2.0/UDP a;rport')?.rport).toBe('requested');
    expect(parseVia('SIP/2.0/UDP a;rport=0')).toBeUndefined();
    expect(parseVia('SIP/2.0/UDP a;rport=65536')).toBeUndefined();
  });

  it.each([
    'SIP/2.0/UDP',
    'SIP/2.0/UDP ',
    'SIP/2.0 UDP a',
    'SIP/7.0/UDP a',
    'HTTP/2.0/UDP a',
    'SIP/2.0/UDP a b',
    'SIP/2.0/UDP a:',
    'SIP/2.0/UDP a;;',
    'SIP/2.0/UDP a;branch=1;branch=2',
    'SIP/2.0/UDP a;branch="1"',
    'SIP/2.0/UDP a;=1',
    'SIP/2.0/UDP 2001:db8::1',
    'SIP/2.0/UDP a, SIP/2.0/UDP b',
  ])('refuses %s', (text) => {
    expect(parseVia(text)).toBeUndefined();
  });
});

describe('parseNameAddress', () => {
  it.each([
    ['"A. G. Bell" <sip:agb@bell-telephone.com>;tag=a48s', 'A. G. Bell', 'sip:agb@bell-telephone.com', 'a48s'],
    ['sip:+12125551212@server.phone2net.com;tag=887s', '', 'sip:+12125551212@server.phone2net.com', '887s'],
    ['Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8', 'Anonymous', 'sip:c8oqz84zk7z@privacy.org', 'hyh8'],
    ['"a \\"b\\" <c>" <sip:d@e.f>;tag=1', 'a "b" <c>', 'sip:d@e.f', '1'],
    ['<tel:+1234>;tag=x;other="1;tag=y"', '', 'tel:+1234', 'x'],
    ['<sip:a@b.c;tag=uri>;tag=header', '', 'sip:a@b.c;tag=uri', 'header'],
    ['";tag=quoted" <sip:a@b.c>', ';tag=quoted', 'sip:a@b.c', undefined],
    ['Jörg <sip:a@b.c>', 'Jörg', 'sip:a@b.c', undefined],
  ])('reads %s', (text, displayName, uri, tag) => {
    expect(parseNameAddress(text)).toMatchObject({ displayName, uri });
    expect(tagOf(text)).toBe(tag);
  });

  it.each([
    '',
    '"Bell <sip:a@b.c>',
    '<sip:a@b.c',
    '<>',
    '< sip:a@b.c>',
    '<sip:a b@c.d>',
    'Bell, Alexander <sip:a@b.c>',
    '<sip:a@b.c> <sip:d@e.f>',
    '<sip:a@b.c>, <sip:d@e.f>',
    '<sip:a@b.c>tag=1',
    '<sip:a@b.c>;tag=1;tag=2',
    '<sip:a@b.c>;tag=',
    'sip:a@b.c?Route=x',
    'alice',
  ])('refuses %s', (text) => {
    expect(parseNameAddress(text)).toBeUndefined();
    expect(tagOf(text)).toBeUndefined();
  });

  it('writes display names so that none becomes structure', () => {
    const address = { displayName: 'a" <sip:evil@b.c>;tag=x \\', uri: 'sip:good@b.c', params: new Map([['tag', 't']]) };
    expect(parseNameAddress(writeNameAddress(address))).toEqual(address);
  });
});

describe('CSeq', () => {
  it('reads number and method', () => {
    expect(cseqOf(request({ name: 'CSeq', value: '4711 INVITE' }))).toEqual({ number: 4711, method: 'INVITE' });
    expect(parseCseq('2147483647 ACK')?.number).toBe(2_147_483_647);
  });

  it.each(['', '1', 'INVITE', '-1 INVITE', '1.5 INVITE', '2147483648 INVITE', '1 IN VITE', '0x1 INVITE', '1 INVITE;'])(
    'refuses %s',
    (value) => {
      expect(parseCseq(value)).toBeUndefined();
    },
  );
});

test.each([
  ['application/sdp', 'application/sdp'],
  ['Application/DTMF-Relay ; charset="a;b"', 'application/dtmf-relay'],
  ['', ''],
])('the media type of %j is %j', (contentType, mediaType) => expect(mediaTypeOf(contentType)).toBe(mediaType));

describe('withSource', () => {
  const source = { address: '198.51.100.7', port: 40_000 };
  const via = (value: string): string => withSource(request({ name: 'Via', value }), source).headers[0].value;

  it('notes the address where the sender named another one, and the port where it asked', () => {
    expect(via('SIP/2.0/UDP 10.0.0.1;branch=a')).toBe('SIP/2.0/UDP 10.0.0.1;received=198.51.100.7;branch=a');
    expect(via('SIP/2.0/UDP 10.0.0.1;branch=a;rport')).toBe(
      'SIP/2.0/UDP 10.0.0.1;rport=40000;received=198.51.100.7;branch=a',
    );
    // RFC 3581 §4: both, even where the address is the same.
    expect(via('SIP/2.0/UDP 198.51.100.7;rport;branch=a')).toContain('rport=40000;received=198.51.100.7');
  });

  it('changes the top Via only', () => {
    expect(via('SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2')).toBe(
      'SIP/2.0/UDP a;received=198.51.100.7;branch=1, SIP/2.0/UDP b;branch=2',
    );
  });

  it('overwrites what the sender claims it was received from', () => {
    expect(via('SIP/2.0/UDP a;received=203.0.113.1;branch=1')).toBe('SIP/2.0/UDP a;received=198.51.100.7;branch=1');
    expect(via('SIP/2.0/UDP 198.51.100.7;received=203.0.113.1')).toBe('SIP/2.0/UDP 198.51.100.7;received=198.51.100.7');
  });

  it('leaves the Via of an honest sender alone', () => {
    expect(via('SIP/2.0/UDP 198.51.100.7:5060;branch=a')).toBe('SIP/2.0/UDP 198.51.100.7:5060;branch=a');
  });
});
