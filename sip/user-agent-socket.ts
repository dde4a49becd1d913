/** A phone without audio: the single-leg user agent on real sockets. */
import { randomBytes } from 'node:crypto';
import { type BoundListener, MachineSocket, type SipListener } from './machine-socket.js';
import { UserAgent } from './user-agent.js';
import type { UserAgentInput, UserAgentOutput } from './user-agent-events.js';

/** All that is not to be sent. */
export type UserAgentNews = Exclude<UserAgentOutput, { readonly kind: 'send' }>;

export type UserAgentSocketOptions = {
  readonly listeners: readonly SipListener[];
  /** May call `handle`. */
  readonly onOutput: (output: UserAgentNews) => void;
  readonly onError?: (error: unknown) => void;
};

export class UserAgentSocket {
  readonly #socket: MachineSocket<UserAgentInput, UserAgentNews>;

  constructor(options: UserAgentSocketOptions) {
    const { listeners, onOutput, onError } = options;
    this.#socket = new MachineSocket<UserAgentInput, UserAgentNews>({
      listeners,
      makeMachine: (addresses) => new UserAgent({ addresses, random: randomBytes, onFault: onError }),
      onOutput,
      onError,
    });
  }

  /** @throws what the system says where an address cannot be bound. */
  start(): Promise<readonly BoundListener[]> {
    return this.#socket.start();
  }

  handle(input: UserAgentInput): void {
    this.#socket.handle(input);
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}
