/** multimon-ng's DTMF receiver as a peer. It wants 22.05 kHz, so sox feeds it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import type { Contender, Detector } from '../detection/detector.js';
import { withAudioFile } from './audio-file.js';
import { isMissingProgram } from './missing-program.js';
import { parseMultimonKeys } from './multimon-output.js';

const run = promisify(execFile);

const NAME = 'multimon-ng';
const RATE_HZ = 22_050;
/** Two hours of audio take it some seconds. */
const TIMEOUT_MS = 120_000;
/** A line a key: far more than any material holds. */
const LARGEST_OUTPUT_CHARACTERS = 1 << 24;

export async function openMultimon(): Promise<Contender> {
  for (const [program, options] of [
    ['multimon-ng', ['-h']],
    ['sox', ['--version']],
  ] as const) {
    if (!(await canRun(program, options))) {
      return { kind: 'missing', name: NAME, toInstall: 'apt-get install multimon-ng sox' };
    }
  }
  const detector: Detector = {
    name: NAME,
    detect: async (samples) => ({ kind: 'sequence', keys: parseMultimonKeys(await withAudioFile(samples, decode)) }),
  };
  return { kind: 'here', detector };
}

/** Its help ends with an exit code of its own; what counts is that it ran. */
async function canRun(program: string, options: readonly string[]): Promise<boolean> {
  try {
    await run(program, options, { timeout: TIMEOUT_MS });
    return true;
  } catch (error) {
    return !isMissingProgram(error);
  }
}

async function decode(file: string): Promise<string> {
  const input = ['-t', 'raw', '-r', String(SAMPLE_RATE_HZ), '-e', 'signed-integer', '-b', '16', '-c', '1', file];
  const resampled = ['-t', 'raw', '-r', String(RATE_HZ), '-', 'rate', '-l'];
  const options = { timeout: TIMEOUT_MS } as const;
  const sox = spawn('sox', ['-V1', '-D', ...input, ...resampled], { ...options, stdio: ['ignore', 'pipe', 'ignore'] });
  const multimon = spawn('multimon-ng', ['-q', '-a', 'DTMF', '-t', 'raw', '-'], {
    ...options,
    stdio: [sox.stdout, 'pipe', 'ignore'],
  });
  // Its end of the pipe is multimon's now.
  sox.stdout.destroy();
  let output = '';
  multimon.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output.length < LARGEST_OUTPUT_CHARACTERS) output += text;
  });
  const [[soxCode], [code]] = await Promise.all([once(sox, 'exit'), once(multimon, 'close')]);
  if (soxCode !== 0 || code !== 0) throw new Error(`sox ended with ${soxCode}, multimon-ng with ${code}`);
  return output;
}
