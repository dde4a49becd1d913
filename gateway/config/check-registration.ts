/** Whether listeners, users and peers that have to do with registration and WebSockets fit each other. Pure. */
import { isLoopback } from './cidr.js';
import type { Configuration, ListenerConfiguration, PeerConfiguration } from './configuration.js';
import type { Notes } from './configuration-note.js';
import { isOrigin, NO_ORIGIN } from './origin.js';

export function checkRegistration(configuration: Configuration, notes: Notes): void {
  for (const [index, listener] of configuration.sip.listeners.entries()) checkWebSocket(listener, index, notes);
  checkUsers(configuration, notes);
  checkRegisteredPeers(configuration, notes);
  checkCallerSides(configuration, notes);
}

function checkWebSocket(listener: ListenerConfiguration, index: number, notes: Notes): void {
  const path = ['sip', 'listeners', index];
  const { transports, tls, allowedOrigins } = listener;
  const streams = transports.filter((transport) => transport !== 'udp');
  if (new Set(streams).size > 1) {
    notes.problem([...path, 'transports'], `may have one of ${streams.join(', ')}: each takes the TCP port`);
  }
  if (transports.includes('wss') && tls === undefined) {
    notes.problem([...path, 'tls'], 'is needed for wss: certificateFile and keyFile');
  }
  if (tls !== undefined && !transports.includes('wss')) {
    notes.problem([...path, 'tls'], 'is for listeners with wss alone');
  }
  if (transports.includes('ws') && !isLoopback(listener.address)) {
    notes.warn([...path, 'transports'], 'ws beyond this machine shows signalling to everybody on the way: take wss');
  }
  for (const [place, origin] of allowedOrigins.entries()) {
    if (!isOrigin(origin)) notes.problem([...path, 'allowedOrigins', place], NO_ORIGIN);
  }
}

function checkUsers({ sip, api }: Configuration, notes: Notes): void {
  const agentUsers = api.agents.flatMap(({ users }) => users);
  for (const [index, { name }] of sip.users.entries()) {
    if (!agentUsers.includes(name) && !agentUsers.includes('*')) {
      notes.warn(['sip', 'users', index, 'name'], `${name} is no agent's user: its calls can hold no payment`);
    }
  }
  for (const key of ['name', 'passwordFile'] as const) {
    const first = new Map<string, number>();
    for (const [index, user] of sip.users.entries()) {
      const value = user[key];
      const before = value === undefined ? undefined : first.get(value);
      if (before !== undefined) {
        notes.problem(['sip', 'users', index, key], `is the same as sip.users[${before}].${key}`);
      } else if (value !== undefined) first.set(value, index);
    }
  }
}

function checkRegisteredPeers({ sip, peers }: Configuration, notes: Notes): void {
  const registered = peers.filter((peer) => peer.kind === 'registered');
  if (registered.length > 0 && sip.users.length === 0) {
    notes.problem(['sip', 'users'], `is empty: nobody could register as ${registered[0].name}`);
  }
  if (registered.length === 0 && sip.users.length > 0) {
    notes.warn(['sip', 'users'], 'have nowhere to register: there is no peer of the kind registered');
  }
  for (const [index, peer] of peers.entries()) {
    const others = peers.filter((other) => other !== peer && other.listener === peer.listener);
    if (peer.kind === 'registered' && others.length > 0) {
      notes.problem(
        ['peers', index, 'listener'],
        `is that of ${others.map(({ name }) => name).join(', ')} too: registered users need a listener of their own`,
      );
    }
    if (peer.kind === 'registered') checkMediaOfPhones(peer, sip.listeners, index, notes);
  }
}

/** Browsers register over WebSockets and have no plain RTP; desk phones have UDP or TCP and no WebRTC. */
function checkMediaOfPhones(
  { media, listener }: PeerConfiguration,
  listeners: readonly ListenerConfiguration[],
  index: number,
  notes: Notes,
): void {
  const transports = listeners.find(({ name }) => name === listener)?.transports ?? [];
  const forBrowsers = transports.filter((transport) => transport === 'ws' || transport === 'wss');
  const path = ['peers', index, 'media'];
  if (media === 'rtp' && transports.length > 0 && forBrowsers.length === transports.length) {
    notes.warn(path, `is rtp, and listener ${listener} has only ${transports.join(', ')}: browsers need media: webrtc`);
  }
  if (media === 'webrtc' && transports.length > 0 && forBrowsers.length === 0) {
    notes.warn(
      path,
      `is webrtc, and listener ${listener} has only ${transports.join(', ')}: desk phones need media: rtp`,
    );
  }
}

/** What the caller keys has to be wiped wherever it was received: INFO over TLS stays in buffers of OpenSSL's. */
function checkCallerSides({ sip, peers, routes }: Configuration, notes: Notes): void {
  for (const [index, route] of routes.entries()) {
    const caller = peers.find(({ name }) => name === route[route.callerSide]);
    const transports = sip.listeners.find(({ name }) => name === caller?.listener)?.transports ?? [];
    if (caller && (transports.includes('ws') || transports.includes('wss'))) {
      notes.problem(
        ['routes', index, 'callerSide'],
        `must not be peer ${caller.name}: what the caller keys would pass buffers of a WebSocket, which we cannot wipe`,
      );
    }
  }
}
