import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Flow, SipRequest } from '../message.js';
import { parseMessage } from '../message-parser.js';
import { digestResponse } from './digest.js';
import { MAX_USERS_PER_CONNECTION, Registrar } from './registrar.js';

const users = Array.from({ length: MAX_USERS_PER_CONNECTION + 1 }, (_, line) => ({
  name: `line${line}`,
  password: `password-${line}`,
}));

function connection(connectionId: number): Flow {
  return { listener: 'desk', transport: 'tcp', remoteAddress: '198.51.100.7', remotePort: 40_000, connectionId };
}

function registrarOf() {
  return new Registrar({ realm: 'tonegate', users, listeners: new Map([['desk', ['SHA-256']]]), random: randomBytes });
}

function requestOf(user: string, ...headers: string[]): SipRequest {
  const lines = [
    'REGISTER sip:tonegate.example SIP/2.0',
    'Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK1',
    `From: <sip:${user}@tonegate.example>;tag=1`,
    `To: <sip:${user}@tonegate.example>`,
    `Call-ID: ${user}`,
    'CSeq: 1 REGISTER',
    ...headers,
  ];
  const message = parseMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`));
  if (message.kind !== 'request') throw new Error('not a request');
  return message;
}

/** What comes of answering the challenge rightly. */
function proof(registrar: Registrar, { name, password }: (typeof users)[number], flow: Flow) {
  const challenged = registrar.authenticate(requestOf(name), flow, 0);
  const [challenge] = challenged.kind === 'refused' ? (challenged.refusal.headers ?? []) : [];
  const secret = {
    algorithm: 'SHA-256',
    username: name,
    realm: 'tonegate',
    nonce: /nonce="(\w+)"/.exec(challenge.value)?.[1] ?? '',
    uri: 'sip:tonegate.example',
    nonceCount: '00000001',
    cnonce: 'c',
  } as const;
  const { algorithm, realm, nonce, uri, nonceCount, cnonce } = secret;
  const response = digestResponse({ ...secret, method: 'REGISTER', password });
  const authorization =
    `Authorization: Digest username="${name}", realm="${realm}", nonce="${nonce}", uri="${uri}", qop=auth, ` +
    `algorithm=${algorithm}, nc=${nonceCount}, cnonce="${cnonce}", response="${response}"`;
  return registrar.authenticate(requestOf(name, authorization), flow, 0);
}

test('so many users prove themselves on one connection, and one more is refused, there alone', () => {
  const registrar = registrarOf();
  const verdicts = users.map((user) => proof(registrar, user, connection(1)));
  expect(verdicts.slice(0, -1).every(({ kind }) => kind === 'authenticated')).toBe(true);
  expect(verdicts.at(-1)).toMatchObject({ kind: 'refused', refusal: { status: 403 }, code: 'connection-crowded' });
  // Those who are in already may go on.
  expect(proof(registrar, users[0], connection(1))).toEqual({ kind: 'authenticated', user: 'line0' });
  expect(proof(registrar, users[MAX_USERS_PER_CONNECTION], connection(2))).toMatchObject({ kind: 'authenticated' });
});

test('a connection is proven by the first of its users, and not by one who fails', () => {
  const registrar = registrarOf();
  proof(registrar, { name: 'line0', password: 'guessed' }, connection(1));
  expect([registrar.isProven(1), registrar.isConnectionOf(connection(1), 'line0')]).toEqual([false, false]);
  proof(registrar, users[0], connection(1));
  expect([registrar.isProven(1), registrar.isConnectionOf(connection(1), 'line0')]).toEqual([true, true]);
  expect(registrar.isConnectionOf(connection(1), 'line1')).toBe(false);
  registrar.flowFailed(connection(1));
  expect(registrar.isProven(1)).toBe(false);
});

test('what is bound to a connection is gone with it, whoever has proved anything there', () => {
  const registrar = registrarOf();
  registrar.register(requestOf('line0', 'Contact: <sip:line0@192.0.2.9>'), { ...connection(1), user: 'line0' }, 0);
  registrar.register(requestOf('line1', 'Contact: <sip:line1@192.0.2.9>'), { ...connection(2), user: 'line1' }, 0);
  registrar.flowFailed(connection(1));
  expect(registrar.bindingOf('line0', 'desk', 0)).toBeUndefined();
  expect(registrar.bindingOf('line1', 'desk', 0)?.contact).toBe('sip:line1@192.0.2.9');
});

test.each([
  ['no contact', [], 200],
  ['a contact that is no address', ['Contact: nonsense'], 400],
  ['an asterisk that takes nothing back', ['Contact: *'], 400],
  ['an asterisk beside another', ['Contact: *, <sip:a@b>', 'Expires: 0'], 400],
  ['too short a time', ['Contact: <sip:a@b>;expires=59'], 423],
  ['too many contacts', ['Contact: <sip:a@b>, <sip:b@b>, <sip:c@b>, <sip:d@b>, <sip:e@b>'], 403],
] as const)('with %s it is %j: %i', (_what, headers, status) => {
  const registrar = registrarOf();
  const answer = registrar.register(requestOf('line0', ...headers), { ...connection(1), user: 'line0' }, 0);
  expect(answer.status).toBe(status);
  expect(registrar.bindingOf('line0', 'desk', 0)).toBeUndefined();
});

test('the same request a second time is out of order, and one with a higher number is not (RFC 3261 §10.3)', () => {
  const registrar = registrarOf();
  const flow = { ...connection(1), user: 'line0' };
  const request = requestOf('line0', 'Contact: <sip:line0@192.0.2.9>');
  const all = requestOf('line0', 'Contact: *', 'Expires: 0');
  expect([request, request, all].map((one) => registrar.register(one, flow, 0).status)).toEqual([200, 500, 500]);
  const next = {
    ...all,
    headers: all.headers.map((header) => (header.name === 'CSeq' ? { ...header, value: '2 REGISTER' } : header)),
  };
  expect(registrar.register(next, flow, 0)).toEqual({ status: 200, reason: 'OK', headers: [] });
});
