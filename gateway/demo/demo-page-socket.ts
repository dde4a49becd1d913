/**
 * The server of the demo's page, on loopback and for one run. It serves the page and its socket under a secret path, takes
 * orders, and relays all else to the gateway, a browser's SIP included. Requests that name another host (DNS rebinding)
 * or come from another origin's page are refused before anything is looked at.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { relayRequest, relayUpgrade } from './gateway-relay-socket.js';
import {
  type Lane,
  type PageCommand,
  type PageMessage,
  type PageOrder,
  type PageOrderResult,
  parseCommand,
  parseOrder,
} from './page-messages.js';

const ADDRESS = '127.0.0.1';
const SECRET_SIZE_BYTES = 16;
/** The longest message is an order; its token is at most 128 characters. */
const MAX_MESSAGE_SIZE_BYTES = 4096;
/** A person's tabs. */
const MAX_PAGES = 8;
/** Where browsers speak SIP. */
const SIP_PATH = '/sip';
/** A page that reads no more loses its plot, not our memory. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

const HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

/** What is behind the page, once it is there. */
export type PageService = {
  readonly gatewayPort: number;
  readonly softphonePort: number;
  /** What a page is told first. */
  readonly greeting: () => readonly PageMessage[];
  readonly onCommand: (command: PageCommand) => void;
  /** What the agent's browser plays: 16-bit samples of 8 kHz. */
  readonly onHeard: (samples: Int16Array) => void;
  readonly placeOrder: (order: PageOrder) => Promise<PageOrderResult>;
};

type Page = { readonly socket: WebSocket; listensTo: Lane | 'nobody' };

export class DemoPageSocket {
  readonly #prefix = `/${randomBytes(SECRET_SIZE_BYTES).toString('base64url')}/`;
  readonly #files: ReadonlyMap<string, Buffer>;
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_SIZE_BYTES });
  readonly #pages = new Set<Page>();
  #host = '';
  #service: PageService | undefined;
  /** The one page whose agent is listened to, if several are open. */
  #listeningPage: Page | undefined;

  private constructor(directory: string) {
    this.#files = new Map(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))]));
    this.#http = createServer((request, response) => this.#request(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /**
   * The gateway has to know the page's origin before it starts, so the page is there first, and serves later.
   *
   * @param directory of the built page
   */
  static async open(directory: string): Promise<DemoPageSocket> {
    const server = new DemoPageSocket(directory);
    await new Promise<void>((resolve, reject) => {
      server.#http.once('error', reject);
      server.#http.listen(0, ADDRESS, resolve);
    });
    server.#host = `${ADDRESS}:${(server.#http.address() as AddressInfo).port}`;
    return server;
  }

  /** The page's address, with the secret of this run. */
  get address(): string {
    return `http://${this.#host}${this.#prefix}`;
  }

  get origin(): string {
    return `http://${this.#host}`;
  }

  /** Where a softphone in the page finds SIP. */
  get sipServer(): string {
    return `ws://${this.#host}${SIP_PATH}`;
  }

  serve(service: PageService): void {
    this.#service = service;
  }

  tell(message: PageMessage): void {
    const text = JSON.stringify(message);
    for (const { socket } of this.#pages) if (hasRoom(socket)) socket.send(text);
  }

  /** 16-bit samples of 8 kHz, for those who listen to this lane. */
  play(lane: Lane, samples: Int16Array): void {
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    for (const { socket, listensTo } of this.#pages) if (listensTo === lane && hasRoom(socket)) socket.send(bytes);
  }

  async close(): Promise<void> {
    for (const { socket } of this.#pages) socket.terminate();
    this.#sockets.close();
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    await closed;
  }

  #isOurs({ headers: { host, origin } }: IncomingMessage): boolean {
    return host === this.#host && (origin === undefined || origin === this.origin);
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '/';
    const service = this.#service;
    if (!this.#isOurs(request)) {
      response.writeHead(403, HEADERS).end();
    } else if (!service) {
      response.writeHead(503, HEADERS).end();
    } else if (!url.startsWith(this.#prefix)) {
      relayRequest(service.gatewayPort, request, response);
    } else if (url === `${this.#prefix}orders` && request.method === 'POST') {
      void placeOrder(service, request, response);
    } else {
      this.#file(url.slice(this.#prefix.length) || 'index.html', response);
    }
  }

  #file(name: string, response: ServerResponse): void {
    const body = this.#files.get(name);
    if (!body) {
      response.writeHead(404, HEADERS).end();
      return;
    }
    const contentType = CONTENT_TYPES[extname(name)] ?? 'application/octet-stream';
    response.writeHead(200, { ...HEADERS, 'Content-Type': contentType }).end(body);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const url = request.url ?? '/';
    // Of programs only a browser names the page it speaks for, and nothing else needs the page's socket.
    const isPage = url === `${this.#prefix}socket` && request.headers.origin !== undefined;
    const service = this.#service;
    if (!service || !this.#isOurs(request)) {
      refuse(socket, '403 Forbidden');
    } else if (url === SIP_PATH) {
      relayUpgrade(service.softphonePort, request, socket, head);
    } else if (!url.startsWith(this.#prefix)) {
      relayUpgrade(service.gatewayPort, request, socket, head);
    } else if (!isPage || this.#pages.size >= MAX_PAGES) {
      refuse(socket, '403 Forbidden');
    } else {
      this.#sockets.handleUpgrade(request, socket, head, (client) => this.#opened(client, service));
    }
  }

  #opened(socket: WebSocket, service: PageService): void {
    const page: Page = { socket, listensTo: 'nobody' };
    this.#pages.add(page);
    socket.on('close', () => {
      this.#pages.delete(page);
      if (this.#listeningPage === page) this.#listeningPage = undefined;
    });
    socket.on('error', () => socket.terminate());
    socket.on('message', (data, isBinary) => {
      if (isBinary) {
        this.#listeningPage ??= page;
        if (this.#listeningPage === page) service.onHeard(samplesOf(data));
        return;
      }
      const command = parseCommand(data.toString());
      if (command === undefined) socket.close(1008, 'not understood');
      else if (command.kind === 'listen') page.listensTo = command.to;
      else service.onCommand(command);
    });
    for (const message of service.greeting()) socket.send(JSON.stringify(message));
  }
}

async function placeOrder(service: PageService, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const order = parseOrder(await textOf(request));
  if (!order) {
    response.writeHead(400, HEADERS).end();
    return;
  }
  try {
    const result = await service.placeOrder(order);
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'application/json' }).end(JSON.stringify(result));
  } catch {
    // The vault could not be asked; nothing was paid.
    response.writeHead(502, HEADERS).end();
  }
}

/** An odd byte at the end is none of a sample. */
function samplesOf(data: RawData): Int16Array {
  // As it comes unless another type is asked for.
  if (!Buffer.isBuffer(data)) return new Int16Array();
  return Int16Array.from({ length: data.length >> 1 }, (_, index) => data.readInt16LE(2 * index));
}

function hasRoom(socket: WebSocket): boolean {
  return socket.readyState === socket.OPEN && socket.bufferedAmount < MAX_BUFFERED_BYTES;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** @returns what was sent, or nothing if it is longer than any message of ours, or was broken off */
async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_MESSAGE_SIZE_BYTES) return '';
      chunks.push(chunk);
    }
  } catch {
    return '';
  }
  return Buffer.concat(chunks).toString('utf8');
}
