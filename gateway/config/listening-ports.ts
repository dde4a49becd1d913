/** Every port that the gateway listens on, for firewall rules and for the auditor's list (PCI DSS 1.2.5). Pure. */
import { bracketed } from '../../sip/ip-address.js';
import type { Configuration, ListenerConfiguration } from './configuration.js';

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
    const heard = peers
      .filter((peer) => peer.listener === listener.name)
      .flatMap((peer) => (peer.kind === 'address' ? peer.addresses : ['users who authenticate']));
    return listener.transports.map((transport) => ({
      transport: carrierOf(transport),
      address: listener.address,
      ...onePort(listener.port),
      purpose: `SIP${transport === 'ws' || transport === 'wss' ? ` over ${transport}` : ''}, listener ${listener.name}`,
      heard: heard.length === 0 ? 'nobody: no peer uses it' : [...new Set(heard)].join(', '),
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
      heard:
        'accounts of every role, holders of panel tickets; anybody for pages and /healthz, this machine for /metrics',
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

/** WebSockets are TCP to a firewall. */
export function carrierOf(transport: ListenerConfiguration['transports'][number]): 'udp' | 'tcp' {
  return transport === 'udp' ? 'udp' : 'tcp';
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
