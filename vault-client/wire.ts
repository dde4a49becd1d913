/**
 * What the vault process says and hears. This file, `wire-frames.ts` and `wire-digest.ts` are all that the gateway may import of
 * `vault-client/`: none of the types below can carry a digit in clear.
 *
 * Two sockets, two dialects:
 *
 * 1. Control ⇄ vault, a socket pair inherited as file descriptor 3: JSON frames, `VaultCommand` in, `VaultEvent` out.
 * 2. Media → vault, the private Unix socket: one `hello` frame (type HELLO_FRAME, the link secret), then one `key`
 *    frame (type KEY_FRAME) a key press, each of exactly KEY_FRAME_SIZE_BYTES:
 *
 * ```
 *  0                   15 16      19 20                                                88
 * +----------------------+----------+--------------------------------------------------+
 * |  capture id (16)     | seq (4)  |  crypto_box_seal( capture id | seq | event code ) |
 * +----------------------+----------+--------------------------------------------------+
 * ```
 *
 * The sealed plaintext repeats capture id and sequence number, so a frame can be neither replayed under another
 * capture nor reordered; seq counts the frames of one capture from 0, so a lost one is noticed. The event code is that
 * of RFC 4733 §3.2: 0–9 digits, 10 is `*`, 11 is `#`, 12–15 are A–D. One code of our own is no key:
 *
 * | code                | means                                                                                         |
 * | ------------------- | --------------------------------------------------------------------------------------------- |
 * | 16 DISTURBANCE_MARK | at this place among the keys the caller's stream had a hole that may have swallowed a press   |
 *
 * It travels as a key does, in the keys' order and sealed, so that a `*` keyed behind the hole makes up for it and a `#`
 * keyed behind it does not.
 */

export const HELLO_FRAME = 2;
export const KEY_FRAME = 3;
export const LINK_SECRET_SIZE_BYTES = 32;
export const CAPTURE_ID_SIZE_BYTES = 16;
export const KEY_PLAINTEXT_SIZE_BYTES = CAPTURE_ID_SIZE_BYTES + 4 + 1;
/** crypto_box_SEALBYTES: an ephemeral public key (32) and the authentication tag (16). */
export const SEAL_OVERHEAD_SIZE_BYTES = 48;
/** The event code of a mark that is no key; RFC 4733 §3.2 uses up to 15 for the keys of a telephone. */
export const DISTURBANCE_MARK = 16;
export const KEY_FRAME_SIZE_BYTES = CAPTURE_ID_SIZE_BYTES + 4 + KEY_PLAINTEXT_SIZE_BYTES + SEAL_OVERHEAD_SIZE_BYTES;

export type FieldName = 'cardNumber' | 'expirationDate' | 'securityCode';

export const FIELD_NAMES: readonly FieldName[] = ['cardNumber', 'expirationDate', 'securityCode'];

export type CardBrand = 'visa' | 'mastercard' | 'amex' | 'discover' | 'jcb' | 'diners' | 'unionpay' | 'maestro';

/** Twilio's ErrorType vocabulary, so that porting an integration is a rename of nothing; `input-uncertain` is ours. */
export type FieldErrorCode =
  | 'invalid-card-number'
  | 'invalid-security-code'
  | 'invalid-date'
  | 'input-timeout'
  | 'invalid-card-type'
  | 'too-many-failed-attempts'
  /** A press may have been lost between the caller and us: nobody's failed attempt. */
  | 'input-uncertain';

export type SessionErrorCode =
  | 'payment-connector-error'
  | 'internal-error'
  | 'too-many-failed-attempts'
  | 'vault-unreachable'
  | 'media-unreachable'
  | 'recorder-not-paused'
  | 'audio-not-inspectable';

/** The rules of one session, from the configuration. */
export type CardRules = {
  readonly acceptedBrands: readonly CardBrand[];
  /** Failed entries of one field after which the session refuses more: 3 means three failed entries. */
  readonly maxAttempts: number;
  /** From Capture to the first key. */
  readonly firstDigitTimeoutMs: number;
  readonly interDigitTimeoutMs: number;
  /** IANA name; an expiry month ends at midnight there. */
  readonly timeZone: string;
  /** Shows MM/YY instead of stars once the expiration date is captured. */
  readonly showExpiry: boolean;
};

export type VaultCommand =
  | { readonly kind: 'configure'; readonly configuration: VaultConfiguration }
  | { readonly kind: 'open-session'; readonly requestId: number; readonly sessionId: string; readonly rules: CardRules }
  | {
      readonly kind: 'begin-capture';
      readonly requestId: number;
      readonly sessionId: string;
      readonly field: FieldName;
      /** 32 lower-case hexadecimal digits, new for every capture. */
      readonly captureId: string;
    }
  | {
      readonly kind: 'tokenize';
      readonly requestId: number;
      readonly sessionId: string;
      readonly idempotencyKey: string;
    }
  /** Wipes the session. `abandoned` also voids its token, whether it is still being made or made already. */
  | {
      readonly kind: 'close-session';
      readonly requestId: number;
      readonly sessionId: string;
      readonly outcome: 'vaulted' | 'abandoned';
    }
  | { readonly kind: 'ping'; readonly requestId: number }
  | { readonly kind: 'statistics'; readonly requestId: number }
  /** The record of this `audit` event is on disk. An event of which nobody says so is sent again. */
  | { readonly kind: 'audit-recorded'; readonly eventId: string }
  | { readonly kind: 'shut-down' };

