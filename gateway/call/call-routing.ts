/** Which peer a request comes from, where its call goes, on which side the caller is, and whose call it is. Pure. */
import type { LegSide } from '../../sip/back-to-back-events.js';
import { AddressSet, parseAddressBlock } from '../config/cidr.js';
import type { Configuration, PeerConfiguration, RouteConfiguration } from '../config/configuration.js';

export type RoutedCall = {
  readonly ok: true;
  readonly route: RouteConfiguration;
  readonly from: PeerConfiguration;
  readonly to: PeerConfiguration;
  /** The SIP leg on which the caller is, the one who pays. */
  readonly callerLeg: LegSide;
  /** Name of the agent whose call it is; nobody's call can hold no payment. */
  readonly agent: string | undefined;
};

export type RoutingRefusal = { readonly ok: false; readonly status: 403 | 404; readonly reason: string };

export type RoutingQuestion = {
  readonly listener: string;
  readonly remoteAddress: string;
  readonly dialledUser: string;
  readonly fromUser: string;
  /** Who has been authenticated, on a listener for registered users. */
  readonly registeredUser?: string | undefined;
};

export class CallRouting {
  readonly #peers: readonly { readonly peer: PeerConfiguration; readonly addresses: AddressSet }[];
  readonly #routes: readonly { readonly route: RouteConfiguration; readonly users: RegExp | undefined }[];
  readonly #agents: Configuration['api']['agents'];

  /** @param configuration one that has passed its cross checks: names resolve, address blocks and expressions are valid */
  constructor(configuration: Configuration) {
    this.#peers = configuration.peers.map((peer) => ({ peer, addresses: addressSetOf(peer) }));
    this.#routes = configuration.routes.map((route) => ({
      route,
      users: route.users === undefined ? undefined : new RegExp(`^(?:${route.users})$`),
    }));
    this.#agents = configuration.api.agents;
  }

  /** A source that is no peer is refused whatever it asks for: destinations come from the configuration alone. */
  route(question: RoutingQuestion): RoutedCall | RoutingRefusal {
    const from = this.#peerOf(question);
    if (!from) return { ok: false, status: 403, reason: 'Forbidden' };
    for (const { route, users } of this.#routes) {
      if (route.from !== from.name || (users && !users.test(question.dialledUser))) continue;
      const to = this.#peers.find(({ peer }) => peer.name === route.to)?.peer;
      if (!to) continue;
      const agentUser = route.callerSide === 'from' ? question.dialledUser : question.fromUser;
      return {
        ok: true,
        route,
        from,
        to,
        callerLeg: route.callerSide === 'from' ? 'a' : 'b',
        agent: this.#agentOf(agentUser),
      };
    }
    return { ok: false, status: 404, reason: 'Not Found' };
  }

  /** Whether a peer that is heard on this listener has this address. */
  isPeer(address: string, listener: string): boolean {
    return this.#peers.some(({ peer, addresses }) => peer.listener === listener && addresses.has(address));
  }

  #peerOf(question: RoutingQuestion): PeerConfiguration | undefined {
    const { listener, remoteAddress, registeredUser } = question;
    return this.#peers.find(({ peer, addresses }) => {
      const isFromIt = peer.kind === 'registered' ? registeredUser !== undefined : addresses.has(remoteAddress);
      return peer.listener === listener && isFromIt;
    })?.peer;
  }

  #agentOf(user: string): string | undefined {
    const named = this.#agents.find((agent) => agent.users.includes(user));
    return (named ?? this.#agents.find((agent) => agent.users.includes('*')))?.name;
  }
}

/** Registered users come from anywhere. */
function addressSetOf(peer: PeerConfiguration): AddressSet {
  const texts = peer.kind === 'address' ? peer.addresses : [];
  return new AddressSet(texts.map(parseAddressBlock).filter((block) => block !== undefined));
}
