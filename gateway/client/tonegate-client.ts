/**
 * The typed client of the API. Written by `node gateway/client/build.mjs` from the OpenAPI document: do not change it by
 * hand. How requests are made is in `client-transport.ts`.
 */
import type { ApiTransport, RequestOptions } from './client-transport.js';

export type Account = {
  readonly name: string;
  readonly role: Role;
  /** SIP user parts of an agent. */
  readonly users?: readonly string[];
};

/** One record of the audit log, as it is stored. */
export type AuditRecord = { readonly sequence: number; readonly record: { readonly [name: string]: unknown } };

export type AuditVerdict = {
  readonly ok: boolean;
  readonly records?: number;
  /** Of the last record: note it down elsewhere. */
  readonly hash?: string;
  /** The first record that is broken; 0 when the log as a whole is. */
  readonly sequence?: number;
  readonly problem?: string;
};

export type Call = {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly state: 'ringing' | 'active' | 'held' | 'ended';
  /** Display name or user part of the caller's address: text of a stranger, never markup. */
  readonly caller: string;
  /** User part of the caller's address, of the dialled one in an outbound call; missing where it has none. A display name hides it in `caller`. Text of a stranger, never markup. */
  readonly callerNumber?: string;
  /** Empty when no configured agent has the user that was called or calls. */
  readonly agent: string;
  readonly startedAt: string;
  readonly answeredAt?: string;
  readonly endedAt?: string;
  readonly recording: {
    readonly state: 'off' | 'recording' | 'paused' | 'stopped';
    /** While true every recording control is refused with `recording-locked`. */
    readonly lockedByPayment: boolean;
  };
  /** The newest payment session of this call. */
  readonly session?: PaymentSession;
};

/** A past call, as the audit log tells it. */
export type CallRecord = {
  readonly sequence: number;
  readonly callId: string;
  readonly agent: string;
  readonly route: string;
  readonly startedAt: string;
  readonly answeredAt?: string;
  readonly endedAt?: string;
  /** Who hung up, or whose fault ended it; `gateway`: neither caller nor agent. */
  readonly endedBy?: 'caller' | 'agent' | 'gateway';
  readonly reason?: string;
  /** Payment sessions in this call. */
  readonly sessions: number;
};

export type CardBrand = 'visa' | 'mastercard' | 'amex' | 'discover' | 'jcb' | 'diners' | 'unionpay' | 'maestro';

/** What runs, without secrets and without the paths of their files. */
export type ConfigurationSummary = {
  /** Of the whole configuration, as the audit log records it at each start. */ readonly sha256: string;
  readonly listeners: readonly { readonly name: string; readonly address: string; readonly port: number }[];
  readonly peers: readonly { readonly name: string; readonly listener: string }[];
  readonly routes: readonly {
    readonly name: string;
    readonly from: string;
    readonly to: string;
    readonly callerSide: string;
    readonly recording: string;
    readonly recordingMode: string;
    readonly mask: string;
    readonly suppression: string;
  }[];
  readonly payment: {
    readonly acceptedBrands: readonly string[];
    readonly maxAttempts: number;
    readonly firstDigitTimeoutMs: number;
    readonly interDigitTimeoutMs: number;
    readonly timeZone: string;
  };
  readonly api: {
    readonly address: string;
    readonly port: number;
    readonly allowedOrigins: readonly string[];
    readonly frameAncestors: readonly string[];
  };
  readonly redeem: { readonly address: string; readonly port: number; readonly allowReveal: boolean };
  readonly webhooks: readonly { readonly name: string; readonly events: readonly string[] }[];
};

/** One field as anybody outside the vault may know it. */
export type Field = {
  readonly state: 'empty' | 'awaiting' | 'captured' | 'error';
  /** Keys of the entry under way, for a row of dots; never which ones. 0 when the field is not awaiting. */
  readonly keyCount: number;
  /** Only when captured: `**** **** **** 4242`, `** /**`, `***`. */
  readonly masked?: string;
  readonly brand?: CardBrand;
  readonly error?: { readonly code: FieldErrorCode; readonly message: string };
  /** Only while awaiting: a key may have been lost on the line, and this entry will not be taken unless the caller clears it with `*`. */
  readonly warning?: { readonly code: 'input-uncertain'; readonly message: string };
  /** Only while awaiting: from the moment of this view until the entry times out, unless a key comes first. */
  readonly timeLeftMs?: number;
  /** Entries of this field that were refused so far. */
  readonly failedAttempts: number;
};

