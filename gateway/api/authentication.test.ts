import { describe, expect, test } from '@jest/globals';
import { Authenticator, bearerToken } from './authentication.js';

const ADA = 'ada-0123456789abcdefghij';
const BOB = 'bob-0123456789abcdefghij';
const make = () =>
  new Authenticator([
    { name: 'ada', role: 'agent', token: ADA },
    { name: 'bob', role: 'agent', token: BOB },
  ]);

describe('bearer tokens', () => {
  test('each token is its own account, any other nobody', () => {
    const authenticator = make();
    expect(authenticator.authenticate(ADA, '192.0.2.1', 0)).toEqual({
      kind: 'account',
      account: { name: 'ada', role: 'agent' },
    });
    expect(authenticator.authenticate(BOB, '192.0.2.1', 0)).toEqual({
      kind: 'account',
      account: { name: 'bob', role: 'agent' },
    });
    for (const wrong of ['', `${ADA}x`, ADA.slice(1), ADA.toUpperCase(), 'x'.repeat(100_000)]) {
      expect(authenticator.authenticate(wrong, '192.0.2.1', 0)).toMatchObject({ kind: 'refused' });
    }
  });

  test('a token that could be guessed, repeated or not sent is refused at start, naming the account', () => {
    expect(() => new Authenticator([{ name: 'eve', role: 'agent', token: 'secret' }])).toThrow(/eve.*22/);
    expect(() => new Authenticator([{ name: 'eve', role: 'agent', token: `${'x'.repeat(30)} y` }])).toThrow(/eve/);
    expect(
      () =>
        new Authenticator([
          { name: 'ada', role: 'agent', token: ADA },
          { name: 'eve', role: 'agent', token: ADA },
        ]),
    ).toThrow(/eve.*another account/);
  });

  test.each([
    ['Bearer abc', 'abc'],
    ['bearer   a.b-c_d~e+f/g== ', 'a.b-c_d~e+f/g=='],
    ['Basic abc', undefined],
    ['Bearer', undefined],
    ['Bearer a b', undefined],
    ['Bearer ä', undefined],
    [undefined, undefined],
  ])('the header %j holds %j', (header, token) => expect(bearerToken(header)).toBe(token));
});

describe('failed tries', () => {
  test('after ten a source waits, and is let try again in time', () => {
    const authenticator = make();
    const codes = Array.from({ length: 12 }, () => authenticator.authenticate('wrong', '192.0.2.1', 0));
    expect(codes.map((result) => result.kind === 'refused' && result.code)).toEqual([
      ...Array.from({ length: 10 }, () => 'unauthorized'),
      'too-many-requests',
      'too-many-requests',
    ]);
    expect(codes[11]).toMatchObject({ retryAfterMs: 6000 });
    expect(authenticator.authenticate('wrong', '192.0.2.1', 6000)).toMatchObject({ code: 'unauthorized' });
  });

  test('other sources, and right tokens of the same source, are not shut out', () => {
    const authenticator = make();
    for (let n = 0; n < 1000; n += 1) authenticator.authenticate('wrong', '192.0.2.1', 0);
    expect(authenticator.authenticate(ADA, '192.0.2.1', 0).kind).toBe('account');
    expect(authenticator.authenticate('wrong', '192.0.2.2', 0)).toMatchObject({ code: 'unauthorized' });
  });

  test('a flood makes one audit report a minute, with the number of tries', () => {
    const authenticator = make();
    const reports = Array.from({ length: 1000 }, (_, n) => authenticator.authenticate('wrong', '192.0.2.1', n))
      .map((result) => result.kind === 'refused' && result.reportFailures)
      .filter((count) => count !== 0);
    expect(reports).toEqual([1]);
    expect(authenticator.authenticate('wrong', '192.0.2.1', 60_000)).toMatchObject({ reportFailures: 1000 });
  });

  test('the table of sources is bounded, and a whole IPv6 network is one source', () => {
    const authenticator = make();
    for (let n = 0; n < 10_000; n += 1) authenticator.authenticate('wrong', `10.0.${n >> 8}.${n & 255}`, 0);
    expect(authenticator.sourcesRemembered).toBe(4096);

    const networks = make();
    for (const host of ['2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::ffff']) {
      networks.authenticate('wrong', host, 0);
    }
    expect(networks.sourcesRemembered).toBe(1);
    networks.authenticate('wrong', '2001:db8::1', 0);
    networks.authenticate('wrong', '::ffff:192.0.2.1', 0);
    networks.authenticate('wrong', '192.0.2.1', 0);
    expect(networks.sourcesRemembered).toBe(3);
  });
});
