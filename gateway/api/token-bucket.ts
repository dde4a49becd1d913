/** A token bucket as a value: `burst` at once, then `perSecond` for ever. Time is the caller's. */
export type BucketRate = { readonly burst: number; readonly perSecond: number };

export type TokenBucket = { readonly level: number; readonly atMs: number };

export function fullBucket(rate: BucketRate, nowMs: number): TokenBucket {
  return { level: rate.burst, atMs: nowMs };
}

/** Takes one; `granted` is false when there was none, and the bucket then only refills. */
export function take(
  bucket: TokenBucket,
  rate: BucketRate,
  nowMs: number,
): { readonly granted: boolean; readonly bucket: TokenBucket } {
  const elapsedSeconds = Math.max(0, nowMs - bucket.atMs) / 1000;
  const level = Math.min(rate.burst, bucket.level + elapsedSeconds * rate.perSecond);
  return level >= 1
    ? { granted: true, bucket: { level: level - 1, atMs: nowMs } }
    : { granted: false, bucket: { level, atMs: nowMs } };
}

/** Time until one can be taken again. */
export function waitMs(bucket: TokenBucket, rate: BucketRate): number {
  return bucket.level >= 1 ? 0 : Math.ceil(((1 - bucket.level) / rate.perSecond) * 1000);
}

/** One bucket a name, all filled alike. Bounded by what names there are: give it those of the configuration only. */
export class TokenBuckets {
  readonly #rate: BucketRate;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: BucketRate) {
    this.#rate = rate;
  }

  /** Takes one, or says how long there will be none: 0 when it was there. */
  take(name: string, nowMs: number): number {
    const { granted, bucket } = take(this.#buckets.get(name) ?? fullBucket(this.#rate, nowMs), this.#rate, nowMs);
    this.#buckets.set(name, bucket);
    return granted ? 0 : waitMs(bucket, this.#rate);
  }
}
