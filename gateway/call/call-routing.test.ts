import { describe, expect, test } from '@jest/globals';
import { configurationSchema } from '../config/configuration.js';
import { CallRouting } from './call-routing.js';

const configuration = configurationSchema.parse({
  peers: [
    {
      name: 'trunk',
      listener: 'caller-side',
      addresses: ['192.0.2.0/24', '2001:db8::/32'],
      target: { address: '192.0.2.1', port: 5060 },
    },
    {
      name: 'pbx',
      listener: 'agent-side',
      addresses: ['198.51.100.7'],
      target: { address: '198.51.100.7', port: 5060 },
    },
  ],
  routes: [
    { name: 'sales', from: 'trunk', to: 'pbx', callerSide: 'from', users: '2\\d\\d' },
    { name: 'outbound', from: 'pbx', to: 'trunk', callerSide: 'to' },
  ],
  api: {
    agents: [
      { name: 'alice', users: ['201'] },
      { name: 'rest', users: ['*'] },
    ],
  },
});
const routing = new CallRouting(configuration);
const inbound = { listener: 'caller-side', remoteAddress: '192.0.2.44', dialledUser: '201', fromUser: '5551234' };

describe('routing', () => {
  test('an inbound call puts the caller on the leg that dialled and belongs to the dialled agent', () => {
    expect(routing.route(inbound)).toMatchObject({ ok: true, callerLeg: 'a', agent: 'alice', to: { name: 'pbx' } });
  });

  test('an agent-dialled call puts the caller on the leg that is dialled and belongs to the dialling agent', () => {
    expect(
      routing.route({ listener: 'agent-side', remoteAddress: '198.51.100.7', dialledUser: '5551234', fromUser: '201' }),
    ).toMatchObject({ ok: true, callerLeg: 'b', agent: 'alice', to: { name: 'trunk' } });
  });

  test('an IPv6 source is matched against IPv6 blocks', () => {
    expect(routing.route({ ...inbound, remoteAddress: '2001:db8::5' })).toMatchObject({ ok: true });
    expect(routing.route({ ...inbound, remoteAddress: '2001:db9::5' })).toMatchObject({ ok: false, status: 403 });
  });

  test.each([
    ['an address outside every block', { ...inbound, remoteAddress: '203.0.113.9' }, 403],
    ['a known address on the other listener', { ...inbound, listener: 'agent-side' }, 403],
    ['a user that no route takes', { ...inbound, dialledUser: '999' }, 404],
    ['a user that only begins like one of the route', { ...inbound, dialledUser: '2019' }, 404],
  ])('%s is refused', (_, question, status) => {
    expect(routing.route(question)).toMatchObject({ ok: false, status });
  });

  test('a peer is one on its own listener only', () => {
    expect(routing.isPeer('192.0.2.44', 'caller-side')).toBe(true);
    expect(routing.isPeer('192.0.2.44', 'agent-side')).toBe(false);
    expect(routing.isPeer('203.0.113.9', 'caller-side')).toBe(false);
  });

  test('a user of nobody goes to the agent who takes every user', () => {
    expect(routing.route({ ...inbound, dialledUser: '250' })).toMatchObject({ ok: true, agent: 'rest' });
  });
});

describe('registered users', () => {
  const withPhones = new CallRouting(
    configurationSchema.parse({
      peers: [
        {
          name: 'trunk',
          listener: 'caller-side',
          addresses: ['192.0.2.0/24'],
          target: { address: '192.0.2.1', port: 5060 },
        },
        { name: 'softphones', kind: 'registered', listener: 'browser-side' },
      ],
      routes: [
        { name: 'in', from: 'trunk', to: 'softphones', callerSide: 'from' },
        { name: 'out', from: 'softphones', to: 'trunk', callerSide: 'to', users: '\\+?\\d{3,15}' },
      ],
      api: { agents: [{ name: 'anna', users: ['alice'] }] },
    }),
  );
  const outbound = {
    listener: 'browser-side',
    remoteAddress: '203.0.113.9',
    dialledUser: '5551234',
    fromUser: 'alice',
    registeredUser: 'alice',
  };

  test('call out from anywhere once they are known, and the call is their agent’s', () => {
    expect(withPhones.route(outbound)).toMatchObject({
      ok: true,
      agent: 'anna',
      callerLeg: 'b',
      to: { name: 'trunk' },
    });
  });

  test('are nobody without having been authenticated, and their listener has no peers by address', () => {
    expect(withPhones.route({ ...outbound, registeredUser: undefined })).toMatchObject({ ok: false, status: 403 });
    expect(withPhones.isPeer('203.0.113.9', 'browser-side')).toBe(false);
  });

  test.each(['alice', '12', '5551234;x=y', '+49 30', '99999999999999999'])(
    'do not reach %s, which no route allows',
    (user) => {
      expect(withPhones.route({ ...outbound, dialledUser: user })).toMatchObject({ ok: false, status: 404 });
    },
  );

  test('are called, and the call is the agent’s whose user is dialled', () => {
    const inbound = { listener: 'caller-side', remoteAddress: '192.0.2.44', dialledUser: 'alice', fromUser: '5551234' };
    expect(withPhones.route(inbound)).toMatchObject({ ok: true, agent: 'anna', to: { kind: 'registered' } });
  });
});
