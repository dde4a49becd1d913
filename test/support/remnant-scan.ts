/**
 * Looks in the memory of a process for what received packets and messages leave behind, by bytes that stand beside a
 * digit in them: the search for whole numbers (`memory-scan.ts`) would not see remnants that lie about singly.
 */
import { readMemory } from './process-memory.js';

export type Remnant = {
  /** Region of memory. */
  readonly where: string;
  /** What was found and the bytes asked for on both sides of it. */
  readonly bytes: Buffer;
};

const MAX_REMNANTS = 10_000;

/** Every place of `pattern`, with `beforeBytes` and `afterBytes` around it. */
export function findInMemory(
  pid: number,
  pattern: Buffer,
  around: { readonly beforeBytes: number; readonly afterBytes: number },
): readonly Remnant[] {
  const found = new Map<number, Remnant>();
  const { beforeBytes, afterBytes } = around;
  const overlap = beforeBytes + pattern.length + afterBytes;
  for (const { region, address, bytes } of readMemory(pid, overlap)) {
    for (let at = bytes.indexOf(pattern); at >= 0 && found.size < MAX_REMNANTS; at = bytes.indexOf(pattern, at + 1)) {
      const start = at - beforeBytes;
      const end = at + pattern.length + afterBytes;
      if (start < 0 || end > bytes.length) continue;
      found.set(address + at, { where: region.name, bytes: Buffer.from(bytes.subarray(start, end)) });
    }
  }
  return [...found.values()];
}
