/** Control's view of the vault process: its state, its public key, and requests answered in `done` or a session error. */
import type {
  CardRules,
  FieldName,
  RefusalCode,
  SessionErrorCode,
  VaultCommand,
  VaultConfiguration,
  VaultEvent,
  VaultStatistics,
} from '../../vault-client/wire.js';
import type { Answer } from './answer.js';
import { SupervisedProcess } from './supervised-process.js';

export type VaultConnectionOptions = {
  readonly script: string;
  readonly configuration: VaultConfiguration;
  /** The vault is configured and listens; after a restart its public key is a new one. */
  readonly onReady: (redeemPort: number) => void;
  /** The event's record is on disk when this returns. An event may come more than once; one for which it throws does. */
  readonly onAudit: (event: VaultAuditEvent) => void;
  readonly onEvent: (event: VaultEvent) => void;
  readonly onLost: (reason: string) => void;
  readonly onErrorOutput: (line: string) => void;
  readonly onFault: (error: unknown) => void;
};

export type VaultAuditEvent = Extract<VaultEvent, { readonly kind: 'audit' }>;

export type VaultAnswer = Answer<SessionErrorCode>;

export class VaultConnection {
  readonly #process: SupervisedProcess<VaultCommand, VaultEvent>;
  #publicKey: string | undefined;

  constructor(options: VaultConnectionOptions) {
    this.#process = new SupervisedProcess<VaultCommand, VaultEvent>({
      script: options.script,
      onStarted: () => this.#process.send({ kind: 'configure', configuration: options.configuration }),
      onEvent: (event) => {
        if (event.kind === 'ready') {
          this.#publicKey = event.publicKey;
          options.onReady(event.redeemPort);
        } else if (event.kind === 'audit') {
          options.onAudit(event);
          // The vault answers the order system only now.
          this.#process.send({ kind: 'audit-recorded', eventId: event.eventId });
        } else options.onEvent(event);
      },
      onLost: (reason) => {
        this.#publicKey = undefined;
        options.onLost(reason);
      },
      onErrorOutput: options.onErrorOutput,
      onFault: options.onFault,
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Base64; undefined while the vault is not reachable. */
  get publicKey(): string | undefined {
    return this.#publicKey;
  }

  start(): void {
    this.#process.start();
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  openSession(sessionId: string, rules: CardRules): Promise<VaultAnswer> {
    return this.#answered(this.#process.request({ kind: 'open-session', sessionId, rules }));
  }

  beginCapture(sessionId: string, field: FieldName, captureId: string): Promise<VaultAnswer> {
    return this.#answered(this.#process.request({ kind: 'begin-capture', sessionId, field, captureId }));
  }

  tokenize(sessionId: string, idempotencyKey: string): Promise<VaultAnswer> {
    return this.#answered(this.#process.request({ kind: 'tokenize', sessionId, idempotencyKey }));
  }

  /** `abandoned` voids a token of this session, whether it is still being made or made already. */
  async closeSession(sessionId: string, outcome: 'vaulted' | 'abandoned'): Promise<void> {
    await this.#process.request({ kind: 'close-session', sessionId, outcome });
  }

  /** Empty while the vault does not answer. */
  async statistics(): Promise<VaultStatistics> {
    const reply = await this.#process.request({ kind: 'statistics' });
    return reply?.kind === 'statistics' ? reply.counters : {};
  }

  async #answered(reply: Promise<VaultEvent | undefined>): Promise<VaultAnswer> {
    if (this.#publicKey === undefined) return { ok: false, code: 'vault-unreachable' };
    const event = await reply;
    if (event?.kind === 'done') return { ok: true };
    if (event === undefined) return { ok: false, code: 'vault-unreachable' };
    return { ok: false, code: event.kind === 'refused' ? sessionErrorOf(event.code) : 'internal-error' };
  }
}

/** What a refusal of the vault means to the agent's session. */
export function sessionErrorOf(code: RefusalCode): SessionErrorCode {
  switch (code) {
    case 'too-many-failed-attempts':
      return code;
    // No fault of this session: the vault has been started anew and knows nothing of it, or has no room left.
    case 'not-configured':
    case 'unknown-session':
    case 'too-many-sessions':
      return 'vault-unreachable';
    // We have asked for what does not fit: our own mistake.
    case 'bad-command':
    case 'bad-rules':
    case 'session-exists':
    case 'capture-id-in-use':
    case 'capture-under-way':
    case 'fields-incomplete':
    case 'tokenizing':
    case 'session-over':
      return 'internal-error';
  }
}
