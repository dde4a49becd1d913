/**
 * The control process: puts signalling, calls, payment, audit, API and panel together and keeps the media and vault
 * processes running. It is the one place where all parts meet; none of them knows more than its own neighbours.
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { Transport } from '../../sip/message.js';
import { SipEndpoint } from '../../sip/sip-endpoint-socket.js';
import { LINK_SECRET_SIZE_BYTES, type VaultConfiguration } from '../../vault-client/wire.js';
import { ApiServer } from '../api/api-server.js';
import type { AccountCredential } from '../api/authentication.js';
import { type MetricGroup, renderMetrics } from '../api/metrics.js';
import type { ApiHealth } from '../api/service-handlers.js';
import { AuditLog } from '../audit/audit-log-store.js';
import { type AuditEntry, AuditTrail } from '../audit/audit-trail.js';
import { AgentDesk } from '../call/agent-desk.js';
import { CallControl } from '../call/call-control.js';
import { CallDirectory } from '../call/call-directory.js';
import { CallRouting } from '../call/call-routing.js';
import { SupervisorDesk } from '../call/supervisor-desk.js';
import type { Configuration } from '../config/configuration.js';
import { type DataPaths, secretPaths } from '../config/data-paths.js';
import { ownOrigins } from '../config/origin.js';
import { readOrCreateSecret, readSecretFile } from '../config/secrets-store.js';
import { EvidenceStore } from '../evidence/evidence-store.js';
import type { MediaConfiguration } from '../media/control-wire.js';
import { PaymentDesk } from '../payment/payment-desk.js';
import { MediaFleet } from '../process/media-fleet.js';
import { PidFile } from '../process/pid-file-store.js';
import { VaultConnection } from '../process/vault-connection.js';
import { Webhooks } from '../webhook/webhooks-socket.js';
import { administrationOf } from './administration.js';
import {
  auditEntryOfApi,
  auditEntryOfConfiguration,
  auditEntryOfSession,
  auditEntryOfUnfinished,
  auditEntryOfVault,
  auditEntryOfWebhook,
} from './audit-entries.js';
import {
  isOriginListed,
  registrationSettings,
  SOFTPHONE_PASSWORD_LIFETIME_MS,
  type SoftphoneCredential,
} from './sip-registration.js';
import { type IceServer, softphoneDeskOf } from './softphone-desk.js';
import { StartError } from './start-error.js';
import { webhookEndpointsOf } from './webhook-endpoints.js';

const builtFile = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Children of a gateway that was killed may hold their files for two seconds more; after that it is the settings. */
const MAX_LOSSES_AT_START = 4;
/** Child processes of a slow machine are up in three seconds. */
const CHILDREN_UP_TIMEOUT_MS = 20_000;

/** The log's name in the records of its own opening and closing. */
const AUDIT_LOG = 'audit-log';

export type RunningPorts = {
  readonly sipPorts: readonly { readonly name: string; readonly transport: Transport; readonly port: number }[];
  readonly apiPort: number;
  readonly redeemPort: number;
};

export class ControlProcess {
  readonly #configuration: Configuration;
  readonly #paths: DataPaths;
  readonly #log: Logger;
  readonly #auditLog: AuditLog;
  readonly #audit: AuditTrail;
  readonly #evidence: EvidenceStore;
  readonly #webhooks: Webhooks;
  readonly #vault: VaultConnection;
  readonly #media: MediaFleet;
  readonly #payments: PaymentDesk;
  readonly #directory: CallDirectory;
  readonly #calls: CallControl;
  readonly #sip: SipEndpoint;
  readonly #api: ApiServer;
  #announce: (redeemPort: number) => void = () => {};
  /** Ends a start that comes to nothing; afterwards it does nothing. */
  #giveUp: () => void = () => {};
  readonly #pidFiles = new Map<string, PidFile>();
  #losses = 0;
  #stopping = false;
  #redeemPort: number | undefined;
  /** Of the pages that the API's server gives out; none before it listens. */
  #ownOrigins: readonly string[] = [];

