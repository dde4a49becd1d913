import { Buffer } from 'node:buffer';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, constants, openSync } from 'node:fs';
import Sqlite, { type Database } from 'better-sqlite3';
import sodium from 'sodium-native';
import { type AuditDuty, type AuditEvent, AuditOutbox, MAX_UNRECORDED_EVENTS } from './audit-outbox-store.js';
import { DataKeys, LOOKUP_KEY } from './data-keys.js';
import { CARD_NUMBER_CAPACITY, EXPIRATION_DATE_CAPACITY } from './digit-buffer.js';
import { VaultError } from './errors.js';
import { lastFour } from './masking.js';
import { readEnvelopeKey } from './secret-file-store.js';
import { seal, unseal } from './token-cipher.js';
import type { CardOnLoan, TokenizeOptions, TokenizeOutcome, Tokenizer } from './tokenizer.js';
import {
  ANSWER_ORDER,
  COUNT_EXPIRED,
  DELETE_OLD,
  DELETE_UNUSED_KEYS,
  FIND_BY_IDEMPOTENCY_KEY,
  FIND_TOKEN,
  INSERT_TOKEN,
  MIGRATION_TO_2,
  PURGE_EXPIRED,
  SCHEMA,
  SCHEMA_VERSION,
  USE_TOKEN,
  VOID_TOKEN,
} from './vault-schema.js';
import { ORDER_ID_HIDDEN } from './wire.js';
import { tokenHintOf } from './wire-digest.js';
import { wipeableBuffer } from './wire-frames.js';

/** What our tokens look like: a prefix to know them by and 128 random bits. */
export const TOKEN_PATTERN = /^tgt_[A-Za-z0-9_-]{22}$/;
const TOKEN_PREFIX = 'tgt_';
const TOKEN_RANDOM_SIZE_BYTES = 16;

/** For so long after its expiry a token is still known, so that its use is told apart from a made-up one. */
const RECORD_RETENTION_MS = 30 * 24 * 60 * 60_000;

/** As many digits as the shortest card number, less one: an order id with more of them stays in the vault. */
const MAX_ORDER_ID_DIGITS = 11;

/** `PRAGMA synchronous`: 2 is FULL. */
const SYNCHRONOUS_FULL = 2;

/** The sealed card: length of the number, the number padded with zeros, the date. One size, whatever the card. */
const PACKED_DATE_AT = 1 + CARD_NUMBER_CAPACITY;
const PACKED_SIZE_BYTES = PACKED_DATE_AT + EXPIRATION_DATE_CAPACITY;

export type RedeemRefusal = 'token_unknown' | 'token_already_redeemed' | 'token_expired' | 'token_voided';

/** Card data in clear (ASCII digits), the caller's to wipe. */
export type RevealedCard = { readonly cardNumber: Buffer; readonly expirationDate: Buffer };

/** What a token's order is told, once. */
export type Redemption = {
  readonly brand: string;
  readonly masked: string;
  readonly last4: string;
  readonly maskedExpirationDate: string;
  readonly card?: RevealedCard;
};

/** Durable, and so is the duty to record it: nothing of it is told before `eventId` is in the audit log. */
export type Claim = { readonly eventId: string } & (
  | { readonly kind: 'claimed' }
  | { readonly kind: 'refused'; readonly code: RedeemRefusal }
);

/** Who asks, and whether an answer to the same token's order is on its way already. */
export type Asking = { readonly origin: string };

export type RedeemRequest = { readonly token: string; readonly orderId: string; readonly reveal: boolean };

export type EmbeddedVaultOptions = {
  readonly databasePath: string;
  readonly envelopeKeyPath: string;
  readonly tokenLifetimeMs: number;
  /** Milliseconds since the epoch: a token's life goes on while the process is down. */
  readonly wallClock: () => number;
  /** Something has happened to a token; it is in the outbox, where `unrecorded` finds it until it is `recorded`. */
  readonly onAudit: (event: AuditEvent) => void;
};

type FoundToken = {
  known: number;
  day: string;
  sealed_card: Buffer | null;
  brand: string;
  masked: string;
  last4: string;
  masked_expiry: string;
  expires_at_ms: number;
  used: number;
  voided: number;
  order_id: string | null;
  owed: number;
};

type MadeToken = {
  id: Buffer;
  day: string;
  sealed_token: Buffer | null;
  sealed_card: Buffer | null;
  expires_at_ms: number;
};

