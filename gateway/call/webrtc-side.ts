/**
 * One WebRTC leg's part in offer and answer: what its peer has said of its transport, which stays the same for the whole
 * call. An ICE restart and a new certificate are refused: the media process holds one transport a leg. Pure.
 *
 * We begin the DTLS handshake, so that no ClientHello is waited for that a stranger might send, and none of the peer's is
 * lost while we do not know the peer yet. Deviates from RFC 8842 §5.2: because of that our offers say `active`, where they
 * should leave the choice open. A peer that insists on it may begin.
 */
import type { IceCandidate } from '../../sip/ice-candidate.js';
import type { SessionDescription } from '../../sip/session-description.js';
import {
  type PeerTransport,
  plainDescription,
  type TransportEnd,
  webRtcDescription,
} from '../../sip/webrtc-description.js';
import type { WebRtcIdentity, WebRtcPeer } from '../media/control-wire.js';

/** RFC 8445 §5.1.2.1: type preference 126, the only address, component 1. */
const HOST_PRIORITY = 126 * 2 ** 24 + 65_535 * 2 ** 8 + 255;

/** What one description of the peer says of its transport. */
export type PeerWord = {
  readonly peer: WebRtcPeer;
  readonly mids: readonly (string | undefined)[];
  /** Whether our answer may bundle: as its last offer had it. */
  readonly isBundled: boolean;
};

export class WebRtcSide {
  readonly #end: TransportEnd;
  readonly #allowLoopback: boolean;
  #agreed: PeerWord | undefined;
  /** Of the exchange under way. */
  #pending: PeerWord | undefined;

  /** @param options where the gateway is heard, and by what it is known there */
  constructor(options: {
    readonly identity: WebRtcIdentity;
    readonly address: string;
    readonly port: number;
    readonly allowLoopback: boolean;
  }) {
    const { identity, address, port, allowLoopback } = options;
    const host: IceCandidate = { foundation: '1', priority: HOST_PRIORITY, address, port, type: 'host' };
    this.#end = { ...identity, candidates: [host] };
    this.#allowLoopback = allowLoopback;
  }

  /** Known once the peer has described itself. */
  get peer(): WebRtcPeer | undefined {
    return this.#word?.peer;
  }

  /**
   * Changes nothing: the description may be refused yet, for its audio. `take` follows if it is not.
   * @returns the peer's description as one of plain audio, or `undefined` where it is not to be had over our transport
   */
  read(
    role: 'offer' | 'answer',
    description: SessionDescription,
  ): { readonly description: SessionDescription; readonly word: PeerWord } | undefined {
    const plain = plainDescription(description, { allowLoopback: this.#allowLoopback });
    const peer = plain && this.#peerOf(role, plain.transport);
    const before = this.#agreed?.peer;
    if (!plain || !peer || (before && !isSameTransport(before, peer))) return undefined;
    const isBundled = role === 'offer' ? plain.isBundled : (this.#agreed?.isBundled ?? true);
    // What it told first holds: candidates that come later are found by its checks.
    return { description: plain.description, word: { peer: before ?? peer, mids: plain.mids, isBundled } };
  }

  /** What we write from here on goes by it, until the exchange has come to something or to nothing. */
  take(word: PeerWord): void {
    this.#pending = word;
  }

  agree(): void {
    this.#agreed = this.#word;
    this.#pending = undefined;
  }

  rollBack(): void {
    this.#pending = undefined;
  }

  write(role: 'offer' | 'answer', plain: SessionDescription): SessionDescription {
    const word = this.#word;
    return webRtcDescription(plain, {
      end: this.#end,
      setup: word?.peer.setup === 'active' ? 'passive' : 'active',
      mids: word?.mids ?? [],
      isBundled: role === 'offer' || (word?.isBundled ?? true),
    });
  }

  get #word(): PeerWord | undefined {
    return this.#pending ?? this.#agreed;
  }

  #peerOf(role: 'offer' | 'answer', transport: PeerTransport): WebRtcPeer | undefined {
    const { setup, ...end } = transport;
    if (setup !== 'actpass') return { ...end, setup };
    return role === 'offer' ? { ...end, setup: this.#agreed?.peer.setup ?? 'passive' } : undefined;
  }
}

function isSameTransport(one: WebRtcPeer, other: WebRtcPeer): boolean {
  const told = ({ iceUfrag, icePwd, fingerprint, setup }: WebRtcPeer) =>
    [iceUfrag, icePwd, fingerprint.algorithm, fingerprint.value, setup].join(' ');
  return told(one) === told(other);
}
