/** The few statistics a bench needs. */

/** A distribution of times, in milliseconds. */
export type Spread = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };

/** The smallest value that is not below `share` (0 to 1) of all: nearest rank. `sorted` is ascending and not empty. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1];
}

/** Undefined when there is nothing to tell. Sorts `values` in place. */
export function spreadOf(values: Float64Array): Spread | undefined {
  if (values.length === 0) return undefined;
  values.sort();
  return { p50Ms: quantile(values, 0.5), p99Ms: quantile(values, 0.99), maxMs: values[values.length - 1] };
}

/** The middle one, or the mean of the two in the middle; undefined when there is none. */
export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2;
}
