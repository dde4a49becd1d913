/**
 * The connection to the gateway's SIP and the registration over it: both come back by themselves, within a second at
 * first, and the password is renewed before its time is over. Of calls it knows nothing; they outlive it.
 */
import type { Registerer, UserAgent } from 'sip.js';
import type { SoftphoneAccess } from '../../api/softphone-access.js';
import { refusedDelayMs, registrationDelayMs } from '../reconnection-policy.js';
import type { Signalling } from './phone-state.js';

/** What has to be made of sip.js itself. */
export type SipStack = {
  makeAgent(access: SoftphoneAccess, on: { readonly connected: () => void; readonly lost: () => void }): UserAgent;
  /** `onLapsed` hears when a registration could not be renewed. */
  makeRegisterer(agent: UserAgent, onLapsed: () => void): Registerer;
};

/** Address, name and a password that is good for a while; or that this agent gets none; or nobody could be asked. */
export type AccessAnswer = SoftphoneAccess | 'refused' | 'unreachable';

export type SipLinkOptions = {
  readonly stack: SipStack;
  readonly openAccess: () => Promise<AccessAnswer>;
  readonly onSignalling: (signalling: Signalling) => void;
};

/** A probe that is not answered by then means a dead connection. */
const PROBE_TIMEOUT_MS = 4_000;
/** Of a password's time after which another one is fetched. */
const RENEW_PASSWORD_AFTER = 0.8;
/** Also when a clock is wrong, or the gateway cannot be asked just now. */
const LEAST_RENEWAL_MS = 30_000;
/** Nobody's password is good for longer; timers take no more than 24 days either. */
const LONGEST_RENEWAL_MS = 86_400_000;
/** RFC 3261 §21.4.2: the only refusal that another password can help against. */
const UNAUTHORIZED = 401;

/** What the registrar says to a REGISTER. */
type Registration = 'accepted' | { readonly statusCode: number; readonly retryAfterMs: number | undefined };

export class SipLink {
  readonly #options: SipLinkOptions;
  #agent: UserAgent | undefined;
  #access: SoftphoneAccess | undefined;
  #registerer: Registerer | undefined;
  #stopped = true;
  /** Since the last registration: a connection alone is no success, whoever takes it may close it at once. */
  #failures = 0;
  #refusals = 0;
  /** Counts connections: what one of them began is no business of the next. */
  #connections = 0;
  #isRegistering = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #renewalTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #probe = (): void => void this.probe();

  constructor(options: SipLinkOptions) {
    this.#options = options;
  }

  get agent(): UserAgent | undefined {
    return this.#agent;
  }

  get access(): SoftphoneAccess | undefined {
    return this.#access;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    addEventListener('online', this.#probe);
    await this.#begin();
  }

  /** Takes the registration back; without a connection there is nobody to say it to. The calls have been ended before. */
  async stop(): Promise<void> {
    this.#stopped = true;
    removeEventListener('online', this.#probe);
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#renewalTimer);
    const agent = this.#agent;
    this.#agent = undefined;
    this.#registerer = undefined;
    await agent?.stop().catch(() => {});
  }

  /** Something else has lost its connection: is ours still there? A network that swallows says nothing by itself. */
  async probe(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined) return;
    if (!agent.isConnected()) {
      clearTimeout(this.#retryTimer);
      this.#reconnect();
      return;
    }
    // A refusal is an answer too; what follows from it is the registration's business.
    const isAlive = await Promise.race([this.#register().then(() => true), pause(PROBE_TIMEOUT_MS).then(() => false)]);
    if (!isAlive && agent === this.#agent && agent.isConnected()) await agent.transport.disconnect().catch(() => {});
  }

  async #begin(): Promise<void> {
    this.#options.onSignalling('connecting');
    const access = await this.#ask();
    if (this.#stopped) return;
    if (access === 'refused') {
      this.#options.onSignalling('off');
      return;
    }
    if (access === 'unreachable') {
      this.#later(() => void this.#begin());
      return;
    }
    const agent = this.#agentOf(access);
    if (agent === undefined) {
      this.#refused(undefined, () => void this.#begin());
      return;
    }
    this.#agent = agent;
    this.#take(access);
    await agent.start().catch(() => this.#lost(agent));
  }

  /** Undefined when sip.js can do nothing with what the gateway has given. */
  #agentOf(access: SoftphoneAccess): UserAgent | undefined {
    try {
      const agent = this.#options.stack.makeAgent(access, {
        connected: () => this.#connected(),
        lost: () => this.#lost(agent),
      });
      return agent;
    } catch {
      return undefined;
    }
  }

  #ask(): Promise<AccessAnswer> {
    return this.#options.openAccess().catch(() => 'unreachable');
  }

  #connected(): void {
    this.#connections += 1;
    this.#isRegistering = false;
    void this.#enter();
  }

