/** Tables of the embedded vault. Nothing in them is card data in clear: only masked values, stars and ciphertext. */

/** Written into the database's `user_version`. */
export const SCHEMA_VERSION = 2;

/** What has happened to tokens and is not in the audit log yet, as far as the vault has been told. */
const AUDIT_OUTBOX = `
  CREATE TABLE audit_outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL
  ) STRICT;
`;

/** From version 1, whose tokens had been answered for as soon as they were used. */
export const MIGRATION_TO_2 = `
  ALTER TABLE token ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;
  ${AUDIT_OUTBOX}
`;

export const SCHEMA = `
  CREATE TABLE opening (at_ms INTEGER NOT NULL) STRICT;

  -- 'lookup' is the key of the token ids; every other name is a UTC day and its data key. Wrapped by the envelope key.
  CREATE TABLE wrapped_key (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE token (
    -- HMAC-SHA256 of the token, so that a copy of the database gives no token away.
    id BLOB PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    day TEXT NOT NULL,
    -- Both gone as soon as the token is void or expired; the token when it is used, the card when its order was answered.
    sealed_token BLOB,
    sealed_card BLOB,
    brand TEXT NOT NULL,
    masked TEXT NOT NULL,
    last4 TEXT NOT NULL,
    masked_expiry TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    voided INTEGER NOT NULL DEFAULT 0,
    used_at_ms INTEGER,
    order_id TEXT,
    -- Used, and its order has not been answered: it alone may ask again.
    owed INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX token_expiry ON token (expires_at_ms);
  ${AUDIT_OUTBOX}
`;

/** One row for any id, known or not, so that both take the same way through the database. */
export const FIND_TOKEN = `
  SELECT token.id IS NOT NULL AS known, day, sealed_card, brand, masked, last4, masked_expiry, expires_at_ms,
         used, voided, order_id, owed
  FROM (SELECT ? AS wanted) LEFT JOIN token ON token.id = wanted`;

/** The one statement that makes a token single-use: whoever changes the row has redeemed it, nobody else can. */
export const USE_TOKEN = `
  UPDATE token SET used = 1, used_at_ms = ?, order_id = ?, sealed_token = NULL, owed = 1
  WHERE id = ? AND used = 0 AND voided = 0 AND expires_at_ms > ?`;

/** The one statement that lets an answer go out. */
export const ANSWER_ORDER = 'UPDATE token SET owed = 0, sealed_card = NULL WHERE id = ? AND owed = 1';

export const VOID_TOKEN = `
  UPDATE token SET voided = 1, sealed_token = NULL, sealed_card = NULL WHERE id = ? AND used = 0 AND voided = 0`;

export const INSERT_TOKEN = `
  INSERT INTO token (id, idempotency_key, day, sealed_token, sealed_card, brand, masked, last4, masked_expiry,
                     created_at_ms, expires_at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export const FIND_BY_IDEMPOTENCY_KEY = `
  SELECT id, day, sealed_token, sealed_card, expires_at_ms, used, voided FROM token WHERE idempotency_key = ?`;

export const COUNT_EXPIRED = `
  SELECT count(*) FROM token WHERE expires_at_ms <= ? AND sealed_card IS NOT NULL AND used = 0`;

export const PURGE_EXPIRED = `
  UPDATE token SET sealed_token = NULL, sealed_card = NULL WHERE expires_at_ms <= ? AND sealed_card IS NOT NULL`;

export const DELETE_OLD = 'DELETE FROM token WHERE expires_at_ms <= ?';

/** A day's key goes with the last card it sealed. */
export const DELETE_UNUSED_KEYS = `
  DELETE FROM wrapped_key
  WHERE name NOT IN ('lookup', ?) AND name NOT IN (SELECT day FROM token WHERE sealed_card IS NOT NULL)`;