/**
 * The default token maker: an SQLite file that holds each card sealed (AES-256-GCM, a data key a day, the token's id
 * as associated data) until its token is used, void or expired, and then no more. The security code is never stored:
 * PCI DSS 3.3.1 forbids it after authorisation, and this store cannot know when that was.
 *
 * Every answer is given after its transaction is on the disk (WAL with `synchronous=FULL`), so a token that has been
 * redeemed stays redeemed through a crash or a power cut. What happens to a token and the duty to record it in the audit
 * log are one transaction.
 *
 * A redemption has two steps, between which the audit log gets its record:
 *
 * | step      | what is on the disk after it                                                              |
 * | --------- | ----------------------------------------------------------------------------------------- |
 * | `claim`   | the token belongs to one order, which is owed an answer; the card is sealed as before     |
 * | `handOut` | the order has its answer, and the card is gone: nobody ever gets another                  |
 *
 * An order that has got no answer (a crash, a time-out, a broken connection) may ask again until the token expires, and
 * it alone.
 *
 * @throws VaultError from `open`: `store-unavailable`, `store-version`, `store-not-durable`, those of the key file,
 *   `envelope-key-mismatch`.
 */
export class EmbeddedVaultStore implements Tokenizer {
  readonly #database: Database;
  readonly #keys: DataKeys;
  readonly #envelopeKey: Buffer;
  readonly #outbox: AuditOutbox;
  readonly #options: EmbeddedVaultOptions;
  /** A card on its way into or out of a sealed value; wiped after each use. */
  readonly #packed = sodium.sodium_malloc(PACKED_SIZE_BYTES);

  private constructor(database: Database, envelopeKey: Buffer, options: EmbeddedVaultOptions) {
    this.#database = database;
    this.#envelopeKey = envelopeKey;
    this.#keys = new DataKeys(database, envelopeKey);
    this.#outbox = new AuditOutbox(database, options.wallClock);
    this.#options = options;
    this.#inTransaction(() => this.#keys.existingOrNew(LOOKUP_KEY));
  }

  static open(options: EmbeddedVaultOptions): EmbeddedVaultStore {
    const database = openDatabase(options.databasePath, options.wallClock());
    try {
      const holdsKeys = database.prepare('SELECT 1 FROM wrapped_key LIMIT 1').get() !== undefined;
      const envelopeKey = readEnvelopeKey(options.envelopeKeyPath, holdsKeys ? 'refuse' : 'make');
      return new EmbeddedVaultStore(database, envelopeKey, options);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  async tokenize(card: CardOnLoan, options: TokenizeOptions): Promise<TokenizeOutcome> {
    try {
      if (options.signal.aborted) return { kind: 'session-failure', code: 'payment-connector-error' };
      return this.#inTransaction(() => this.#tokenize(card, options.idempotencyKey));
    } catch {
      // A full disk, a damaged file. The error's text is not looked at: it might quote what was bound.
      return { kind: 'session-failure', code: 'internal-error' };
    } finally {
      this.#packed.fill(0);
    }
  }

  async voidToken(token: string): Promise<boolean> {
    return this.#audited((owe) => {
      const isVoided = this.#database.prepare(VOID_TOKEN).run(this.#idOf(token)).changes === 1;
      const outcome = isVoided ? 'voided' : 'not-voidable';
      owe({ action: 'token-voided', outcome, tokenHint: tokenHintOf(token) });
      return isVoided;
    });
  }

