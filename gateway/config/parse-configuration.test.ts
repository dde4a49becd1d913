import { describe, expect, test } from '@jest/globals';
import { configurationSchema } from './configuration.js';
import { describeNote } from './configuration-note.js';
import { MAX_CONFIGURATION_LENGTH, parseConfiguration } from './parse-configuration.js';

/** What the writer of the file is told, one remark a line. */
function problemsOf(text: string, environment: Record<string, string> = {}): string[] {
  const result = parseConfiguration(text, environment);
  return result.ok ? [] : result.problems.map(describeNote);
}

function warningsOf(text: string, environment: Record<string, string> = {}): string[] {
  const result = parseConfiguration(text, environment);
  if (!result.ok) throw new Error(result.problems.map(describeNote).join('\n'));
  return result.warnings.map(describeNote);
}

function configurationOf(text: string, environment: Record<string, string> = {}) {
  const result = parseConfiguration(text, environment);
  if (!result.ok) throw new Error(result.problems.map(describeNote).join('\n'));
  return result.configuration;
}

const PEER = '{name: a, listener: caller-side, addresses: [192.0.2.1], target: {address: 192.0.2.1, port: 5060}}';
/** Each line repeats the one before it ten times. */
const BILLION_LAUGHS = `a0: &a0 [x]\n${Array.from({ length: 9 }, (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index} , `.repeat(10)}]`).join('\n')}`;
const ROUTES = 'routes: [{name: r, from: a, to: a, callerSide: from}]';

describe('configuration file', () => {
  test.each(['', '# nothing\n', '{}', '---\n'])('%p is the configuration of defaults, without a warning', (text) => {
    expect(configurationOf(text)).toEqual(configurationSchema.parse({}));
    expect(warningsOf(text)).toEqual([]);
  });

  test('keys that are given replace the defaults around them', () => {
    const { payment, media } = configurationOf('payment:\n  maxAttempts: 2\n  timeZone: Europe/Berlin\n');
    expect([payment.maxAttempts, payment.timeZone, payment.interDigitTimeoutMs]).toEqual([2, 'Europe/Berlin', 10_000]);
    expect(media.portMin).toBe(20_000);
  });

  test('origins of pages, and the opaque one of sandboxed frames where it is asked for', () => {
    const { api } = configurationOf('api: {allowedOrigins: ["https://crm.example", "http://[::1]:9000", "null"]}');
    expect(api.allowedOrigins).toEqual(['https://crm.example', 'http://[::1]:9000', 'null']);
    expect(api.frameAncestors).toEqual([]);
  });

  test('a port alone, in the file or by the environment, keeps the usual address', () => {
    const result = parseConfiguration('vault: { redeem: { port: 48090 } }', { TONEGATE_API__LISTEN__PORT: '9000' });
    expect(result).toMatchObject({
      ok: true,
      configuration: {
        vault: { redeem: { address: '127.0.0.1', port: 48090, allowReveal: false } },
        api: { listen: { address: '127.0.0.1', port: 9000 } },
      },
    });
  });

  test('a route mutes tones, or all of the caller while a field awaits, by file or environment', () => {
    const route = '{name: r, from: pbx, to: trunk, callerSide: to';
    const suppressionOf = (text: string, environment: Record<string, string> = {}) =>
      configurationOf(text, environment).routes.map(({ suppression }) => suppression);
    expect(suppressionOf('')).toEqual(['tones', 'tones']);
    expect(suppressionOf(`routes: [${route}, suppression: strict}]`)).toEqual(['strict']);
    expect(suppressionOf('', { TONEGATE_ROUTES__0__SUPPRESSION: 'strict' })).toEqual(['strict', 'tones']);
    expect(problemsOf(`routes: [${route}, suppression: all}]`)[0]).toMatch(/^routes\[0\]\.suppression: /);
  });

  test.each<[string, string, RegExp]>([
    ['no mapping', '- a\n- b\n', /^the file must hold keys and values$/],
    ['no YAML', 'a: [1\nb: 2\n', /^YAML: .*line 2/],
    ['a key twice', 'log: {}\nlog: {}\n', /^YAML: .*unique/i],
    ['endless aliases', BILLION_LAUGHS, /^YAML: aliases that cannot be resolved, or too many of them$/],
    ['an unknown alias', 'log: *nowhere\n', /^YAML: /],
    ['too much', `# ${'x'.repeat(MAX_CONFIGURATION_LENGTH)}`, /larger than a configuration can be/],
    ['an unknown key', 'media: {portmin: 2}', /^media\.portmin: is no known key; known are: address, portMin, portMax/],
    ['an unknown key on top', 'medai: {}', /^medai: is no known key; known are: dataDirectory, sip, peers/],
    ['a wrong type', 'media: {portMin: high}', /^media\.portMin: expected number/],
    ['a wrong word', 'log: {level: loud}', /^log\.level: expected one of "debug"\|"info"/],
    ['too small a number', 'payment: {maxAttempts: 0}', /^payment\.maxAttempts: .*>=1/],
    ['a key that is missing', 'peers: [{name: a}]', /^peers\[0\]\.listener: expected string/],
    ['a bad name', 'api: {agents: [{name: "Two Words"}]}', /^api\.agents\[0\]\.name: use lower-case letters/],
  ])('%s is told with its place and what is allowed', (_name, text, expected) => {
    const problems = problemsOf(text);
    expect(problems.filter((problem) => expected.test(problem))).not.toEqual([]);
  });

  test('a missing colon is told once, though every line behind it is then an error', () => {
    const routes = '  - { name: r, from: trunk, to: pbx, callerSide: from }\n'.repeat(30);
    expect(problemsOf(`routes:\n${routes}`).join('\n')).not.toContain('YAML');
    expect(problemsOf(`routes\n${routes}media: {}\n`)).toEqual([
      expect.stringMatching(/^YAML: [^\n]* line \d+, column \d+ \(and \d+ more, which may come of it\)$/),
    ]);
  });

  test('all problems are told at once, but no more than a person reads', () => {
    expect(problemsOf('log: {level: 1}\nmedia: {portMin: x, portMax: y}').length).toBe(3);
    const many = Array.from({ length: 500 }, (_, index) => `k${index}: 1`).join('\n');
    expect(problemsOf(many).length).toBe(50);
  });
});

