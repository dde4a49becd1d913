import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

function run(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

describe('the command line', () => {
  test.each(['start', 'check', 'audit', 'openapi', 'demo'])(
    '%s --help prints its usage and does nothing',
    (command) => {
      expect(run(command, '--help')).toEqual({
        code: 0,
        out: expect.stringMatching(new RegExp(`^usage: tonegate ${command}[^\\n]*\\n$`)),
        err: '',
      });
    },
  );

  test('help is what was asked for on standard output, and an error for what is no command', () => {
    const help = run('--help');
    expect(help).toEqual({ code: 0, out: expect.stringContaining('tonegate check [--config FILE]'), err: '' });
    expect(run('chekc')).toEqual({ code: 2, out: '', err: help.out });
  });

  test('an unknown option is told without advice that is not ours', () => {
    expect(run('audit', 'verify', '--what')).toEqual({
      code: 2,
      out: '',
      err: expect.stringMatching(/^Unknown option '--what'\nusage: tonegate audit [^\n]*\n$/),
    });
  });

  test.each([
    ['standard output', 'openapi', 'stdout', 'stderr', 0],
    ['standard error', 'no-such-command', 'stderr', 'stdout', 2],
  ] as const)('a reader of %s that goes away ends a command quietly', async (_name, command, closed, open, code) => {
    const child = spawn(process.execPath, [MAIN, command], { stdio: ['ignore', 'pipe', 'pipe'] });
    // Long before node has loaded the command, so that its first word finds nobody.
    child[closed].destroy();
    let text = '';
    child[open].setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    expect(await once(child, 'close')).toEqual([code, null]);
    expect(text).toBe('');
  });
});
