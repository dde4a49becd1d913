/** What is remembered of the sources of bad requests: bounded, and whole networks where one holder has them. */
import { isIPv6 } from 'node:net';

/** Sources remembered at a time; the one heard of longest ago makes room. About 1 MB when full. */
const MAX_SOURCES = 4096;
/** One audit record a source and minute, carrying the number of tries, so that a flood cannot fill the audit log. */
const REPORT_INTERVAL_MS = 60_000;

export class SourceTable<T> {
  readonly #entries = new Map<string, T>();

  get size(): number {
    return this.#entries.size;
  }

  get(address: string): T | undefined {
    return this.#entries.get(sourceKey(address));
  }

  set(address: string, value: T): void {
    const key = sourceKey(address);
    // Deleting first keeps the map in order of last use.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= MAX_SOURCES) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}

/** Counts what sources do wrong, and says when it is time to tell of it again. */
export class SourceReports {
  readonly #sources = new SourceTable<{ readonly unreported: number; readonly reportedAtMs: number }>();

  /** How often the source did it since this was last reported, this time included; 0 when it need not be told now. */
  count(address: string, nowMs: number): number {
    const { unreported, reportedAtMs } = this.#sources.get(address) ?? {
      unreported: 0,
      reportedAtMs: Number.NEGATIVE_INFINITY,
    };
    const isDue = nowMs - reportedAtMs >= REPORT_INTERVAL_MS;
    this.#sources.set(
      address,
      isDue ? { unreported: 0, reportedAtMs: nowMs } : { unreported: unreported + 1, reportedAtMs },
    );
    return isDue ? unreported + 1 : 0;
  }
}

/** One holder of an IPv6 network has 2^64 addresses in it, so the network is the source; IPv4 counts by address. */
function sourceKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
