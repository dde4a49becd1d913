/** One TCP listener with the connections it accepted and those opened from its address. */
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { isUnspecified, withoutMapping } from '../ip-address.js';
import { buildFailureResponse, writeMessage } from '../message-writer.js';
import { newTag } from '../random-identifiers.js';
import { CLOSE_GRACE_MS, ConnectionLimits } from './connection-limits.js';
import { TcpConnection } from './tcp-connection-socket.js';

/** Opened from here and not answered: the transaction would be dead by then anyway (RFC 3261 Timer B is 32 s). */
export const CONNECT_TIMEOUT_MS = 5_000;

export type TcpRemote = { readonly address: string; readonly port: number; readonly connectionId: number };
export type TcpTarget = { readonly address: string; readonly port: number; readonly connectionId?: number };

export type TcpSocketOptions = {
  readonly address: string;
  readonly port: number;
  readonly nextConnectionId: () => number;
  /** `bytes` is a Buffer of its own: whoever gets it may wipe it. */
  readonly onMessage: (bytes: Buffer, remote: TcpRemote) => void;
  /** A connection is gone, or there is none to this target and none could be opened. Never called from within `send`. */
  readonly onFailed: (target: TcpTarget) => void;
};

type Peer = { readonly origin: 'accepted' | 'opened'; readonly address: string; readonly port: number };
type OpenConnection = { readonly connection: TcpConnection; readonly remote: TcpRemote };

export class TcpSocket {
  readonly #options: TcpSocketOptions;
  readonly #server: Server;
  readonly #byId = new Map<number, OpenConnection>();
  /** Remote address and port to the newest connection with it, whoever opened it. */
  readonly #byRemote = new Map<string, OpenConnection>();
  readonly #limits = new ConnectionLimits();
  #isClosing = false;

  constructor(options: TcpSocketOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** @returns the bound port. */
  open(): Promise<number> {
    const { address, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: address, port }, () => {
        this.#server.off('error', reject);
        // Out of descriptors: the listener stays, the one connection is lost.
        this.#server.on('error', () => undefined);
        const bound = this.#server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });
  }

  /**
   * Sends on the connection named, or on any with that address and port, or opens one. A named connection that is gone is
   * not replaced: the port of an accepted one is nobody's listener.
   */
  send(target: TcpTarget, bytes: Buffer): void {
    const found =
      target.connectionId === undefined
        ? (this.#byRemote.get(remoteKey(target)) ?? this.#connect(target))
        : this.#byId.get(target.connectionId);
    if (found === undefined) {
      setImmediate(() => this.#options.onFailed(target));
      return;
    }
    found.connection.send(bytes);
  }

  /** Ends one that has no right to stay, if it is still there. */
  endConnection(connectionId: number): void {
    this.#byId.get(connectionId)?.connection.destroy();
  }

  /** Stops listening and closes every connection once what waits on it is sent. */
  close(): Promise<void> {
    this.#isClosing = true;
    for (const { connection } of this.#byId.values()) {
      connection.destroySoon();
    }
    const timer = setTimeout(() => {
      for (const { connection } of this.#byId.values()) {
        connection.destroy();
      }
    }, CLOSE_GRACE_MS);
    return new Promise((resolve) =>
      this.#server.close(() => {
        clearTimeout(timer);
        resolve();
      }),
    );
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (
      remoteAddress === undefined ||
      remotePort === undefined ||
      !this.#limits.hasRoomFor(withoutMapping(remoteAddress))
    ) {
      socket.destroy();
      return;
    }
    this.#keep(socket, { origin: 'accepted', address: withoutMapping(remoteAddress), port: remotePort });
  }

  #connect(target: TcpTarget): OpenConnection | undefined {
    if (this.#isClosing || !this.#limits.hasRoomFor(target.address)) {
      return undefined;
    }
    const localAddress = isUnspecified(this.#options.address) ? undefined : this.#options.address;
    const socket = connect({
      host: target.address,
      port: target.port,
      ...(localAddress === undefined ? undefined : { localAddress }),
    });
    const timer = setTimeout(() => socket.destroy(), CONNECT_TIMEOUT_MS);
    socket.once('connect', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
    return this.#keep(socket, { origin: 'opened', address: target.address, port: target.port });
  }

  #keep(socket: Socket, peer: Peer): OpenConnection {
    const { origin, address, port } = peer;
    const remote: TcpRemote = { address, port, connectionId: this.#options.nextConnectionId() };
    const connection: TcpConnection = new TcpConnection({
      socket,
      origin,
      onMessage: (bytes) => this.#options.onMessage(bytes, remote),
      onMalformed: (failure) => {
        const response = buildFailureResponse(failure, newTag(randomBytes));
        if (response !== undefined) {
          connection.send(writeMessage(response));
        }
      },
      onClosed: () => this.#forget(opened),
    });
    const opened = { connection, remote };
    this.#byId.set(remote.connectionId, opened);
    this.#byRemote.set(remoteKey(remote), opened);
    this.#limits.enter(address);
    return opened;
  }

  #forget(opened: OpenConnection): void {
    const { remote } = opened;
    this.#byId.delete(remote.connectionId);
    if (this.#byRemote.get(remoteKey(remote)) === opened) {
      this.#byRemote.delete(remoteKey(remote));
    }
    this.#limits.leave(remote.address);
    this.#options.onFailed(remote);
  }
}

function remoteKey(target: TcpTarget): string {
  return `${target.address}|${target.port}`;
}
