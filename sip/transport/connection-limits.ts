/** How many connections one listener holds, of one source and in all, half-open ones among them. */

/** An SBC uses one or a few; beyond this many of one address somebody is collecting our memory. */
export const MAX_CONNECTIONS_PER_SOURCE = 100;
/** Forty such sources. Each connection is a descriptor, and at worst MAX_UNSENT_BYTES that wait: 1 GiB in all. */
export const MAX_CONNECTIONS = 4_000;
/** A peer that does not read is cut off once this much waits for it: some hundred messages. */
export const MAX_UNSENT_BYTES = 262_144;
/** A connection that was opened to us and says nothing takes a place that somebody else needs. */
export const FIRST_MESSAGE_TIMEOUT_MS = 30_000;
/** A phone registers as soon as it is connected; one whose user mistypes connects anew. */
export const PROOF_TIMEOUT_MS = 30_000;
/** A peer that does not read cannot hold up our end for longer. */
export const CLOSE_GRACE_MS = 1_000;

export class ConnectionLimits {
  readonly #countBySource = new Map<string, number>();
  #count = 0;

  hasRoomFor(address: string): boolean {
    return this.#count < MAX_CONNECTIONS && (this.#countBySource.get(address) ?? 0) < MAX_CONNECTIONS_PER_SOURCE;
  }

  enter(address: string): void {
    this.#count += 1;
    this.#countBySource.set(address, (this.#countBySource.get(address) ?? 0) + 1);
  }

  leave(address: string): void {
    this.#count -= 1;
    const left = (this.#countBySource.get(address) ?? 1) - 1;
    if (left === 0) {
      this.#countBySource.delete(address);
    } else {
      this.#countBySource.set(address, left);
    }
  }
}
