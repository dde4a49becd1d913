/**
 * sox, the program, and why it brought nothing. Only two reasons say something about what it was given, and whoever asked may
 * go on: it does not do this here, or it cannot read that file. All else (no answer in time, a signal, more output than was
 * expected, options it does not know) says nothing of the audio and is thrown.
 */
import { execFile } from 'node:child_process';
import { promisify, types } from 'node:util';
import { isMissingProgram } from './missing-program.js';

const run = promisify(execFile);

/** Of sox.1: an error while the file was processed; 1 is one of the command line. */
const EXIT_PROCESSING = 2;
/** A build without the library for a format says this, with the same exit code. */
const NO_HANDLER = /no handler for (?:given file type|file extension) .*/;

export type SoxLimits = { readonly timeoutMs: number; readonly largestOutputBytes: number };

export type SoxResult =
  | { readonly kind: 'done'; readonly output: Buffer }
  | { readonly kind: SoxFailure; readonly reason: string };

/** Not there, or built without the format; or a file that it cannot read. */
export type SoxFailure = 'unavailable' | 'unreadable';

/** Runs sox without dither and takes what it writes to its standard output. */
export async function runSox(words: readonly string[], limits: SoxLimits): Promise<SoxResult> {
  return runAsSox('sox', ['-V1', '-D', ...words], limits);
}

/** Any program as if it were sox. */
export async function runAsSox(program: string, words: readonly string[], limits: SoxLimits): Promise<SoxResult> {
  const { timeoutMs: timeout, largestOutputBytes: maxBuffer } = limits;
  try {
    const { stdout } = await run(program, words, { timeout, maxBuffer, encoding: 'buffer' });
    return { kind: 'done', output: stdout };
  } catch (error) {
    return understood(error, program, timeout);
  }
}

function understood(error: unknown, program: string, timeoutMs: number): SoxResult {
  if (isMissingProgram(error)) return { kind: 'unavailable', reason: `${program} is not installed` };
  if (!types.isNativeError(error) || !('code' in error)) throw error;
  if ('killed' in error && error.killed === true && error.code === null) {
    throw new Error(`${program} did not end within ${timeoutMs / 1000} s`, { cause: error });
  }
  if (error.code !== EXIT_PROCESSING) throw error;
  const said = 'stderr' in error ? String(error.stderr).trim() : '';
  const noHandler = NO_HANDLER.exec(said);
  return noHandler === null
    ? { kind: 'unreadable', reason: said }
    : { kind: 'unavailable', reason: `${program} has ${noHandler[0]}` };
}
