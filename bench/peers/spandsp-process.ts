/** libspandsp's DTMF receiver as a peer: a small C driver, compiled on the spot where compiler and library are there. */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import type { Report } from '../detection/detector.js';
import { withAudioFile } from './audio-file.js';
import { parseReports, parseToneSpans, type ToneSpan } from './spandsp-output.js';

const run = promisify(execFile);

/** Relative to the repository, where every npm script runs. */
const DRIVER_SOURCE = join('bench', 'peers', 'spandsp-driver.c');
const CACHE_FOLDER = '.cache';
/** A run over the longest material takes some seconds; a hanging compiler or driver must not hang the bench. */
const TIMEOUT_MS = 60_000;
/** A line a key: far more than any material holds. */
const LARGEST_OUTPUT_BYTES = 1 << 24;

export type SpandspPeer = {
  /** Keys and the sample count at which each was reported, to the packet of 20 ms. */
  detect(samples: Int16Array): Promise<Report[]>;
  /** From when to when it reports a tone as it goes, to the packet of 20 ms. */
  toneSpans(samples: Int16Array): Promise<ToneSpan[]>;
  /** Seconds of audio per CPU second, the best of so many passes. */
  speed(samples: Int16Array, passes: number): Promise<number>;
};

/** Builds the driver; undefined if libspandsp's header, the library or a compiler is missing. */
export async function openSpandsp(): Promise<SpandspPeer | undefined> {
  const driver = join(CACHE_FOLDER, 'spandsp-driver');
  try {
    await mkdir(CACHE_FOLDER, { recursive: true });
    await run('gcc', ['-O2', '-o', driver, DRIVER_SOURCE, '-lspandsp', '-lm'], { timeout: TIMEOUT_MS });
  } catch {
    return undefined;
  }
  const execute = (samples: Int16Array, mode: string, ...rest: string[]): Promise<string> =>
    withAudioFile(samples, async (file) => {
      const options = { timeout: TIMEOUT_MS, maxBuffer: LARGEST_OUTPUT_BYTES };
      return (await run(driver, [mode, file, ...rest], options)).stdout;
    });
  return {
    detect: async (samples) => parseReports(await execute(samples, 'keys')),
    toneSpans: async (samples) => parseToneSpans(await execute(samples, 'tones'), samples.length),
    speed: async (samples, passes) => {
      const seconds = Number(await execute(samples, 'time', String(passes)));
      return samples.length / SAMPLE_RATE_HZ / seconds;
    },
  };
}