/** Twilio's ErrorType vocabulary where it has a word. `input-uncertain`: packets of the caller were lost in which a key may have been; it counts as nobody’s failed attempt. */
export type FieldErrorCode =
  | 'invalid-card-number'
  | 'invalid-security-code'
  | 'invalid-date'
  | 'input-timeout'
  | 'invalid-card-type'
  | 'too-many-failed-attempts'
  | 'input-uncertain';

/** The three fields of a payment. */
export type FieldName = 'cardNumber' | 'expirationDate' | 'securityCode';

/** A payment session, masked. */
export type PaymentSession = {
  readonly id: string;
  readonly callId: string;
  readonly state: 'starting' | 'ready' | 'capturing' | 'tokenizing' | 'vaulted' | 'failed' | 'canceled' | 'ended';
  readonly fields: { readonly cardNumber: Field; readonly expirationDate: Field; readonly securityCode: Field };
  readonly error?: { readonly code: SessionErrorCode; readonly message: string };
  /** Only once vaulted, and only for the agent whose call it is. */
  readonly token?: string;
  readonly tokenExpiresAt?: string;
  readonly redemption?: Redemption;
  /** What may be asked of the session now; buttons follow it. */
  readonly actions: readonly ('capture' | 'complete' | 'cancel' | 'try-again' | 'start-new-capture')[];
  /** Keys the caller pressed in the open window while no field awaited them: hidden from all, and not used. */
  readonly droppedKeys: number;
};

/** A recording with the gaps that payments and agents made in it. */
export type Recording = {
  readonly sequence: number;
  readonly id: string;
  readonly callId: string;
  readonly agent: string;
  readonly startedAt: string;
  /** Missing while it is going on. */
  readonly durationMs?: number;
  /** `open` of a call that is over tells of a crash; `missing`: the file is not there any more. */
  readonly outcome: 'open' | 'complete' | 'failed' | 'missing';
  readonly gaps: readonly {
    /** `paused`: digital silence. `masked`: the audio goes on as suppression let it out. */
    readonly kind: 'paused' | 'masked';
    /** By hand, or for a payment. */
    readonly reason: 'manual' | 'window';
    readonly startSample: number;
    /** Null while the gap is open; after a crash it runs to the end. */
    readonly endSample: number | null;
    readonly startedAt: string;
    readonly endedAt: string | null;
  }[];
};

/** What stands beside a recording: its length and its gaps. */
export type RecordingNotes = {
  readonly callId: string;
  readonly startedAt: string;
  readonly sampleRateHz: 8000;
  readonly channels: 2;
  readonly channelNames: readonly ['caller', 'agent'];
  readonly mode: 'pause' | 'masked-continuous';
  readonly outcome: 'open' | 'complete' | 'failed';
  readonly lengthSamples: number | null;
  readonly gaps: readonly {
    /** `paused`: digital silence. `masked`: the audio goes on as suppression let it out. */
    readonly kind: 'paused' | 'masked';
    /** By hand, or for a payment. */
    readonly reason: 'manual' | 'window';
    readonly startSample: number;
    /** Null while the gap is open; after a crash it runs to the end. */
    readonly endSample: number | null;
    readonly startedAt: string;
    readonly endedAt: string | null;
  }[];
};

/** Once an order has used the token, or has been refused it. */
export type Redemption = {
  /** `refused`: no order has got it so far. */ readonly state: 'redeemed' | 'refused';
  /** Of the order that has used the token; missing where the id has twelve digits or more. */
  readonly orderId?: string;
  /** Orders that were refused it, up to a hundred. */
  readonly refusedAttempts: number;
  readonly lastRefusal?: 'token_already_redeemed' | 'token_expired' | 'token_voided' | 'reveal_not_allowed';
};

export type Role = 'agent' | 'supervisor' | 'auditor' | 'integration' | 'administrator';

export type SessionErrorCode =
  | 'payment-connector-error'
  | 'internal-error'
  | 'too-many-failed-attempts'
  | 'vault-unreachable'
  | 'media-unreachable'
  | 'recorder-not-paused'
  | 'audio-not-inspectable';

/** A past payment session, as the audit log tells it: no card data at all. */
export type SessionRecord = {
  /** Of the audit record of its start; a page goes on `before` it. */ readonly sequence: number;
  readonly sessionId: string;
  readonly callId: string;
  readonly agent: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** `ended`: the call, or the gateway, ended first. `open`: going on, or its end is not in the log. */
  readonly outcome: 'open' | 'vaulted' | 'canceled' | 'failed' | 'ended';
  /** Code of the failure of the session, if there was one. */
  readonly error?: string;
  /** Captures that were begun, of all fields. */
  readonly captures: number;
  /** Entries that were refused. */
  readonly rejectedEntries: number;
};

