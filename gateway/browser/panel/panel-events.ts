/** What the panel tells its page: each change of state, each token and each error once, as DOM events. */
import type { FieldName } from '../../../vault-client/wire.js';
import type { CallView } from '../../api/call-desk.js';
import type { FieldView, SessionState } from '../../payment/session-view.js';
import { FIELD_ORDER } from './panel-guidance.js';
import { type PanelMessages, textOfFieldError, textOfSessionError } from './panel-messages.js';

export type PanelStateDetail = {
  readonly callId: string;
  readonly callState: CallView['state'];
  readonly sessionId: string | undefined;
  readonly state: SessionState | 'none';
  readonly fields: Readonly<Partial<Record<FieldName, FieldView['state']>>>;
};

export type PanelTokenDetail = {
  readonly callId: string;
  readonly sessionId: string;
  readonly token: string;
  readonly expiresAt: string | undefined;
  readonly masked: string | undefined;
  readonly brand: string | undefined;
};

export type PanelErrorDetail = {
  readonly callId: string | undefined;
  readonly level: 'field' | 'session' | 'request';
  readonly code: string;
  /** As the panel shows it, in its language. */
  readonly message: string;
  readonly field?: FieldName;
};

export type PanelEvent =
  | { readonly type: 'tonegate:state'; readonly detail: PanelStateDetail }
  | { readonly type: 'tonegate:token'; readonly detail: PanelTokenDetail }
  | { readonly type: 'tonegate:error'; readonly detail: PanelErrorDetail };

/** More than the calls that a page is told of. */
const MAX_TOKENS_TOLD = 1000;

export class PanelNews {
  #state = '';
  #errors: ReadonlySet<string> = new Set();
  /** The newest sessions whose token was told. */
  readonly #tokensTold = new Set<string>();

  /** The events that this view of the shown call makes, given those before it. */
  of(call: CallView, texts: PanelMessages): readonly PanelEvent[] {
    return [...this.#ofState(call), ...this.#ofErrors(call, texts), ...this.#ofToken(call)];
  }

  #ofState({ id, state, session }: CallView): readonly PanelEvent[] {
    const detail: PanelStateDetail = {
      callId: id,
      callState: state,
      sessionId: session?.id,
      state: session?.state ?? 'none',
      fields: Object.fromEntries(FIELD_ORDER.map((field) => [field, session?.fields[field].state ?? 'empty'])),
    };
    const told = JSON.stringify(detail);
    if (told === this.#state) return [];
    this.#state = told;
    return [{ type: 'tonegate:state', detail }];
  }

  /** Each error when it appears; only those that are on show now are remembered. */
  #ofErrors({ id: callId, session }: CallView, texts: PanelMessages): readonly PanelEvent[] {
    const now = new Map<string, PanelErrorDetail>();
    if (session?.error !== undefined) {
      const { code } = session.error;
      now.set(`${session.id} ${code}`, { callId, level: 'session', code, message: textOfSessionError(session, texts) });
    }
    for (const field of FIELD_ORDER) {
      const view = session?.fields[field];
      if (session === undefined || view?.error === undefined) continue;
      const { code } = view.error;
      const key = `${session.id} ${field} ${code} ${view.failedAttempts}`;
      now.set(key, { callId, level: 'field', field, code, message: textOfFieldError(view, texts) });
    }
    const before = this.#errors;
    this.#errors = new Set(now.keys());
    const fresh = [...now].filter(([key]) => !before.has(key));
    return fresh.map(([, detail]) => ({ type: 'tonegate:error', detail }));
  }

  #ofToken({ id: callId, session }: CallView): readonly PanelEvent[] {
    if (session?.token === undefined || this.#tokensTold.has(session.id)) return [];
    this.#tokensTold.add(session.id);
    for (const oldest of this.#tokensTold) {
      if (this.#tokensTold.size <= MAX_TOKENS_TOLD) break;
      this.#tokensTold.delete(oldest);
    }
    const { token, tokenExpiresAt: expiresAt } = session;
    const { masked, brand } = session.fields.cardNumber;
    return [{ type: 'tonegate:token', detail: { callId, sessionId: session.id, token, expiresAt, masked, brand } }];
  }
}
