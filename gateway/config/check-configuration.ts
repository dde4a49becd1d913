/** What no single key can tell: whether the parts of a configuration fit each other, and what in it is unwise. Pure. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { checkRegistration } from './check-registration.js';
import { type AddressBlock, blocksOverlap, isLoopback, isUnspecified, parseAddressBlock } from './cidr.js';
import type { Configuration, PeerConfiguration } from './configuration.js';
import { type ConfigurationNote, keyPath, Notes, type Path } from './configuration-note.js';
import { carrierOf } from './listening-ports.js';
import { isOrigin, NO_ORIGIN } from './origin.js';
import { checkSoftphone } from './softphone-server.js';

/** Below it ports belong to other services and need privileges. */
const FIRST_FREE_PORT = 1024;
/** Linux draws ports for other programs' connections from here on (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL_PORT = 32_768;
/** RTP and RTCP of two legs. */
const PORTS_A_CALL = 4;
/** A Unix socket's path has at most 107 bytes (unix(7)); ours add up to thirty to the data directory. */
const MAX_DATA_DIRECTORY_BYTES = 75;

export type ConfigurationChecks = {
  readonly problems: readonly ConfigurationNote[];
  readonly warnings: readonly ConfigurationNote[];
};

export function checkConfiguration(configuration: Configuration): ConfigurationChecks {
  const notes = new Notes();
  checkDataDirectory(configuration, notes);
  checkListeners(configuration, notes);
  checkPeers(configuration, notes);
  checkPeerOverlaps(configuration, notes);
  checkRoutes(configuration, notes);
  checkCallerSidesAgree(configuration, notes);
  checkRegistration(configuration, notes);
  checkSoftphone(configuration, notes);
  checkMedia(configuration, notes);
  checkPayment(configuration, notes);
  checkVault(configuration, notes);
  checkApi(configuration, notes);
  checkProxyOrigins(configuration, notes);
  checkWebhooks(configuration, notes);
  checkSockets(configuration, notes);
  return notes;
}

function checkDataDirectory({ dataDirectory }: Configuration, notes: Notes): void {
  if (dataDirectory === '') notes.problem(['dataDirectory'], 'must not be empty');
  if (Buffer.byteLength(resolve(dataDirectory)) > MAX_DATA_DIRECTORY_BYTES) {
    notes.problem(
      ['dataDirectory'],
      `the whole path may have ${MAX_DATA_DIRECTORY_BYTES} bytes, as it holds Unix sockets`,
    );
  }
}

function checkListeners({ sip }: Configuration, notes: Notes): void {
  checkUnique(
    sip.listeners.map((listener) => listener.name),
    (index) => ['sip', 'listeners', index, 'name'],
    notes,
  );
  for (const [index, listener] of sip.listeners.entries()) {
    const path = ['sip', 'listeners', index];
    checkAddress(listener.address, [...path, 'address'], notes);
    const told = listener.publicAddress ?? listener.address;
    if (listener.publicAddress !== undefined) checkAddress(told, [...path, 'publicAddress'], notes);
    if (isUnspecified(told)) {
      notes.problem([...path, 'publicAddress'], 'is needed: peers cannot be told to answer to every address');
    }
  }
}

function checkPeers({ sip, peers }: Configuration, notes: Notes): void {
  checkUnique(
    peers.map((peer) => peer.name),
    (index) => ['peers', index, 'name'],
    notes,
  );
  for (const [index, peer] of peers.entries()) {
    const path = ['peers', index];
    const listener = sip.listeners.find(({ name }) => name === peer.listener);
    if (!listener) {
      const names = sip.listeners.map(({ name }) => name).join(', ');
      notes.problem([...path, 'listener'], `names no listener; there are: ${names}`);
    }
    if (peer.kind === 'registered') continue;
    if (listener && !listener.transports.includes(peer.target.transport)) {
      notes.problem(
        [...path, 'target', 'transport'],
        `listener ${listener.name} has only ${listener.transports.join(', ')}`,
      );
    }
    for (const [place, text] of peer.addresses.entries()) {
      const block = parseAddressBlock(text);
      if (!block)
        notes.problem([...path, 'addresses', place], 'must be an IP address or a CIDR block like 192.0.2.0/24');
      else if (block.prefixBits === 0) {
        notes.warn([...path, 'addresses', place], 'takes calls from every address there is');
      }
    }
    checkAddress(peer.target.address, [...path, 'target', 'address'], notes);
    if (peer.target.port === 0) notes.problem([...path, 'target', 'port'], 'must be 1 to 65535');
  }
}

