import { describe, expect, test } from '@jest/globals';
import { runAsSox } from './sox-process.js';

const LIMITS = { timeoutMs: 20_000, largestOutputBytes: 1_000 };

/** A process that ends as sox does. */
function run(script: string, limits: Partial<typeof LIMITS> = {}) {
  return runAsSox(process.execPath, ['-e', script], { ...LIMITS, ...limits });
}

describe('what a sox brings', () => {
  test('is what it writes', async () => {
    expect(await run('process.stdout.write("ab")')).toEqual({ kind: 'done', output: Buffer.from('ab') });
  });

  test('is nothing of a file that it cannot read', async () => {
    const said = 'sox FAIL formats: can’t open input file';
    const script = `process.stderr.write("${said}"); process.exitCode = 2`;
    expect(await run(script)).toEqual({ kind: 'unreadable', reason: said });
  });

  test.each(["given file type `gsm'", "file extension `ogg'"])(
    'is not to be had without a handler for %s',
    async (of) => {
      const script = `process.stderr.write("sox FAIL formats: no handler for ${of}"); process.exitCode = 2`;
      expect(await run(script)).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining(of) });
    },
  );

  test('is not to be had where there is none', async () => {
    expect(await runAsSox('/nowhere/sox', [], LIMITS)).toEqual({
      kind: 'unavailable',
      reason: '/nowhere/sox is not installed',
    });
  });
});

describe('nothing is said of the file by', () => {
  test('a time-out', async () => {
    await expect(run('setInterval(() => {}, 1000)', { timeoutMs: 50 })).rejects.toThrow('did not end within 0.05 s');
  });

  test('a signal', async () => {
    await expect(run('process.kill(process.pid, "SIGKILL")')).rejects.toMatchObject({ signal: 'SIGKILL' });
  });

  test('words that it does not know', async () => {
    await expect(run('process.exitCode = 1')).rejects.toMatchObject({ code: 1 });
  });

  test('more output than was expected', async () => {
    await expect(run('process.stdout.write("a".repeat(2000))')).rejects.toMatchObject({
      code: 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER',
    });
  });
});
