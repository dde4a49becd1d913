/**
 * Runs the payment sessions: carries out what the session machines ask of media, vault, recorder and audit, and feeds
 * back what these answer. One desk a gateway; sessions are independent of each other.
 */
import { randomBytes } from 'node:crypto';
import type { CardRules, FieldName, SessionErrorCode, VaultEvent } from '../../vault-client/wire.js';
import { tokenDigestOf } from '../../vault-client/wire-digest.js';
import type { Answer } from '../process/answer.js';
import { randomIdentifier } from './identifiers.js';
import {
  PaymentSession,
  type SessionAuditAction,
  type SessionInput,
  type SessionOutput,
  SessionStateError,
} from './payment-session.js';
import type { SessionView } from './session-view.js';

export type ZoneAnswer = Answer<SessionErrorCode>;

/** The media side of a session's call. */
export type SessionMedia = {
  openWindow(callId: string): Promise<ZoneAnswer>;
  closeWindow(callId: string): Promise<void>;
  armCapture(callId: string, captureId: string): Promise<ZoneAnswer>;
  disarmCapture(callId: string): Promise<void>;
};

export type SessionVault = {
  openSession(sessionId: string, rules: CardRules): Promise<ZoneAnswer>;
  beginCapture(sessionId: string, field: FieldName, captureId: string): Promise<ZoneAnswer>;
  tokenize(sessionId: string, idempotencyKey: string): Promise<ZoneAnswer>;
  closeSession(sessionId: string, outcome: 'vaulted' | 'abandoned'): Promise<void>;
};

export type SessionAudit = {
  readonly actor: string;
  readonly origin: string;
  readonly action: SessionAuditAction;
  readonly outcome: 'success' | 'failure';
  readonly callId: string;
  readonly sessionId: string;
  readonly field?: FieldName;
  readonly code?: string;
  readonly tokenHint?: string;
  readonly count?: number;
};

export type PaymentDeskOptions = {
  readonly rules: CardRules;
  readonly startTimeoutMs: number;
  readonly tokenizeTimeoutMs: number;
  readonly media: SessionMedia;
  readonly vault: SessionVault;
  readonly onAudit: (record: SessionAudit) => void;
  readonly onChanged: (session: SessionView) => void;
  /** A step could not be carried out, such as an audit record that could not be written: the call has to end. */
  readonly onFault: (callId: string, error: unknown) => void;
  readonly nowMs: () => number;
};

export type Asker = { readonly actor: string; readonly origin: string };
export type DeskAnswer =
  | { readonly ok: true; readonly session: SessionView }
  | {
      readonly ok: false;
      readonly code: 'session-in-progress' | 'session-not-in-state' | 'not-found' | SessionErrorCode;
    };

const GATEWAY: Asker = { actor: 'gateway', origin: 'gateway' };
/** Ended sessions stay visible as long as their call, and a call may have so many of them. */
const MAX_SESSIONS_A_CALL = 100;

type Entry = {
  readonly id: string;
  readonly callId: string;
  readonly machine: PaymentSession;
  timer: NodeJS.Timeout | undefined;
  /** Called when the session is no longer starting. */
  started: () => void;
};

export class PaymentDesk {
  readonly #options: PaymentDeskOptions;
  readonly #sessions = new Map<string, Entry>();
  readonly #byCall = new Map<string, Entry[]>();

  constructor(options: PaymentDeskOptions) {
    this.#options = options;
  }

  /** The call's newest session. */
  ofCall(callId: string): SessionView | undefined {
    return this.#newest(callId)?.machine.view(this.#options.nowMs());
  }

  /** True while the caller's keys have to be kept from everybody. */
  holdsWindow(callId: string): boolean {
    return this.#newest(callId)?.machine.holdsWindow ?? false;
  }

  callOf(sessionId: string): string | undefined {
    return this.#sessions.get(sessionId)?.callId;
  }

  view(sessionId: string): SessionView | undefined {
    return this.#sessions.get(sessionId)?.machine.view(this.#options.nowMs());
  }

