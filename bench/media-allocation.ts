/**
 * How much a Node process allocates, from what `node --trace-gc` prints at each collection:
 *
 * ```
 * [22662:0x974bee0]       95 ms: Scavenge 3.9 (4.0) -> 3.0 (5.0) MB, 12.84 / 0.00 ms  (average mu = …
 * ```
 *
 * 95 ms is the time since the process started, 3.9 MB the heap's use before and 3.0 MB after. What was allocated
 * between two collections is the use before the second less the use after the first. Only V8's heap is seen: the memory
 * behind received datagrams lies outside.
 */

/** Newer versions of V8 name the isolate behind a colon, and what is pooled before the pause. */
const COLLECTION =
  /^\[\d+:0x[0-9a-f]+(?::\d+)?\] +(\d+) ms: [A-Z][A-Za-z ()-]* (\d+\.\d) \([\d.]+\) -> (\d+\.\d) \([\d.]+\) MB,(?: pooled: [\d.]+ MB,)? (\d+\.\d+) \//;
const BYTES_PER_MB = 1024 * 1024;

export type Collection = {
  readonly atMs: number;
  readonly beforeMb: number;
  readonly afterMb: number;
  readonly pauseMs: number;
};

export type Allocation = {
  readonly collections: number;
  readonly longestPauseMs: number;
  /** Undefined with fewer than two collections: then hardly anything was allocated. */
  readonly bytesPerSecond: number | undefined;
};

/** The collections of `output`, in which other lines may stand too. */
export function parseCollections(output: string): Collection[] {
  const found: Collection[] = [];
  for (const line of output.split('\n')) {
    const match = COLLECTION.exec(line);
    if (match === null) continue;
    const [, atMs, beforeMb, afterMb, pauseMs] = match;
    found.push({
      atMs: Number(atMs),
      beforeMb: Number(beforeMb),
      afterMb: Number(afterMb),
      pauseMs: Number(pauseMs),
    });
  }
  return found;
}

/** Of the collections between two times since the start of the process. */
export function allocationBetween(all: readonly Collection[], fromMs: number, toMs: number): Allocation {
  const collections = all.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  let allocatedMb = 0;
  for (let index = 1; index < collections.length; index += 1) {
    allocatedMb += collections[index].beforeMb - collections[index - 1].afterMb;
  }
  const spanMs = collections.length < 2 ? 0 : collections[collections.length - 1].atMs - collections[0].atMs;
  return {
    collections: collections.length,
    longestPauseMs: collections.reduce((longest, { pauseMs }) => Math.max(longest, pauseMs), 0),
    bytesPerSecond: spanMs === 0 ? undefined : (allocatedMb * BYTES_PER_MB * 1000) / spanMs,
  };
}
