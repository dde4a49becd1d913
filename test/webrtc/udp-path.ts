/**
 * A network between the gateway and a WebRTC peer, in which a test can look at datagrams, hold some back and put others in
 * as if the peer had sent them: each side sees the other at an address of this path.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TransportEnd } from '../../sip/webrtc-description.js';

const ADDRESS = '127.0.0.1';

export class UdpPath {
  /** From the peer, in the order they came, whether or not they went on. */
  readonly fromPeer: Buffer[] = [];
  readonly fromGateway: Buffer[] = [];
  passes: (datagram: Buffer) => boolean = () => true;
  readonly #towardsPeer = createSocket('udp4');
  readonly #towardsGateway = createSocket('udp4');
  readonly #gatewayPort: number;
  #peerPort = 0;

  private constructor(gatewayPort: number) {
    this.#gatewayPort = gatewayPort;
    this.#towardsPeer.on('message', (datagram, { port }) => {
      this.#peerPort = port;
      this.fromPeer.push(datagram);
      if (this.passes(datagram)) this.inject(datagram);
    });
    this.#towardsGateway.on('message', (datagram) => {
      this.fromGateway.push(datagram);
      if (this.#peerPort !== 0 && this.passes(datagram)) this.#towardsPeer.send(datagram, this.#peerPort, ADDRESS);
    });
  }

  static async open(gateway: TransportEnd): Promise<UdpPath> {
    const path = new UdpPath(gateway.candidates[0].port);
    await Promise.all([bind(path.#towardsPeer), bind(path.#towardsGateway)]);
    return path;
  }

  /** The gateway as the peer is to see it. */
  gatewaySeen(end: TransportEnd): TransportEnd {
    return at(end, this.#towardsPeer);
  }

  /** The peer as the gateway is to see it. */
  peerSeen<End extends TransportEnd>(end: End): End {
    return at(end, this.#towardsGateway);
  }

  /** Sends to the gateway from the address at which it sees the peer. */
  inject(datagram: Buffer): void {
    this.#towardsGateway.send(datagram, this.#gatewayPort, ADDRESS);
  }

  close(): void {
    this.#towardsPeer.close();
    this.#towardsGateway.close();
  }
}

/** RFC 7983 §7. */
export function isDtls(datagram: Buffer): boolean {
  return datagram[0] >= 20 && datagram[0] <= 63;
}

export function isSrtp(datagram: Buffer): boolean {
  return datagram[0] >= 128 && datagram[0] <= 191;
}

/** A handshake record (22) whose first message is of type 1 (RFC 9147 §5, RFC 6347 §4.2.2). */
export function isClientHello(datagram: Buffer): boolean {
  return datagram[0] === 22 && datagram[13] === 1;
}

async function bind(socket: Socket): Promise<void> {
  socket.bind(0, ADDRESS);
  await once(socket, 'listening');
}

function at<End extends TransportEnd>(end: End, socket: Socket): End {
  const [first] = end.candidates;
  return { ...end, candidates: [{ ...first, address: ADDRESS, port: socket.address().port }] };
}
