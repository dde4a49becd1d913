/** All sockets of the SIP stack behind one door: flows and bytes (RFC 3261 §18). */
import type { Flow } from './message.js';
import { TcpSocket, type TcpTarget } from './tcp-socket.js';
import { UdpSocket } from './udp-socket.js';

export type TransportListener = {
  readonly name: string;
  readonly address: string;
  /** 0 lets the system choose; UDP and TCP of one listener then have the same. */
  readonly port: number;
  readonly transports: readonly Flow['transport'][];
};

export type TransportSocketsOptions = {
  readonly listeners: readonly TransportListener[];
  /** A datagram, or one whole message of a stream. `bytes` shares memory with nothing; its receiver may wipe it. */
  readonly onMessage: (flow: Flow, bytes: Buffer) => void;
  /**
   * Nothing can be sent on this flow any more. For TCP it names the connection; whoever sent on a flow without
   * `connectionId` has to compare address and port. Never called from within `send`.
   */
  readonly onFlowFailed: (flow: Flow) => void;
};

/** Free ports that are drawn for TCP may be taken for UDP: draw again. */
const MAX_PORT_DRAWS = 16;

type OpenListener = { readonly udp?: UdpSocket; readonly tcp?: TcpSocket };

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
    const sockets = [...this.#open.values()].flatMap(({ udp, tcp }) => [udp, tcp]);
    this.#open.clear();
    await Promise.all(sockets.map((socket) => socket?.close()));
  }

  async #openListener(listener: TransportListener): Promise<number> {
    for (let draw = 1; ; draw += 1) {
      const tcp = listener.transports.includes('tcp') ? this.#tcpSocket(listener) : undefined;
      const tcpPort = await tcp?.open();
      const port = tcpPort ?? listener.port;
      const udp = listener.transports.includes('udp') ? this.#udpSocket({ ...listener, port }) : undefined;
      try {
        const udpPort = await udp?.open();
        this.#open.set(listener.name, {
          ...(udp === undefined ? undefined : { udp }),
          ...(tcp === undefined ? undefined : { tcp }),
        });
        return udpPort ?? port;
      } catch (error) {
        await tcp?.close();
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

  #tcpSocket(listener: TransportListener): TcpSocket {
    const { address, port } = listener;
    const flowOf = (remote: TcpTarget): Flow => ({
      listener: listener.name,
      transport: 'tcp',
      remoteAddress: remote.address,
      remotePort: remote.port,
      ...idOf(remote),
    });
    return new TcpSocket({
      address,
      port,
      nextConnectionId: () => {
        this.#connections += 1;
        return this.#connections;
      },
      onMessage: (bytes, remote) => this.#options.onMessage(flowOf(remote), bytes),
      onFailed: (target) => this.#options.onFlowFailed(flowOf(target)),
    });
  }
}

function idOf(flow: { readonly connectionId?: number }): { readonly connectionId?: number } {
  return flow.connectionId === undefined ? {} : { connectionId: flow.connectionId };
}
