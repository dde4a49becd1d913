/** A capture that is under way: where key presses go. Keys pass through here one at a time and leave no trace. */
import { CAPTURE_ID_SIZE_BYTES } from '../../vault-client/wire.js';

/** crypto_box_PUBLICKEYBYTES. */
export const PUBLIC_KEY_SIZE_BYTES = 32;

export type ArmedCapture = {
  readonly id: Uint8Array;
  readonly vaultPublicKey: Buffer;
  /** Of the next key or mark; the vault refuses a key that repeats or goes back. */
  nextSequence: number;
};

/** Takes keys to the vault. The tests have one of their own. */
export interface KeySink {
  readonly isUp: boolean;
  /** Seals the key, or a mark of `wire.ts` in its place, and sends it. Returns false, having kept nothing, when the vault is not reached. */
  send(capture: ArmedCapture, key: number): boolean;
}

/** Reads what control sent. Returns undefined when it is not a capture id and a public key. */
export function parseCapture(captureId: string, vaultPublicKey: string): ArmedCapture | undefined {
  if (!/^[0-9a-f]*$/.test(captureId) || captureId.length !== CAPTURE_ID_SIZE_BYTES * 2) return undefined;
  const publicKey = Buffer.from(vaultPublicKey, 'base64');
  if (publicKey.length !== PUBLIC_KEY_SIZE_BYTES) return undefined;
  return { id: Buffer.from(captureId, 'hex'), vaultPublicKey: publicKey, nextSequence: 0 };
}
