/** What a process has used, as Linux tells it under /proc. */
import { readFileSync } from 'node:fs';

/** USER_HZ, the unit of times in /proc, is 100 in every Linux that Node runs on. */
const TICK_MS = 10;
/** proc(5): counted behind the name, user time is the 12th and system time the 13th field. */
const USER_FIELD = 11;
const SYSTEM_FIELD = 12;

/** CPU time of all threads so far, user and system; undefined when the process is gone. To 10 ms. */
export function cpuMsOf(pid: number): number | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseCpuMs(text);
}

/** Resident memory in MiB; undefined when the process is gone. */
export function residentMibOf(pid: number): number | undefined {
  const text = read(`/proc/${pid}/status`);
  return text === undefined ? undefined : parseResidentMib(text);
}

/** Reads /proc/PID/stat. The name in it may hold spaces and brackets. */
export function parseCpuMs(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD]);
  return Number.isFinite(ticks) ? ticks * TICK_MS : undefined;
}

/** Reads /proc/PID/status. A process that has just ended has no memory any more. */
export function parseResidentMib(status: string): number | undefined {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  return found === null ? undefined : Number(found[1]) / 1024;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
