/** Every port that the gateway listens on, for firewall rules and for the auditor's list (PCI DSS 1.2.5). Pure. */
import { bracketed } from '../../sip/ip-address.js';
import type { Configuration } from './configuration.js';

export type ListeningPort = {
  readonly transport: 'udp' | 'tcp';
  readonly address: string;
  readonly firstPort: number;
  readonly lastPort: number;
  readonly purpose: string;
  /** Who is answered there. */
  readonly heard: string;
};

export function listeningPorts({ api, media, peers, sip, vault }: Configuration): readonly ListeningPort[] {
  const signalling = sip.listeners.flatMap((listener) => {
    const addresses = peers.filter((peer) => peer.listener === listener.name).flatMap((peer) => peer.addresses);
    return listener.transports.map((transport) => ({
      transport,
      address: listener.address,
      ...onePort(listener.port),
      purpose: `SIP, listener ${listener.name}`,
      heard: addresses.length === 0 ? 'nobody: no peer uses it' : [...new Set(addresses)].join(', '),
    }));
  });
  return [
    ...signalling,
    {
      transport: 'udp',
      address: media.address,
      firstPort: media.portMin,
      lastPort: media.portMax,
      purpose: 'RTP and RTCP of running calls',
      heard: 'the media addresses that the peers signal',
    },
    {
      transport: 'tcp',
      address: api.listen.address,
      ...onePort(api.listen.port),
      purpose: 'API, events and panel (HTTP, WebSocket)',
      heard: "holders of an agent's token",
    },
    {
      transport: 'tcp',
      address: vault.redeem.address,
      ...onePort(vault.redeem.port),
      purpose: 'redemption of tokens (HTTP), vault process',
      heard: 'holders of the redeem credential',
    },
  ];
}

/** One line for people: `udp 127.0.0.1:20000-29999  RTP …; heard: …`. */
export function describePort(port: ListeningPort): string {
  const host = bracketed(port.address);
  const range = port.firstPort === port.lastPort ? String(port.firstPort) : `${port.firstPort}-${port.lastPort}`;
  return `${port.transport} ${host}:${port.firstPort === 0 ? 'any free port' : range}  ${port.purpose}; heard: ${port.heard}`;
}

function onePort(port: number): { readonly firstPort: number; readonly lastPort: number } {
  return { firstPort: port, lastPort: port };
}
