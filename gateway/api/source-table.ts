/** What is remembered of the sources of bad requests: bounded, and whole networks where one holder has them. */
import { isIPv6 } from 'node:net';

/** Remembered at a time: sources, or what accounts were refused. About 1 MB when full. */
const MAX_ENTRIES = 4096;
/** One audit record of the same a minute, carrying the number of tries, so that a flood cannot fill the audit log. */
const REPORT_INTERVAL_MS = 60_000;

/** What was set longest ago makes room. */
class LatestEntries<T> {
  readonly #entries = new Map<string, T>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T): void {
    // Deleting first keeps the map in order of last use.
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= MAX_ENTRIES) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}

export class SourceTable<T> {
  readonly #entries = new LatestEntries<T>();

  get size(): number {
    return this.#entries.size;
  }

  get(address: string): T | undefined {
    return this.#entries.get(sourceKey(address));
  }

  set(address: string, value: T): void {
    this.#entries.set(sourceKey(address), value);
  }
}

/** Counts what happens again and again, and says when it is time to tell of it once more. */
export class RepeatedReports {
  readonly #counted = new LatestEntries<{ readonly unreported: number; readonly reportedAtMs: number }>();

  /** How often it happened since it was last reported, this time included; 0 when it need not be told now. */
  count(key: string, nowMs: number): number {
    const { unreported, reportedAtMs } = this.#counted.get(key) ?? {
      unreported: 0,
      reportedAtMs: Number.NEGATIVE_INFINITY,
    };
    const isDue = nowMs - reportedAtMs >= REPORT_INTERVAL_MS;
    this.#counted.set(
      key,
      isDue ? { unreported: 0, reportedAtMs: nowMs } : { unreported: unreported + 1, reportedAtMs },
    );
    return isDue ? unreported + 1 : 0;
  }
}

/** What sources do wrong. */
export class SourceReports {
  readonly #reports = new RepeatedReports();

  count(address: string, nowMs: number): number {
    return this.#reports.count(sourceKey(address), nowMs);
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
