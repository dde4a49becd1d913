/** What an agent may ask of the own calls: the API's port onto calls, recordings and payment sessions. */
import type { BackToBackInput } from '../../sip/back-to-back-events.js';
import type { FieldName } from '../../vault-client/wire.js';
import type { CallDesk, CallView, DeskErrorCode, DeskEvent, DeskResult, Requester } from '../api/call-desk.js';
import type { AuditEntry } from '../audit/audit-trail.js';
import type { RecordingAction } from '../media/control-wire.js';
import type { Asker, DeskAnswer, PaymentDesk } from '../payment/payment-desk.js';
import type { SessionView } from '../payment/session-view.js';
import type { Call } from './call.js';
import type { CallDirectory } from './call-directory.js';

export type AgentDeskOptions = {
  readonly directory: CallDirectory;
  readonly payments: PaymentDesk;
  readonly sip: { handle(input: BackToBackInput): void };
  readonly onAudit: (entry: AuditEntry) => void;
};

export class AgentDesk implements CallDesk {
  readonly #options: AgentDeskOptions;

  constructor(options: AgentDeskOptions) {
    this.#options = options;
  }

  calls(requester: Requester): readonly CallView[] {
    const { directory } = this.#options;
    return directory
      .all()
      .filter((call) => this.#own(requester, call.id) !== undefined)
      .map((call) => directory.view(call));
  }

  call(requester: Requester, callId: string): DeskResult<CallView> {
    const call = this.#own(requester, callId);
    return call ? { ok: true, value: this.#options.directory.view(call) } : { ok: false, code: 'not-found' };
  }

  async hangUp(requester: Requester, callId: string): Promise<DeskResult<CallView>> {
    const { directory, sip } = this.#options;
    const call = this.#own(requester, callId);
    if (!call) return { ok: false, code: 'not-found' };
    if (call.endedAt !== undefined) return { ok: false, code: 'call-not-active' };
    sip.handle({ kind: 'hang-up', callId, reason: 'agent' });
    return { ok: true, value: directory.view(call) };
  }

  async record(requester: Requester, callId: string, action: RecordingAction): Promise<DeskResult<CallView>> {
    const { directory, payments } = this.#options;
    const call = this.#own(requester, callId);
    if (!call) return { ok: false, code: 'not-found' };
    if (call.state !== 'active' && call.state !== 'held') return { ok: false, code: 'call-not-active' };
    if (payments.holdsWindow(callId)) return this.#recordingRefused(requester, callId, action, 'recording-locked');
    if (call.route.recording === 'off') {
      return this.#recordingRefused(requester, callId, action, 'recording-unavailable');
    }
    // First, for what cannot be recorded must not happen; what comes of it the recorder's own word tells.
    this.#options.onAudit({
      ...askerOf(requester),
      action: `recording-${action}-requested`,
      outcome: 'success',
      resource: { callId },
    });
    const answer = await call.media.request({ kind: 'record', action });
    if (!answer.ok) {
      const code = answer.code === 'unreachable' ? 'media-unreachable' : 'recording-unavailable';
      return this.#recordingRefused(requester, callId, action, code);
    }
    return { ok: true, value: directory.view(call) };
  }

  async startSession(requester: Requester, callId: string): Promise<DeskResult<SessionView>> {
    const call = this.#own(requester, callId);
    if (!call) return { ok: false, code: 'not-found' };
    // A hold that is just being agreed would come to be inside the window.
    if (call.state !== 'active' || call.negotiation.isUnderWay) return { ok: false, code: 'call-not-active' };
    return resultOf(await this.#options.payments.start(callId, askerOf(requester)));
  }

  session(requester: Requester, sessionId: string): DeskResult<SessionView> {
    const view = this.#owns(requester, sessionId) && this.#options.payments.view(sessionId);
    return view ? { ok: true, value: view } : { ok: false, code: 'not-found' };
  }

  async capture(requester: Requester, sessionId: string, field: FieldName): Promise<DeskResult<SessionView>> {
    if (!this.#owns(requester, sessionId)) return { ok: false, code: 'not-found' };
    return resultOf(await this.#options.payments.capture(sessionId, field, askerOf(requester)));
  }

  async complete(requester: Requester, sessionId: string): Promise<DeskResult<SessionView>> {
    if (!this.#owns(requester, sessionId)) return { ok: false, code: 'not-found' };
    return resultOf(await this.#options.payments.complete(sessionId, askerOf(requester)));
  }

  async cancel(requester: Requester, sessionId: string): Promise<DeskResult<SessionView>> {
    if (!this.#owns(requester, sessionId)) return { ok: false, code: 'not-found' };
    return resultOf(await this.#options.payments.cancel(sessionId, askerOf(requester)));
  }

  subscribe({ agent, onlyCallId }: Requester, listener: (event: DeskEvent) => void): () => void {
    return this.#options.directory.subscribe(agent, (event) => {
      if (onlyCallId === undefined || callOfEvent(event) === onlyCallId) listener(event);
    });
  }

  #own({ agent, onlyCallId }: Requester, callId: string): Call | undefined {
    if (onlyCallId !== undefined && onlyCallId !== callId) return undefined;
    return this.#options.directory.own(agent, callId);
  }

  #owns(requester: Requester, sessionId: string): boolean {
    const callId = this.#options.payments.callOf(sessionId);
    return callId !== undefined && this.#own(requester, callId) !== undefined;
  }

  #recordingRefused(
    requester: Requester,
    callId: string,
    requested: RecordingAction,
    code: DeskErrorCode,
  ): DeskResult<CallView> {
    this.#options.onAudit({
      ...askerOf(requester),
      action: `recording-${requested}-requested`,
      outcome: 'refused',
      resource: { callId },
      detail: { code },
    });
    return { ok: false, code };
  }
}

function callOfEvent(event: DeskEvent): string {
  return event.kind === 'call' ? event.call.id : event.session.callId;
}

function askerOf(requester: Requester): Asker {
  return { actor: requester.agent, origin: requester.origin };
}

function resultOf(answer: DeskAnswer): DeskResult<SessionView> {
  if (answer.ok) return { ok: true, value: answer.session };
  return { ok: false, code: deskErrorOf(answer.code) };
}

function deskErrorOf(code: Extract<DeskAnswer, { readonly ok: false }>['code']): DeskErrorCode {
  switch (code) {
    case 'payment-connector-error':
    case 'internal-error':
      return 'vault-unreachable';
    case 'too-many-failed-attempts':
      return 'session-not-in-state';
    default:
      return code;
  }
}
