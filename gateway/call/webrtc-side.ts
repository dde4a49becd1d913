/**
 * One WebRTC leg's part in offer and answer: what its peer has said of its transport, which stays the same for the whole
 * call, and who begins the DTLS handshake. An ICE restart and a new certificate are refused: the media process holds one
 * transport a leg. Pure.
 */
import type { SessionDescription } from '../../sip/session-description.js';
import {
  type PeerTransport,
  plainDescription,
  type TransportEnd,
  webRtcDescription,
} from '../../sip/webrtc-description.js';
import type { WebRtcEnd, WebRtcPeer } from '../media/control-wire.js';

export class WebRtcSide {
  readonly #end: TransportEnd;
  readonly #allowLoopback: boolean;
  #peer: WebRtcPeer | undefined;
  #mids: readonly (string | undefined)[] = [];
  #isBundled = true;

  constructor(options: { readonly end: TransportEnd; readonly allowLoopback: boolean }) {
    this.#end = options.end;
    this.#allowLoopback = options.allowLoopback;
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
    // RFC 8842 §5.2, §5.5: every offer leaves the choice open, though only the answer that says the same again is taken.
    const ours = this.#peer?.setup === 'active' ? 'passive' : 'active';
    return webRtcDescription(plain, {
      end: this.#end,
      setup: role === 'offer' ? 'actpass' : ours,
      mids: this.#mids,
      isBundled: role === 'offer' || this.#isBundled,
    });
  }

  /** RFC 8842 §5.3: of a choice we take the active part, so that no ClientHello but the answer to ours is waited for. */
  #peerOf(role: 'offer' | 'answer', transport: PeerTransport): WebRtcPeer | undefined {
    const { setup, ...end } = transport;
    if (setup !== 'actpass') return { ...end, setup };
    return role === 'offer' ? { ...end, setup: this.#peer?.setup ?? 'passive' } : undefined;
  }
}

/** Behind a one-to-one NAT our own address is the one outside; servers have told us the others. */
export function announcedEnd(end: WebRtcEnd, publicAddress: string | undefined): WebRtcEnd {
  const host = end.candidates.find(({ type }) => type === 'host');
  if (publicAddress === undefined || host === undefined) return end;
  const others = end.candidates.filter(({ type }) => type !== 'host');
  return { ...end, candidates: [{ ...host, address: publicAddress }, ...others] };
}

function isSameTransport(one: WebRtcPeer, other: WebRtcPeer): boolean {
  const told = ({ iceUfrag, icePwd, fingerprint, setup }: WebRtcPeer) =>
    [iceUfrag, icePwd, fingerprint.algorithm, fingerprint.value, setup].join(' ');
  return told(one) === told(other);
}
