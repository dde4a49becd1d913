/** What a program started with `setsid` has running, by which a test sees that nothing of it was left behind. */
import { readdirSync, readFileSync } from 'node:fs';

/** Command lines of living processes of a session (proc(5): the sixth field of `stat`). */
export function processesOfSession(session: number): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state, , , sessionOfPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (Number(sessionOfPid) !== session || state === 'Z') return [];
        return [readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    });
}
