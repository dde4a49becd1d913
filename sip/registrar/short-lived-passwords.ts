/** Passwords for one sitting at the softphone, beside the one in the user's file. Pure. */
import { lettersOf, type RandomSource } from '../random-identifiers.js';

/** Two browser tabs, each reloaded once; the oldest goes first. */
export const MAX_PASSWORDS_PER_USER = 4;
/** 192 bits: nobody guesses it, whatever is tried. */
const PASSWORD_SIZE_BYTES = 24;

type Issued = { readonly password: string; readonly expiresAtMs: number };

export class ShortLivedPasswords {
  readonly #random: RandomSource;
  readonly #byUser = new Map<string, readonly Issued[]>();

  constructor(random: RandomSource) {
    this.#random = random;
  }

  /** @param user one of a list that does not grow: nothing bounds their number here */
  issue(user: string, lifetimeMs: number, nowMs: number): string {
    const issued = { password: lettersOf(this.#random(PASSWORD_SIZE_BYTES)), expiresAtMs: nowMs + lifetimeMs };
    this.#byUser.set(user, [...this.#living(user, nowMs), issued].slice(-MAX_PASSWORDS_PER_USER));
    return issued.password;
  }

  of(user: string, nowMs: number): readonly string[] {
    return this.#living(user, nowMs).map(({ password }) => password);
  }

  #living(user: string, nowMs: number): readonly Issued[] {
    return (this.#byUser.get(user) ?? []).filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  }
}
