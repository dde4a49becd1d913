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

export class WebRtcSide {
  readonly #end: TransportEnd;
  readonly #allowLoopback: boolean;
  #peer: WebRtcPeer | undefined;
  #mids: readonly (string | undefined)[] = [];
  #isBundled = true;

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
    return this.#peer;
  }

  /** @returns the peer's description as one of plain audio, or `undefined` where it is not to be had over our transport */
  read(role: 'offer' | 'answer', description: SessionDescription): SessionDescription | undefined {
    const plain = plainDescription(description, { allowLoopback: this.#allowLoopback });
    const peer = plain && this.#peerOf(role, plain.transport);
    if (!plain || !peer || (this.#peer && !isSameTransport(this.#peer, peer))) return undefined;
    // What it told first holds: candidates that come later are found by its checks.
    this.#peer ??= peer;
    this.#mids = plain.mids;
    if (role === 'offer') this.#isBundled = plain.isBundled;
    return plain.description;
  }

  write(role: 'offer' | 'answer', plain: SessionDescription): SessionDescription {
    return webRtcDescription(plain, {
      end: this.#end,
      setup: this.#peer?.setup === 'active' ? 'passive' : 'active',
      mids: this.#mids,
      isBundled: role === 'offer' || this.#isBundled,
    });
  }

  #peerOf(role: 'offer' | 'answer', transport: PeerTransport): WebRtcPeer | undefined {
    const { setup, ...end } = transport;
    if (setup !== 'actpass') return { ...end, setup };
    return role === 'offer' ? { ...end, setup: this.#peer?.setup ?? 'passive' } : undefined;
  }
}

function isSameTransport(one: WebRtcPeer, other: WebRtcPeer): boolean {
  const told = ({ iceUfrag, icePwd, fingerprint, setup }: WebRtcPeer) =>
    [iceUfrag, icePwd, fingerprint.algorithm, fingerprint.value, setup].join(' ');
  return told(one) === told(other);
}
