import { expect, test } from '@jest/globals';
import type { Flow } from '../message.js';
import { type Binding, Bindings, MAX_BINDINGS_PER_USER } from './bindings.js';

function flowOf(connectionId: number): Flow {
  return { listener: 'users', transport: 'wss', remoteAddress: '198.51.100.7', remotePort: 40_000, connectionId };
}

function bindingOf(contact: string, change: Partial<Binding> = {}): Binding {
  return { contact, instance: undefined, callId: 'a', sequence: 1, flow: flowOf(1), expiresAtMs: 1_000, ...change };
}

test('a binding lives to its last moment, and its path is known beyond it', () => {
  const bindings = new Bindings();
  bindings.put('alice', bindingOf('sip:alice@one.invalid'), 0);
  expect(bindings.of('alice', 999)).toHaveLength(1);
  expect(bindings.of('alice', 1_000)).toEqual([]);
  expect(bindings.pathOf('alice', 'sip:alice@one.invalid')).toEqual(flowOf(1));
  expect(bindings.of('bob', 0)).toEqual([]);
});

test.each([
  ['the same contact', 'sip:alice@one.invalid', {}],
  ['its host written otherwise, with other parameters', 'sip:alice@ONE.invalid;transport=ws', {}],
  ['the same phone elsewhere', 'sip:other@two.invalid', { instance: '<urn:uuid:1>;1' }],
])('%s takes the place of the old one', (_what, contact, change) => {
  const bindings = new Bindings();
  bindings.put('alice', bindingOf('sip:alice@one.invalid', { instance: '<urn:uuid:1>;1' }), 0);
  bindings.put('alice', bindingOf(contact, change), 0);
  expect(bindings.of('alice', 0).map((one) => one.contact)).toEqual([contact]);
});

test.each(['sip:bob@one.invalid', 'sip:alice@one.invalid:5070', 'sip:alice@two.invalid'])(
  '%s is another one',
  (uri) => {
    const bindings = new Bindings();
    bindings.put('alice', bindingOf('sip:alice@one.invalid'), 0);
    bindings.put('alice', bindingOf(uri), 0);
    expect(bindings.of('alice', 0)).toHaveLength(2);
  },
);

test('of too many the one refreshed longest ago goes', () => {
  const bindings = new Bindings();
  const contacts = Array.from({ length: MAX_BINDINGS_PER_USER + 1 }, (_, tab) => `sip:tab${tab}@a.invalid`);
  for (const contact of contacts.slice(0, -1)) bindings.put('alice', bindingOf(contact), 0);
  bindings.put('alice', bindingOf(contacts[0]), 0);
  bindings.put('alice', bindingOf(contacts[MAX_BINDINGS_PER_USER]), 0);
  expect(bindings.find('alice', { contact: contacts[0], instance: undefined }, 0)).toBeDefined();
  expect(bindings.find('alice', { contact: contacts[1], instance: undefined }, 0)).toBeUndefined();
});

test('a connection takes its bindings along, whosever they are, and no others', () => {
  const bindings = new Bindings();
  bindings.put('alice', bindingOf('sip:alice@one.invalid'), 0);
  bindings.put('alice', bindingOf('sip:alice@two.invalid', { flow: flowOf(2) }), 0);
  bindings.put('bob', bindingOf('sip:bob@one.invalid'), 0);
  bindings.dropConnection(1);
  expect(bindings.of('alice', 0).map(({ contact }) => contact)).toEqual(['sip:alice@two.invalid']);
  expect(bindings.of('bob', 0)).toEqual([]);
});
