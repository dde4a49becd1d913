/**
 * Speex narrowband there and back, as on a call from an old softphone, by speexenc and speexdec: those that are installed, or
 * those of Debian's package, downloaded as the speech is (`apt-get download`; nothing is installed) and kept in `.cache/`.
 */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify, types } from 'node:util';
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { withAudioFile } from './audio-file.js';
import { isMissingProgram } from './missing-program.js';

const run = promisify(execFile);

/** Relative to the repository, where every npm script runs. */
const SPEEX_FOLDER = join('.cache', 'speex');
/** The programs, and the libraries they need. */
const PACKAGES = ['speex', 'libspeex1', 'libogg0'];
/** 8 kbit/s, which is what Asterisk asks for where nothing else is set; speexenc by itself takes 8, which is kinder to tones. */
const QUALITY = '3';
const DOWNLOAD_TIMEOUT_MS = 60_000;
const TIMEOUT_MS = 30_000;

export type ThroughSpeex =
  | { readonly kind: 'coded'; readonly samples: Int16Array }
  /** Neither installed nor to be downloaded. */
  | { readonly kind: 'missing'; readonly reason: string };

/** Where the programs are, with a slash behind it or empty for those of the path, and where their libraries are. */
type Programs = { readonly prefix: string; readonly libraries: string | undefined };

/** As long as it was, and in its place: speexdec leaves the coder's delay out. */
export async function throughSpeex(samples: Int16Array): Promise<ThroughSpeex> {
  const found = await findSpeex();
  if (found.kind === 'missing') return found;
  return withAudioFile(samples, async (file) => {
    const encoded = `${file}.spx`;
    const decoded = `${file}.decoded.raw`;
    const raw = ['--narrowband', '--rate', String(SAMPLE_RATE_HZ), '--16bit', '--le', '--quality', QUALITY];
    await execute(found.programs, 'speexenc', [...raw, file, encoded]);
    await execute(found.programs, 'speexdec', [encoded, decoded]);
    const coded = new Int16Array(samples.length);
    const bytes = new Uint8Array(coded.buffer);
    bytes.set((await readFile(decoded)).subarray(0, bytes.length));
    return { kind: 'coded', samples: coded };
  });
}

type Found = { readonly kind: 'found'; readonly programs: Programs };

async function findSpeex(): Promise<Found | Extract<ThroughSpeex, { kind: 'missing' }>> {
  const installed: Programs = { prefix: '', libraries: undefined };
  if (await answers(installed)) return { kind: 'found', programs: installed };
  const kept = await keptPrograms();
  if (kept !== undefined && (await answers(kept))) return { kind: 'found', programs: kept };
  try {
    await download();
  } catch (error) {
    const reason = isMissingProgram(error) ? 'there is no apt-get here' : 'apt-get could not download it';
    return { kind: 'missing', reason: `speexenc is not installed, and ${reason}` };
  }
  const fetched = await keptPrograms();
  if (fetched !== undefined && (await answers(fetched))) return { kind: 'found', programs: fetched };
  return { kind: 'missing', reason: 'speexenc was downloaded and does not run here' };
}

async function answers(programs: Programs): Promise<boolean> {
  try {
    await execute(programs, 'speexenc', ['--version']);
    return true;
  } catch {
    return false;
  }
}

async function keptPrograms(): Promise<Programs | undefined> {
  try {
    // One folder below, named for the machine's architecture.
    const libraries = resolve(SPEEX_FOLDER, 'usr', 'lib');
    const [architecture] = await readdir(libraries);
    return { prefix: `${resolve(SPEEX_FOLDER, 'usr', 'bin')}/`, libraries: join(libraries, architecture) };
  } catch {
    return undefined;
  }
}

async function download(): Promise<void> {
  const folder = resolve(`${SPEEX_FOLDER}.part`);
  // What an interrupted run left behind.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('apt-get', ['-q', 'download', ...PACKAGES], { cwd: folder, timeout: DOWNLOAD_TIMEOUT_MS });
  for (const name of await readdir(folder)) {
    await run('dpkg-deb', ['-x', join(folder, name), join(folder, 'root')], { timeout: TIMEOUT_MS });
  }
  await rm(SPEEX_FOLDER, { recursive: true, force: true });
  await rename(join(folder, 'root'), SPEEX_FOLDER);
  await rm(folder, { recursive: true, force: true });
}

async function execute({ prefix, libraries }: Programs, program: string, words: readonly string[]): Promise<void> {
  const env = libraries === undefined ? process.env : { ...process.env, LD_LIBRARY_PATH: libraries };
  try {
    await run(`${prefix}${program}`, [...words], { timeout: TIMEOUT_MS, env });
  } catch (error) {
    const reason = types.isNativeError(error) ? error.message : 'for no known reason';
    throw new Error(`${program} failed: ${reason}`, { cause: error });
  }
}