describe('configuration as a whole', () => {
  test.each<[string, string, string]>([
    [
      'a peer without its listener',
      `peers: [${PEER.replace('caller-side', 'nowhere')}]\n${ROUTES}`,
      'peers[0].listener: names no listener; there are: caller-side, agent-side',
    ],
    [
      'a route from nowhere',
      'routes: [{name: r, from: x, to: pbx, callerSide: from}]',
      'routes[0].from: names no peer; there are: trunk, pbx',
    ],
    [
      'a route to nowhere',
      'routes: [{name: r, from: pbx, to: x, callerSide: from}]',
      'routes[0].to: names no peer; there are: trunk, pbx',
    ],
    ['two peers of one name', `peers: [${PEER}, ${PEER}]\n${ROUTES}`, 'peers[1].name: is the same as peers[0].name'],
    [
      'a bad address block',
      `peers: [${PEER.replace('[192.0.2.1]', '[192.0.2.0/40]')}]\n${ROUTES}`,
      'peers[0].addresses[0]: must be an IP address or a CIDR block like 192.0.2.0/24',
    ],
    [
      'a target that is no address',
      `peers: [${PEER.replace('address: 192.0.2.1', 'address: pbx.example')}]\n${ROUTES}`,
      'peers[0].target.address: must be an IP address',
    ],
    [
      'a target without a port',
      `peers: [${PEER.replace('5060', '0')}]\n${ROUTES}`,
      'peers[0].target.port: must be 1 to 65535',
    ],
    [
      'a bad expression',
      'routes: [{name: r, from: pbx, to: trunk, callerSide: from, users: "(" }]',
      'routes[0].users: must be a regular expression',
    ],
    [
      'a paying caller on WebRTC',
      `peers: [${PEER.replace('name: a', 'name: a, media: webrtc')}]\n${ROUTES}`,
      'routes[0].callerSide: must not be peer a: what the caller keys would pass buffers of a WebRTC library, which we cannot wipe',
    ],
    ['an odd first port', 'media: {portMin: 20001}', 'media.portMin: must be even: RTP takes the even port of a pair'],
    ['an even last port', 'media: {portMax: 29998}', 'media.portMax: must be odd: RTCP takes the odd port of a pair'],
    [
      'a range the wrong way round',
      'media: {portMin: 20000, portMax: 10001}',
      'media.portMax: must leave at least 4 ports for each media process from media.portMin on',
    ],
    [
      'a range too small for its processes',
      'media: {portMax: 20007, processes: 4}',
      'media.portMax: must leave at least 4 ports for each media process from media.portMin on',
    ],
    ['privileged ports', 'media: {portMin: 80}', 'media.portMin: must be at least 1024'],
    [
      'a time zone that is none',
      'payment: {timeZone: Mars/Olympus}',
      'payment.timeZone: must be an IANA time zone like Europe/Berlin',
    ],
    [
      'two agents of one user',
      'api: {agents: [{name: a, users: ["7"]}, {name: b, users: ["7"]}]}',
      'api.agents[1].users[0]: 7 belongs to agent a already',
    ],
    [
      'two agents of one token',
      'api: {agents: [{name: a, tokenFile: x}, {name: b, tokenFile: x}]}',
      'api.agents[1].tokenFile: is the same as api.agents[0].tokenFile',
    ],
    [
      'an account of an agent’s name',
      'api: {agents: [{name: a}], accounts: [{name: a, role: auditor}]}',
      'api.accounts[0].name: is the same as api.agents[0].name',
    ],
    [
      'an account of an agent’s token',
      'api: {agents: [{name: a, tokenFile: x}], accounts: [{name: b, role: auditor, tokenFile: x}]}',
      'api.accounts[0].tokenFile: is the same as api.agents[0].tokenFile',
    ],
    [
      'two webhooks of one name',
      'webhooks: [{name: a, url: "https://a.example"}, {name: a, url: "https://b.example"}]',
      'webhooks[1].name: is the same as webhooks[0].name',
    ],
    [
      'a webhook that goes in clear to another machine',
      'webhooks: [{name: a, url: "http://crm.example/hook"}]',
      'webhooks[0].url: must be https: tokens go there (or set allowPlaintext)',
    ],
    [
      'a webhook with a password in its address',
      'webhooks: [{name: a, url: "https://user:word@crm.example/hook"}]',
      'webhooks[0].url: must hold no password: the receiver knows us by the signature',
    ],
    [
      'a webhook of no address',
      'webhooks: [{name: a, url: "ftp://crm.example"}]',
      'webhooks[0].url: must be an address like https://crm.example/hooks',
    ],
    [
      'an origin with a path',
      'api: {allowedOrigins: ["https://crm.example/"]}',
      'api.allowedOrigins[0]: must be an origin like https://crm.example, without a path',
    ],
    [
      'a sandbox around a frame',
      'api: {frameAncestors: ["null"]}',
      'api.frameAncestors[0]: must be an origin like https://crm.example, without a path',
    ],
    [
      'every page of a domain as a frame',
      'api: {frameAncestors: ["https://*.example"]}',
      'api.frameAncestors[0]: must be an origin like https://crm.example, without a path',
    ],
    [
      'a directive of its own in an origin',
      'api: {frameAncestors: ["https://crm.example;sandbox"]}',
      'api.frameAncestors[0]: must be an origin like https://crm.example, without a path',
    ],
    [
      'every origin',
      'api: {allowedOrigins: ["*"]}',
      'api.allowedOrigins[0]: must be an origin like https://crm.example, without a path',
    ],
    [
      'one port for two',
      'vault: {redeem: {address: 127.0.0.1, port: 8080}}',
      'vault.redeem.port: tcp port 8080 is that of api.listen.port',
    ],
    [
      'one port for two by another name',
      'api: {listen: {address: 0.0.0.0, port: 5060}}',
      'api.listen.port: tcp port 5060 is that of sip.listeners[0].port',
    ],
    [
      'signalling among the media ports',
      'sip: {listeners: [{name: caller-side, address: 127.0.0.1, port: 20100}, {name: agent-side, address: 127.0.0.1, port: 5062}]}',
      'sip.listeners[0].port: lies between media.portMin and media.portMax',
    ],
    [
      'a listener on everything without a public address',
      'sip: {listeners: [{name: caller-side, address: 0.0.0.0, port: 5060}, {name: agent-side, address: 127.0.0.1, port: 5062}]}',
      'sip.listeners[0].publicAddress: is needed: peers cannot be told to answer to every address',
    ],
    [
      'media on everything without a public address',
      'media: {address: 0.0.0.0}',
      'sip.listeners[0].publicAddress: is needed when media.address is every address: session descriptions must name one',
    ],
    [
      'a transport that the listener lacks',
      'sip: {listeners: [{name: caller-side, address: 127.0.0.1, port: 5060, transports: [tcp]}, {name: agent-side, address: 127.0.0.1, port: 5062}]}',
      'peers[0].target.transport: listener caller-side has only tcp',
    ],
    [
      'a data directory that is too deep for sockets',
      `dataDirectory: /${'x'.repeat(90)}`,
      'dataDirectory: the whole path may have 75 bytes, as it holds Unix sockets',
    ],
  ])('%s is a problem', (_name, text, expected) => {
    expect(problemsOf(text)).toContain(expected);
  });

  test.each<[string, string, string]>([
    [
      'ports that other programs draw',
      'media: {portMin: 30000, portMax: 40001}',
      'media.portMax: other programs draw their ports from 32768 up',
    ],
    [
      'fewer ports than calls',
      'media: {portMax: 20099}',
      'media.portMax: the range holds 25 calls, fewer than sip.maxCalls (2000)',
    ],
    [
      'a peer that is everybody',
      `peers: [${PEER.replace('[192.0.2.1]', '["0.0.0.0/0"]')}]\n${ROUTES}`,
      'peers[0].addresses[0]: takes calls from every address there is',
    ],
    [
      'peers that cover each other',
      `peers: [${PEER}, ${PEER.replace('name: a', 'name: b')}]\n${ROUTES}`,
      'peers[1].addresses: overlap with those of peer a, which is found first on listener caller-side',
    ],
    [
      'a route behind a catch-all',
      'routes: [{name: r, from: pbx, to: trunk, callerSide: to}, {name: s, from: pbx, to: trunk, callerSide: to, users: "9"}]',
      'routes[1]: is never taken: route r before it takes every call from pbx',
    ],
    ['no route', 'routes: []', 'routes: there is none: every call is refused'],
    [
      'recording inside windows',
      'routes: [{name: r, from: pbx, to: trunk, callerSide: to, recordingMode: masked-continuous}]',
      'routes[0].recordingMode: records inside secure windows, and so relies on suppression alone',
    ],
    [
      'card numbers for the asking',
      'vault: {redeem: {address: 127.0.0.1, port: 8090, allowReveal: true}}',
      'vault.redeem.allowReveal: lets whoever holds the credential read card numbers',
    ],
    [
      'plain HTTP abroad',
      'api: {listen: {address: 192.0.2.9, port: 8080}}',
      'api.listen.address: is plain HTTP beyond this machine: put a TLS proxy before it',
    ],
    [
      'plain redemption abroad',
      'vault: {redeem: {address: 192.0.2.9, port: 8090}}',
      'vault.redeem.address: is plain HTTP beyond this machine: put a TLS proxy before it',
    ],
    ['a brand twice', 'payment: {acceptedBrands: [visa, visa]}', 'payment.acceptedBrands[1]: names visa twice'],
  ])('%s is warned of', (_name, text, expected) => {
    expect(warningsOf(text)).toContain(expected);
  });

  test.each<[string, string, string[]]>([
    [
      'one route that has the payer on the other side than the one before it',
      'routes: [{name: out, from: pbx, to: trunk, callerSide: to}, {name: in, from: trunk, to: pbx, callerSide: to}]',
      [
        "routes[1].callerSide: has the payer at pbx and the agent at trunk, and route out has one of them the other way round: only the payer's side is suppressed",
      ],
    ],
    [
      'both directions with the payer at the trunk',
      'routes: [{name: out, from: pbx, to: trunk, callerSide: to}, {name: in, from: trunk, to: pbx, callerSide: from}]',
      [],
    ],
    [
      'a peer that calls itself, as one SBC for trunk and PBX does',
      'routes: [{name: out, from: pbx, to: pbx, callerSide: to, users: "9"}, {name: in, from: pbx, to: pbx, callerSide: from}]',
      [],
    ],
  ])('%s: warned of where keys would get to the agent', (_name, text, expected) => {
    expect(warningsOf(text)).toEqual(expected);
  });

  test('port 0 may be asked for more than once: each gets a free one', () => {
    const text = 'api: {listen: {address: 127.0.0.1, port: 0}}\nvault: {redeem: {address: 127.0.0.1, port: 0}}';
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('environment', () => {
  test('overrides the file, key by key', () => {
    const configuration = configurationOf('media: {portMin: 21000}\nlog: {level: warn}', {
      TONEGATE_MEDIA__PORT_MIN: '22000',
      TONEGATE_LOG__LEVEL: 'debug',
      TONEGATE_DATA_DIRECTORY: '/tmp/x',
      TONEGATE_PAYMENT__ACCEPTED_BRANDS: '["visa"]',
      TONEGATE_PAYMENT__SHOW_EXPIRY: 'true',
      PATH: '/bin',
    });
    expect(configuration.media.portMin).toBe(22_000);
    expect(configuration.log.level).toBe('debug');
    expect(configuration.dataDirectory).toBe('/tmp/x');
    expect(configuration.payment).toMatchObject({ acceptedBrands: ['visa'], showExpiry: true, maxAttempts: 3 });
  });

  test('changes one number in a default list and leaves the rest of it', () => {
    const { peers, sip } = configurationOf('', {
      TONEGATE_PEERS__0__TARGET__PORT: '5099',
      TONEGATE_SIP__LISTENERS__1__PORT: '5066',
    });
    expect(peers).toMatchObject([
      { name: 'trunk', target: { port: 5099 } },
      { name: 'pbx', target: { port: 5080 } },
    ]);
    expect(sip.listeners.map((listener) => listener.port)).toEqual([5060, 5066]);
  });

  test('a wrong value is told with the variable it came from', () => {
    expect(problemsOf('', { TONEGATE_MEDIA__PORT_MIN: 'high' })).toEqual([
      'media.portMin: expected number, received string (from TONEGATE_MEDIA__PORT_MIN)',
    ]);
  });

  test('an unknown key below a known one is a problem, a variable that names none a warning', () => {
    expect(problemsOf('', { TONEGATE_MEDIA__PORTMIN: '1' })[0]).toMatch(/^media\.portmin: is no known key/);
    expect(warningsOf('', { TONEGATE_SPI__MAX_CALLS: '1', TONEGATE_: '1', TONEGATE_CONFIG: 'x' })).toEqual([
      expect.stringMatching(/^TONEGATE_: is ignored/),
      expect.stringMatching(/^TONEGATE_SPI__MAX_CALLS: is ignored: it names no key; keys begin with dataDirectory/),
    ]);
  });

  test('a variable cannot reach into the prototypes of objects', () => {
    const environment = {
      TONEGATE_CONSTRUCTOR__PROTOTYPE__POLLUTED: '1',
      TONEGATE_SIP__CONSTRUCTOR__PROTOTYPE__POLLUTED: '1',
      TONEGATE___PROTO____POLLUTED: '1',
    };
    expect(problemsOf('', environment)[0]).toMatch(/^sip\.constructor: is no known key/);
    expect('polluted' in {}).toBe(false);
  });
});