  /**
   * Makes a token that order's, once and for all, or says why not. An unknown token takes the same statements as a known
   * one. @throws when nothing could be decided, and then nothing has changed
   */
  claim(request: RedeemRequest, { origin }: Asking): Claim {
    const nowMs = this.#options.wallClock();
    const id = this.#idOf(request.token);
    const asked = { tokenHint: tokenHintOf(request.token), origin, orderId: orderIdOutside(request.orderId) };
    return this.#audited((owe): Claim => {
      this.#demandRoom();
      const found = this.#database.prepare<[Buffer], FoundToken>(FIND_TOKEN).get(id);
      const used = this.#database.prepare(USE_TOKEN).run(nowMs, request.orderId, id, nowMs);
      if (found === undefined) throw new VaultError('broken-invariant');
      const isRetry = found.owed === 1 && found.order_id === request.orderId;
      if (used.changes !== 1 && !(isRetry && found.expires_at_ms > nowMs)) {
        // An order that comes back too late for its answer has not got one.
        const code = isRetry ? 'token_expired' : refusalOf(found);
        return { kind: 'refused', code, eventId: owe({ action: 'token-refused', outcome: code, ...asked }).eventId };
      }
      // A card that cannot be opened must not burn its token, and an open one is not kept while we wait.
      if (request.reveal) wipeCard(this.#reveal(id, found));
      const outcome = request.reveal ? 'redeemed-and-revealed' : 'redeemed';
      const duty: AuditDuty = { action: 'token-redeemed', outcome, ...asked, ...(isRetry && { isRetry }) };
      return { kind: 'claimed', eventId: owe(duty).eventId };
    });
  }

  /** What a claimed token's order is told: the only time. @throws when it was told before */
  handOut(request: RedeemRequest): Redemption {
    const id = this.#idOf(request.token);
    const revealed: RevealedCard[] = [];
    try {
      return this.#inTransaction(() => {
        const found = this.#database.prepare<[Buffer], FoundToken>(FIND_TOKEN).get(id);
        if (found !== undefined && request.reveal) revealed.push(this.#reveal(id, found));
        const answered = this.#database.prepare(ANSWER_ORDER).run(id);
        if (found === undefined || answered.changes !== 1) throw new VaultError('broken-invariant');
        return {
          brand: found.brand,
          masked: found.masked,
          last4: found.last4,
          maskedExpirationDate: found.masked_expiry,
          ...(request.reveal ? { card: revealed[0] } : {}),
        };
      });
    } catch (error) {
      // The disk may refuse the very commit.
      for (const card of revealed) wipeCard(card);
      throw error;
    }
  }

  /** Owes the audit log what was decided without a look at any token; answers the event's id. @throws as `claim` does */
  note(duty: AuditDuty): string {
    return this.#audited((owe) => {
      this.#demandRoom();
      return owe(duty).eventId;
    });
  }

  /** What the audit log is owed, oldest first. */
  unrecorded(): readonly AuditEvent[] {
    return this.#outbox.unrecorded();
  }

  get unrecordedCount(): number {
    return this.#outbox.size;
  }

  /** The audit log has it. */
  recorded(eventId: string): void {
    this.#outbox.recorded(eventId);
  }

  /** Deletes what has expired: cards at once, records after their retention, keys with the last card they sealed. */
  purge(): void {
    const nowMs = this.#options.wallClock();
    this.#audited((owe) => {
      const count = this.#database.prepare<[number], number>(COUNT_EXPIRED).pluck().get(nowMs) ?? 0;
      if (count > 0) owe({ action: 'token-expired', outcome: 'expired', count });
      this.#database.prepare(PURGE_EXPIRED).run(nowMs);
      this.#database.prepare(DELETE_OLD).run(nowMs - RECORD_RETENTION_MS);
      this.#database.prepare(DELETE_UNUSED_KEYS).run(dayOf(nowMs));
    });
    this.#keys.forget();
    // The log before the checkpoint still holds the pages as they were.
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.#keys.forget();
    sodium.sodium_free(this.#envelopeKey);
    sodium.sodium_free(this.#packed);
    this.#database.close();
  }

  #tokenize(card: CardOnLoan, idempotencyKey: string): TokenizeOutcome {
    this.#pack(card);
    const made = this.#database.prepare<[string], MadeToken>(FIND_BY_IDEMPOTENCY_KEY).get(idempotencyKey);
    if (made !== undefined) return this.#sameAgain(made);
    const nowMs = this.#options.wallClock();
    const token = TOKEN_PREFIX + randomBytes(TOKEN_RANDOM_SIZE_BYTES).toString('base64url');
    const id = this.#idOf(token);
    const day = dayOf(nowMs);
    const key = this.#keys.existingOrNew(day);
    const expiresAtMs = nowMs + this.#options.tokenLifetimeMs;
    this.#database
      .prepare(INSERT_TOKEN)
      .run(
        id,
        idempotencyKey,
        day,
        seal(key, Buffer.from(token), labelOf('token', id)),
        seal(key, this.#packed, labelOf('card', id)),
        card.brand,
        card.maskedCardNumber,
        lastFour(card.cardNumber),
        card.maskedExpirationDate,
        nowMs,
        expiresAtMs,
      );
    return { kind: 'token', token, expiresAtMs };
  }

  /** AC-R6: the answer to a repeated request is the first one's token, if the card is the same and the token is good. */
  #sameAgain(made: MadeToken): TokenizeOutcome {
    const failure = { kind: 'session-failure', code: 'payment-connector-error' } as const;
    const key = this.#keys.existing(made.day);
    if (key === undefined || made.sealed_card === null || made.sealed_token === null) return failure;
    if (made.expires_at_ms <= this.#options.wallClock()) return failure;
    const same = unseal(key, made.sealed_card, labelOf('card', made.id), (card) => timingSafeEqual(card, this.#packed));
    const token = unseal(key, made.sealed_token, labelOf('token', made.id), (bytes) => bytes.toString('latin1'));
    if (same !== true || token === undefined) return failure;
    return { kind: 'token', token, expiresAtMs: made.expires_at_ms };
  }

  #pack(card: CardOnLoan): void {
    this.#packed.fill(0);
    this.#packed[0] = card.cardNumber.length;
    this.#packed.set(card.cardNumber, 1);
    this.#packed.set(card.expirationDate, PACKED_DATE_AT);
  }

  #reveal(id: Buffer, found: FoundToken): RevealedCard {
    const key = this.#keys.existing(found.day);
    const card =
      key &&
      found.sealed_card &&
      unseal(key, found.sealed_card, labelOf('card', id), (packed) => ({
        cardNumber: copyOf(packed.subarray(1, 1 + packed[0])),
        expirationDate: copyOf(packed.subarray(PACKED_DATE_AT)),
      }));
    // Thrown inside the transaction, so a token whose card cannot be opened is not burnt.
    if (!card) throw new VaultError('store-unavailable');
    return card;
  }

  #idOf(token: string): Buffer {
    const key = this.#keys.existing(LOOKUP_KEY);
    if (key === undefined) throw new VaultError('broken-invariant');
    return createHmac('sha256', key).update(token).digest();
  }

  /** Somebody whose events nobody records must not fill the disk with them. */
  #demandRoom(): void {
    if (this.#outbox.size >= MAX_UNRECORDED_EVENTS) throw new VaultError('audit-outbox-full');
  }

  /** One transaction for what happens and for the duty to record it, which is told once both are on the disk. */
  #audited<T>(work: (owe: (duty: AuditDuty) => AuditEvent) => T): T {
    const events: AuditEvent[] = [];
    const result = this.#inTransaction(() =>
      work((duty) => {
        const event = this.#outbox.add(duty);
        events.push(event);
        return event;
      }),
    );
    for (const event of events) this.#options.onAudit(event);
    return result;
  }

  #inTransaction<T>(work: () => T): T {
    try {
      return this.#database.transaction(work).immediate();
    } catch (error) {
      this.#keys.forget();
      throw error;
    }
  }
}

