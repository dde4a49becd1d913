/**
 * AES-256-GCM with everything beside the ciphertext in one value:
 *
 * ```
 *  0          11 12              n-17 n-16        n-1
 * +-------------+--------------------+---------------+
 * | nonce (12)  | ciphertext         | tag (16)      |
 * +-------------+--------------------+---------------+
 * ```
 *
 * Nonces are random (NIST SP 800-38D §8.2.2), good for 2^32 values a key: data keys last a day.
 */
import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';

const NONCE_SIZE_BYTES = 12;
const TAG_SIZE_BYTES = 16;

export function seal(key: Uint8Array, plaintext: Uint8Array, associatedData: Uint8Array): Buffer {
  const sealed = Buffer.alloc(NONCE_SIZE_BYTES + plaintext.length + TAG_SIZE_BYTES);
  const nonce = randomFillSync(sealed, 0, NONCE_SIZE_BYTES).subarray(0, NONCE_SIZE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associatedData);
  sealed.set(cipher.update(plaintext), NONCE_SIZE_BYTES);
  cipher.final();
  sealed.set(cipher.getAuthTag(), NONCE_SIZE_BYTES + plaintext.length);
  return sealed;
}

/**
 * Calls `read` with the plaintext, which is wiped when it returns; nothing when the key, the associated data or a
 * byte is not what it was.
 */
export function unseal<T>(
  key: Uint8Array,
  sealed: Uint8Array,
  associatedData: Uint8Array,
  read: (plaintext: Buffer) => T,
): T | undefined {
  const end = sealed.length - TAG_SIZE_BYTES;
  if (end < NONCE_SIZE_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_SIZE_BYTES));
  decipher.setAAD(associatedData);
  decipher.setAuthTag(sealed.subarray(end));
  const plaintext = decipher.update(sealed.subarray(NONCE_SIZE_BYTES, end));
  try {
    if (!isAuthentic(decipher)) return undefined;
    return read(plaintext);
  } finally {
    plaintext.fill(0);
  }
}

function isAuthentic(decipher: { final(): Buffer }): boolean {
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}
