/** Another program that wants one of our ports, and takes it the moment that nobody has it. */
import { Worker } from 'node:worker_threads';
import { eventually } from '../support/deadline.js';

const ADDRESS = '127.0.0.1';
const LIMIT_MS = 15_000;

export class PortGrabber {
  hasPort = false;
  readonly #thread: Worker;
  #wasRefused = false;

  private constructor(port: number) {
    this.#thread = new Worker(new URL('./port-grabber-thread.js', import.meta.url), {
      workerData: { address: ADDRESS, port },
    });
    this.#thread.on('message', (message) => {
      if (message === 'has') this.hasPort = true;
      else this.#wasRefused = true;
    });
  }

  /** Waits for a port that somebody has. */
  static async waiting(port: number): Promise<PortGrabber> {
    const grabber = new PortGrabber(port);
    await eventually(LIMIT_MS, 'a try at the port', () => (grabber.#wasRefused ? true : undefined));
    return grabber;
  }

  async gotPort(): Promise<void> {
    await eventually(LIMIT_MS, 'the port', () => (this.hasPort ? true : undefined));
  }

  async end(): Promise<void> {
    await this.#thread.terminate();
  }
}
