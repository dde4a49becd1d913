import { expect, test } from '@jest/globals';
import { parseConfiguration } from '../config/parse-configuration.js';
import { sipUserOf, softphoneDeskOf } from './softphone-desk.js';

const SOFTPHONES = `
sip:
  listeners:
    - {name: caller-side, address: 127.0.0.1, port: 5060}
    - {name: phones, address: 127.0.0.1, port: 7443, transports: [ws]}
  users: [{name: ada}, {name: bob}, {name: pool}]
peers:
  - {name: trunk, listener: caller-side, addresses: [127.0.0.1], target: {address: 127.0.0.1, port: 5070}}
  - {name: agents, kind: registered, listener: phones}
routes:
  - {name: inbound, from: trunk, to: agents, callerSide: from}
api:
  agents:
    - {name: ada, users: [service, ada]}
    - {name: bob, users: [bob]}
    - {name: rest, users: ['*']}
    - {name: desk, users: ['4711']}
`;

function configurationOf(yaml: string, more: Readonly<Record<string, string>> = {}) {
  const parsed = parseConfiguration(yaml, more);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.configuration;
}

const issued: string[] = [];
function deskOf(more: Readonly<Record<string, string>> = {}) {
  return softphoneDeskOf({
    configuration: configurationOf(SOFTPHONES, more),
    servers: [
      { kind: 'stun', host: 'stun.example', port: 3478 },
      { kind: 'turn', host: '2001:db8::1', port: 3478, userName: 'gateway', password: 'secret' },
      { kind: 'turn-for-a-while', host: 'turn.example', port: 3478, secret: 'north-of-the-river' },
    ],
    issueCredential: (user) => {
      issued.push(user);
      return { user, password: `password-${issued.length}`, realm: 'tonegate', expiresAtMs: 1_800_000_000_000 };
    },
  });
}

test.each([
  ['ada', 'ada'],
  ['bob', 'bob'],
  ['rest', 'pool'],
  ['desk', undefined],
  ['nobody', undefined],
])('agent %s is SIP user %s', (agent, user) => {
  expect(sipUserOf(configurationOf(SOFTPHONES), agent)).toBe(user);
});

test('an agent gets address, name, password and ICE servers, and a new password each time', () => {
  const desk = deskOf();
  expect(desk.serverOrigin).toBe('ws://127.0.0.1:7443');
  expect(desk.open('ada')).toEqual({
    server: 'ws://127.0.0.1:7443',
    aor: 'sip:ada@127.0.0.1',
    user: 'ada',
    password: 'password-1',
    realm: 'tonegate',
    expiresAt: '2027-01-15T08:00:00.000Z',
    iceServers: [
      { urls: ['stun:stun.example:3478'] },
      { urls: ['turn:[2001:db8::1]:3478'], username: 'gateway', credential: 'secret' },
      // The same as: printf 1800000000:ada | openssl dgst -sha1 -hmac north-of-the-river -binary | base64
      { urls: ['turn:turn.example:3478'], username: '1800000000:ada', credential: 'LiDf9yiy9AcW0b/uT9EolhnEKQM=' },
    ],
  });
  expect(desk.open('ada')?.password).toBe('password-2');
});

test('an agent without a SIP user gets nothing, and no password is made', () => {
  const before = issued.length;
  expect(deskOf().open('desk')).toBeUndefined();
  expect(issued).toHaveLength(before);
});

test('behind a proxy the configured address is told, and its origin allowed', () => {
  const desk = deskOf({ TONEGATE_API__SOFTPHONE__SERVER: 'wss://phones.example:443/sip' });
  expect(desk.open('bob')).toMatchObject({ server: 'wss://phones.example:443/sip', aor: 'sip:bob@phones.example' });
  expect(desk.serverOrigin).toBe('wss://phones.example');
});

test('without registered users there is no softphone', () => {
  const desk = softphoneDeskOf({ configuration: configurationOf(''), servers: [], issueCredential: () => undefined });
  expect([desk.serverOrigin, desk.open('agent')]).toEqual([undefined, undefined]);
});

test.each([
  ['secretFile: s', undefined],
  ['userName: u, passwordFile: p', undefined],
  ['userName: u', 'api.softphone.iceServers[0]: needs one of secretFile and passwordFile'],
  ['userName: u, secretFile: s, passwordFile: p', 'api.softphone.iceServers[0]: needs one of'],
  ['userName: u, secretFile: s', 'api.softphone.iceServers[0].userName: belongs to passwordFile'],
  ['passwordFile: p', 'api.softphone.iceServers[0].userName: belongs to passwordFile'],
])('a TURN server with %s', (keys, problem) => {
  const server = `{kind: turn, address: turn.example, port: 3478, ${keys}}`;
  const parsed = parseConfiguration(`api: {softphone: {iceServers: [${server}]}}`, {});
  const problems = parsed.ok ? [] : parsed.problems.map(({ key, text }) => `${key}: ${text}`);
  expect(problems).toEqual(problem === undefined ? [] : [expect.stringContaining(problem)]);
});

test.each([
  'https://phones.example',
  'wss://phones.example; script-src *',
  'wss://user@phones.example',
  'wss://*.example',
  'phones.example',
])('%s is no address of a SIP WebSocket', (server) => {
  const parsed = parseConfiguration(`api: {softphone: {server: ${JSON.stringify(server)}}}`, {});
  expect(JSON.stringify(parsed)).toContain('must be an address like wss://sip.example:7443');
});