function checkPeerOverlaps({ peers }: Configuration, notes: Notes): void {
  for (const [index, peer] of peers.entries()) {
    const blocks = blocksOf(peer);
    const earlier = peers
      .slice(0, index)
      .find(
        (other) =>
          other.listener === peer.listener &&
          blocksOf(other).some((one) => blocks.some((block) => blocksOverlap(one, block))),
      );
    if (earlier) {
      notes.warn(
        ['peers', index, 'addresses'],
        `overlap with those of peer ${earlier.name}, which is found first on listener ${peer.listener}`,
      );
    }
  }
}

function blocksOf(peer: PeerConfiguration): readonly AddressBlock[] {
  const addresses = peer.kind === 'address' ? peer.addresses : [];
  return addresses.map(parseAddressBlock).filter((block) => block !== undefined);
}

function checkRoutes({ peers, routes, vault }: Configuration, notes: Notes): void {
  checkUnique(
    routes.map((route) => route.name),
    (index) => ['routes', index, 'name'],
    notes,
  );
  const names = peers.map((peer) => peer.name);
  for (const [index, route] of routes.entries()) {
    const path = ['routes', index];
    for (const end of ['from', 'to'] as const) {
      if (!names.includes(route[end])) notes.problem([...path, end], `names no peer; there are: ${names.join(', ')}`);
    }
    const callerPeer = peers.find(({ name }) => name === route[route.callerSide]);
    if (callerPeer?.media === 'webrtc') {
      notes.problem(
        [...path, 'callerSide'],
        `must not be peer ${callerPeer.name}: what the caller keys would pass buffers of a WebRTC library, which we cannot wipe`,
      );
    }
    if (route.users !== undefined && !isExpression(route.users)) {
      notes.problem([...path, 'users'], 'must be a regular expression');
    }
    const catchAll = routes.slice(0, index).find((other) => other.from === route.from && other.users === undefined);
    if (catchAll)
      notes.warn(path, `is never taken: route ${catchAll.name} before it takes every call from ${route.from}`);
    if (route.recording !== 'off' && route.recordingMode === 'masked-continuous') {
      notes.warn([...path, 'recordingMode'], 'records inside secure windows, and so relies on suppression alone');
    }
  }
  if (routes.length === 0) notes.warn(['routes'], 'there is none: every call is refused');
  if (vault.redeem.allowReveal) {
    notes.warn(['vault', 'redeem', 'allowReveal'], 'lets whoever holds the credential read card numbers');
  }
}

/** A `callerSide` turned round suppresses the agent, and every key of the payer goes through. */
function checkCallerSidesAgree({ routes }: Configuration, notes: Notes): void {
  const callerPeers = new Map<string, string>();
  const agentPeers = new Map<string, string>();
  for (const [index, route] of routes.entries()) {
    // A trunk and a PBX behind one address are one peer, on both sides of every route.
    if (route.from === route.to) continue;
    const callerPeer = route[route.callerSide];
    const agentPeer = route[route.callerSide === 'from' ? 'to' : 'from'];
    const turned = agentPeers.get(callerPeer) ?? callerPeers.get(agentPeer);
    callerPeers.set(callerPeer, route.name);
    agentPeers.set(agentPeer, route.name);
    if (turned === undefined) continue;
    notes.warn(
      ['routes', index, 'callerSide'],
      `has the payer at ${callerPeer} and the agent at ${agentPeer}, and route ${turned} has one of them the other way round: only the payer's side is suppressed`,
    );
  }
}

function isExpression(text: string): boolean {
  try {
    new RegExp(`^(?:${text})$`);
    return true;
  } catch {
    return false;
  }
}

