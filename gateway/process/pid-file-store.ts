import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export class ProcessRunsError extends Error {
  override readonly name = 'ProcessRunsError';
  readonly code = 'process-runs';
}

/** `starttime`, the 22nd field, counted from the third. */
const START_TIME_AT = 19;

/** Enough for a stale file to be cleared, and for another starter that clears it at the same moment. */
const MAX_ATTEMPTS = 3;

/**
 * `DIRECTORY/NAME.pid` of one running process: its process id, and on Linux when it started, by which a process id that
 * has gone to another program meanwhile is told from a living owner. A stale file is replaced, a live one refused.
 */
export class PidFile {
  readonly #path: string;
  readonly #content: string;

  private constructor(path: string, content: string) {
    this.#path = path;
    this.#content = content;
  }

  /**
   * @param pid the process it stands for, this one if missing
   * @throws ProcessRunsError when a living process holds the name
   */
  static take(directory: string, name: string, pid: number = process.pid): PidFile {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${name}.pid`);
    const content = `${pid} ${startTimeOf(pid) ?? ''}\n`;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      if (createWhole(path, content)) return new PidFile(path, content);
      const owner = readOwner(path);
      if (owner !== undefined && lives(owner))
        throw new ProcessRunsError(`${name} runs already as process ${owner.pid}`);
      rmSync(path, { force: true });
    }
    throw new ProcessRunsError(`${name} is being started by somebody else`);
  }

  /** Removes the file if it still is ours. */
  release(): void {
    if (readText(this.#path) === this.#content) rmSync(this.#path, { force: true });
  }
}

type Owner = { readonly pid: number; readonly startTime: string };

/** The file appears under its name with all its content, or not at all; false when the name is taken. */
function createWhole(path: string, content: string): boolean {
  const scratch = `${path}.${process.pid}`;
  const descriptor = openSync(scratch, 'w', 0o600);
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
    linkSync(scratch, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    closeSync(descriptor);
    rmSync(scratch, { force: true });
  }
}

function readOwner(path: string): Owner | undefined {
  const found = /^(\d{1,10}) (\d*)\n$/.exec(readText(path) ?? '');
  return found ? { pid: Number(found[1]), startTime: found[2] } : undefined;
}

function lives({ pid, startTime }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and is another user's.
    if (!hasCode(error, 'EPERM')) return false;
  }
  const fields = statusOf(pid);
  // What has ended keeps its process id until its parent asks for its exit; in a container perhaps nobody ever does.
  if (fields?.[0] === 'Z' || fields?.[0] === 'X') return false;
  const now = fields?.at(START_TIME_AT);
  return startTime === '' || now === undefined || now === startTime;
}

/** Clock ticks between boot and the start; undefined where there is no /proc. */
function startTimeOf(pid: number): string | undefined {
  return statusOf(pid)?.at(START_TIME_AT);
}

/** The fields of /proc/PID/stat (proc(5)) from the third on, which is the state. */
function statusOf(pid: number): readonly string[] | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  // The second field, the command, is in brackets and may hold spaces and brackets itself.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
