/**
 * The WebRTC legs of a media process: ICE, DTLS and SRTP by libdatachannel (node-datachannel), which is loaded when the first
 * such leg is opened. What it has decrypted goes into the engine's slots as if a socket had received it, and what the engine
 * sends on such a leg goes to its track: everything behind that seam treats the leg as any other.
 *
 * What the library does for us: only the pair of addresses that ICE has validated with the passwords of both descriptions is
 * listened to, so a stranger's ClientHello or packet ends there; the peer's certificate must have the signalled fingerprint;
 * what SRTP cannot authenticate, or has seen before, is dropped.
 */
import type { Audio, PeerConnection, RtcConfig, Track } from 'node-datachannel';
import { isUnspecified } from '../../sip/ip-address.js';
import type { MediaConfiguration, WebRtcEnd, WebRtcPeer } from './control-wire.js';
import type { DgramEngine } from './dgram-engine-socket.js';
import type { WebRtcWay } from './udp-engine.js';
import { type DropReason, readDropped, readOwnEnd, writePeerAnswer } from './webrtc-library-text.js';

/** A STUN or TURN server that does not answer must not hold up a call. */
const GATHERING_LIMIT_MS = 2000;

export type WebRtcLegsOptions = {
  readonly engine: DgramEngine;
  readonly configuration: Pick<MediaConfiguration, 'address' | 'portMin' | 'portMax' | 'webRtcServers'>;
  readonly onConnected: (socket: number) => void;
  /** At most once a leg, and not for one that was closed here. */
  readonly onLost: (socket: number) => void;
  readonly onSendFailed: () => void;
  /** Packets that SRTP did not let through. */
  readonly onDropped: (reason: DropReason, count: number) => void;
  readonly onUnavailable: () => void;
};

type Library = {
  readonly PeerConnection: new (name: string, configuration: RtcConfig) => PeerConnection;
  readonly Audio: new (mid: string, direction: 'SendRecv') => Audio;
};

type Leg = {
  readonly connection: PeerConnection;
  readonly track: Track;
  isOpen: boolean;
  peer: string | undefined;
};

export class WebRtcLegs implements WebRtcWay {
  readonly #options: WebRtcLegsOptions;
  readonly #legs = new Map<number, Leg>();
  #library: Promise<Library | undefined> | undefined;

  constructor(options: WebRtcLegsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#legs.size;
  }

  async open(socket: number): Promise<WebRtcEnd | undefined> {
    this.#library ??= load(this.#options);
    const library = await this.#library;
    if (library === undefined) return undefined;
    const { connection, track, described } = this.#begin(library, socket);
    this.#legs.set(socket, { connection, track, isOpen: false, peer: undefined });
    this.#options.engine.addWay(socket, { send: (packet) => this.#send(socket, packet) });
    await described;
    const description = connection.localDescription();
    const end = description === null ? undefined : readOwnEnd(description.sdp);
    if (end === undefined) this.close(socket);
    return end;
  }

  connect(socket: number, peer: WebRtcPeer | undefined): boolean {
    const leg = this.#legs.get(socket);
    if (leg === undefined || peer === undefined) return leg === undefined && peer === undefined;
    const { candidates, ...identity } = peer;
    const told = JSON.stringify(identity);
    if (leg.peer !== undefined) return leg.peer === told;
    try {
      leg.connection.setRemoteDescription(writePeerAnswer(peer), 'answer');
    } catch {
      return false;
    }
    leg.peer = told;
    return true;
  }

  close(socket: number): void {
    const leg = this.#legs.get(socket);
    if (leg === undefined) return;
    this.#legs.delete(socket);
    this.#options.engine.removeLeg(socket);
    leg.connection.close();
  }

  #begin(library: Library, socket: number) {
    const { address, portMin, portMax, webRtcServers } = this.#options.configuration;
    const connection = new library.PeerConnection(`leg-${socket}`, {
      iceServers: webRtcServers.map((server) => ({
        hostname: server.host,
        port: server.port,
        ...(server.kind === 'turn' && {
          username: server.userName,
          password: server.password,
          relayType: 'TurnUdp' as const,
        }),
      })),
      ...(isUnspecified(address) ? undefined : { bindAddress: address }),
      // The library tries all ports of the range, and ends the whole process where none is free: see `open`.
      portRangeBegin: portMin,
      portRangeEnd: portMax,
      disableAutoNegotiation: true,
    });
    const described = new Promise<void>((resolve) => {
      setTimeout(resolve, GATHERING_LIMIT_MS).unref();
      connection.onGatheringStateChange((state) => {
        if (state === 'complete') resolve();
      });
    });
    connection.onStateChange((state) => {
      if (state === 'failed' || state === 'closed') this.#lose(socket, connection);
    });
    // Formats and direction are the leg table's to decide on: to the library it is a track that takes everything.
    const audio = new library.Audio('0', 'SendRecv');
    audio.addAudioCodec(0, 'PCMU/8000');
    const track = connection.addTrack(audio);
    track.onOpen(() => this.#connected(socket, track));
    track.onMessage((packet) => this.#options.engine.take(socket, packet));
    connection.setLocalDescription('offer');
    return { connection, track, described };
  }

  #connected(socket: number, track: Track): void {
    const leg = this.#legs.get(socket);
    if (leg === undefined || leg.track !== track) return;
    leg.isOpen = true;
    this.#options.onConnected(socket);
  }

  #lose(socket: number, connection: PeerConnection): void {
    const leg = this.#legs.get(socket);
    if (leg === undefined || leg.connection !== connection) return;
    leg.isOpen = false;
    this.#options.onLost(socket);
  }

  /** Before the handshake is done there is nobody to send to: as with a peer that has not said where it listens. */
  #send(socket: number, packet: Uint8Array): void {
    const leg = this.#legs.get(socket);
    if (leg?.isOpen !== true) return;
    try {
      leg.track.sendMessageBinary(Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength));
    } catch {
      // The transport has ended, and its news is on the way.
      this.#options.onSendFailed();
    }
  }
}

async function load({ onUnavailable, onDropped }: WebRtcLegsOptions): Promise<Library | undefined> {
  try {
    const library = await import('node-datachannel');
    // Its only word on packets that it drops. What it says of single packets is not asked for.
    library.initLogger('Warning', (_level, message) => {
      const dropped = readDropped(message);
      if (dropped !== undefined) onDropped(dropped.reason, dropped.count);
    });
    return library;
  } catch {
    onUnavailable();
    return undefined;
  }
}
