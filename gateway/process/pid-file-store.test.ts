import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PidFile, ProcessRunsError } from './pid-file-store.js';

let directory = '';
let path = '';

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'tonegate-pid-')), 'run');
  path = join(directory, 'control.pid');
});

afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

/** The id of a process that has ended. */
function endedPid(): number {
  return spawnSync('true').pid;
}

describe('pid file', () => {
  test('holds the process id, is private, and goes with its owner', () => {
    const file = PidFile.take(directory, 'control');
    expect(Number.parseInt(readFileSync(path, 'utf8'), 10)).toBe(process.pid);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['control.pid']);
    file.release();
    expect(existsSync(path)).toBe(false);
  });

  test('a name held by a living process is refused', () => {
    const file = PidFile.take(directory, 'control');
    expect(() => PidFile.take(directory, 'control')).toThrow(ProcessRunsError);
    expect(() => PidFile.take(directory, 'media-1')).not.toThrow();
    file.release();
  });

  test.each([
    ['of a process that has ended', () => `${endedPid()} 1\n`],
    ['whose process id went to another program', () => `${process.pid} 1\n`],
    ['that is empty', () => ''],
    ['with something else in it', () => 'hello'],
  ])('a file %s is replaced', (_name, content) => {
    PidFile.take(directory, 'control').release();
    writeFileSync(path, content());
    PidFile.take(directory, 'control');
    expect(Number.parseInt(readFileSync(path, 'utf8'), 10)).toBe(process.pid);
  });

  test('a file of a process that has ended, and whose parent has not asked for its exit, is replaced', async () => {
    // `sleep` takes the shell's place and knows nothing of its child, which ends only then.
    const script = '(while [ "$(cat /proc/$$/comm)" != sleep ]; do :; done) & echo $!; exec sleep 60';
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = await once(parent.stdout, 'data');
      const ended = Number.parseInt(String(line), 10);
      while (!/\) Z /.test(readFileSync(`/proc/${ended}/stat`, 'latin1'))) await new Promise(setImmediate);
      PidFile.take(directory, 'control', ended);
      PidFile.take(directory, 'control');
      expect(Number.parseInt(readFileSync(path, 'utf8'), 10)).toBe(process.pid);
    } finally {
      parent.kill('SIGKILL');
    }
  });

  test('a file that another owner has taken over is left to it', () => {
    const file = PidFile.take(directory, 'control');
    writeFileSync(path, '1 2\n');
    file.release();
    expect(readFileSync(path, 'utf8')).toBe('1 2\n');
  });
});
