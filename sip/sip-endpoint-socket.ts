/** The gateway's SIP endpoint: the back-to-back user agent on real sockets. */
import { randomBytes } from 'node:crypto';
import type { BackToBackInput, BackToBackOutput } from './back-to-back-events.js';
import { BackToBackUserAgent } from './back-to-back-user-agent.js';
import { type BoundListener, MachineSocket, type SipListener } from './machine-socket.js';
import { Registrar, type RegistrarOptions } from './registrar/registrar.js';

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
  /** Users who register, and the listeners on which they do. */
  readonly registration?: SipRegistration | undefined;
  /** See `TransportSocketsOptions`. */
  readonly isOriginAllowed?: (origin: string, listener: string) => boolean;
  /** How long a connection may be there before one of the users has registered on it. */
  readonly proofTimeoutMs?: number | undefined;
};

export type SipRegistration = Omit<RegistrarOptions, 'random'>;

export type RegistrationState = 'unknown-user' | 'not-registered' | 'registered';

export class SipEndpoint {
  readonly #socket: MachineSocket<BackToBackInput, BackToBackNews>;
  readonly #registrar: Registrar | undefined;
  #agent: BackToBackUserAgent | undefined;

  constructor(options: SipEndpointOptions) {
    const { listeners, maxCalls, onOutput, onError, isPeer, registration, isOriginAllowed, proofTimeoutMs } = options;
    const registrar = registration && new Registrar({ ...registration, random: randomBytes });
    this.#registrar = registrar;
    this.#socket = new MachineSocket<BackToBackInput, BackToBackNews>({
      listeners,
      makeMachine: (addresses) => {
        this.#agent = new BackToBackUserAgent({
          addresses,
          maxCalls,
          random: randomBytes,
          onFault: onError,
          isPeer,
          registrar,
        });
        return this.#agent;
      },
      onOutput,
      onError,
      isOriginAllowed,
      isProven:
        registrar && ((connectionId, listener) => !registrar.serves(listener) || registrar.isProven(connectionId)),
      proofTimeoutMs,
    });
  }

  /** What is held just now, for metrics and for tests that look for leaks. */
  get holdings(): BackToBackUserAgent['holdings'] | undefined {
    return this.#agent?.holdings;
  }

  registrationOf(user: string, listener: string): RegistrationState {
    if (this.#registrar?.knows(user) !== true) {
      return 'unknown-user';
    }
    const binding = this.#registrar.bindingOf(user, listener, performance.now());
    return binding === undefined ? 'not-registered' : 'registered';
  }

  /** A password for that user beside the configured one, good for so long; `undefined` for an unknown user. */
  issuePassword(user: string, lifetimeMs: number): string | undefined {
    return this.#registrar?.issuePassword(user, lifetimeMs, performance.now());
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
