/**
 * The WebRTC legs of a media process: ICE, DTLS and SRTP by libdatachannel (node-datachannel), which is loaded when the first
 * such leg is opened. What it has decrypted goes into the engine's slots as if a socket had received it, and what the engine
 * sends on such a leg goes to its track: everything behind that seam treats the leg as any other.
 *
 * What the library does for us: only the pair of addresses that ICE has validated with the passwords of both descriptions is
 * listened to, so a stranger's ClientHello or packet ends there; the peer's certificate must have the signalled fingerprint;
 * what SRTP cannot authenticate, or has seen before, is dropped.
 *
 * A leg that is opened has its name, password and certificate at once. The library gets them when the peer is known. It must
 * not listen for the leg before: it begins a handshake with whom ICE has found while it is still reading the peer's
 * description, and refuses a certificate that it cannot compare yet.
 *
 * It has the leg's port at once all the same, and never lets go of it. Where the library cannot bind in
 * `setLocalDescription`, its error goes up through JavaScript's frames, where nothing can catch it, and ends the process with
 * all its calls. In `createDataChannel`, which makes an offer by itself unless told not to, the same error is caught and
 * thrown to us. And connections with `enableIceUdpMux` that ask for the same port share one socket. So a connection to nobody
 * binds the port, where a failure is an error like any other, and keeps it until the leg's own connection has joined it
 * there, for which nothing has to be bound. As it never hears of a peer, it waits for as long as a phone rings; had it been
 * told of one that does not exist, it would give up after half a minute, and give up the port.
 *
 * `IceUdpMuxListener`, made for just this, cannot be used: its `stop` does nothing most times (it asks a flag that nobody has
 * set), and leaves the library a callback to an object that is gone.
 */
import { randomBytes } from 'node:crypto';
import type { Audio, DataChannel, LogLevel, PeerConnection, RtcConfig, Track } from 'node-datachannel';
import type { WebRtcIdentity, WebRtcPeer } from './control-wire.js';
import type { DgramEngine } from './dgram-engine-socket.js';
import { isUnspecified } from './ip-address.js';
import { PORT_REFUSED, type WebRtcWay } from './udp-engine.js';
import { makeCertificate, type WebRtcCertificate } from './webrtc-certificate.js';
import { type DropReason, readDropped, writePeerOffer } from './webrtc-library-text.js';

/** RFC 8839 §5.4: 24 and 128 bits at least; in base64 both have only characters that ICE allows. */
const UFRAG_SIZE_BYTES = 6;
const PWD_SIZE_BYTES = 24;

export type WebRtcLegsOptions = {
  readonly engine: DgramEngine;
  /** That the engine binds to. */
  readonly address: string;
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
  readonly initLogger: (level: LogLevel, onMessage: (level: LogLevel, message: string) => void) => void;
};
type Loaded = { readonly library: Library; readonly certificate: WebRtcCertificate };

type Transport = { readonly connection: PeerConnection; readonly track: Track; readonly peer: string };
type Leg = Loaded & {
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly configuration: RtcConfig;
  /** Keeps the port until the leg's own connection has it. */
  keeper: PortKeeper | undefined;
  transport: Transport | undefined;
  state: 'waiting' | 'connected' | 'lost';
};

export class WebRtcLegs implements WebRtcWay {
  readonly #options: WebRtcLegsOptions;
  readonly #legs = new Map<number, Leg>();
  #loaded: Promise<Loaded | undefined> | undefined;

  constructor(options: WebRtcLegsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#legs.size;
  }

  async open(socket: number, port: number): Promise<WebRtcIdentity | typeof PORT_REFUSED | undefined> {
    this.#loaded ??= this.#load();
    const loaded = await this.#loaded;
    if (loaded === undefined) return undefined;
    const { library, certificate } = loaded;
    const configuration = this.#configurationAt(port, certificate);
    const keeper = PortKeeper.bind(library, configuration);
    if (keeper === undefined) return PORT_REFUSED;
    const iceUfrag = randomBytes(UFRAG_SIZE_BYTES).toString('base64');
    const icePwd = randomBytes(PWD_SIZE_BYTES).toString('base64');
    const leg: Leg = {
      ...loaded,
      iceUfrag,
      icePwd,
      configuration,
      keeper,
      transport: undefined,
      state: 'waiting',
    };
    this.#legs.set(socket, leg);
    this.#options.engine.addWay(socket, { send: (packet) => this.#send(leg, packet) });
    return { iceUfrag, icePwd, fingerprint: certificate.fingerprint };
  }

