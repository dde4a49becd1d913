/** The memory of another process, page by page, from /proc. Needs to be root or its tracer. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

export type Region = {
  readonly start: number;
  readonly end: number;
  /** The name in /proc/PID/maps with its permissions, such as `[heap] rw-p`. */
  readonly name: string;
  /** Private, writable and of no file: where a program's own data is. */
  readonly anonymous: boolean;
};

export type MemoryChunk = {
  readonly region: Region;
  readonly address: number;
  /** Valid until the next chunk is asked for. */
  readonly bytes: Buffer;
};

const PAGE_SIZE_BYTES = 4096;
/** Large enough that reading costs little, small enough to keep the scanner's own memory small. */
const CHUNK_SIZE_BYTES = 8 << 20;
/** Bits 62 and 63 of a pagemap entry: swapped or present (Linux admin-guide/mm/pagemap). */
const PAGE_IS_THERE = 0xc0;

export function readRegions(pid: number): readonly Region[] {
  const maps = readFileSync(`/proc/${pid}/maps`, 'latin1');
  return maps.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+)\s*(.*)$/.exec(line);
    const [start, end, permissions, inode, name] = match?.slice(1) ?? [];
    if (start === undefined || end === undefined || permissions === undefined || name === undefined) return [];
    if (!permissions.startsWith('r') || name === '[vvar]' || name === '[vsyscall]') return [];
    const anonymous = permissions.startsWith('rw') && inode === '0';
    const region = { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16), anonymous };
    return [{ ...region, name: `${name === '' ? 'anonymous' : name} ${permissions}` }];
  });
}

/**
 * Every readable page that holds something, in chunks; a chunk starts `overlapBytes` before the end of the one before
 * it, so that nothing shorter is cut. Pages that the process never touched are left out. A region that goes away
 * meanwhile is skipped.
 */
export function* readMemory(pid: number, overlapBytes: number): Generator<MemoryChunk> {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const pageMap = openSync(`/proc/${pid}/pagemap`, 'r');
  const buffer = Buffer.allocUnsafe(CHUNK_SIZE_BYTES + overlapBytes);
  try {
    for (const region of readRegions(pid)) {
      for (const extent of touchedExtents(pageMap, region)) {
        let address = extent.start;
        while (address < extent.end) {
          const wanted = Math.min(buffer.length, extent.end - address);
          const length = readAt(memory, buffer, wanted, address);
          if (length === 0) break;
          yield { region, address, bytes: buffer.subarray(0, length) };
          if (address + length >= extent.end) break;
          address += Math.max(1, length - overlapBytes);
        }
      }
    }
  } finally {
    // What was read may be card data of a test: it does not stay here either.
    buffer.fill(0);
    closeSync(memory);
    closeSync(pageMap);
  }
}

type Extent = { readonly start: number; readonly end: number };

function touchedExtents(pageMap: number, region: Region): readonly Extent[] {
  const pages = Math.ceil((region.end - region.start) / PAGE_SIZE_BYTES);
  const extents: Extent[] = [];
  const entries = Buffer.allocUnsafe(8 * 65_536);
  let open: number | undefined;
  for (let page = 0; page < pages; ) {
    const count = Math.min(65_536, pages - page);
    const position = (region.start / PAGE_SIZE_BYTES + page) * 8;
    const read = readAt(pageMap, entries, count * 8, position) / 8;
    // A kernel that does not tell gets every page read.
    const unknown = read === 0;
    for (let index = 0; index < (unknown ? count : read); index += 1) {
      const there = unknown || (entries[index * 8 + 7] & PAGE_IS_THERE) !== 0;
      const address = region.start + (page + index) * PAGE_SIZE_BYTES;
      if (there && open === undefined) open = address;
      if (!there && open !== undefined) {
        extents.push({ start: open, end: address });
        open = undefined;
      }
    }
    page += unknown ? count : read;
  }
  if (open !== undefined) extents.push({ start: open, end: region.end });
  return extents;
}

/** Bytes read, 0 when the place cannot be read. */
function readAt(descriptor: number, buffer: Buffer, lengthBytes: number, position: number): number {
  try {
    return readSync(descriptor, buffer, 0, lengthBytes, position);
  } catch {
    return 0;
  }
}
