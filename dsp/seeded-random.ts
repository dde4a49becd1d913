/**
 * A small repeatable random source (xorshift32 after Marsaglia, 2003) for replacement noise, synthetic audio and seeded
 * tests. Not for secrets.
 */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    // A zero state would stay zero; the multiplication spreads small seeds over all bits.
    this.#state = (Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995) | 0 || 1;
    for (let round = 0; round < 4; round += 1) this.nextInt32();
  }

  nextInt32(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state;
  }

  /** Uniform in [0, 1). */
  next(): number {
    return (this.nextInt32() >>> 0) / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Uniform integer in [low, high]. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)];
  }

  /** Mean 0, variance 1. The sum of twelve uniforms is near enough to a normal variable for audio noise. */
  gaussian(): number {
    let sum = -6;
    for (let term = 0; term < 12; term += 1) sum += this.next();
    return sum;
  }
}