  connect(socket: number, peer: WebRtcPeer | undefined): boolean {
    const leg = this.#legs.get(socket);
    if (leg === undefined || peer === undefined) return leg === undefined && peer === undefined;
    const { candidates: _candidates, ...identity } = peer;
    const told = JSON.stringify(identity);
    if (leg.transport === undefined) return this.#begin(socket, leg, peer, told);
    return leg.transport.peer === told;
  }

  close(socket: number): void {
    const leg = this.#legs.get(socket);
    this.#legs.delete(socket);
    leg?.keeper?.close();
    leg?.transport?.connection.close();
  }

  async #load(): Promise<Loaded | undefined> {
    const { onDropped, onUnavailable } = this.#options;
    try {
      const library: Library = await import('node-datachannel');
      library.initLogger('Warning', (_level, message) => {
        // Its only word on packets that it drops.
        const dropped = readDropped(message);
        if (dropped !== undefined) onDropped(dropped.reason, dropped.count);
      });
      return { library, certificate: makeCertificate(Date.now()) };
    } catch {
      onUnavailable();
      return undefined;
    }
  }

  #configurationAt(port: number, certificate: WebRtcCertificate): RtcConfig {
    const { address } = this.#options;
    return {
      iceServers: [],
      ...(isUnspecified(address) ? undefined : { bindAddress: address }),
      portRangeBegin: port,
      portRangeEnd: port,
      enableIceUdpMux: true,
      certificatePemFile: certificate.certificatePem,
      keyPemFile: certificate.keyPem,
    };
  }

  /** Returns false for a peer that the library does not understand. */
  #begin(socket: number, leg: Leg, peer: WebRtcPeer, told: string): boolean {
    const { library, configuration, iceUfrag, icePwd, keeper } = leg;
    // Without it, `setLocalDescription` would have to bind.
    if (keeper?.hasPort !== true) return false;
    const connection = new library.PeerConnection(`leg-${socket}`, { ...configuration, disableAutoNegotiation: true });
    // Formats and direction are the leg table's to decide on: to the library it is a track that takes everything.
    const audio = new library.Audio('0', 'SendRecv');
    audio.addAudioCodec(0, 'PCMU/8000');
    const track = connection.addTrack(audio);
    connection.onStateChange((state) => {
      if (state === 'failed' || state === 'closed') this.#change(leg, socket, 'lost');
    });
    track.onOpen(() => this.#change(leg, socket, 'connected'));
    track.onMessage((packet) => {
      // What the library had queued for a call that is over: its number may be the next call's by now.
      if (this.#legs.get(socket) === leg) this.#options.engine.take(socket, packet);
      else packet.fill(0);
    });
    try {
      connection.setRemoteDescription(writePeerOffer(peer), 'offer');
    } catch {
      connection.close();
      return false;
    }
    leg.transport = { connection, track, peer: told };
    connection.setLocalDescription('answer', { iceUfrag, icePwd });
    keeper.close();
    leg.keeper = undefined;
    return true;
  }

  #change(leg: Leg, socket: number, state: 'connected' | 'lost'): void {
    // The end is told twice, `failed` and `closed`, and later than the leg may have been closed and its number given away.
    if (this.#legs.get(socket) !== leg || leg.state === 'lost') return;
    leg.state = state;
    if (state === 'connected') this.#options.onConnected(socket);
    else this.#options.onLost(socket);
  }

  /** Before the handshake is done there is nobody to send to: as with a peer that has not said where it listens. */
  #send(leg: Leg, packet: Buffer): void {
    if (leg.state !== 'connected') return;
    try {
      leg.transport?.track.sendMessageBinary(packet);
    } catch {
      // The transport has ended, and its news is on the way.
      this.#options.onSendFailed();
    }
  }
}

/** Has a port, by a name that nobody is told: what comes in before the leg's own connection has joined is dropped. */
class PortKeeper {
  /** Until the library has given up, which it is not known to do. */
  hasPort = true;
  readonly #connection: PeerConnection;
  readonly #channel: DataChannel;

  private constructor(connection: PeerConnection, channel: DataChannel) {
    this.#connection = connection;
    this.#channel = channel;
    connection.onStateChange((state) => {
      if (state === 'failed' || state === 'closed') this.hasPort = false;
    });
  }

  /** Returns undefined where the port is not to be had. */
  static bind(library: Library, configuration: RtcConfig): PortKeeper | undefined {
    let connection: PeerConnection | undefined;
    try {
      connection = new library.PeerConnection('keeper', configuration);
      return new PortKeeper(connection, connection.createDataChannel('keeper'));
    } catch {
      connection?.close();
      return undefined;
    }
  }

  close(): void {
    const channel = this.#channel;
    // The library's list of channels forgets one that tells of its end, but not one that is collected before.
    channel.onClosed(() => channel.isOpen());
    channel.close();
    this.#connection.close();
  }
}
