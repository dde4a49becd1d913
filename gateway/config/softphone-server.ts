/** Where the softphone's page finds SIP, as configured or where registered users are heard by WebSocket, and ICE servers. Pure. */
import { bracketed, isUnspecified } from '../../sip/ip-address.js';
import { isLoopback } from './cidr.js';
import type { Configuration } from './configuration.js';
import type { Notes } from './configuration-note.js';

/** It becomes part of a content security policy: nothing in it may begin another source or directive. */
const SERVER_SYNTAX = /^wss?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d+)?(?:\/[\w./-]*)?$/;

export function softphoneServerOf(configuration: Configuration): string | undefined {
  const { api, peers, sip } = configuration;
  if (api.softphone.server !== undefined) return api.softphone.server;
  for (const { address, name, port, publicAddress, transports } of sip.listeners) {
    const scheme = transports.find((transport) => transport === 'wss' || transport === 'ws');
    const isForUsers = peers.some((peer) => peer.kind === 'registered' && peer.listener === name);
    const host = publicAddress ?? address;
    if (scheme === undefined || !isForUsers || isUnspecified(host)) continue;
    return `${scheme}://${bracketed(host)}:${port}`;
  }
  return undefined;
}

export function checkSoftphone(configuration: Configuration, notes: Notes): void {
  checkServer(configuration, notes);
  checkIceServers(configuration, notes);
}

/** A TURN server knows its users by a password that stays, or by a secret that it shares with us. */
function checkIceServers({ api }: Configuration, notes: Notes): void {
  for (const [index, server] of api.softphone.iceServers.entries()) {
    if (server.kind !== 'turn') continue;
    const path = ['api', 'softphone', 'iceServers', index];
    const { userName, passwordFile, secretFile } = server;
    if ((passwordFile === undefined) === (secretFile === undefined)) {
      notes.problem(path, 'needs one of secretFile and passwordFile');
    } else if ((passwordFile === undefined) !== (userName === undefined)) {
      notes.problem([...path, 'userName'], 'belongs to passwordFile; with secretFile the name is made anew each time');
    }
  }
}

function checkServer(configuration: Configuration, notes: Notes): void {
  const path = ['api', 'softphone', 'server'];
  const { server } = configuration.api.softphone;
  if (server === undefined) {
    const hasBrowsers = configuration.peers.some(({ kind, media }) => kind === 'registered' && media === 'webrtc');
    if (hasBrowsers && softphoneServerOf(configuration) === undefined) {
      notes.warn(path, 'is needed for the softphone page: no listener of registered users tells browsers where it is');
    }
    return;
  }
  if (!SERVER_SYNTAX.test(server) || !URL.canParse(server)) {
    notes.problem(path, 'must be an address like wss://sip.example:7443');
  } else if (server.startsWith('ws:') && !isLoopback(new URL(server).hostname)) {
    notes.warn(path, 'ws beyond this machine shows signalling to everybody on the way: take wss');
  }
}