  /** Answers when the session is ready or has failed; a failed one stays, with Try Again and Cancel open. */
  async start(callId: string, asker: Asker): Promise<DeskAnswer> {
    const before = this.#newest(callId);
    if (before?.machine.holdsWindow && before.machine.state !== 'failed')
      return { ok: false, code: 'session-in-progress' };
    const sessions = this.#byCall.get(callId) ?? [];
    if (sessions.length >= MAX_SESSIONS_A_CALL) return { ok: false, code: 'session-not-in-state' };
    const sessionId = randomIdentifier();
    const entry: Entry = {
      id: sessionId,
      callId,
      timer: undefined,
      started: () => {},
      machine: new PaymentSession({
        sessionId,
        callId,
        startTimeoutMs: this.#options.startTimeoutMs,
        tokenizeTimeoutMs: this.#options.tokenizeTimeoutMs,
        windowOpen: before?.machine.windowOpen ?? false,
      }),
    };
    this.#sessions.set(entry.id, entry);
    this.#byCall.set(callId, [...sessions, entry]);
    const started = new Promise<void>((resolve) => {
      entry.started = resolve;
    });
    // A zone that hangs must not keep the agent waiting beyond the session's own time limit.
    await Promise.race([this.#apply(entry, { kind: 'start' }, asker), started]);
    const session = entry.machine.view(this.#options.nowMs());
    return session.error ? { ok: false, code: session.error.code } : { ok: true, session };
  }

  capture(sessionId: string, field: FieldName, asker: Asker): Promise<DeskAnswer> {
    return this.#ask(sessionId, { kind: 'capture', field, captureId: randomBytes(16).toString('hex') }, asker);
  }

  complete(sessionId: string, asker: Asker): Promise<DeskAnswer> {
    return this.#ask(sessionId, { kind: 'complete' }, asker);
  }

  cancel(sessionId: string, asker: Asker): Promise<DeskAnswer> {
    return this.#ask(sessionId, { kind: 'cancel' }, asker);
  }

  /** The call is gone: whatever was being captured is wiped. Its sessions stay visible until `forgetCall`. */
  callEnded(callId: string): void {
    const entry = this.#newest(callId);
    if (entry) this.#tell(entry, { kind: 'call-ended' }, GATEWAY);
  }

  forgetCall(callId: string): void {
    for (const entry of this.#byCall.get(callId) ?? []) this.#sessions.delete(entry.id);
    this.#byCall.delete(callId);
  }

  keysDropped(callId: string, count: number): void {
    const entry = this.#newest(callId);
    if (entry) this.#tell(entry, { kind: 'keys-dropped', count }, GATEWAY);
  }

  /** Media can no longer keep its promise for this call. */
  mediaFault(callId: string, code: SessionErrorCode): void {
    const entry = this.#newest(callId);
    if (entry) this.#tell(entry, { kind: 'fault', code }, GATEWAY);
  }

  vaultLost(): void {
    for (const entry of this.#sessions.values()) {
      this.#tell(entry, { kind: 'fault', code: 'vault-unreachable' }, GATEWAY);
    }
  }

  vaultEvent(event: VaultEvent): void {
    if (event.kind === 'redemption') this.#redemption(event);
    if (!('sessionId' in event)) return;
    const entry = this.#sessions.get(event.sessionId);
    if (!entry) return;
    const input = inputOf(event);
    if (input) this.#tell(entry, input, GATEWAY);
  }

  #redemption({ tokenDigest, outcome, orderId }: Extract<VaultEvent, { readonly kind: 'redemption' }>): void {
    for (const entry of this.#sessions.values()) {
      const { token } = entry.machine.view(this.#options.nowMs());
      if (token === undefined || tokenDigestOf(token) !== tokenDigest) continue;
      this.#tell(entry, { kind: 'redemption', outcome, ...(orderId !== undefined && { orderId }) }, GATEWAY);
      return;
    }
  }

  async #ask(sessionId: string, input: SessionInput, asker: Asker): Promise<DeskAnswer> {
    const entry = this.#sessions.get(sessionId);
    if (!entry) return { ok: false, code: 'not-found' };
    // The window is the call's: a session that another one has followed must not close it.
    if (entry !== this.#newest(entry.callId)) return { ok: false, code: 'session-not-in-state' };
    try {
      await this.#apply(entry, input, asker);
    } catch (error) {
      if (error instanceof SessionStateError) return { ok: false, code: error.code };
      throw error;
    }
    return { ok: true, session: entry.machine.view(this.#options.nowMs()) };
  }

  #newest(callId: string): Entry | undefined {
    return this.#byCall.get(callId)?.at(-1);
  }

  /** For what nobody waits for: a fault ends the call and not the process. */
  #tell(entry: Entry, input: SessionInput, asker: Asker): void {
    this.#apply(entry, input, asker).catch(() => {});
  }

  /**
   * One turn: one input, all its outputs, the next deadline. Resolves when what it set off has been answered.
   * @throws whatever kept a step from being carried out; the vault has been told to wipe the session by then
   */
  async #apply(entry: Entry, input: SessionInput, asker: Asker): Promise<void> {
    const outputs = entry.machine.handle(input, this.#options.nowMs());
    try {
      // In their order: what cannot be recorded must not happen.
      const answers: Promise<void>[] = [];
      for (const output of outputs) {
        if (output.kind === 'audit') this.#record(entry, output, asker);
        else answers.push(this.#carryOut(entry, output));
      }
      this.#setDeadline(entry);
      if (entry.machine.state !== 'starting') entry.started();
      await Promise.all(answers);
    } catch (error) {
      void this.#options.vault.closeSession(entry.id, 'abandoned');
      this.#options.onFault(entry.callId, error);
      throw error;
    }
  }

  #setDeadline(entry: Entry): void {
    clearTimeout(entry.timer);
    const { deadlineMs } = entry.machine;
    if (!Number.isFinite(deadlineMs)) return;
    const delayMs = Math.max(0, deadlineMs - this.#options.nowMs());
    entry.timer = setTimeout(() => this.#tell(entry, { kind: 'deadline' }, GATEWAY), delayMs);
  }

  #record(entry: Entry, output: Extract<SessionOutput, { readonly kind: 'audit' }>, asker: Asker): void {
    const { kind: _, ...record } = output;
    this.#options.onAudit({ ...asker, ...record, callId: entry.callId, sessionId: entry.id });
  }

  async #carryOut(entry: Entry, output: Exclude<SessionOutput, { readonly kind: 'audit' }>): Promise<void> {
    const { media, vault } = this.#options;
    switch (output.kind) {
      case 'changed':
        this.#options.onChanged(entry.machine.view(this.#options.nowMs()));
        return;
      case 'open-window': {
        const answer = await media.openWindow(entry.callId);
        const next: SessionInput = answer.ok
          ? { kind: 'window-opened' }
          : { kind: 'window-refused', code: answer.code };
        await this.#apply(entry, next, GATEWAY);
        return;
      }
      case 'open-vault-session':
        await this.#follow(entry, vault.openSession(entry.id, this.#options.rules), { kind: 'vault-opened' });
        return;
      case 'begin-capture':
        await this.#follow(entry, vault.beginCapture(entry.id, output.field, output.captureId), {
          kind: 'capture-begun',
          captureId: output.captureId,
        });
        return;
      case 'arm-capture':
        await this.#follow(entry, media.armCapture(entry.callId, output.captureId));
        return;
      case 'tokenize':
        await this.#follow(entry, vault.tokenize(entry.id, output.idempotencyKey));
        return;
      case 'disarm-capture':
        await media.disarmCapture(entry.callId);
        return;
      case 'close-window':
        await media.closeWindow(entry.callId);
        return;
      case 'close-vault-session':
        await vault.closeSession(entry.id, entry.machine.state === 'vaulted' ? 'vaulted' : 'abandoned');
        return;
    }
  }

  async #follow(entry: Entry, answer: Promise<ZoneAnswer>, next?: SessionInput): Promise<void> {
    const said = await answer;
    if (!said.ok) await this.#apply(entry, { kind: 'fault', code: said.code }, GATEWAY);
    else if (next) await this.#apply(entry, next, GATEWAY);
  }
}

function inputOf(event: Extract<VaultEvent, { readonly sessionId: string }>): SessionInput | undefined {
  switch (event.kind) {
    case 'field':
      return { kind: 'field', report: event.report };
    case 'keys-dropped':
      return { kind: 'keys-dropped', count: event.count };
    case 'tokenized':
      return { kind: 'tokenized', token: event.token, expiresAt: new Date(event.expiresAtMs).toISOString() };
    case 'tokenization-failed':
      return event.level === 'field' ? { kind: 'tokenization-rejected' } : { kind: 'fault', code: event.code };
  }
}
