/** Tables of the embedded vault. Nothing in them is card data in clear: only masked values, stars and ciphertext. */

/** Written into the database's `user_version`. */
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
  CREATE TABLE opening (at_ms INTEGER NOT NULL) STRICT;

  -- 'lookup' is the key of the token ids; every other name is a UTC day and its data key. Wrapped by the envelope key.
  CREATE TABLE wrapped_key (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE token (
    -- HMAC-SHA256 of the token, so that a copy of the database gives no token away.
    id BLOB PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    day TEXT NOT NULL,
    -- Both gone as soon as the token is used, void or expired.
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
    order_id TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX token_expiry ON token (expires_at_ms);
`;

/** One row for any id, known or not, so that both take the same way through the database. */
export const FIND_TOKEN = `
  SELECT token.id IS NOT NULL AS known, day, sealed_card, brand, masked, last4, masked_expiry, expires_at_ms,
         used, voided, order_id
  FROM (SELECT ? AS wanted) LEFT JOIN token ON token.id = wanted`;

/** The one statement that makes a token single-use: whoever changes the row has redeemed it, nobody else can. */
export const USE_TOKEN = `
  UPDATE token SET used = 1, used_at_ms = ?, order_id = ?, sealed_token = NULL, sealed_card = NULL
  WHERE id = ? AND used = 0 AND voided = 0 AND expires_at_ms > ?`;

export const VOID_TOKEN = `
  UPDATE token SET voided = 1, sealed_token = NULL, sealed_card = NULL WHERE id = ? AND used = 0 AND voided = 0`;

export const INSERT_TOKEN = `
  INSERT INTO token (id, idempotency_key, day, sealed_token, sealed_card, brand, masked, last4, masked_expiry,
                     created_at_ms, expires_at_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export const FIND_BY_IDEMPOTENCY_KEY = `
  SELECT id, day, sealed_token, sealed_card, expires_at_ms, used, voided FROM token WHERE idempotency_key = ?`;

export const PURGE_EXPIRED = `
  UPDATE token SET sealed_token = NULL, sealed_card = NULL WHERE expires_at_ms <= ? AND sealed_card IS NOT NULL`;

export const DELETE_OLD = 'DELETE FROM token WHERE expires_at_ms <= ?';

/** A day's key goes with the last card it sealed. */
export const DELETE_UNUSED_KEYS = `
  DELETE FROM wrapped_key
  WHERE name NOT IN ('lookup', ?) AND name NOT IN (SELECT day FROM token WHERE sealed_card IS NOT NULL)`;
