/** Every call the gateway knows, and who wants to hear of it. */
import type { CallView, DeskEvent } from '../api/call-desk.js';
import type { PaymentDesk } from '../payment/payment-desk.js';
import type { SessionView } from '../payment/session-view.js';
import type { Call } from './call.js';

/** An ended call with a payment stays visible so long: its agent may still need the token. */
const ENDED_CALL_RETENTION_MS = 300_000;

type Listener = (event: DeskEvent) => void;

export class CallDirectory {
  readonly #calls = new Map<string, Call>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #watchers = new Set<Listener>();
  readonly #payments: PaymentDesk;

  constructor(payments: PaymentDesk) {
    this.#payments = payments;
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

  /** Forgets an ended call, at once unless there was a payment in it. */
  retire(call: Call): void {
    const forget = () => {
      this.#calls.delete(call.id);
      this.#payments.forgetCall(call.id);
    };
    if (this.#payments.ofCall(call.id)) setTimeout(forget, ENDED_CALL_RETENTION_MS).unref();
    else forget();
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
