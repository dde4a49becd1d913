/** What a supervisor may see: every call and its newest payment session, masked and without the token. Nothing to act with. */
import type { CallView, DeskEvent, DeskResult, WatchDesk } from '../api/call-desk.js';
import type { PaymentDesk } from '../payment/payment-desk.js';
import { type SessionView, withoutToken } from '../payment/session-view.js';
import type { CallDirectory } from './call-directory.js';

export class SupervisorDesk implements WatchDesk {
  readonly #directory: CallDirectory;
  readonly #payments: Pick<PaymentDesk, 'view'>;

  constructor(directory: CallDirectory, payments: Pick<PaymentDesk, 'view'>) {
    this.#directory = directory;
    this.#payments = payments;
  }

  calls(): readonly CallView[] {
    return this.#directory.all().map((call) => watched(this.#directory.view(call)));
  }

  call(callId: string): DeskResult<CallView> {
    const call = this.#directory.get(callId);
    return call ? { ok: true, value: watched(this.#directory.view(call)) } : { ok: false, code: 'not-found' };
  }

  session(sessionId: string): DeskResult<SessionView> {
    const view = this.#payments.view(sessionId);
    return view ? { ok: true, value: withoutToken(view) } : { ok: false, code: 'not-found' };
  }

  subscribe(listener: (event: DeskEvent) => void): () => void {
    return this.#directory.subscribeToAll((event) => listener(watchedEvent(event)));
  }
}

function watched(call: CallView): CallView {
  return call.session === undefined ? call : { ...call, session: withoutToken(call.session) };
}

function watchedEvent(event: DeskEvent): DeskEvent {
  return event.kind === 'call'
    ? { kind: 'call', call: watched(event.call) }
    : { kind: 'session', session: withoutToken(event.session) };
}
