import { describe, expect, it } from '@jest/globals';
import { MAX_URI_LENGTH, parseUri, type SipUri } from './uri.js';

const none = new Map<string, string>();

describe('parseUri', () => {
  // RFC 3261 §19.1.3.
  const examples: ReadonlyArray<readonly [string, Partial<SipUri>]> = [
    ['sip:alice@atlanta.com', { scheme: 'sip', user: 'alice', host: 'atlanta.com' }],
    [
      'sip:alice:secretword@atlanta.com;transport=tcp',
      { user: 'alice', password: 'secretword', params: new Map([['transport', 'tcp']]) },
    ],
    [
      'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
      {
        scheme: 'sips',
        headers: new Map([
          ['subject', 'project%20x'],
          ['priority', 'urgent'],
        ]),
      },
    ],
    [
      'sip:+1-212-555-1212:1234@gateway.com;user=phone',
      { user: '+1-212-555-1212', password: '1234', params: new Map([['user', 'phone']]) },
    ],
    ['sips:1212@gateway.com', { scheme: 'sips', user: '1212' }],
    ['sip:alice@192.0.2.4', { host: '192.0.2.4' }],
    ['sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com', { headers: new Map([['to', 'alice%40atlanta.com']]) }],
    ['sip:alice;day=tuesday@atlanta.com', { user: 'alice;day=tuesday', params: none }],
  ];

  it.each(examples)('reads %s', (text, expected) => {
    expect(parseUri(text)).toMatchObject(expected);
  });

  it('reads IPv6 references with and without port (RFC 5118 §4.1)', () => {
    expect(parseUri('sip:[2001:db8::10]')).toEqual({
      scheme: 'sip',
      host: '[2001:db8::10]',
      params: none,
      headers: none,
    });
    expect(parseUri('sip:user@[2001:db8::10]:5070')).toMatchObject({ host: '[2001:db8::10]', port: 5070 });
    expect(parseUri('sip:user@[2001:db8::10:5070]')).toMatchObject({ host: '[2001:db8::10:5070]' });
  });

  it('refuses an IPv6 address without its brackets (RFC 5118 §4.2)', () => {
    expect(parseUri('sip:2001:db8::10')).toBeUndefined();
    expect(parseUri('sip:user@2001:db8::10')).toBeUndefined();
  });

  it('reads scheme and parameter names in lower case and keeps the rest', () => {
    expect(parseUri('SIP:Alice@Atlanta.COM;Transport=TCP;LR')).toEqual({
      scheme: 'sip',
      user: 'Alice',
      host: 'Atlanta.COM',
      params: new Map([
        ['transport', 'TCP'],
        ['lr', ''],
      ]),
      headers: none,
    });
  });

  it('reads the number of a tel URI', () => {
    expect(parseUri('tel:+1-201-555-0123;phone-context=example.com')).toEqual({
      scheme: 'tel',
      user: '+1-201-555-0123',
      params: new Map([['phone-context', 'example.com']]),
      headers: none,
      opaque: '+1-201-555-0123;phone-context=example.com',
    });
  });

  it('keeps unknown schemes as they are', () => {
    expect(parseUri('urn:service:sos')).toEqual({ scheme: 'urn', opaque: 'service:sos', params: none, headers: none });
  });

  it.each([
    ['nothing', ''],
    ['no scheme', 'alice@atlanta.com'],
    ['only a scheme', 'sip:'],
    ['no host', 'sip:alice@'],
    ['no user before the at sign', 'sip:@atlanta.com'],
    ['a blank', 'sip:alice@atlanta.com; lr'],
    ['two at signs', 'sip:alice@home@atlanta.com'],
    ['a bracket', 'sip:<alice@atlanta.com>'],
    ['a quote', 'sip:"alice"@atlanta.com'],
    ['a line break', 'sip:alice@atlanta.com\r\nX: y'],
    ['half an escape', 'sip:al%6ice%4@atlanta.com'],
    ['an escape in the host', 'sip:alice@atl%61nta.com'],
    ['port 0', 'sip:atlanta.com:0'],
    ['a port above 65535', 'sip:atlanta.com:65536'],
    ['a signed port', 'sip:atlanta.com:+5060'],
    ['an empty port', 'sip:atlanta.com:'],
    ['an empty parameter', 'sip:atlanta.com;;lr'],
    ['a parameter twice', 'sip:atlanta.com;transport=udp;Transport=tcp'],
    ['an empty parameter value', 'sip:atlanta.com;transport='],
    ['characters beyond ASCII', 'sip:älice@atlanta.com'],
    ['a replacement character', 'tel:+1�2'],
    ['letters for a number', 'tel:alice'],
    ['too many characters', `sip:${'a'.repeat(MAX_URI_LENGTH)}@b.c`],
  ])('refuses %s', (_case, text) => {
    expect(parseUri(text)).toBeUndefined();
  });
});
