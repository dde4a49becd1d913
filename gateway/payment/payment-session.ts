/**
 * The payment session of one call, a machine without I/O. It owns the order of things (nothing is captured before the
 * recorder is paused, the suppression is on and the vault has answered) and knows of a field only what the vault
 * reports.
 *
 * ```
 *            window open and vault open          all three captured
 *  starting ────────────────────────────► ready ───────────────────► tokenizing ──► vaulted
 *     │                                   │  ▲ capture  field done      │
 *     │                                   ▼  │                          │ session error
 *     └──────────── failed ◄─────────── capturing                      ▼
 *                                                                     failed
 *  canceled: Cancel, from all but vaulted.      ended: the call is gone, from all but vaulted and canceled.
 * ```
 *
 * In `failed` the secure window stays open: what the caller still keys must not be heard. Cancel closes it; Try Again
 * hands it, still open, to the next session.
 */
import type { FieldName, FieldReport, RedemptionRefusal, SessionErrorCode } from '../../vault-client/wire.js';
import { FIELD_NAMES } from '../../vault-client/wire.js';
import { tokenHintOf } from '../../vault-client/wire-digest.js';
import { FIELD_ERROR_MESSAGES, SESSION_ERROR_MESSAGES, UNCERTAIN_ENTRY_WARNING } from './messages.js';
import type { FieldView, RedemptionView, SessionAction, SessionState, SessionView } from './session-view.js';

export type SessionInput =
  | { readonly kind: 'start' }
  /** Media: suppression is on and the recorder is paused, or it is not. */
  | { readonly kind: 'window-opened' }
  | { readonly kind: 'window-refused'; readonly code: SessionErrorCode }
  | { readonly kind: 'vault-opened' }
  | { readonly kind: 'capture'; readonly field: FieldName; readonly captureId: string }
  /** Vault: the field awaits keys under this capture id. */
  | { readonly kind: 'capture-begun'; readonly captureId: string }
  | { readonly kind: 'field'; readonly report: FieldReport }
  | { readonly kind: 'keys-dropped'; readonly count: number }
  | { readonly kind: 'complete' }
  | { readonly kind: 'tokenized'; readonly token: string; readonly expiresAt: string }
  /** The vault found a fault in one field, and has reported it; a session-level failure is a `fault`. */
  | { readonly kind: 'tokenization-rejected' }
  /** A zone is gone or has refused: nothing more can be captured in this session. */
  | { readonly kind: 'fault'; readonly code: SessionErrorCode }
  /** An order has used the token, or was refused it. */
  | { readonly kind: 'redemption'; readonly outcome: 'redeemed' | RedemptionRefusal; readonly orderId?: string }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'call-ended' }
  | { readonly kind: 'deadline' };

export type SessionAuditAction =
  | 'session-started'
  | 'session-ready'
  | 'capture-started'
  | 'capture-accepted'
  | 'capture-rejected'
  | 'capture-abandoned'
  /** A press may have been lost on the line; the caller was to begin again. */
  | 'capture-disturbed'
  /** Keys in the window that no field awaited, told when the session is over or has failed. */
  | 'keys-dropped'
  | 'tokenization-started'
  | 'session-vaulted'
  | 'session-failed'
  | 'session-canceled'
  | 'session-ended';

export type SessionOutput =
  | { readonly kind: 'open-window' }
  | { readonly kind: 'close-window' }
  | { readonly kind: 'open-vault-session' }
  /** Wipes what the vault holds; a token still on its way is voided there. */
  | { readonly kind: 'close-vault-session' }
  | { readonly kind: 'begin-capture'; readonly field: FieldName; readonly captureId: string }
  | { readonly kind: 'arm-capture'; readonly captureId: string }
  | { readonly kind: 'disarm-capture' }
  | { readonly kind: 'tokenize'; readonly idempotencyKey: string }
  | {
      readonly kind: 'audit';
      readonly action: SessionAuditAction;
      readonly outcome: 'success' | 'failure';
      readonly field?: FieldName;
      readonly code?: string;
      /** By which the records of the token's use are found. */
      readonly tokenHint?: string;
      readonly count?: number;
    }
  /** The view is another one than before. */
  | { readonly kind: 'changed' };

/** The request was understood but does not fit the session's state; nothing has changed. */
export class SessionStateError extends Error {
  override readonly name = 'SessionStateError';
  readonly code = 'session-not-in-state';
}

export type PaymentSessionOptions = {
  readonly sessionId: string;
  readonly callId: string;
  readonly startTimeoutMs: number;
  readonly tokenizeTimeoutMs: number;
  /** The window was left open by the failed session before this one. */
  readonly windowOpen: boolean;
};

/** Refused redemptions of one token that are counted and told. */
const MAX_REFUSED_ATTEMPTS = 100;

