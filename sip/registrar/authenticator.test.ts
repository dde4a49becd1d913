import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { headerValue } from '../headers.js';
import type { SipRequest } from '../message.js';
import { Authenticator, MAX_FAILURES_PER_PLACE, MAX_FAILURES_PER_SOURCE } from './authenticator.js';
import { digestResponse } from './digest.js';

const HOME = '198.51.100.7';
const URI = 'sip:tonegate.example';

function authenticatorOf() {
  const users = [
    { name: 'alice', password: 'alice-secret' },
    { name: 'bob', password: 'bob-secret' },
  ];
  return new Authenticator({ realm: 'tonegate', users, random: randomBytes });
}

function requestOf(authorization?: string): SipRequest {
  const headers = authorization === undefined ? [] : [{ name: 'Authorization', value: authorization }];
  return { kind: 'request', method: 'REGISTER', requestUri: URI, headers, body: Buffer.alloc(0) };
}

type Attempt = {
  readonly user?: string;
  readonly password: string;
  readonly address?: string;
  readonly nowMs?: number;
};

/** Asks for a challenge and answers it: the status, or the user that it was. */
function answer(authenticator: Authenticator, attempt: Attempt): number | string {
  const { user = 'alice', password, address = HOME, nowMs = 0 } = attempt;
  const challenged = authenticator.judge(requestOf(), address, ['SHA-256'], nowMs);
  const challenge =
    challenged.kind === 'refused' ? headerValue({ headers: challenged.refusal.headers ?? [] }, 'WWW-Authenticate') : '';
  const nonce = /nonce="(\w+)"/.exec(challenge ?? '')?.[1] ?? '';
  const secret = { algorithm: 'SHA-256', username: user, realm: 'tonegate', nonce, uri: URI } as const;
  const response = digestResponse({ ...secret, method: 'REGISTER', password, nonceCount: '00000001', cnonce: 'c' });
  const authorization =
    `Digest username="${user}", realm="tonegate", nonce="${nonce}", uri="${URI}", qop=auth, algorithm=SHA-256, ` +
    `nc=00000001, cnonce="c", response="${response}"`;
  const verdict = authenticator.judge(requestOf(authorization), address, ['SHA-256'], nowMs);
  return verdict.kind === 'authenticated' ? verdict.user : verdict.refusal.status;
}

test('the wait is of the user at that address, and of nobody else, nowhere else', () => {
  const authenticator = authenticatorOf();
  const guesses = Array.from({ length: MAX_FAILURES_PER_PLACE }, () => answer(authenticator, { password: 'guessed' }));
  expect(new Set(guesses)).toEqual(new Set([401]));
  const password = 'alice-secret';
  expect(answer(authenticator, { password })).toBe(403);
  expect(answer(authenticator, { password, address: '198.51.100.8' })).toBe('alice');
  expect(answer(authenticator, { user: 'bob', password: 'bob-secret' })).toBe('bob');
  expect(answer(authenticator, { password, nowMs: 59_999 })).toBe(403);
  expect(answer(authenticator, { password, nowMs: 60_000 })).toBe('alice');
});

test('guessing within the wait makes it no longer', () => {
  const authenticator = authenticatorOf();
  for (let count = 0; count < MAX_FAILURES_PER_PLACE; count += 1) answer(authenticator, { password: 'guessed' });
  for (let nowMs = 0; nowMs < 60_000; nowMs += 1_000) answer(authenticator, { password: 'guessed', nowMs });
  expect(answer(authenticator, { password: 'alice-secret', nowMs: 60_000 })).toBe('alice');
});

test('an address under many names waits, but for a password of the hour', () => {
  const authenticator = authenticatorOf();
  const password = authenticator.issuePassword('alice', 3_600_000, 0) ?? '';
  for (let count = 0; count < MAX_FAILURES_PER_SOURCE; count += 1) {
    answer(authenticator, { user: `user${count}`, password: 'guessed' });
  }
  expect(answer(authenticator, { password: 'alice-secret' })).toBe(403);
  expect(answer(authenticator, { password })).toBe('alice');
  // That was a home-coming: others' failures there count no longer against alice, and still against bob.
  expect(answer(authenticator, { password: 'alice-secret' })).toBe('alice');
  expect(answer(authenticator, { user: 'bob', password: 'bob-secret' })).toBe(403);
});
