/** The page's line to the demo's process: messages, sound, and orders. */
import type { PageCommand, PageMessage, PageOrder, PageOrderResult } from '../../demo/page-messages.js';

export type DemoLinkOptions = {
  readonly onMessage: (message: PageMessage) => void;
  /** 16-bit samples of 8 kHz. */
  readonly onAudio: (samples: Int16Array) => void;
  readonly onOpen: (isOpen: boolean) => void;
};

const RETRY_MS = 1_500;

export class DemoLink {
  readonly #options: DemoLinkOptions;
  #socket: WebSocket | undefined;

  constructor(options: DemoLinkOptions) {
    this.#options = options;
    this.#connect();
  }

  send(command: PageCommand): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }

  /** What the agent's browser plays. */
  sendHeard(samples: ArrayBuffer): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(samples);
  }

  /** @returns undefined when the demo's order system could not be reached: nothing is known of the order then */
  async order(order: PageOrder): Promise<PageOrderResult | undefined> {
    try {
      const response = await fetch('orders', { method: 'POST', body: JSON.stringify(order), cache: 'no-store' });
      return response.ok ? await response.json() : undefined;
    } catch {
      return undefined;
    }
  }

  #connect(): void {
    const url = new URL('socket', location.href);
    url.protocol = 'ws:';
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.addEventListener('open', () => this.#options.onOpen(true));
    socket.addEventListener('message', ({ data }) => {
      // Both ends are built together; the message needs no second check.
      if (typeof data === 'string') this.#options.onMessage(JSON.parse(data) as PageMessage);
      else this.#options.onAudio(new Int16Array(data));
    });
    socket.addEventListener('close', () => {
      this.#options.onOpen(false);
      setTimeout(() => this.#connect(), RETRY_MS);
    });
  }
}
