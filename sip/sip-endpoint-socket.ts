/** The gateway's SIP endpoint: the back-to-back user agent on real sockets. */
import { randomBytes } from 'node:crypto';
import type { BackToBackInput, BackToBackOutput } from './back-to-back-events.js';
import { BackToBackUserAgent } from './back-to-back-user-agent.js';
import { type BoundListener, MachineSocket, type SipListener } from './machine-socket.js';

/** All that is not to be sent. */
export type BackToBackNews = Exclude<BackToBackOutput, { readonly kind: 'send' }>;

export type SipEndpointOptions = {
  readonly listeners: readonly SipListener[];
  readonly maxCalls: number;
  /** May call `handle`. */
  readonly onOutput: (output: BackToBackNews) => void;
  readonly onError?: (error: unknown) => void;
  /** See `BackToBackOptions`. */
  readonly isPeer?: (address: string, listener: string) => boolean;
};

export class SipEndpoint {
  readonly #socket: MachineSocket<BackToBackInput, BackToBackNews>;
  #agent: BackToBackUserAgent | undefined;

  constructor(options: SipEndpointOptions) {
    const { listeners, maxCalls, onOutput, onError, isPeer } = options;
    this.#socket = new MachineSocket<BackToBackInput, BackToBackNews>({
      listeners,
      makeMachine: (addresses) => {
        const peers = isPeer === undefined ? undefined : { isPeer };
        this.#agent = new BackToBackUserAgent({
          addresses,
          maxCalls,
          random: randomBytes,
          onFault: onError,
          ...peers,
        });
        return this.#agent;
      },
      onOutput,
      onError,
    });
  }

  /** What is held just now, for metrics and for tests that look for leaks. */
  get holdings(): BackToBackUserAgent['holdings'] | undefined {
    return this.#agent?.holdings;
  }

  /** @throws what the system says where an address cannot be bound. */
  start(): Promise<readonly BoundListener[]> {
    return this.#socket.start();
  }

  handle(input: BackToBackInput): void {
    this.#socket.handle(input);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}