const EMPTY_FIELD: FieldView = { state: 'empty', keyCount: 0, failedAttempts: 0 };

export class PaymentSession {
  readonly #options: PaymentSessionOptions;
  #state: SessionState = 'starting';
  #windowOpen: boolean;
  #vaultOpen = false;
  #fields: Record<FieldName, FieldView> = {
    cardNumber: EMPTY_FIELD,
    expirationDate: EMPTY_FIELD,
    securityCode: EMPTY_FIELD,
  };
  #capture: { readonly field: FieldName; readonly captureId: string; readonly begun: boolean } | undefined;
  /** When the entry under way times out in the vault, as far as it has said so. */
  #entryDeadlineMs: number | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #tokenizeAttempts = 0;
  #droppedKeys = 0;
  /** Of them, those that are on record. */
  #recordedDrops = 0;
  #error: SessionErrorCode | undefined;
  #redemption: RedemptionView | undefined;
  #token: { readonly token: string; readonly expiresAt: string } | undefined;

  constructor(options: PaymentSessionOptions) {
    this.#options = options;
    this.#windowOpen = options.windowOpen;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** When `deadline` wants to be handled; infinity when nothing is waited for. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /** True while the caller's keys have to be kept from everybody: from Start until the session is over. */
  get holdsWindow(): boolean {
    return this.#state !== 'vaulted' && this.#state !== 'canceled' && this.#state !== 'ended';
  }

  /** Media has confirmed the window; it is still open unless the session closed it or the call ended. */
  get windowOpen(): boolean {
    return this.#windowOpen && this.holdsWindow;
  }

  /**
   * @throws SessionStateError for an agent's request (`capture`, `complete`, `cancel`) that the state forbids. What
   * other zones report too late is ignored: they could not know.
   */
  handle(input: SessionInput, nowMs: number): readonly SessionOutput[] {
    switch (input.kind) {
      case 'start':
        return this.#start(nowMs);
      case 'window-opened':
        this.#windowOpen = true;
        return this.#readyWhenBothAnswered();
      case 'vault-opened':
        this.#vaultOpen = true;
        return this.#readyWhenBothAnswered();
      case 'window-refused':
      case 'fault':
        return this.#fail(input.code);
      case 'capture':
        return this.#beginCapture(input.field, input.captureId);
      case 'capture-begun':
        return this.#captureBegun(input.captureId);
      case 'field':
        return this.#report(input.report, nowMs);
      case 'keys-dropped':
        if (!this.holdsWindow) return [];
        this.#droppedKeys += input.count;
        return [{ kind: 'changed' }];
      case 'complete':
        return this.#complete(nowMs);
      case 'tokenized':
        return this.#vaulted(input.token, input.expiresAt);
      case 'tokenization-rejected':
        return this.#tokenizationRejected();
      case 'redemption':
        return this.#redeemed(input);
      case 'cancel':
        return this.#cancel();
      case 'call-ended':
        return this.#end();
      case 'deadline':
        return this.#deadline(nowMs);
    }
  }

  view(nowMs: number): SessionView {
    return {
      id: this.#options.sessionId,
      callId: this.#options.callId,
      state: this.#state,
      fields: this.#fieldsWithTime(nowMs),
      actions: this.#actions(),
      droppedKeys: this.#droppedKeys,
      ...(this.#error && { error: { code: this.#error, message: SESSION_ERROR_MESSAGES[this.#error] } }),
      ...(this.#token && { token: this.#token.token, tokenExpiresAt: this.#token.expiresAt }),
      ...(this.#redemption && { redemption: this.#redemption }),
    };
  }

  #fieldsWithTime(nowMs: number): Readonly<Record<FieldName, FieldView>> {
    const awaiting = FIELD_NAMES.find((field) => this.#fields[field].state === 'awaiting');
    if (awaiting === undefined || this.#entryDeadlineMs === undefined) return { ...this.#fields };
    const timeLeftMs = Math.max(0, Math.round(this.#entryDeadlineMs - nowMs));
    return { ...this.#fields, [awaiting]: { ...this.#fields[awaiting], timeLeftMs } };
  }

  #actions(): readonly SessionAction[] {
    switch (this.#state) {
      case 'starting':
      case 'tokenizing':
        return ['cancel'];
      case 'ready':
        return this.#allCaptured() ? ['capture', 'complete', 'cancel'] : ['capture', 'cancel'];
      case 'capturing':
        return ['capture', 'cancel'];
      case 'failed':
        return ['try-again', 'cancel'];
      case 'vaulted':
        return ['start-new-capture'];
      case 'canceled':
      case 'ended':
        return [];
    }
  }

  #start(nowMs: number): readonly SessionOutput[] {
    this.#deadlineMs = nowMs + this.#options.startTimeoutMs;
    return [
      { kind: 'audit', action: 'session-started', outcome: 'success' },
      ...(this.#windowOpen ? [] : [{ kind: 'open-window' } as const]),
      { kind: 'open-vault-session' },
      { kind: 'changed' },
    ];
  }

  #readyWhenBothAnswered(): readonly SessionOutput[] {
    if (this.#state !== 'starting' || !this.#windowOpen || !this.#vaultOpen) return [];
    this.#state = 'ready';
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    return [{ kind: 'audit', action: 'session-ready', outcome: 'success' }, { kind: 'changed' }];
  }

  #beginCapture(field: FieldName, captureId: string): readonly SessionOutput[] {
    this.#demand(this.#state === 'ready' || this.#state === 'capturing', 'capture');
    // The vault puts a field that was awaiting back to what it was and reports it.
    const abandoned = this.#capture;
    this.#capture = { field, captureId, begun: false };
    this.#entryDeadlineMs = undefined;
    this.#state = 'capturing';
    return [
      ...(abandoned
        ? [
            { kind: 'disarm-capture' } as const,
            { kind: 'audit', action: 'capture-abandoned', outcome: 'success', field: abandoned.field } as const,
          ]
        : []),
      { kind: 'audit', action: 'capture-started', outcome: 'success', field },
      { kind: 'begin-capture', field, captureId },
      { kind: 'changed' },
    ];
  }

  #captureBegun(captureId: string): readonly SessionOutput[] {
    if (this.#state !== 'capturing' || this.#capture?.captureId !== captureId) return [];
    const { field } = this.#capture;
    this.#capture = { ...this.#capture, begun: true };
    // The vault's own report says so too, a moment later; whoever asked for the capture need not wait for it.
    const { failedAttempts } = this.#fields[field];
    this.#fields = { ...this.#fields, [field]: { state: 'awaiting', keyCount: 0, failedAttempts } };
    return [{ kind: 'arm-capture', captureId }, { kind: 'changed' }];
  }

  #report(report: FieldReport, nowMs: number): readonly SessionOutput[] {
    if (this.#state !== 'ready' && this.#state !== 'capturing' && this.#state !== 'tokenizing') return [];
    const wasWarned = this.#fields[report.field].warning !== undefined;
    this.#fields = { ...this.#fields, [report.field]: viewOf(report) };
    if (report.timeLeftMs !== undefined) this.#entryDeadlineMs = nowMs + report.timeLeftMs;
    const outputs: SessionOutput[] = [];
    if (report.isUncertain && !wasWarned) {
      outputs.push({ kind: 'audit', action: 'capture-disturbed', outcome: 'failure', field: report.field });
    }
    const judged = report.state === 'captured' || report.state === 'error';
    // Before the vault has begun this capture it still speaks of the one before.
    if (judged && this.#capture?.field === report.field && this.#capture.begun) {
      this.#capture = undefined;
      this.#state = 'ready';
      outputs.push({ kind: 'disarm-capture' });
      outputs.push(
        report.error === undefined
          ? { kind: 'audit', action: 'capture-accepted', outcome: 'success', field: report.field }
          : { kind: 'audit', action: 'capture-rejected', outcome: 'failure', field: report.field, code: report.error },
      );
    } else if (report.state === 'error' && report.error !== undefined) {
      // Another field was judged anew, e.g. the security code when the card number told its brand.
      outputs.push({
        kind: 'audit',
        action: 'capture-rejected',
        outcome: 'failure',
        field: report.field,
        code: report.error,
      });
    }
    if (report.error === 'too-many-failed-attempts') outputs.push(...this.#fail('too-many-failed-attempts'));
    else outputs.push({ kind: 'changed' });
    return outputs;
  }

  #complete(nowMs: number): readonly SessionOutput[] {
    this.#demand(this.#state === 'ready' && this.#allCaptured(), 'complete');
    this.#state = 'tokenizing';
    this.#deadlineMs = nowMs + this.#options.tokenizeTimeoutMs;
    this.#tokenizeAttempts += 1;
    return [
      { kind: 'audit', action: 'tokenization-started', outcome: 'success' },
      { kind: 'tokenize', idempotencyKey: `${this.#options.sessionId}-${this.#tokenizeAttempts}` },
      { kind: 'changed' },
    ];
  }

  #vaulted(token: string, expiresAt: string): readonly SessionOutput[] {
    // After Cancel the vault has been told to void the token; it is not for anybody any more.
    if (this.#state !== 'tokenizing') return [];
    this.#state = 'vaulted';
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    this.#token = { token, expiresAt };
    return [
      ...this.#recordDrops(),
      { kind: 'audit', action: 'session-vaulted', outcome: 'success', tokenHint: tokenHintOf(token) },
      { kind: 'close-vault-session' },
      { kind: 'close-window' },
      { kind: 'changed' },
    ];
  }

  #redeemed({ outcome, orderId }: Extract<SessionInput, { readonly kind: 'redemption' }>): readonly SessionOutput[] {
    if (this.#state !== 'vaulted') return [];
    const before = this.#redemption ?? { state: 'refused', refusedAttempts: 0 };
    if (outcome === 'redeemed') {
      this.#redemption = { ...before, state: 'redeemed', ...(orderId !== undefined && { orderId }) };
      return [{ kind: 'changed' }];
    }
    // An order system that goes on and on must not keep the panel busy.
    if (before.refusedAttempts >= MAX_REFUSED_ATTEMPTS) return [];
    this.#redemption = { ...before, refusedAttempts: before.refusedAttempts + 1, lastRefusal: outcome };
    return [{ kind: 'changed' }];
  }

  #tokenizationRejected(): readonly SessionOutput[] {
    if (this.#state !== 'tokenizing') return [];
    this.#state = 'ready';
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    return [{ kind: 'changed' }];
  }

  #cancel(): readonly SessionOutput[] {
    this.#demand(this.holdsWindow, 'cancel');
    this.#forgetFields();
    this.#state = 'canceled';
    return [
      ...this.#recordDrops(),
      { kind: 'audit', action: 'session-canceled', outcome: 'success' },
      ...this.#disarmIfCapturing(),
      { kind: 'close-vault-session' },
      { kind: 'close-window' },
      { kind: 'changed' },
    ];
  }

  #end(): readonly SessionOutput[] {
    if (!this.holdsWindow) return [];
    this.#forgetFields();
    this.#capture = undefined;
    this.#state = 'ended';
    // The window is not closed: the call's media ends with it, and nothing is resumed into a dead call.
    return [
      ...this.#recordDrops(),
      { kind: 'audit', action: 'session-ended', outcome: 'success' },
      { kind: 'close-vault-session' },
      { kind: 'changed' },
    ];
  }

  #fail(code: SessionErrorCode): readonly SessionOutput[] {
    if (!this.holdsWindow || this.#state === 'failed') return [];
    const blamed = FIELD_NAMES.find((field) => this.#fields[field].error?.code === 'too-many-failed-attempts');
    const kept = blamed && this.#fields[blamed];
    this.#forgetFields();
    if (blamed && kept) this.#fields = { ...this.#fields, [blamed]: kept };
    this.#state = 'failed';
    this.#error = code;
    return [
      ...this.#recordDrops(),
      { kind: 'audit', action: 'session-failed', outcome: 'failure', code },
      ...this.#disarmIfCapturing(),
      { kind: 'close-vault-session' },
      { kind: 'changed' },
    ];
  }

  #deadline(nowMs: number): readonly SessionOutput[] {
    if (nowMs < this.#deadlineMs) return [];
    if (this.#state === 'starting') return this.#fail(this.#windowOpen ? 'vault-unreachable' : 'recorder-not-paused');
    if (this.#state === 'tokenizing') return this.#fail('payment-connector-error');
    return [];
  }

  #disarmIfCapturing(): readonly SessionOutput[] {
    if (!this.#capture) return [];
    this.#capture = undefined;
    return [{ kind: 'disarm-capture' }];
  }

  /** Once for all of them: a caller who plays on the keys must not fill the audit log. */
  #recordDrops(): readonly SessionOutput[] {
    const count = this.#droppedKeys - this.#recordedDrops;
    this.#recordedDrops = this.#droppedKeys;
    return count === 0 ? [] : [{ kind: 'audit', action: 'keys-dropped', outcome: 'success', count }];
  }

  #forgetFields(): void {
    this.#deadlineMs = Number.POSITIVE_INFINITY;
    this.#fields = { cardNumber: EMPTY_FIELD, expirationDate: EMPTY_FIELD, securityCode: EMPTY_FIELD };
  }

  #allCaptured(): boolean {
    return FIELD_NAMES.every((field) => this.#fields[field].state === 'captured');
  }

  #demand(allowed: boolean, action: string): void {
    if (!allowed) throw new SessionStateError(`${action} is not possible while the session is ${this.#state}`);
  }
}

function viewOf(report: FieldReport): FieldView {
  return {
    state: report.state,
    keyCount: report.keyCount,
    failedAttempts: report.failedAttempts,
    ...(report.isUncertain && { warning: { code: 'input-uncertain', message: UNCERTAIN_ENTRY_WARNING } }),
    ...(report.masked !== undefined && { masked: report.masked }),
    ...(report.brand !== undefined && { brand: report.brand }),
    ...(report.error !== undefined && { error: { code: report.error, message: FIELD_ERROR_MESSAGES[report.error] } }),
  };
}