/** As it may leave the vault. Whatever stands between them, so many digits could be a card number. */
export function orderIdOutside(orderId: string): string {
  return orderId.replaceAll(/\D/g, '').length > MAX_ORDER_ID_DIGITS ? ORDER_ID_HIDDEN : orderId;
}

/** For those who were shown a card and have no use for it any more. */
export function wipeCard({ cardNumber, expirationDate }: RevealedCard): void {
  cardNumber.fill(0);
  expirationDate.fill(0);
}

function refusalOf(found: FoundToken): RedeemRefusal {
  if (found.known === 0) return 'token_unknown';
  if (found.used !== 0) return 'token_already_redeemed';
  return found.voided !== 0 ? 'token_voided' : 'token_expired';
}

function labelOf(what: 'token' | 'card', id: Buffer): Buffer {
  return Buffer.from(`tonegate ${what} ${id.toString('hex')}`);
}

/** A Buffer of its own memory: `Buffer.from` would take it from the pool that everybody shares. */
function copyOf(bytes: Uint8Array): Buffer {
  const copy = wipeableBuffer(bytes.length);
  copy.set(bytes);
  return copy;
}

function dayOf(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10);
}

function openDatabase(path: string, wallMs: number): Database {
  let database: Database | undefined;
  try {
    // Made by us, so that neither it nor the log that takes its mode is ever open to others.
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600));
    database = new Sqlite(path, { timeout: 0 });
    prepareDatabase(database, wallMs);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof VaultError ? error : new VaultError('store-unavailable');
  }
}

function prepareDatabase(database: Database, wallMs: number): void {
  // Held until closed: a second vault on the same file would know nothing of the first one's tokens in flight.
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('secure_delete = ON');
  database.pragma('temp_store = MEMORY');
  const version = database.pragma('user_version', { simple: true });
  if (version === 0) {
    database.transaction(() => {
      database.exec(SCHEMA);
      database.pragma(`user_version = ${SCHEMA_VERSION}`);
      database.prepare('INSERT INTO opening VALUES (?)').run(wallMs);
    })();
  } else if (version === 1) {
    database.transaction(() => {
      database.exec(MIGRATION_TO_2);
      database.pragma(`user_version = ${SCHEMA_VERSION}`);
    })();
  } else if (version !== SCHEMA_VERSION) {
    throw new VaultError('store-version');
  }
  database.prepare('UPDATE opening SET at_ms = ?').run(wallMs);
  // Asked after a write: this build of SQLite says FULL before the first one and falls to NORMAL with it.
  if (database.pragma('synchronous', { simple: true }) !== SYNCHRONOUS_FULL) throw new VaultError('store-not-durable');
}