function checkMedia({ media, sip }: Configuration, notes: Notes): void {
  checkAddress(media.address, ['media', 'address'], notes);
  if (isUnspecified(media.address)) {
    for (const [index, listener] of sip.listeners.entries()) {
      if (listener.publicAddress === undefined) {
        notes.problem(
          ['sip', 'listeners', index, 'publicAddress'],
          'is needed when media.address is every address: session descriptions must name one',
        );
      }
    }
  }
  if (media.portMin < FIRST_FREE_PORT) notes.problem(['media', 'portMin'], `must be at least ${FIRST_FREE_PORT}`);
  if (media.portMin % 2 !== 0) notes.problem(['media', 'portMin'], 'must be even: RTP takes the even port of a pair');
  if (media.portMax % 2 !== 1) notes.problem(['media', 'portMax'], 'must be odd: RTCP takes the odd port of a pair');
  const ports = media.portMax - media.portMin + 1;
  const processes = media.processes === 'auto' ? 1 : media.processes;
  if (ports < PORTS_A_CALL * processes) {
    notes.problem(
      ['media', 'portMax'],
      `must leave at least ${PORTS_A_CALL} ports for each media process from media.portMin on`,
    );
  } else if (ports < PORTS_A_CALL * sip.maxCalls) {
    notes.warn(
      ['media', 'portMax'],
      `the range holds ${Math.floor(ports / PORTS_A_CALL)} calls, fewer than sip.maxCalls (${sip.maxCalls})`,
    );
  }
  if (media.portMax >= FIRST_EPHEMERAL_PORT) {
    notes.warn(['media', 'portMax'], `other programs draw their ports from ${FIRST_EPHEMERAL_PORT} up`);
  }
}

function checkPayment({ payment }: Configuration, notes: Notes): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: payment.timeZone });
  } catch {
    notes.problem(['payment', 'timeZone'], 'must be an IANA time zone like Europe/Berlin');
  }
  const seen = new Set<string>();
  for (const [index, brand] of payment.acceptedBrands.entries()) {
    if (seen.has(brand)) notes.warn(['payment', 'acceptedBrands', index], `names ${brand} twice`);
    seen.add(brand);
  }
}

function checkVault({ vault }: Configuration, notes: Notes): void {
  checkAddress(vault.redeem.address, ['vault', 'redeem', 'address'], notes);
  if (isIP(vault.redeem.address) !== 0 && !isLoopback(vault.redeem.address)) {
    notes.warn(['vault', 'redeem', 'address'], 'is plain HTTP beyond this machine: put a TLS proxy before it');
  }
}

function checkApi({ api }: Configuration, notes: Notes): void {
  const accounts = accountPlaces(api);
  const pathOf = (key: 'name' | 'tokenFile') => (index: number) => [...(accounts[index]?.path ?? []), key];
  checkUnique(
    accounts.map(({ account }) => account.name),
    pathOf('name'),
    notes,
  );
  checkUnique(
    accounts.map(({ account }) => account.tokenFile),
    pathOf('tokenFile'),
    notes,
  );
  const owners = new Map<string, string>();
  for (const [index, agent] of api.agents.entries()) {
    for (const [place, user] of agent.users.entries()) {
      const owner = owners.get(user);
      if (owner !== undefined) {
        notes.problem(['api', 'agents', index, 'users', place], `${user} belongs to agent ${owner} already`);
      }
      owners.set(user, agent.name);
    }
  }
  for (const key of ['allowedOrigins', 'frameAncestors'] as const) {
    for (const [index, origin] of api[key].entries()) {
      if (isOrigin(origin) || (key === 'allowedOrigins' && origin === OPAQUE_ORIGIN)) continue;
      notes.problem(['api', key, index], NO_ORIGIN);
    }
  }
  checkAddress(api.listen.address, ['api', 'listen', 'address'], notes);
  if (isIP(api.listen.address) !== 0 && !isLoopback(api.listen.address)) {
    notes.warn(['api', 'listen', 'address'], 'is plain HTTP beyond this machine: put a TLS proxy before it');
  }
}

