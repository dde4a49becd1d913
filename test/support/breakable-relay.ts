/** A TCP relay in front of one port that can be cut and mended: a network that fails, as both ends see it. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { within } from './deadline.js';

const START_LIMIT_MS = 5_000;

export class BreakableRelay {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #targetPort: number;
  #isCut = false;

  private constructor(port: number, targetPort: number) {
    this.port = port;
    this.#targetPort = targetPort;
    this.#server = createServer((near) => {
      if (this.#isCut) {
        near.destroy();
        return;
      }
      const far = connect(this.#targetPort, '127.0.0.1');
      this.#join(near, far);
      this.#join(far, near);
    });
  }

  static async start(port: number, targetPort: number): Promise<BreakableRelay> {
    const relay = new BreakableRelay(port, targetPort);
    const listening = new Promise<void>((resolve, reject) => {
      relay.#server.once('error', reject);
      relay.#server.listen(port, '127.0.0.1', resolve);
    });
    await within(START_LIMIT_MS, `a relay on port ${port}`, listening);
    return relay;
  }

  /** Everything that is connected is gone, and nothing more gets through. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /** What connects from now on comes out there: a service that was started anew. */
  leadTo(targetPort: number): void {
    this.#targetPort = targetPort;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroySoon();
    });
    from.pipe(to);
  }
}