export type SoftphoneAccess = {
  /** Address of the SIP WebSocket. */ readonly server: string;
  /** The agent's own SIP address, at which calls arrive. */
  readonly aor: string;
  readonly user: string;
  /** For SIP digest, good until `expiresAt`; never the one in the gateway itself. */
  readonly password: string;
  readonly realm: string;
  readonly expiresAt: string;
  /** For RTCPeerConnection. */
  readonly iceServers: readonly {
    readonly urls: readonly string[];
    readonly username?: string;
    readonly credential?: string;
  }[];
};

export class TonegateClient {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  /** Who the bearer is, and what it may ask */
  readAccount(options: RequestOptions = {}): Promise<{
    readonly name: string;
    readonly role: Role;
    /** The one call that a panel's bearer is for. */
    readonly callId?: string;
    readonly operations: readonly string[];
  }> {
    return this.#transport.ask({ method: 'GET', path: '/v1/me', ...options });
  }

  /** The own calls; a supervisor gets those of everybody, without tokens */
  listCalls(options: RequestOptions = {}): Promise<{ readonly calls: readonly Call[] }> {
    return this.#transport.ask({ method: 'GET', path: '/v1/calls', ...options });
  }

  /** A call */
  readCall(id: string, options: RequestOptions = {}): Promise<{ readonly call: Call }> {
    return this.#transport.ask({ method: 'GET', path: `/v1/calls/${encodeURIComponent(id)}`, ...options });
  }

  /** Hangs up */
  hangUp(id: string, options: RequestOptions = {}): Promise<{ readonly call: Call }> {
    return this.#transport.ask({ method: 'DELETE', path: `/v1/calls/${encodeURIComponent(id)}`, ...options });
  }