  /** @param paths of a data directory that has been prepared */
  constructor(configuration: Configuration, paths: DataPaths, log: Logger) {
    this.#configuration = configuration;
    this.#paths = paths;
    this.#log = log;
    this.#auditLog = AuditLog.open(paths.auditLog);
    this.#audit = new AuditTrail(this.#auditLog);
    this.#evidence = new EvidenceStore(paths);
    const linkSecret = randomBytes(LINK_SECRET_SIZE_BYTES).toString('base64');
    this.#vault = this.#makeVault(linkSecret);
    this.#media = this.#makeMedia(linkSecret);
    this.#payments = this.#makePayments();
    this.#directory = new CallDirectory(this.#payments, configuration.vault);
    this.#webhooks = new Webhooks({
      endpoints: webhookEndpointsOf(configuration),
      outboxPath: paths.outbox,
      onAudit: (event) => this.#audit.record(auditEntryOfWebhook(event)),
      onFault: (error) => log.error({ err: error }, 'webhook fault'),
      wallClock: () => Date.now(),
    });
    this.#directory.subscribeToAll((event) => this.#webhooks.deskChanged(event));
    const routing = new CallRouting(configuration);
    this.#sip = new SipEndpoint({
      listeners: configuration.sip.listeners,
      maxCalls: configuration.sip.maxCalls,
      registration: registrationSettings(configuration),
      isOriginAllowed: (origin, listener) =>
        this.#ownOrigins.includes(origin) || isOriginListed(configuration, origin, listener),
      isPeer: (address, listener) => routing.isPeer(address, listener),
      onOutput: (output) => this.#calls.onSip(output),
      onError: (error) => log.error({ err: error }, 'a call was lost to a fault'),
    });
    const record = (entry: AuditEntry) => this.#audit.record(entry);
    this.#calls = new CallControl({
      configuration,
      routing,
      directory: this.#directory,
      payments: this.#payments,
      media: this.#media,
      sip: this.#sip,
      onAudit: record,
      onLog: (level, fields, message) => log[level](fields, message),
      after: (delayMs, act) => setTimeout(act, delayMs).unref(),
    });
    this.#api = this.#makeApi();
  }

  /** Opens everything, media and vault first. @throws when a port is taken or a child does not come up */
  async start(): Promise<RunningPorts> {
    this.#record('audit-log-opened', AUDIT_LOG);
    this.#record('process-started', 'control');
    this.#audit.record(auditEntryOfConfiguration(this.#configuration));
    // Each leaves the list with its own record: whoever is killed over them leaves the rest to the next start.
    for (const one of this.#auditLog.unfinished()) this.#audit.record(auditEntryOfUnfinished(one));
    const allUp = new Promise<number>((resolve, reject) => {
      this.#announce = resolve;
      this.#giveUp = () => reject(new StartError());
      setTimeout(() => this.#giveUp(), CHILDREN_UP_TIMEOUT_MS).unref();
    });
    this.#vault.start();
    this.#media.start();
    const redeemPort = await allUp;
    const sipPorts = await this.#sip.start();
    const apiPort = await this.#api.start();
    this.#ownOrigins = ownOrigins(this.#configuration.api.listen.address, apiPort);
    this.#webhooks.start();
    return { sipPorts, apiPort, redeemPort };
  }

  /**
   * Something for one sitting at the softphone, so that the password in the user's file never gets to a browser. It lasts
   * an hour: a page that stays open longer asks again. `undefined` for one who is no user of `sip.users`.
   */
  issueSoftphoneCredential(user: string): SoftphoneCredential | undefined {
    const password = this.#sip.issuePassword(user, SOFTPHONE_PASSWORD_LIFETIME_MS);
    const { realm } = this.#configuration.sip;
    const expiresAtMs = Date.now() + SOFTPHONE_PASSWORD_LIFETIME_MS;
    return password === undefined ? undefined : { user, password, realm, expiresAtMs };
  }

  /** Ends running calls with BYE, then everything else. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#sip.handle({ kind: 'drain' });
    this.#calls.hangUpAll();
    await this.#api.close();
    await this.#sip.close();
    await this.#media.stop();
    await this.#vault.stop();
    this.#webhooks.close();
    this.#record('process-stopped', 'control');
    this.#record('audit-log-closed', AUDIT_LOG);
    this.#auditLog.close();
  }

  #makeVault(linkSecret: string): VaultConnection {
    const { vault } = this.#configuration;
    const secrets = secretPaths(this.#configuration);
    const configuration: VaultConfiguration = {
      dataDirectory: join(this.#paths.directory, 'vault'),
      keySocketPath: this.#keySocketPath,
      linkSecret,
      redeem: vault.redeem,
      redeemCredentialPath: secrets.redeemCredential,
      envelopeKeyPath: secrets.envelopeKey,
      tokenLifetimeMs: vault.tokenLifetimeMs,
    };
    return new VaultConnection({
      script: builtFile('vault-client/vault-process.js'),
      configuration,
      onReady: (redeemPort) => {
        this.#redeemPort = redeemPort;
        this.#childStarted('vault', this.#vault.pid);
        this.#announceWhenAllUp();
      },
      onAudit: (event) => this.#audit.recordOnce(event.eventId, auditEntryOfVault(event)),
      onEvent: (event) => this.#payments.vaultEvent(event),
      onLost: (reason) => {
        this.#redeemPort = undefined;
        this.#payments.vaultLost();
        this.#childLost('vault', reason);
      },
      onErrorOutput: (line) => this.#log.error({ process: 'vault', line }, 'child process error'),
      onFault: (error) => this.#log.error({ err: error }, 'what the vault told could not be handled'),
    });
  }

  #makeMedia(linkSecret: string): MediaFleet {
    return new MediaFleet({
      script: builtFile('gateway/media/media-process.js'),
      configurations: mediaConfigurations(this.#configuration, this.#paths, {
        keySocketPath: this.#keySocketPath,
        linkSecret,
      }),
      onReady: (index) => {
        this.#childStarted(`media-${index}`, this.#media.pids[index]);
        this.#announceWhenAllUp();
      },
      onEvent: (call, event) => this.#calls.onMedia(call, event),
      onLost: (index, calls, reason) => {
        // First, for the record of the loss may fail.
        this.#calls.onMediaLost(calls);
        this.#childLost(`media-${index}`, reason);
      },
      onErrorOutput: (index, line) => this.#log.error({ process: `media-${index}`, line }, 'child process error'),
      onFault: (error) => this.#log.error({ err: error }, 'an event of media was lost to a fault'),
    });
  }

  #makePayments(): PaymentDesk {
    const { payment } = this.#configuration;
    const vault = this.#vault;
    return new PaymentDesk({
      rules: payment,
      startTimeoutMs: payment.startTimeoutMs,
      tokenizeTimeoutMs: payment.tokenizeTimeoutMs,
      media: {
        openWindow: (callId) => this.#calls.openWindow(callId),
        closeWindow: (callId) => this.#calls.closeWindow(callId),
        disarmCapture: (callId) => this.#calls.disarmCapture(callId),
        armCapture: async (callId, captureId) =>
          vault.publicKey === undefined
            ? { ok: false, code: 'vault-unreachable' }
            : this.#calls.armCapture(callId, captureId, vault.publicKey),
      },
      vault: {
        openSession: (sessionId, rules) => vault.openSession(sessionId, rules),
        beginCapture: (sessionId, field, captureId) => vault.beginCapture(sessionId, field, captureId),
        tokenize: (sessionId, key) => vault.tokenize(sessionId, key),
        closeSession: (sessionId, outcome) => vault.closeSession(sessionId, outcome),
      },
      onAudit: (record) => this.#audit.record(auditEntryOfSession(record)),
      onChanged: (session) => this.#directory.sessionChanged(session),
      onFault: (callId, error) => this.#calls.onPaymentFault(callId, error),
      nowMs: () => performance.now(),
    });
  }

  #makeApi(): ApiServer {
    const { api } = this.#configuration;
    return new ApiServer({
      listen: api.listen,
      desk: new AgentDesk({
        directory: this.#directory,
        payments: this.#payments,
        sip: this.#sip,
        onAudit: (entry) => this.#audit.record(entry),
      }),
      watch: new SupervisorDesk(this.#directory, this.#payments),
      evidence: this.#evidence,
      administration: administrationOf(this.#configuration),
      softphone: softphoneDeskOf({
        configuration: this.#configuration,
        servers: iceServersOf(this.#configuration),
        issueCredential: (user) => this.issueSoftphoneCredential(user),
      }),
      accounts: credentialsOf(this.#configuration),
      allowedOrigins: api.allowedOrigins,
      frameAncestors: api.frameAncestors,
      panelSessionLifetimeMs: api.panelSessionLifetimeMs,
      pagesDirectory: builtFile('gateway/browser/pages'),
      onAudit: (event) => this.#audit.record(auditEntryOfApi(event)),
      metrics: () => this.#metrics(),
      health: () => this.#health(),
      onAccess: (entry) => this.#log.debug(entry, 'request'),
      onFault: (error) => this.#log.error({ err: error }, 'API fault'),
    });
  }

  #announceWhenAllUp(): void {
    const wanted = mediaProcessCount(this.#configuration);
    if (this.#media.readyCount >= wanted && this.#redeemPort !== undefined) this.#announce(this.#redeemPort);
  }

  #childStarted(name: string, pid: number | undefined): void {
    if (pid !== undefined) this.#pidFiles.set(name, PidFile.take(this.#paths.run, name, pid));
    this.#record('process-started', name);
    this.#log.info({ process: name, pid }, 'child process started');
  }

  #childLost(name: string, reason: string): void {
    this.#pidFiles.get(name)?.release();
    if (this.#stopping) return;
    this.#log.error({ process: name, reason }, 'child process lost');
    this.#losses += 1;
    if (this.#losses >= MAX_LOSSES_AT_START) this.#giveUp();
    this.#record('process-crashed', name);
  }

  #record(
    action: 'process-started' | 'process-stopped' | 'process-crashed' | 'audit-log-opened' | 'audit-log-closed',
    name: string,
  ): void {
    const outcome = action === 'process-crashed' ? 'failure' : 'success';
    this.#audit.record({ actor: 'gateway', origin: 'gateway', action, outcome, resource: { name } });
  }

  get #keySocketPath(): string {
    return join(this.#paths.run, 'vault-keys.sock');
  }

  #health(): ApiHealth {
    const mediaUp = this.#media.readyCount === mediaProcessCount(this.#configuration);
    const vaultUp = this.#vault.publicKey !== undefined;
    return { ok: mediaUp && vaultUp, parts: { media: mediaUp, vault: vaultUp } };
  }

  async #metrics(): Promise<string> {
    const [media, vault] = await Promise.all([this.#media.statistics(), this.#vault.statistics()]);
    return renderMetrics([
      { group: 'gateway', kind: 'counter', values: this.#calls.counters() },
      { group: 'gateway', kind: 'gauge', values: { calls_active: this.#directory.activeCalls } },
      ...metricsOf('media', media),
      ...metricsOf('vault', vault),
      { group: 'api', kind: 'counter', values: this.#api.counters() },
      { group: 'webhook', kind: 'counter', values: this.#webhooks.counters() },
      { group: 'webhook', kind: 'gauge', values: { waiting: this.#webhooks.waiting } },
      { group: 'audit', kind: 'counter', values: { refused_values: this.#auditLog.refusedValues } },
    ]);
  }
}

/** Of a child process: names that end in `_now` say what it holds just now, the others what it has counted. */
function metricsOf(group: string, statistics: Readonly<Record<string, number>>): readonly MetricGroup[] {
  const held = Object.entries(statistics).filter(([name]) => name.endsWith('_now'));
  const counted = Object.entries(statistics).filter(([name]) => !name.endsWith('_now'));
  return [
    { group, kind: 'counter', values: Object.fromEntries(counted) },
    { group, kind: 'gauge', values: Object.fromEntries(held) },
  ];
}

/** Each with its bearer token, which is made where there is none yet. */
function credentialsOf(configuration: Configuration): readonly AccountCredential[] {
  const { agentTokens, accountTokens } = secretPaths(configuration);
  const roles = new Map(configuration.api.accounts.map(({ name, role }) => [name, role]));
  return [...agentTokens, ...accountTokens].map(([name, path]) => ({
    name,
    role: roles.get(name) ?? 'agent',
    token: readOrCreateSecret(path),
  }));
}

function mediaProcessCount(configuration: Configuration): number {
  const { processes } = configuration.media;
  return processes === 'auto' ? availableParallelism() : processes;
}

/** @throws SecretFileError when a password's file is open to others or holds nothing */
function iceServersOf({ api }: Configuration): readonly IceServer[] {
  return api.softphone.iceServers.map((server) => {
    const place = { host: server.address, port: server.port };
    if (server.kind === 'stun') return { kind: 'stun', ...place };
    const { userName, passwordFile, secretFile } = server;
    if (secretFile !== undefined) return { kind: 'turn-for-a-while', ...place, secret: readSecretFile(secretFile) };
    if (userName === undefined || passwordFile === undefined) throw new Error('a TURN server has no password');
    return { kind: 'turn', ...place, userName, password: readSecretFile(passwordFile) };
  });
}

/** Shares the port range out: each process has an even number of ports of its own. */
function mediaConfigurations(
  configuration: Configuration,
  paths: DataPaths,
  link: { readonly keySocketPath: string; readonly linkSecret: string },
): readonly MediaConfiguration[] {
  const { media } = configuration;
  const count = mediaProcessCount(configuration);
  const portsEach = Math.floor((media.portMax - media.portMin + 1) / count / 2) * 2;
  return Array.from({ length: count }, (_, index) => ({
    address: media.address,
    portMin: media.portMin + index * portsEach,
    portMax: media.portMin + (index + 1) * portsEach - 1,
    ...link,
    recordingDirectory: paths.recordings,
    silenceTimeoutMs: media.silenceTimeoutMs,
  }));
}
