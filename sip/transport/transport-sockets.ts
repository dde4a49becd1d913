/** All sockets of the SIP stack behind one door: flows and bytes (RFC 3261 §18). */
import type { Flow, Transport } from '../message.js';
import { PROOF_TIMEOUT_MS } from './connection-limits.js';
import { TcpSocket, type TcpTarget } from './tcp-socket.js';
import { UdpSocket } from './udp-socket.js';
import { type TlsFiles, WsSocket } from './ws-socket.js';

export type TransportListener = {
  readonly name: string;
  readonly address: string;
  /** 0 lets the system choose; UDP and TCP of one listener then have the same. */
  readonly port: number;
  /** TCP, WS and WSS all take the TCP port: a listener has one of them at most. */
  readonly transports: readonly Transport[];
  /** For WSS. */
  readonly tls?: TlsFiles | undefined;
};

export type TransportSocketsOptions = {
  readonly listeners: readonly TransportListener[];
  /** A datagram, or one whole message of a stream. `bytes` shares memory with nothing; its receiver may wipe it. */
  readonly onMessage: (flow: Flow, bytes: Buffer) => void;
  /**
   * Nothing can be sent on this flow any more. Where there are connections it names the connection; whoever sent on a flow without
   * `connectionId` has to compare address and port. Never called from within `send`.
   */
  readonly onFlowFailed: (flow: Flow) => void;
  /** Whether pages of that origin may open a WebSocket there. None may where nobody says so. */
  readonly isOriginAllowed?: ((origin: string, listener: string) => boolean) | undefined;
  /**
   * Whether whoever opened that connection has proved by now who he is: one on which nobody does in time is ended, since
   * strangers who answer pings would otherwise keep all places for ever. Nobody has to where it is missing.
   */
  readonly isProven?: ((connectionId: number, listener: string) => boolean) | undefined;
  readonly proofTimeoutMs?: number | undefined;
};

/** Free ports that are drawn for TCP may be taken for UDP: draw again. */
const MAX_PORT_DRAWS = 16;

type StreamSocket = TcpSocket | WsSocket;
type OpenListener = Partial<Record<Transport, UdpSocket | StreamSocket>>;

export class TransportSockets {
  readonly #options: TransportSocketsOptions;
  readonly #open = new Map<string, OpenListener>();
  #connections = 0;

  constructor(options: TransportSocketsOptions) {
    this.#options = options;
  }

  /**
   * Opens all listeners, or none.
   *
   * @returns listener name to bound port.
   * @throws what the system says, `EADDRINUSE` for one.
   */
  async start(): Promise<ReadonlyMap<string, number>> {
    const ports = new Map<string, number>();
    try {
      for (const listener of this.#options.listeners) {
        ports.set(listener.name, await this.#openListener(listener));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    return ports;
  }

  /** What cannot be sent is told by `onFlowFailed` later; a flow of an unknown listener or transport throws. */
  send(flow: Flow, bytes: Buffer): void {
    const socket = this.#open.get(flow.listener)?.[flow.transport];
    if (socket === undefined) {
      throw new Error(`there is no ${flow.transport} listener named ${flow.listener}`);
    }
    socket.send({ ...idOf(flow), address: flow.remoteAddress, port: flow.remotePort }, bytes);
  }

  async close(): Promise<void> {
    const sockets = [...this.#open.values()].flatMap((listener) => Object.values(listener));
    this.#open.clear();
    await Promise.all(sockets.map((socket) => socket.close()));
  }

  async #openListener(listener: TransportListener): Promise<number> {
    for (let draw = 1; ; draw += 1) {
      const transport = listener.transports.find((one) => one !== 'udp');
      const stream = transport === undefined ? undefined : this.#streamSocket(listener, transport);
      const port = (await stream?.open()) ?? listener.port;
      const udp = listener.transports.includes('udp') ? this.#udpSocket({ ...listener, port }) : undefined;
      try {
        const udpPort = await udp?.open();
        this.#open.set(listener.name, {
          ...(udp === undefined ? undefined : { udp }),
          ...(stream === undefined || transport === undefined ? undefined : { [transport]: stream }),
        });
        return udpPort ?? port;
      } catch (error) {
        await stream?.close();
        if (listener.port !== 0 || draw === MAX_PORT_DRAWS) {
          throw error;
        }
      }
    }
  }

  #udpSocket(listener: TransportListener): UdpSocket {
    const { address, port } = listener;
    const flowOf = (remote: { readonly address: string; readonly port: number }): Flow => ({
      listener: listener.name,
      transport: 'udp',
      remoteAddress: remote.address,
      remotePort: remote.port,
    });
    return new UdpSocket({
      address,
      port,
      onDatagram: (bytes, remote) => this.#options.onMessage(flowOf(remote), bytes),
      onSendFailed: (remote) => this.#options.onFlowFailed(flowOf(remote)),
    });
  }

  #streamSocket(listener: TransportListener, transport: Exclude<Transport, 'udp'>): StreamSocket {
    const { name, address, port, tls } = listener;
    const flowOf = (remote: TcpTarget): Flow => ({
      listener: name,
      transport,
      remoteAddress: remote.address,
      remotePort: remote.port,
      ...idOf(remote),
    });
    const options = {
      address,
      port,
      nextConnectionId: () => {
        this.#connections += 1;
        this.#awaitProof(this.#connections, name, (connectionId) => socket.endConnection(connectionId));
        return this.#connections;
      },
      onMessage: (bytes: Buffer, remote: TcpTarget) => this.#options.onMessage(flowOf(remote), bytes),
      onFailed: (target: TcpTarget) => this.#options.onFlowFailed(flowOf(target)),
    };
    if (transport === 'wss' && tls === undefined) {
      throw new Error(`listener ${name} has no certificate for wss`);
    }
    const socket: StreamSocket =
      transport === 'tcp'
        ? new TcpSocket(options)
        : new WsSocket({
            ...options,
            tls: transport === 'wss' ? tls : undefined,
            isOriginAllowed: (origin) => this.#options.isOriginAllowed?.(origin, name) === true,
          });
    return socket;
  }

  #awaitProof(connectionId: number, listener: string, end: (connectionId: number) => void): void {
    const { isProven, proofTimeoutMs = PROOF_TIMEOUT_MS } = this.#options;
    if (isProven === undefined) {
      return;
    }
    // It may fire when the connection is long gone, or all are: then there is nothing to end, and nothing to wait for.
    setTimeout(() => isProven(connectionId, listener) || end(connectionId), proofTimeoutMs).unref();
  }
}

function idOf(flow: { readonly connectionId?: number }): { readonly connectionId?: number } {
  return flow.connectionId === undefined ? {} : { connectionId: flow.connectionId };
}
