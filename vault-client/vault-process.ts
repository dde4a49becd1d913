/**
 * The vault process. Started by the gateway with its control channel as file descriptor 3; ends, wiped, when that
 * channel closes, on `shut-down` and on SIGTERM. SIGINT is left to the gateway, which has to put its calls in order
 * first. It writes no log: what there is to say goes up the channel, and a fatal error is one line of JSON on stderr
 * that names its code and nothing else.
 *
 * `done` or `refused` answers a command before the events that follow from it.
 */
import './inspector-guard-process.js';
import { Buffer } from 'node:buffer';
import { mkdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { AuditEvent } from './audit-outbox-store.js';
import { AuditReceipts } from './audit-receipts.js';
import { CardSessions, type CardSessionsInput, type CardSessionsOutput } from './card-sessions.js';
import { parseVaultCommand } from './control-messages.js';
import { EmbeddedVaultStore } from './embedded-vault-store.js';
import { VaultError } from './errors.js';
import { KeyFrameOpener } from './key-frame.js';
import { KeySocket } from './key-socket.js';
import { RedeemServer } from './redeem-server.js';
import { refuseInspector } from './refuse-inspector.js';
import { readCredential } from './secret-file-store.js';
import type { VaultCommand, VaultConfiguration, VaultEvent, VaultStatistics } from './wire.js';
import { encodeJsonFrame, FrameDecoder, JSON_FRAME } from './wire-frames.js';

const CONTROL_DESCRIPTOR = 3;
const DATABASE_NAME = 'vault.sqlite';
const PURGE_INTERVAL_MS = 10 * 60_000;
/** Until then an audit event without an acknowledgement may be just behind others; longer, and control could not write. */
const AUDIT_RESEND_INTERVAL_MS = 5_000;
/** At a time; each that still fails is a line in the log. */
const MAX_RESENT_EVENTS = 50;
/** Timers of Node overflow above 2^31 ms. */
const LONGEST_TIMER_MS = 60 * 60_000;
/** Control reads at once; if so much waits for it, it is stuck, and an unread event is as bad as a lost one. */
const MAX_UNREAD_SIZE_BYTES = 4 * 1024 * 1024;

type Running = {
  readonly store: EmbeddedVaultStore;
  readonly keySocket: KeySocket;
  readonly redeemServer: RedeemServer;
};

/** Milliseconds that only ever go forward. */
const monotonicMs = (): number => performance.now();
const wallMs = (): number => Date.now();

class VaultProcess {
  readonly #control: Socket;
  readonly #sessions = new CardSessions(wallMs);
  readonly #opener = new KeyFrameOpener();
  readonly #abandon = new Map<number, AbortController>();
  readonly #receipts = new AuditReceipts();
  #running: Running | undefined;
  #configuring = false;
  #timer: NodeJS.Timeout | undefined;
  #purgeAtMs = Number.POSITIVE_INFINITY;
  #resendAtMs = Number.POSITIVE_INFINITY;

  constructor(control: Socket) {
    this.#control = control;
  }

  run(): void {
    const decoder = new FrameDecoder();
    this.#control.on('data', (chunk: Buffer) => {
      decoder.push(chunk, (frame) => {
        if (frame.type !== JSON_FRAME) throw new VaultError('control-channel-broken');
        this.#receive(frame.payload);
      });
    });
    this.#control.on('error', () => this.stop(0));
    this.#control.on('close', () => this.stop(0));
    this.#control.on('end', () => this.stop(0));
  }

  /** Wipes and ends the process. */
  stop(exitCode: number): never {
    this.#sessions.wipe();
    this.#opener.release();
    this.#running?.store.close();
    process.exit(exitCode);
  }

  #receive(payload: Buffer): void {
    const parsed = parseVaultCommand(payload);
    if (parsed.kind === 'command') this.#command(parsed.command);
    else if (parsed.requestId === undefined) throw new VaultError('control-channel-broken');
    else this.#send({ kind: 'refused', requestId: parsed.requestId, code: parsed.code });
  }

  #command(command: VaultCommand): void {
    switch (command.kind) {
      case 'configure':
        if (this.#configuring) throw new VaultError('control-channel-broken');
        this.#configuring = true;
        this.#configure(command.configuration).catch(fail);
        return;
      case 'ping':
        this.#send({ kind: 'done', requestId: command.requestId });
        return;
      case 'statistics':
        this.#send({ kind: 'statistics', requestId: command.requestId, counters: this.#statistics() });
        return;
      case 'audit-recorded':
        this.#recorded(command.eventId);
        return;
      case 'shut-down':
        this.stop(0);
        return;
      default:
        if (this.#running === undefined) {
          this.#send({ kind: 'refused', requestId: command.requestId, code: 'not-configured' });
        } else {
          this.#turn(command);
        }
    }
  }

  #statistics(): VaultStatistics {
    const { keySocket, store } = this.#running ?? {};
    const unrecorded = { audit_unrecorded_now: store?.unrecordedCount ?? 0 };
    return { ...this.#sessions.statistics, ...keySocket?.statistics, ...unrecorded };
  }

  async #configure(configuration: VaultConfiguration): Promise<void> {
    const { dataDirectory, envelopeKeyPath, tokenLifetimeMs, redeem, redeemCredentialPath } = configuration;
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    const databasePath = join(dataDirectory, DATABASE_NAME);
    const store = EmbeddedVaultStore.open({
      databasePath,
      envelopeKeyPath,
      tokenLifetimeMs,
      wallClock: wallMs,
      onAudit: (event) => this.#sendAudit(event),
    });
    const redeemServer = new RedeemServer({
      store,
      credential: readCredential(redeemCredentialPath),
      allowReveal: redeem.allowReveal,
      monotonicClock: monotonicMs,
      recorded: (eventId) => this.#receipts.recorded(eventId),
      onRedemption: (event) => this.#send(event),
    });
    const keySocket = new KeySocket({
      path: configuration.keySocketPath,
      linkSecret: Buffer.from(configuration.linkSecret, 'base64'),
      opener: this.#opener,
      onKey: (key) => this.#turn(key),
    });
    store.purge();
    await keySocket.listen();
    const redeemPort = await redeemServer.listen(redeem.address, redeem.port);
    this.#running = { store, keySocket, redeemServer };
    this.#purgeAtMs = monotonicMs() + PURGE_INTERVAL_MS;
    this.#send({ kind: 'ready', publicKey: this.#opener.publicKey.toString('base64'), redeemPort });
    // Before anything new: what an earlier life, ours or control's, has left unrecorded.
    for (const event of store.unrecorded()) this.#sendAudit(event);
    this.#setTimer();
  }

  /** What happens before `ready` is sent after it, with the rest of the outbox. */
  #sendAudit(event: AuditEvent): void {
    if (this.#running === undefined) return;
    this.#send(event);
    if (this.#resendAtMs !== Number.POSITIVE_INFINITY) return;
    this.#resendAtMs = monotonicMs() + AUDIT_RESEND_INTERVAL_MS;
    this.#setTimer();
  }

  #recorded(eventId: string): void {
    try {
      this.#running?.store.recorded(eventId);
    } catch {
      // It stays in the outbox and is sent again; control knows that it has it.
    }
    this.#receipts.arrived(eventId);
  }

  #resendUnrecorded(nowMs: number): void {
    const unrecorded = this.#running?.store.unrecorded() ?? [];
    this.#resendAtMs = unrecorded.length > 0 ? nowMs + AUDIT_RESEND_INTERVAL_MS : Number.POSITIVE_INFINITY;
    // Control that does not even read has them all before it.
    // And one that fails with each, on a full disk say, has a few at a time to fail with.
    if (this.#control.writableLength === 0)
      for (const event of unrecorded.slice(0, MAX_RESENT_EVENTS)) this.#send(event);
  }

  #turn(input: CardSessionsInput): void {
    const nowMs = monotonicMs();
    for (const output of this.#sessions.handle(input, nowMs)) this.#perform(output);
    if (nowMs >= this.#purgeAtMs) {
      this.#purgeAtMs = nowMs + PURGE_INTERVAL_MS;
      this.#running?.store.purge();
    }
    if (nowMs >= this.#resendAtMs) this.#resendUnrecorded(nowMs);
    this.#setTimer();
  }

  #perform(output: CardSessionsOutput): void {
    switch (output.kind) {
      case 'event':
        this.#send(output.event);
        return;
      case 'tokenize':
        this.#tokenize(output.ticket, output.idempotencyKey);
        return;
      case 'abandon-tokenize':
        this.#abandon.get(output.ticket)?.abort();
        return;
      case 'void-token':
        this.#void(output.token).catch(fail);
        return;
    }
  }

  #tokenize(ticket: number, idempotencyKey: string): void {
    const store = this.#running?.store;
    if (store === undefined) throw new VaultError('broken-invariant');
    const controller = new AbortController();
    this.#abandon.set(ticket, controller);
    const options = { idempotencyKey, signal: controller.signal };
    this.#sessions
      .lendCard(ticket, (card) => store.tokenize(card, options))
      .then((outcome) => {
        this.#abandon.delete(ticket);
        this.#turn({ kind: 'tokenize-outcome', ticket, outcome });
      })
      .catch(fail);
  }

  async #void(token: string): Promise<void> {
    await this.#running?.store.voidToken(token);
  }

  #send(event: VaultEvent): void {
    if (this.#control.destroyed) return;
    this.#control.write(encodeJsonFrame(event));
    if (this.#control.writableLength > MAX_UNREAD_SIZE_BYTES) throw new VaultError('control-not-reading');
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const dueMs = Math.min(this.#sessions.deadlineMs, this.#purgeAtMs, this.#resendAtMs) - monotonicMs();
    this.#timer = setTimeout(
      () => this.#turn({ kind: 'time' }),
      Math.max(0, Math.min(Math.ceil(dueMs), LONGEST_TIMER_MS)),
    );
  }
}

/** Says the code, never the message of a foreign error, which could quote what was being handled; then ends. */
function fail(error: unknown): void {
  const code = error instanceof VaultError ? error.code : 'broken-invariant';
  const message = new VaultError(code).message;
  process.stderr.write(`${JSON.stringify({ level: 'fatal', process: 'vault', code, message })}\n`);
  if (vault === undefined) process.exit(1);
  vault.stop(1);
}

let vault: VaultProcess | undefined;

process.umask(0o077);
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
process.on('SIGINT', () => {});
process.on('SIGTERM', () => vault?.stop(0));
refuseInspector(process.env.NODE_OPTIONS ?? '', process.execArgv);
vault = new VaultProcess(openControlChannel());
vault.run();

function openControlChannel(): Socket {
  try {
    return new Socket({ fd: CONTROL_DESCRIPTOR, readable: true, writable: true });
  } catch {
    throw new VaultError('control-channel-missing');
  }
}
