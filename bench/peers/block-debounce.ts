/** Keys out of one verdict a block, as receivers with fixed blocks do it. */

export type DebounceLimits = { readonly blocksToBegin: number; readonly blocksToEnd: number };

export const NO_HIT = -1;

/** A key begins with so many equal hits in a row and ends with so many blocks without it. */
export class BlockDebounce {
  readonly #limits: DebounceLimits;
  #current = NO_HIT;
  #last = NO_HIT;
  #hits = 0;
  #misses = 0;

  constructor(limits: DebounceLimits) {
    this.#limits = limits;
  }

  /** Takes the verdict on the next block, a key or `NO_HIT`; true if its key begins here. */
  take(hit: number): boolean {
    if (this.#current !== NO_HIT) {
      this.#misses = hit === this.#current ? 0 : this.#misses + 1;
      if (this.#misses === this.#limits.blocksToEnd) this.#current = NO_HIT;
    }
    if (hit !== this.#last) {
      this.#last = hit;
      this.#hits = 0;
    }
    if (hit === NO_HIT || hit === this.#current) return false;
    this.#hits += 1;
    if (this.#hits !== this.#limits.blocksToBegin) return false;
    this.#current = hit;
    this.#misses = 0;
    return true;
  }
}
