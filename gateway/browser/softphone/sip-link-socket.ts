/**
 * The connection to the gateway's SIP and the registration over it: both come back by themselves, within a second at
 * first, and the password is renewed before its time is over. Of calls it knows nothing; they outlive it.
 */
import type { Registerer, UserAgent } from 'sip.js';
import type { SoftphoneAccess } from '../../api/softphone-access.js';
import { retryDelayMs } from '../reconnection-policy.js';
import type { Signalling } from './softphone-state.js';

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
/** Who was refused is hardly let in a second later; the gateway limits and records such tries. */
const REFUSED_RETRY_MS = 30_000;

export class SipLink {
  readonly #options: SipLinkOptions;
  #agent: UserAgent | undefined;
  #access: SoftphoneAccess | undefined;
  #registerer: Registerer | undefined;
  #stopped = true;
  #failures = 0;
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

  /** Says BYE in all calls and takes the registration back; without a connection there is nobody to say it to. */
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
    const isAlive = await Promise.race([this.#register(), pause(PROBE_TIMEOUT_MS).then(() => false)]);
    if (!isAlive && agent === this.#agent && agent.isConnected()) await agent.transport.disconnect().catch(() => {});
  }

  async #begin(): Promise<void> {
    this.#options.onSignalling('connecting');
    const access = await this.#options.openAccess();
    if (this.#stopped) return;
    if (access === 'refused') {
      this.#options.onSignalling('off');
      return;
    }
    if (access === 'unreachable') {
      this.#later(() => void this.#begin());
      return;
    }
    const agent = this.#options.stack.makeAgent(access, {
      connected: () => this.#connected(),
      lost: () => this.#lost(agent),
    });
    this.#agent = agent;
    this.#take(access);
    await agent.start().catch(() => this.#lost(agent));
  }

  #connected(): void {
    this.#connections += 1;
    this.#failures = 0;
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
    // The password's time may be over: with a new one it is tried once more.
    const isIn = (await this.#register()) || ((await this.#renewPassword()) && (await this.#register()));
    if (connection !== this.#connections || this.#stopped) return;
    this.#isRegistering = false;
    if (isIn || this.#agent?.isConnected() !== true) return;
    this.#options.onSignalling('refused');
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => void this.#enter(), REFUSED_RETRY_MS);
  }

  /** False when the registrar refuses. */
  #register(): Promise<boolean> {
    const agent = this.#agent;
    if (agent === undefined) return Promise.resolve(false);
    this.#registerer ??= this.#registererOf(agent);
    const registerer = this.#registerer;
    return new Promise((resolve) => {
      const requestDelegate = {
        onAccept: () => {
          this.#failures = 0;
          this.#options.onSignalling('registered');
          resolve(true);
        },
        onReject: () => resolve(false),
      };
      registerer.register({ requestDelegate }).catch(() => {
        // It still waits for an answer that went with its connection, and takes no other request until it gives up.
        this.#registerer = this.#registererOf(agent);
        this.#registerer.register({ requestDelegate }).catch(() => resolve(false));
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
    const access = await this.#options.openAccess();
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
    this.#renewAfter(Math.max(LEAST_RENEWAL_MS, lifetimeMs * RENEW_PASSWORD_AFTER));
  }

  #renewAfter(durationMs: number): void {
    clearTimeout(this.#renewalTimer);
    this.#renewalTimer = setTimeout(() => void this.#renewPassword(), durationMs);
  }

  #later(work: () => void): void {
    clearTimeout(this.#retryTimer);
    if (this.#stopped) return;
    this.#retryTimer = setTimeout(work, retryDelayMs(this.#failures, Math.random()));
    this.#failures += 1;
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}
