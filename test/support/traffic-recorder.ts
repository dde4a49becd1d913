/** A TCP relay in front of one port that keeps every byte of both directions, for scans of what was said over it. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { within } from './deadline.js';

/** Far above what a test's HTTP and WebSocket traffic comes to: more means that something runs away. */
const MAX_KEPT_BYTES = 64 << 20;
const START_LIMIT_MS = 5_000;

export class TrafficRecorder {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #chunks: Buffer[];

  private constructor(server: Server, port: number, sockets: Set<Socket>, chunks: Buffer[]) {
    this.#server = server;
    this.port = port;
    this.#sockets = sockets;
    this.#chunks = chunks;
  }

  static async start(port: number, targetPort: number): Promise<TrafficRecorder> {
    const sockets = new Set<Socket>();
    const chunks: Buffer[] = [];
    const keep = (chunk: Buffer): void => {
      chunks.push(Buffer.from(chunk));
    };
    const server = createServer((near) => {
      const far = connect(targetPort, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.on('data', keep);
        // An end on one side is passed on as an end, a break as a break.
        from.on('error', () => to.destroy());
        from.on('close', () => {
          sockets.delete(from);
          to.destroySoon();
        });
        from.pipe(to);
      }
    });
    const listening = new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    await within(START_LIMIT_MS, `a relay on port ${port}`, listening);
    return new TrafficRecorder(server, port, sockets, chunks);
  }

  /** All bytes so far, in the order they came. What a WebSocket client sends is masked (RFC 6455 §5.3), answers are not. */
  bytes(): Buffer {
    const bytes = Buffer.concat(this.#chunks);
    if (bytes.length > MAX_KEPT_BYTES) throw new Error(`${bytes.length} bytes of traffic are too many for a test`);
    return bytes;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