  #lost(agent: UserAgent): void {
    if (agent !== this.#agent || this.#stopped) return;
    this.#options.onSignalling('reconnecting');
    this.#later(() => this.#reconnect());
  }

  #reconnect(): void {
    const agent = this.#agent;
    agent?.reconnect().catch(() => this.#lost(agent));
  }

  async #enter(): Promise<void> {
    if (this.#isRegistering || this.#stopped) return;
    const connection = this.#connections;
    this.#isRegistering = true;
    this.#options.onSignalling('registering');
    let registration = await this.#register();
    // The password's time may be over: with a new one it is tried once more.
    if (isUnauthorized(registration) && (await this.#renewPassword())) registration = await this.#register();
    if (connection !== this.#connections || this.#stopped) return;
    this.#isRegistering = false;
    if (registration === 'accepted' || this.#agent?.isConnected() !== true) return;
    this.#refused(registration.retryAfterMs, () => void this.#enter());
  }

  #refused(retryAfterMs: number | undefined, again: () => void): void {
    this.#options.onSignalling('refused');
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(again, refusedDelayMs(this.#refusals, retryAfterMs));
    this.#refusals += 1;
  }

  #register(): Promise<Registration> {
    const agent = this.#agent;
    if (agent === undefined) return Promise.resolve(NOT_SENT);
    this.#registerer ??= this.#registererOf(agent);
    const registerer = this.#registerer;
    return new Promise((resolve) => {
      const refused = ({ message }: Answer): void => resolve(refusalOf(message));
      const requestDelegate = {
        onAccept: () => {
          this.#failures = 0;
          this.#refusals = 0;
          this.#options.onSignalling('registered');
          resolve('accepted');
        },
        onRedirect: refused,
        onReject: refused,
      };
      registerer.register({ requestDelegate }).catch(() => {
        // It still waits for an answer that went with its connection, and takes no other request until it gives up.
        this.#registerer = this.#registererOf(agent);
        this.#registerer.register({ requestDelegate }).catch(() => resolve(NOT_SENT));
      });
    });
  }

  #registererOf(agent: UserAgent): Registerer {
    const registerer = this.#options.stack.makeRegisterer(agent, () => {
      if (registerer === this.#registerer && agent.isConnected()) void this.#enter();
    });
    return registerer;
  }

  /** False when the gateway gives none. */
  async #renewPassword(): Promise<boolean> {
    const access = await this.#ask();
    if (this.#stopped || access === 'refused') return false;
    if (access === 'unreachable') {
      this.#renewAfter(LEAST_RENEWAL_MS);
      return false;
    }
    this.#take(access);
    return true;
  }

  #take(access: SoftphoneAccess): void {
    this.#access = access;
    if (this.#agent !== undefined) this.#agent.configuration.authorizationPassword = access.password;
    const lifetimeMs = Date.parse(access.expiresAt) - Date.now();
    this.#renewAfter(Math.max(LEAST_RENEWAL_MS, Math.min(LONGEST_RENEWAL_MS, lifetimeMs * RENEW_PASSWORD_AFTER)));
  }

  #renewAfter(durationMs: number): void {
    clearTimeout(this.#renewalTimer);
    this.#renewalTimer = setTimeout(() => void this.#renewPassword(), durationMs);
  }

  #later(work: () => void): void {
    clearTimeout(this.#retryTimer);
    if (this.#stopped) return;
    this.#retryTimer = setTimeout(work, registrationDelayMs(this.#failures, Math.random()));
    this.#failures += 1;
  }
}

/** Of sip.js, which has no type for it that fits both kinds of refusal. */
type Answer = {
  readonly message: {
    readonly statusCode: number | undefined;
    getHeader(name: string): string | undefined;
  };
};

/** As sip.js itself says of a request that does not get out (RFC 3261 §8.1.3.1). */
const NOT_SENT: Registration = { statusCode: 503, retryAfterMs: undefined };

function isUnauthorized(registration: Registration): boolean {
  return registration !== 'accepted' && registration.statusCode === UNAUTHORIZED;
}

/** RFC 3261 §20.33: seconds, and a comment or parameters may follow. */
function refusalOf(message: Answer['message']): Registration {
  const seconds = Number.parseInt(message.getHeader('retry-after') ?? '', 10);
  return {
    statusCode: message.statusCode ?? 0,
    retryAfterMs: Number.isNaN(seconds) ? undefined : seconds * 1000,
  };
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
