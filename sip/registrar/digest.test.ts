import { describe, expect, test } from '@jest/globals';
import { digestChallenge, digestResponse, parseDigestCredentials } from './digest.js';

/** RFC 7616 §3.9.1. */
const MUFASA = {
  username: 'Mufasa',
  realm: 'http-auth@example.org',
  password: 'Circle of Life',
  method: 'GET',
  uri: '/dir/index.html',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  nonceCount: '00000001',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
} as const;

describe('responses', () => {
  test.each([
    ['RFC 7616 §3.9.1, MD5', { ...MUFASA, algorithm: 'MD5' }, '8ca523f5e9506fed4657c9700eebdbec'],
    [
      'RFC 7616 §3.9.1, SHA-256',
      { ...MUFASA, algorithm: 'SHA-256' },
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    ],
    [
      'RFC 2617 §3.5, which RFC 3261 §22.4 takes over',
      {
        algorithm: 'MD5',
        username: 'Mufasa',
        realm: 'testrealm@host.com',
        password: 'Circle Of Life',
        method: 'GET',
        uri: '/dir/index.html',
        nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
        nonceCount: '00000001',
        cnonce: '0a4f113b',
      },
      '6629fae49393a05397450978507c4ef1',
    ],
  ] as const)('%s', (_source, secret, response) => {
    expect(digestResponse(secret)).toBe(response);
  });

  test.each(['username', 'realm', 'password', 'method', 'uri', 'nonce', 'nonceCount', 'cnonce'] as const)(
    'another %s is another response',
    (part) => {
      const changed = { ...MUFASA, algorithm: 'SHA-256', [part]: `${MUFASA[part]}x` } as const;
      expect(digestResponse(changed)).not.toBe(digestResponse({ ...MUFASA, algorithm: 'SHA-256' }));
    },
  );
});

describe('credentials', () => {
  const written =
    'Digest username="alice", realm="tonegate", nonce="abc", uri="sip:tonegate.example", ' +
    'response="0123456789ABCDEF0123456789abcdef", algorithm=MD5, qop=auth, cnonce="x\\"y", nc=0000000a';

  test('are read, quoted or not, in any order', () => {
    expect(parseDigestCredentials(written)).toEqual({
      algorithm: 'MD5',
      username: 'alice',
      realm: 'tonegate',
      nonce: 'abc',
      uri: 'sip:tonegate.example',
      response: '0123456789abcdef0123456789abcdef',
      cnonce: 'x"y',
      nonceCount: '0000000a',
    });
    const shuffled = written.replace('algorithm=MD5, qop=auth', 'qop="auth" ,algorithm="sha-256"');
    expect(parseDigestCredentials(shuffled)).toMatchObject({ algorithm: 'SHA-256', username: 'alice' });
  });

  test('without an algorithm they are MD5 (RFC 2617 §3.2.1)', () => {
    expect(parseDigestCredentials(written.replace('algorithm=MD5, ', ''))).toMatchObject({ algorithm: 'MD5' });
  });

  test.each([
    ['another scheme', 'Basic YWxpY2U6c2VjcmV0'],
    ['nothing', ''],
    ['no parameters', 'Digest '],
    ['no qop: RFC 2069, which a replay passes', written.replace('qop=auth, ', '')],
    ['qop=auth-int, which was not offered', written.replace('qop=auth,', 'qop=auth-int,')],
    ['an algorithm that nobody knows', written.replace('MD5', 'SHA-1')],
    ['a parameter named twice', `${written}, username="bob"`],
    ['a quote that does not close', written.replace('realm="tonegate"', 'realm="tonegate')],
    ['a count that is no number', written.replace('0000000a', '0000000g')],
    ['a count that is too long', written.replace('0000000a', '00000000a')],
    ['a response that is no number', written.replace('ABCDEF', 'ABCDEX')],
    ['no user', written.replace('username="alice", ', '')],
    ['a parameter without a value', written.replace('qop=auth', 'qop=')],
    ['more parameters than there are', `${written}${manyParameters()}`],
  ])('%s is not taken', (_what, text) => {
    expect(parseDigestCredentials(text)).toBeUndefined();
  });
});

function manyParameters(): string {
  return Array.from({ length: 20 }, (_, index) => `, p${index}=v`).join('');
}

test('a challenge says what RFC 7616 §3.3 asks for, and that the nonce was stale only where it was', () => {
  const challenge = { realm: 'tonegate', nonce: 'abc', algorithm: 'SHA-256' } as const;
  expect(digestChallenge({ ...challenge, isStale: false })).toBe(
    'Digest realm="tonegate", nonce="abc", algorithm=SHA-256, qop="auth"',
  );
  expect(digestChallenge({ ...challenge, isStale: true })).toMatch(/, stale=true$/);
});