export type VaultConfiguration = {
  readonly dataDirectory: string;
  /** Path of the private Unix socket on which key frames arrive; made with mode 0600. */
  readonly keySocketPath: string;
  /** Base64 of LINK_SECRET_SIZE_BYTES random bytes, made anew at each start of the gateway. */
  readonly linkSecret: string;
  readonly redeem: { readonly address: string; readonly port: number; readonly allowReveal: boolean };
  /** File (mode 0600) holding the bearer credential of the redeem endpoint; made if missing. */
  readonly redeemCredentialPath: string;
  /** File (mode 0600) holding the 32-byte key that wraps the data keys; made if missing. */
  readonly envelopeKeyPath: string;
  readonly tokenLifetimeMs: number;
};

/** Why a token that there is was not good for an order. */
export type RedemptionRefusal = 'token_already_redeemed' | 'token_expired' | 'token_voided' | 'reveal_not_allowed';

export type FieldState = 'empty' | 'awaiting' | 'captured' | 'error';

/** One field as anybody outside the vault may know it. */
export type FieldReport = {
  readonly field: FieldName;
  readonly state: FieldState;
  /** Keys of the entry under way; 0 when the field is not awaiting. */
  readonly keyCount: number;
  /** Only while awaiting: a press of this entry may have been lost on the line, and only `*` makes up for it. */
  readonly isUncertain?: true;
  /**
   * Only while awaiting: so long after this report the entry times out, unless a key comes first. A span and no time of
   * day, because whoever reads it may have another clock.
   */
  readonly timeLeftMs?: number;
  /** Only when captured: payments' masked form, e.g. four stars, …, last four. */
  readonly masked?: string;
  readonly brand?: CardBrand;
  readonly error?: FieldErrorCode;
  readonly failedAttempts: number;
};

/** Why a command was refused: the `code` of the `refused` event. The vault goes on, and nothing has changed. */
export type RefusalCode =
  | 'bad-command'
  | 'not-configured'
  | 'bad-rules'
  | 'session-exists'
  | 'unknown-session'
  | 'too-many-sessions'
  | 'capture-id-in-use'
  | 'capture-under-way'
  | 'fields-incomplete'
  | 'too-many-failed-attempts'
  | 'tokenizing'
  | 'session-over';

/** Counters of the vault process since its start, and, with names that end in `_now`, gauges; suffixes of Prometheus metrics. */
export type VaultStatistics = Readonly<Record<string, number>>;

export type VaultEvent =
  /** Sent once, after `configure` has been carried out. */
  | {
      readonly kind: 'ready';
      /** Base64 X25519 public key, new at each start of the vault. */
      readonly publicKey: string;
      readonly redeemPort: number;
    }
  | { readonly kind: 'done'; readonly requestId: number }
  | { readonly kind: 'refused'; readonly requestId: number; readonly code: RefusalCode }
  | { readonly kind: 'statistics'; readonly requestId: number; readonly counters: VaultStatistics }
  | { readonly kind: 'field'; readonly sessionId: string; readonly report: FieldReport }
  /** Keys that arrived while no field awaited them. */
  | { readonly kind: 'keys-dropped'; readonly sessionId: string; readonly count: number }
  | {
      readonly kind: 'tokenized';
      readonly sessionId: string;
      readonly token: string;
      readonly brand: CardBrand;
      readonly masked: string;
      readonly expiresAtMs: number;
    }
  /** The blamed field's own `field` event with its error goes before a field-level failure. */
  | { readonly kind: 'tokenization-failed'; readonly sessionId: string; readonly level: 'field' }
  | {
      readonly kind: 'tokenization-failed';
      readonly sessionId: string;
      readonly level: 'session';
      readonly code: SessionErrorCode;
    }
  /** Somebody has used a token that there is or was, or has tried to. */
  | {
      readonly kind: 'redemption';
      /** `tokenDigestOf` the token: whoever knows the token knows which it is. */
      readonly tokenDigest: string;
      readonly outcome: 'redeemed' | RedemptionRefusal;
      /** Missing where it has so many digits that it could hold a card number. */
      readonly orderId?: string;
    }
  /** Sent until control has answered `audit-recorded`, so it may come more than once, after a restart of either side too. */
  | {
      readonly kind: 'audit';
      /** The same whenever the event is sent; no other event of this or another vault database has it. */
      readonly eventId: string;
      /** Wall time, ISO 8601 in UTC: an event that is sent again is older than its record. */
      readonly happenedAt: string;
      readonly action: 'token-redeemed' | 'token-refused' | 'token-voided' | 'token-expired';
      readonly outcome: string;
      /** Missing where no token was named, or many were. */
      readonly tokenHint?: string;
      /** Address of the order system, where one has asked. */
      readonly origin?: string;
      /** ORDER_ID_HIDDEN where it has so many digits that it could hold a card number. */
      readonly orderId?: string;
      /** The same order has asked before and got no answer. */
      readonly isRetry?: true;
      /** How many tokens have expired. */
      readonly count?: number;
    };

/** No order id can be spelt so. */
export const ORDER_ID_HIDDEN = '[digits hidden]';
