/** What an agent, a panel or an integration may see of a payment session: masked values and states, never a digit. */
import type {
  CardBrand,
  FieldErrorCode,
  FieldName,
  FieldState,
  RedemptionRefusal,
  SessionErrorCode,
} from '../../vault-client/wire.js';

export type SessionState =
  | 'starting'
  | 'ready'
  | 'capturing'
  | 'tokenizing'
  | 'vaulted'
  | 'failed'
  | 'canceled'
  | 'ended';

export type FieldView = {
  readonly state: FieldState;
  readonly keyCount: number;
  readonly masked?: string;
  readonly brand?: CardBrand;
  readonly error?: { readonly code: FieldErrorCode; readonly message: string };
  /** Only while awaiting: a press may have been lost on the line, and this entry will not be taken unless `*` clears it. */
  readonly warning?: { readonly code: 'input-uncertain'; readonly message: string };
  /** Only while awaiting: from the moment of this view until the entry times out, unless a key comes first. */
  readonly timeLeftMs?: number;
  readonly failedAttempts: number;
};

export type RedemptionView = {
  /** `refused`: no order has got it so far. */
  readonly state: 'redeemed' | 'refused';
  /** Of the order that has used it; missing where the id could hold a card number. */
  readonly orderId?: string;
  /** Orders that were refused it, as far as they are counted. */
  readonly refusedAttempts: number;
  readonly lastRefusal?: RedemptionRefusal;
};

export type SessionAction = 'capture' | 'complete' | 'cancel' | 'try-again' | 'start-new-capture';

export type SessionView = {
  readonly id: string;
  readonly callId: string;
  readonly state: SessionState;
  readonly fields: Readonly<Record<FieldName, FieldView>>;
  readonly error?: { readonly code: SessionErrorCode; readonly message: string };
  /** Only in `vaulted`, and only in the view of the session's own agent. */
  readonly token?: string;
  readonly tokenExpiresAt?: string;
  /** Once an order has used the token, or has been refused it. */
  readonly redemption?: RedemptionView;
  /** What may be asked of the session now; the panel's buttons follow it. */
  readonly actions: readonly SessionAction[];
  readonly droppedKeys: number;
};

/** The same session for somebody who may watch it and not spend its token. */
export function withoutToken({ token: _token, tokenExpiresAt: _expiry, ...view }: SessionView): SessionView {
  return view;
}
