/** Tags, branches and Call-IDs. Whoever can guess one can speak into a call, so all come from the injected source. */

/** Must be a cryptographic source outside of tests. */
export type RandomSource = (sizeBytes: number) => Buffer;

/** RFC 3261 §8.1.1.7: marks a branch that is unique, so that it alone names the transaction. */
export const BRANCH_COOKIE = 'z9hG4bK';

/** 96 bits: a million live transactions collide with a chance below 1e-17. */
export function newBranch(random: RandomSource): string {
  return BRANCH_COOKIE + lettersOf(random(12));
}

/** 64 bits, twice what RFC 3261 §19.3 asks for. */
export function newTag(random: RandomSource): string {
  return lettersOf(random(8));
}

/** 128 bits and no host: a Call-ID tells the far side nothing about this one (RFC 3261 §8.1.1.4). */
export function newCallId(random: RandomSource): string {
  return lettersOf(random(16));
}

/** Hexadecimal in letters: with figures in it, one identifier in fifty would hold a run of them like a card number's. */
export function lettersOf(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    text += String.fromCharCode(0x61 + (byte >> 4), 0x61 + (byte & 15));
  }
  return text;
}