  /** Starts, pauses, resumes or stops the recording */
  record(
    id: string,
    body: { readonly action: 'start' | 'pause' | 'resume' | 'stop' },
    options: RequestOptions = {},
  ): Promise<{ readonly call: Call }> {
    return this.#transport.ask({
      method: 'POST',
      path: `/v1/calls/${encodeURIComponent(id)}/recording`,
      body,
      ...options,
    });
  }

  /** Start, Try Again and Start New Capture */
  startSession(id: string, options: RequestOptions = {}): Promise<{ readonly session: PaymentSession }> {
    return this.#transport.ask({
      method: 'POST',
      path: `/v1/calls/${encodeURIComponent(id)}/payment-sessions`,
      ...options,
    });
  }

  /** A payment session */
  readSession(id: string, options: RequestOptions = {}): Promise<{ readonly session: PaymentSession }> {
    return this.#transport.ask({ method: 'GET', path: `/v1/payment-sessions/${encodeURIComponent(id)}`, ...options });
  }

  /** Capture and Re-capture: the field awaits keys */
  capture(
    id: string,
    body: { readonly field: FieldName },
    options: RequestOptions = {},
  ): Promise<{ readonly session: PaymentSession }> {
    return this.#transport.ask({
      method: 'POST',
      path: `/v1/payment-sessions/${encodeURIComponent(id)}/capture`,
      body,
      ...options,
    });
  }

  /** Complete Tokenization, with three captured fields */
  complete(id: string, options: RequestOptions = {}): Promise<{ readonly session: PaymentSession }> {
    return this.#transport.ask({
      method: 'POST',
      path: `/v1/payment-sessions/${encodeURIComponent(id)}/complete`,
      ...options,
    });
  }

  /** Cancel: all that was keyed is wiped */
  cancel(id: string, options: RequestOptions = {}): Promise<{ readonly session: PaymentSession }> {
    return this.#transport.ask({
      method: 'POST',
      path: `/v1/payment-sessions/${encodeURIComponent(id)}/cancel`,
      ...options,
    });
  }

  /** Payment sessions of the past, newest first */
  listPastSessions(
    query: { readonly before?: number; readonly limit?: number } = {},
    options: RequestOptions = {},
  ): Promise<{
    readonly sessions: readonly SessionRecord[];
    /** Missing on the last page. */
    readonly nextBefore?: number;
  }> {
    return this.#transport.ask({ method: 'GET', path: '/v1/history/sessions', query, ...options });
  }

  /** Calls of the past, newest first */
  listPastCalls(
    query: { readonly before?: number; readonly limit?: number } = {},
    options: RequestOptions = {},
  ): Promise<{
    readonly calls: readonly CallRecord[];
    /** Missing on the last page. */
    readonly nextBefore?: number;
  }> {
    return this.#transport.ask({ method: 'GET', path: '/v1/history/calls', query, ...options });
  }

  /** Recordings with their gaps, newest first */
  listRecordings(
    query: { readonly before?: number; readonly limit?: number } = {},
    options: RequestOptions = {},
  ): Promise<{
    readonly recordings: readonly Recording[];
    /** Missing on the last page. */
    readonly nextBefore?: number;
  }> {
    return this.#transport.ask({ method: 'GET', path: '/v1/recordings', query, ...options });
  }

  /** The sound of a recording */
  readRecording(id: string, options: RequestOptions = {}): Promise<Response> {
    return this.#transport.send({ method: 'GET', path: `/v1/recordings/${encodeURIComponent(id)}`, ...options });
  }

  /** Length and gaps of a recording */
  readRecordingNotes(id: string, options: RequestOptions = {}): Promise<{ readonly notes: RecordingNotes }> {
    return this.#transport.ask({ method: 'GET', path: `/v1/recordings/${encodeURIComponent(id)}/notes`, ...options });
  }

  /** Records of the audit log, oldest first */
  readAuditLog(
    query: { readonly after?: number; readonly limit?: number } = {},
    options: RequestOptions = {},
  ): Promise<{
    readonly records: readonly AuditRecord[];
    /** Missing at the end of the log. */
    readonly nextAfter?: number;
  }> {
    return this.#transport.ask({ method: 'GET', path: '/v1/audit', query, ...options });
  }

  /** Checks the chain of the whole audit log */
  verifyAuditLog(options: RequestOptions = {}): Promise<AuditVerdict> {
    return this.#transport.ask({ method: 'GET', path: '/v1/audit/verification', ...options });
  }

  /** What runs, without secrets */
  readConfiguration(options: RequestOptions = {}): Promise<ConfigurationSummary> {
    return this.#transport.ask({ method: 'GET', path: '/v1/configuration', ...options });
  }

  /** Accounts and their roles */
  listAccounts(options: RequestOptions = {}): Promise<{ readonly accounts: readonly Account[] }> {
    return this.#transport.ask({ method: 'GET', path: '/v1/accounts', ...options });
  }

  /** Where the own telephone registers, and a password for it that is good for an hour */
  openSoftphone(options: RequestOptions = {}): Promise<{ readonly softphone: SoftphoneAccess }> {
    return this.#transport.ask({ method: 'POST', path: '/v1/softphone', ...options });
  }

  /** A ticket with which a page of another origin may show an agent's panel, once, within a minute */
  createPanelTicket(
    body: {
      /** Needed from an integration; an agent has tickets for itself only. */ readonly agent?: string;
      /** Binds the panel to this call. */
      readonly callId?: string;
      /** Origin of the page that embeds the panel, such as `https://crm.example`; one of `api.frameAncestors`. */
      readonly origin: string;
    },
    options: RequestOptions = {},
  ): Promise<{ readonly ticket: string; readonly expiresAt: string }> {
    return this.#transport.ask({ method: 'POST', path: '/v1/panel-tickets', body, ...options });
  }

  /** Trades a ticket for a short-lived bearer token */
  openPanelSession(
    body: {
      readonly ticket: string;
      /** Origin of the page that embeds the panel, such as `https://crm.example`; one of `api.frameAncestors`. */
      readonly origin: string;
    },
    options: RequestOptions = {},
  ): Promise<{
    /** Works wherever the agent's own does, for the one call if the ticket named one. */ readonly token: string;
    readonly expiresAt: string;
    readonly agent: string;
    readonly callId?: string;
  }> {
    return this.#transport.ask({ method: 'POST', path: '/v1/panel-sessions', body, ...options });
  }

  /** This document */
  readOpenapi(options: RequestOptions = {}): Promise<{ readonly openapi: string; readonly [name: string]: unknown }> {
    return this.#transport.ask({ method: 'GET', path: '/v1/openapi.json', ...options });
  }

  /** Whether all parts are up; 503 with the same body when one is not */
  readHealth(
    options: RequestOptions = {},
  ): Promise<{ readonly ok: boolean; readonly parts: { readonly [name: string]: boolean } }> {
    return this.#transport.ask({ method: 'GET', path: '/healthz', ...options });
  }

  /** Counters for Prometheus; without a token when asked from this machine */
  readMetrics(options: RequestOptions = {}): Promise<Response> {
    return this.#transport.send({ method: 'GET', path: '/metrics', ...options });
  }
}
