import { Buffer } from 'node:buffer';
import type { Database, Statement } from 'better-sqlite3';
import sodium from 'sodium-native';
import { VaultError } from './errors.js';
import { seal, unseal } from './token-cipher.js';

export const DATA_KEY_SIZE_BYTES = 32;
/** Name of the key of the token ids; every other name is a day. */
export const LOOKUP_KEY = 'lookup';
/** Tokens live for hours, so two days' keys are in use at a time; a few more for long lifetimes. */
const MAX_KEYS_IN_MEMORY = 8;

/**
 * The keys that seal cards, one a UTC day, kept in the database wrapped by the envelope key and in locked memory in
 * clear. When a day's last card is gone its key is deleted, and no copy of the database can be opened any more.
 */
export class DataKeys {
  readonly #envelopeKey: Buffer;
  readonly #find: Statement<[string], { wrapped: Buffer }>;
  readonly #insert: Statement<[string, Buffer]>;
  readonly #opened = new Map<string, Buffer>();

  constructor(database: Database, envelopeKey: Buffer) {
    this.#envelopeKey = envelopeKey;
    this.#find = database.prepare('SELECT wrapped FROM wrapped_key WHERE name = ?');
    this.#insert = database.prepare('INSERT INTO wrapped_key (name, wrapped) VALUES (?, ?)');
  }

  /** @throws VaultError `envelope-key-mismatch` when the stored key does not open. */
  existing(name: string): Buffer | undefined {
    const opened = this.#opened.get(name);
    if (opened !== undefined) return opened;
    const row = this.#find.get(name);
    if (row === undefined) return undefined;
    const key = sodium.sodium_malloc(DATA_KEY_SIZE_BYTES);
    const copied = unseal(this.#envelopeKey, row.wrapped, keyLabel(name), (plaintext) => plaintext.copy(key));
    if (copied !== DATA_KEY_SIZE_BYTES) throw new VaultError('envelope-key-mismatch');
    return this.#keep(name, key);
  }

  /** Makes the key if it does not exist; belongs into a transaction with whatever is sealed with it. */
  existingOrNew(name: string): Buffer {
    const existing = this.existing(name);
    if (existing !== undefined) return existing;
    const key = sodium.sodium_malloc(DATA_KEY_SIZE_BYTES);
    sodium.randombytes_buf(key);
    this.#insert.run(name, seal(this.#envelopeKey, key, keyLabel(name)));
    return this.#keep(name, key);
  }

  /**
   * Wipes what is in memory; `existing` reads it again. Due after a transaction that was rolled back: a key that was
   * made in it is in memory only, and must seal nothing more.
   */
  forget(): void {
    for (const key of this.#opened.values()) sodium.sodium_free(key);
    this.#opened.clear();
  }

  #keep(name: string, key: Buffer): Buffer {
    const oldestDay = [...this.#opened].find(([opened]) => opened !== LOOKUP_KEY);
    if (this.#opened.size >= MAX_KEYS_IN_MEMORY && oldestDay !== undefined) {
      sodium.sodium_free(oldestDay[1]);
      this.#opened.delete(oldestDay[0]);
    }
    this.#opened.set(name, key);
    return key;
  }
}

function keyLabel(name: string): Buffer {
  return Buffer.from(`tonegate data key ${name}`);
}
