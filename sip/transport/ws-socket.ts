/** One WebSocket listener, plain or over TLS, with the connections it accepted (RFC 7118). It opens none itself. */
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { withoutMapping } from '../ip-address.js';
import { MAX_MESSAGE_BYTES } from '../message-parser.js';
import { CLOSE_GRACE_MS, ConnectionLimits } from './connection-limits.js';
import type { TcpRemote, TcpTarget } from './tcp-socket.js';
import { WsConnection } from './ws-connection-socket.js';
import { MAX_BUFFERED_CHUNKS } from './ws-frames.js';

/** RFC 7118 §4.1. */
const SUB_PROTOCOL = 'sip';
/** TLS and the request that opens a WebSocket, each: whoever takes longer holds a place that somebody else needs. */
const HANDSHAKE_TIMEOUT_MS = 5_000;
/** A message comes in one piece; proxies that cut it up make a handful. */
const MAX_FRAGMENTS = 64;
/** An upgrade request has no more in it than a browser's usual headers. */
const MAX_HANDSHAKE_BYTES = 8_192;

export type TlsFiles = { readonly certificateFile: string; readonly keyFile: string };

export type WsSocketOptions = {
  readonly address: string;
  readonly port: number;
  /** Without it the listener speaks plain `ws`. */
  readonly tls?: TlsFiles | undefined;
  /** Whether pages of this origin may connect. Programs send no Origin, and are not asked for one. */
  readonly isOriginAllowed: (origin: string) => boolean;
  readonly nextConnectionId: () => number;
  /** `bytes` is a Buffer of its own: whoever gets it may wipe it. */
  readonly onMessage: (bytes: Buffer, remote: TcpRemote) => void;
  /** A connection is gone, or there is none to this target. Never called from within `send`. */
  readonly onFailed: (target: TcpTarget) => void;
};

type Refusal = { readonly status: number; readonly reason: string; readonly header: readonly string[] };

export class WsSocket {
  readonly #options: WsSocketOptions;
  readonly #limits = new ConnectionLimits();
  /** All of them, those that have not said yet what they want among them. */
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Map<number, WsConnection>();
  readonly #handshakes = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    handleProtocols: () => SUB_PROTOCOL,
  });
  #server: Server | undefined;
  #isClosing = false;

  constructor(options: WsSocketOptions) {
    this.#options = options;
  }

  /**
   * @returns the bound port.
   * @throws what the system or OpenSSL says of certificate, key, address or port.
   */
  async open(): Promise<number> {
    const { address, port } = this.#options;
    const server = this.#makeServer();
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#hold(socket));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.on('request', (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port }, () => {
        server.off('error', reject);
        // Out of descriptors: the listener stays, the one connection is lost.
        server.on('error', () => undefined);
        const bound = server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });
  }

  /** Sends on the connection named. Nobody can be connected to: where there is none, the flow has failed. */
  send(target: TcpTarget, bytes: Buffer): void {
    const connection = target.connectionId === undefined ? undefined : this.#connections.get(target.connectionId);
    if (connection === undefined) {
      setImmediate(() => this.#options.onFailed(target));
    } else {
      connection.send(bytes);
    }
  }

  /** Stops listening, says goodbye on every connection, and cuts those that do not answer. */
  close(): Promise<void> {
    const server = this.#server;
    this.#isClosing = true;
    if (server === undefined) {
      return Promise.resolve();
    }
    for (const connection of this.#connections.values()) {
      connection.closeSoon();
    }
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) {
        socket.destroy();
      }
    }, CLOSE_GRACE_MS);
    return new Promise((resolve) =>
      server.close(() => {
        clearTimeout(timer);
        resolve();
      }),
    );
  }

  #makeServer(): Server {
    const { tls } = this.#options;
    const limits = {
      noDelay: true,
      headersTimeout: HANDSHAKE_TIMEOUT_MS,
      requestTimeout: HANDSHAKE_TIMEOUT_MS,
      connectionsCheckingInterval: HANDSHAKE_TIMEOUT_MS,
      keepAliveTimeout: HANDSHAKE_TIMEOUT_MS,
      maxHeaderSize: MAX_HANDSHAKE_BYTES,
    };
    if (tls === undefined) {
      return createHttpServer(limits);
    }
    return createHttpsServer({
      ...limits,
      cert: readFileSync(tls.certificateFile),
      key: readFileSync(tls.keyFile),
      minVersion: 'TLSv1.2',
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
  }

  /** Counted before TLS: a handshake is the dearest thing that a stranger can ask for. */
  #hold(socket: Socket): void {
    const address = withoutMapping(socket.remoteAddress ?? '');
    if (address === '' || this.#isClosing || !this.#limits.hasRoomFor(address)) {
      socket.destroy();
      return;
    }
    this.#limits.enter(address);
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#limits.leave(address);
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until the handshake is done nobody else listens, and an unheard error would end the process.
    socket.on('error', () => socket.destroy());
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) {
      const { status, reason, header } = refusal;
      const lines = [`HTTP/1.1 ${status} ${reason}`, 'Connection: close', 'Content-Length: 0', ...header];
      socket.once('finish', () => socket.destroy());
      socket.end(`${lines.join('\r\n')}\r\n\r\n`);
      return;
    }
    const { remoteAddress, remotePort } = request.socket;
    this.#handshakes.handleUpgrade(request, socket, head, (client) => {
      const address = withoutMapping(remoteAddress ?? '');
      this.#keep(client, socket, { address, port: remotePort ?? 0, connectionId: this.#options.nextConnectionId() });
    });
  }

  #refusalOf(request: IncomingMessage): Refusal | undefined {
    const { origin, 'sec-websocket-protocol': offered } = request.headers;
    if (this.#isClosing) {
      return { status: 503, reason: 'Service Unavailable', header: [] };
    }
    if (origin !== undefined && !this.#options.isOriginAllowed(origin)) {
      return { status: 403, reason: 'Forbidden', header: [] };
    }
    const protocols = (offered ?? '').split(',').map((protocol) => protocol.trim());
    return protocols.includes(SUB_PROTOCOL)
      ? undefined
      : { status: 400, reason: 'Bad Request', header: [`Sec-WebSocket-Protocol: ${SUB_PROTOCOL}`] };
  }

  #keep(socket: WebSocket, stream: Duplex, remote: TcpRemote): void {
    const connection = new WsConnection({
      socket,
      stream,
      onMessage: (bytes) => this.#options.onMessage(bytes, remote),
      onClosed: () => {
        this.#connections.delete(remote.connectionId);
        this.#options.onFailed(remote);
      },
    });
    this.#connections.set(remote.connectionId, connection);
  }
}
