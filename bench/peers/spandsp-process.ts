/** libspandsp's DTMF receiver as a peer: a small C driver, compiled on the spot where compiler and library are there. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Relative to the repository, where every npm script runs. */
const DRIVER_SOURCE = join('bench', 'peers', 'spandsp-driver.c');
const CACHE_FOLDER = '.cache';
const SAMPLE_RATE_HZ = 8_000;
/** A run over the longest material takes well under a second; a hanging compiler or driver must not hang the bench. */
const TIMEOUT_MS = 30_000;
/** A line a key: far more than any material holds. */
const LARGEST_OUTPUT_BYTES = 1 << 24;

export type Report = { readonly key: number; readonly sample: number };

export type SpandspPeer = {
  /** Keys and the sample count at which each was reported, to the packet of 20 ms. */
  detect(samples: Int16Array): Promise<Report[]>;
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
    withFile(samples, async (file) => {
      const options = { timeout: TIMEOUT_MS, maxBuffer: LARGEST_OUTPUT_BYTES };
      return (await run(driver, [mode, file, ...rest], options)).stdout;
    });
  return {
    async detect(samples) {
      const lines = (await execute(samples, 'keys')).split('\n').filter((line) => line !== '');
      return lines.map((line) => {
        const [key, sample] = line.split(' ').map(Number);
        return { key, sample };
      });
    },
    async speed(samples, passes) {
      const seconds = Number(await execute(samples, 'time', String(passes)));
      return samples.length / SAMPLE_RATE_HZ / seconds;
    },
  };
}

async function withFile<T>(samples: Int16Array, use: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tonegate-bench-'));
  try {
    const file = join(folder, 'audio.raw');
    await writeFile(file, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
    return await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