/** Listed for a softphone behind a proxy, whose page needs the events as well. */
function checkProxyOrigins({ api, sip }: Configuration, notes: Notes): void {
  for (const [index, { allowedOrigins }] of sip.listeners.entries()) {
    for (const [place, origin] of allowedOrigins.entries()) {
      if (api.allowedOrigins.includes(origin)) continue;
      notes.warn(
        ['sip', 'listeners', index, 'allowedOrigins', place],
        'is not in api.allowedOrigins: list it there too if a proxy has our own pages under it, or they get no events',
      );
    }
  }
}

function checkWebhooks({ webhooks }: Configuration, notes: Notes): void {
  checkUnique(
    webhooks.map(({ name }) => name),
    (index) => ['webhooks', index, 'name'],
    notes,
  );
  for (const [index, { url, allowPlaintext }] of webhooks.entries()) {
    const path = ['webhooks', index, 'url'];
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.hash !== '') {
      notes.problem(path, 'must be an address like https://crm.example/hooks');
    } else if (parsed.username !== '' || parsed.password !== '') {
      notes.problem(path, 'must hold no password: the receiver knows us by the signature');
    } else if (parsed.protocol === 'http:' && !isOwnHost(parsed.hostname)) {
      if (allowPlaintext) notes.warn(path, 'sends tokens over plain HTTP');
      else notes.problem(path, 'must be https: tokens go there (or set allowPlaintext)');
    }
  }
}

/** A host as a URL writes it. */
function isOwnHost(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || (isIP(address) !== 0 && isLoopback(address));
}

/** Agents and the others have one set of names: an audit record has the name alone. */
function accountPlaces({ agents, accounts }: Configuration['api']): readonly {
  readonly account: { readonly name: string; readonly tokenFile?: string | undefined };
  readonly path: Path;
}[] {
  return [
    ...agents.map((account, index) => ({ account, path: ['api', 'agents', index] })),
    ...accounts.map((account, index) => ({ account, path: ['api', 'accounts', index] })),
  ];
}

/** What a sandboxed frame without `allow-same-origin` has instead of its own. Any page can make itself such a one. */
const OPAQUE_ORIGIN = 'null';
type BoundSocket = {
  readonly path: Path;
  readonly transport: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
};

/** No two of our own sockets may want one port of one address; port 0 takes any that is free. */
function checkSockets({ api, media, sip, vault }: Configuration, notes: Notes): void {
  const sockets: BoundSocket[] = sip.listeners.flatMap((listener, index) =>
    [...new Set(listener.transports.map(carrierOf))].map((transport) => ({
      path: ['sip', 'listeners', index, 'port'],
      transport,
      address: listener.address,
      port: listener.port,
    })),
  );
  sockets.push({ path: ['api', 'listen', 'port'], transport: 'tcp', ...api.listen });
  sockets.push({
    path: ['vault', 'redeem', 'port'],
    transport: 'tcp',
    address: vault.redeem.address,
    port: vault.redeem.port,
  });
  for (const [index, socket] of sockets.entries()) {
    if (socket.port === 0) continue;
    const other = sockets.slice(0, index).find((earlier) => collide(earlier, socket));
    if (other) notes.problem(socket.path, `${socket.transport} port ${socket.port} is that of ${keyPath(other.path)}`);
    const inMediaRange = socket.port >= media.portMin && socket.port <= media.portMax;
    if (socket.transport === 'udp' && inMediaRange && sharesAddress(socket.address, media.address)) {
      notes.problem(socket.path, 'lies between media.portMin and media.portMax');
    }
  }
}

function collide(one: BoundSocket, other: BoundSocket): boolean {
  return one.transport === other.transport && one.port === other.port && sharesAddress(one.address, other.address);
}

function sharesAddress(one: string, other: string): boolean {
  return one === other || isUnspecified(one) || isUnspecified(other);
}

function checkAddress(address: string, path: Path, notes: Notes): void {
  if (isIP(address) === 0) notes.problem(path, 'must be an IP address');
}

function checkUnique(values: readonly (string | undefined)[], pathOf: (index: number) => Path, notes: Notes): void {
  const first = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    const before = first.get(value);
    if (before === undefined) first.set(value, index);
    else notes.problem(pathOf(index), `is the same as ${keyPath(pathOf(before))}`);
  }
}
