import { describe, expect, test } from '@jest/globals';
import { describeNote } from './configuration-note.js';
import { parseConfiguration } from './parse-configuration.js';

/** What the writer of the file is told, one remark a line. */
function notesOf(text: string): { problems: string[]; warnings: string[] } {
  const result = parseConfiguration(text, {});
  return { problems: result.ok ? [] : result.problems.map(describeNote), warnings: result.warnings.map(describeNote) };
}

const PEER = '{name: a, listener: caller-side, addresses: [192.0.2.1], target: {address: 192.0.2.1, port: 5060}}';
const LISTENERS =
  '{name: caller-side, address: 127.0.0.1, port: 5060}, {name: users, address: 127.0.0.1, port: 5066, transports: [ws]}';
const USERS = '[{name: alice}, {name: "201"}]';

/** A trunk on one side and registered users on the other, with what a test is about in it. */
function registered({ listeners = LISTENERS, users = USERS, peer = '', callerSide = 'from' } = {}): string {
  return [
    `sip: { listeners: [${listeners}], users: ${users} }`,
    `peers: [${PEER}, {name: softphones, kind: registered, listener: users${peer}}]`,
    `routes: [{name: in, from: a, to: softphones, callerSide: ${callerSide}}]`,
  ].join('\n');
}

describe('registered users', () => {
  test('have media webrtc and both algorithms, SHA-256 first, if nothing else is said', () => {
    const result = parseConfiguration(registered(), {});
    if (!result.ok) throw new Error(result.problems.map(describeNote).join('\n'));
    const { sip, peers } = result.configuration;
    expect(result.warnings).toEqual([]);
    expect(peers[1]).toEqual({ kind: 'registered', name: 'softphones', listener: 'users', media: 'webrtc' });
    expect(sip.realm).toBe('tonegate');
    expect(sip.listeners[1].digest).toEqual(['SHA-256', 'MD5']);
  });

  test.each<[string, string, string]>([
    [
      'another kind',
      registered({ peer: ', kind: remote' }).replace('kind: registered, ', ''),
      'peers[1].kind: must be address or registered',
    ],
    [
      'an address of theirs',
      registered({ peer: ', addresses: [192.0.2.1]' }),
      'peers[1].addresses: is no known key; known are: kind, name, listener, media, addresses, target',
    ],
    [
      'no such listener',
      registered().replace('listener: users', 'listener: nowhere'),
      'peers[1].listener: names no listener; there are: caller-side, users',
    ],
    ['no users', registered({ users: '[]' }), 'sip.users: is empty: nobody could register as softphones'],
    [
      'a user twice',
      registered({ users: '[{name: a}, {name: a}]' }),
      'sip.users[1].name: is the same as sip.users[0].name',
    ],
    [
      'one password file for two',
      registered({ users: '[{name: a, passwordFile: p}, {name: b, passwordFile: p}]' }),
      'sip.users[1].passwordFile: is the same as sip.users[0].passwordFile',
    ],
    [
      'a name that is no user part',
      registered({ users: '[{name: "a b"}]' }),
      'sip.users[0].name: use letters, digits, dots, hyphens, underscores and plus signs',
    ],
    [
      'a listener that a peer has too',
      registered().replace('listener: users', 'listener: caller-side'),
      'peers[1].listener: is that of a too: registered users need a listener of their own',
    ],
    [
      'wss without a certificate',
      registered({ listeners: LISTENERS.replace('[ws]', '[wss]') }),
      'sip.listeners[1].tls: is needed for wss: certificateFile and keyFile',
    ],
    [
      'a certificate without wss',
      registered({ listeners: LISTENERS.replace('[ws]', '[ws], tls: {certificateFile: a, keyFile: b}') }),
      'sip.listeners[1].tls: is for listeners with wss alone',
    ],
    [
      'two transports on one port',
      registered({ listeners: LISTENERS.replace('[ws]', '[udp, tcp, ws]') }),
      'sip.listeners[1].transports: may have one of tcp, ws: each takes the TCP port',
    ],
    [
      'an origin with a path',
      registered({ listeners: LISTENERS.replace('[ws]', '[ws], allowedOrigins: ["https://a.example/x"]') }),
      'sip.listeners[1].allowedOrigins[0]: must be an origin like https://crm.example, without a path',
    ],
    [
      'an algorithm that is none',
      registered({ listeners: LISTENERS.replace('[ws]', '[ws], digest: [SHA-1]') }),
      'sip.listeners[1].digest[0]: ',
    ],
    [
      'a realm with quotes',
      `${registered()}`.replace('sip: {', "sip: { realm: 'a\"b', "),
      'sip.realm: use letters, digits, dots and hyphens',
    ],
    [
      'the caller on webrtc',
      registered({ callerSide: 'to' }),
      'routes[0].callerSide: must not be peer softphones: what the caller keys would pass buffers of a WebRTC library, which we cannot wipe',
    ],
    [
      'the caller on a WebSocket',
      registered({ callerSide: 'to', peer: ', media: rtp' }),
      'routes[0].callerSide: must not be peer softphones: what the caller keys would pass buffers of a WebSocket, which we cannot wipe',
    ],
    [
      'a peer that would be called by ws',
      registered().replace('listener: caller-side', 'listener: users'),
      'peers[0].target.transport: listener users has only ws',
    ],
  ])('%s is refused', (_what, text, problem) => {
    expect(notesOf(text).problems.join('\n')).toContain(problem);
  });

  test.each<[string, string, string]>([
    [
      'users without a peer',
      'sip: { users: [{name: alice}] }',
      'sip.users: have nowhere to register: there is no peer of the kind registered',
    ],
    [
      'ws to the world',
      registered({ listeners: LISTENERS.replace('users, address: 127.0.0.1', 'users, address: 203.0.113.5') }),
      'sip.listeners[1].transports: ws beyond this machine shows signalling to everybody on the way: take wss',
    ],
    [
      'a page under a name that only the listener knows',
      registered({ listeners: LISTENERS.replace('[ws]', '[ws], allowedOrigins: ["https://pay.example"]') }),
      'sip.listeners[1].allowedOrigins[0]: is not in api.allowedOrigins: list it there too if a proxy has our own pages under it, or they get no events',
    ],
    [
      'a user of nobody',
      `${registered()}\napi: { agents: [{name: anna, users: [alice]}] }`,
      "sip.users[1].name: 201 is no agent's user: its calls can hold no payment",
    ],
  ])('%s are warned of', (_what, text, warning) => {
    expect(notesOf(text).warnings).toContain(warning);
  });

  test.each<[string, string, string[]]>([
    [
      'plain RTP for browsers',
      registered({ peer: ', media: rtp' }),
      ['peers[1].media: is rtp, and listener users has only ws: browsers need media: webrtc'],
    ],
    [
      'WebRTC for desk phones, by default',
      registered({ listeners: LISTENERS.replace('[ws]', '[udp, tcp]') }),
      [
        'peers[1].media: is webrtc, and listener users has only udp, tcp: desk phones need media: rtp',
        'api.softphone.server: is needed for the softphone page: no listener of registered users tells browsers where it is',
      ],
    ],
    [
      'plain RTP for desk phones',
      registered({ listeners: LISTENERS.replace('[ws]', '[udp]'), peer: ', media: rtp' }),
      [],
    ],
    ['WebRTC where both may register', registered({ listeners: LISTENERS.replace('[ws]', '[udp, ws]') }), []],
  ])('%s: warned of where it cannot work', (_what, text, warnings) => {
    expect(notesOf(text)).toEqual({ problems: [], warnings });
  });

  test('a page that both know is not warned of', () => {
    const listeners = LISTENERS.replace('[ws]', '[ws], allowedOrigins: ["https://pay.example"]');
    expect(notesOf(`${registered({ listeners })}\napi: { allowedOrigins: ["https://pay.example"] }`)).toEqual({
      problems: [],
      warnings: [],
    });
  });

  test('a caller may be a registered phone that speaks RTP over UDP', () => {
    const listeners = LISTENERS.replace('[ws]', '[udp]');
    expect(notesOf(registered({ listeners, callerSide: 'to', peer: ', media: rtp' })).problems).toEqual([]);
  });
});
