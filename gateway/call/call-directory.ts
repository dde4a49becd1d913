/** Every call the gateway knows, and who wants to hear of it. */
import type { CallView, DeskEvent } from '../api/call-desk.js';
import type { PaymentDesk } from '../payment/payment-desk.js';
import type { SessionView } from '../payment/session-view.js';
import type { Call } from './call.js';

/** An ended call with a payment stays visible so long, that its agent may see how it went. */
const ENDED_CALL_RETENTION_MS = 300_000;
/**
 * Those with a token stay for as long as it may be used, the newest of them. A supervisor hears of all of them at once, in
 * half of what may wait for a slow connection.
 */
const MAX_CALLS_WITH_TOKEN = 500;
/** The longest that a timer takes; tokens may be good for longer. */
const MAX_TIMER_MS = 2_147_483_647;

type Listener = (event: DeskEvent) => void;

export class CallDirectory {
  readonly #calls = new Map<string, Call>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #watchers = new Set<Listener>();
  /** Ended, oldest first, each with what forgets it before its time. */
  readonly #withToken = new Map<string, () => void>();
  readonly #payments: PaymentDesk;
  readonly #tokenRetentionMs: number;

  constructor(payments: PaymentDesk, { tokenLifetimeMs }: { readonly tokenLifetimeMs: number }) {
    this.#payments = payments;
    this.#tokenRetentionMs = Math.min(MAX_TIMER_MS, Math.max(ENDED_CALL_RETENTION_MS, tokenLifetimeMs));
  }

  get activeCalls(): number {
    let active = 0;
    for (const call of this.#calls.values()) if (call.endedAt === undefined) active += 1;
    return active;
  }

  add(call: Call): void {
    this.#calls.set(call.id, call);
    this.changed(call);
  }

  get(callId: string): Call | undefined {
    return this.#calls.get(callId);
  }

  all(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /** The agent's call of that id; another agent's is as good as none. */
  own(agent: string, callId: string): Call | undefined {
    const call = this.#calls.get(callId);
    return call?.agent === agent ? call : undefined;
  }

  view(call: Call): CallView {
    return call.view(this.#payments.ofCall(call.id), this.#payments.holdsWindow(call.id));
  }

  changed(call: Call): void {
    this.#tell(call, { kind: 'call', call: this.view(call) });
  }

  sessionChanged(session: SessionView): void {
    const call = this.#calls.get(session.callId);
    if (!call) return;
    this.#tell(call, { kind: 'session', session });
    // The call's own view shows whether the recording is locked.
    this.changed(call);
  }

  /** Forgets an ended call: at once without a payment, and not before its token is of no use any more. */
  retire({ id }: Call): void {
    if (this.#payments.hasToken(id)) this.#retainWithToken(id);
    else if (this.#payments.ofCall(id)) setTimeout(() => this.#forget(id), ENDED_CALL_RETENTION_MS).unref();
    else this.#forget(id);
  }

  #retainWithToken(callId: string): void {
    const timer = setTimeout(() => this.#forget(callId), this.#tokenRetentionMs).unref();
    this.#withToken.set(callId, () => {
      clearTimeout(timer);
      this.#forget(callId);
    });
    const [forgetOldest] = this.#withToken.values();
    if (this.#withToken.size > MAX_CALLS_WITH_TOKEN) forgetOldest?.();
  }

  #forget(callId: string): void {
    this.#withToken.delete(callId);
    this.#calls.delete(callId);
    this.#payments.forgetCall(callId);
  }

  subscribe(agent: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(agent) ?? new Set();
    this.#listeners.set(agent, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(agent);
    };
  }

  /** Of every agent's calls, and of those that are nobody's. */
  subscribeToAll(listener: Listener): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  #tell(call: Call, event: DeskEvent): void {
    for (const watcher of this.#watchers) watcher(event);
    if (call.agent === undefined) return;
    for (const listener of this.#listeners.get(call.agent) ?? []) listener(event);
  }
}
