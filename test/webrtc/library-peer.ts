/** A WebRTC peer that speaks raw RTP: libdatachannel, as in the gateway, but described and answered by our SDP texts. */
import { Audio, cleanup, PeerConnection, type Track } from 'node-datachannel';
import type { WebRtcPeer } from '../../gateway/media/control-wire.js';
import { parseSdp, writeSdp } from '../../sip/sdp.js';
import { plainDescription, type Setup, type TransportEnd, webRtcDescription } from '../../sip/webrtc-description.js';
import { eventually } from '../support/deadline.js';

const ADDRESS = '127.0.0.1';
const LIMIT_MS = 10_000;

export class LibraryPeer {
  /** RTP and RTCP, as decrypted. */
  readonly heard: Buffer[] = [];
  readonly states: string[] = [];
  /** Instead of keeping what it hears. */
  onPacket: (packet: Buffer) => void = (packet) => this.heard.push(packet);
  readonly #connection: PeerConnection;
  readonly #track: Track;

  private constructor(end: TransportEnd, setup: Setup) {
    this.#connection = new PeerConnection('peer', {
      iceServers: [],
      bindAddress: ADDRESS,
      portRangeBegin: 22_000,
      portRangeEnd: 22_999,
      disableAutoNegotiation: true,
    });
    this.#connection.onStateChange((state) => this.states.push(state));
    const audio = new Audio('0', 'SendRecv');
    audio.addAudioCodec(0, 'PCMU/8000');
    this.#track = this.#connection.addTrack(audio);
    this.#track.onMessage((packet) => this.onPacket(packet));
    this.#connection.setRemoteDescription(offerOf(end, setup), 'offer');
    this.#connection.setLocalDescription('answer');
  }

  /** Takes the gateway's end for an offer, and answers it. */
  static async answering(end: TransportEnd, setup: Setup = 'active'): Promise<LibraryPeer> {
    const peer = new LibraryPeer(end, setup);
    await eventually(LIMIT_MS, 'candidates', () =>
      peer.#connection.gatheringState() === 'complete' ? true : undefined,
    );
    return peer;
  }

  /** What the gateway's side has to know of it. */
  get end(): WebRtcPeer {
    return transportOf(this.#connection.localDescription()?.sdp ?? '');
  }

  async connected(): Promise<void> {
    await eventually(
      LIMIT_MS,
      () => `a connection; states: ${this.states.join()}`,
      () => (this.#track.isOpen() ? true : undefined),
    );
  }

  send(packet: Buffer): void {
    this.#track.sendMessageBinary(packet);
  }

  rtp(): readonly Buffer[] {
    return this.heard.filter((packet) => !isRtcp(packet));
  }

  rtcp(): readonly Buffer[] {
    return this.heard.filter(isRtcp);
  }

  close(): void {
    this.#connection.close();
  }
}

/** RFC 5761 §4. */
function isRtcp(packet: Buffer): boolean {
  return packet[1] >= 192 && packet[1] <= 223;
}

/** The library's threads would keep a process of tests from ending. */
export function releaseLibrary(): void {
  cleanup();
}

/** Of a description that answers. */
export function transportOf(answer: string): WebRtcPeer {
  const description = parseSdp(Buffer.from(answer));
  const plain = 'kind' in description ? undefined : plainDescription(description, { allowLoopback: true });
  if (plain === undefined || plain.transport.setup === 'actpass') throw new Error(`no answer of a peer: ${answer}`);
  return { ...plain.transport, setup: plain.transport.setup };
}

/** What the gateway would offer of its end, but for the line on which the library may give up before it has read the rest. */
export function offerOf(end: TransportEnd, setup: Setup = 'active'): string {
  const formats = { formats: ['0'], rtpMaps: new Map([[0, { encoding: 'PCMU', clockRateHz: 8000 }]]) };
  const plain = {
    origin: { userName: '-', sessionId: '1', sessionVersion: '1', address: ADDRESS },
    sessionName: '-',
    connection: ADDRESS,
    others: [{ type: 't', value: '0 0' }],
    media: [
      {
        media: 'audio',
        port: 9,
        protocol: 'RTP/AVP',
        ...formats,
        formatParameters: new Map(),
        rtcpMux: true,
        others: [],
      },
    ],
  };
  const sdp = writeSdp(webRtcDescription(plain, { end, setup, mids: [], isBundled: true })).toString();
  return sdp.replace('a=end-of-candidates\r\n', '');
}
