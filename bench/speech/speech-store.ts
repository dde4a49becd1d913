/**
 * Recordings of speech out of Debian packages: downloaded with `apt-get download` (nothing is installed), unpacked,
 * decoded by sox to 8 kHz and levelled, once; kept in `.cache/` for the next run.
 */
import { execFile } from 'node:child_process';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { isMissingProgram } from '../peers/missing-program.js';
import { runSox } from '../peers/sox-process.js';
import { leveled } from './leveling.js';
import type { SpeechPackage } from './speech-packages.js';

const run = promisify(execFile);

/** Relative to the repository, where every npm script runs. */
const SPEECH_FOLDER = join('.cache', 'speech');
/** Counted up whenever what is kept would come out differently. */
const STORE_VERSION = 1;
/** The largest package has 40 MB. */
const DOWNLOAD_TIMEOUT_MS = 120_000;
const UNPACK_TIMEOUT_MS = 60_000;
/** No recording is longer than ten minutes; this is 35 minutes of 32-bit samples. */
const DECODE_LIMITS = { timeoutMs: 20_000, largestOutputBytes: 1 << 26 };
const DECODERS = 4;
/** What is shorter is a click or a slip of the finger; active level is not defined for it. */
const LEAST_RECORDING_SAMPLES = SAMPLE_RATE_HZ / 10;

/** What is known about the recordings of one package, in the order in which they are kept, end to end. */
export type StoredSpeech = {
  readonly storeVersion: number;
  readonly packageName: string;
  readonly packageVersion: string;
  readonly languages: string;
  readonly lengthsSamples: readonly number[];
  /** Too short, too quiet for a level, or not decoded. */
  readonly leftOut: number;
};

export type SpeechFetch =
  | { readonly kind: 'stored'; readonly speech: StoredSpeech }
  | { readonly kind: 'missing'; readonly packageName: string; readonly reason: string };

/** Brings the recordings of one package here unless they are. */
export async function fetchSpeech(source: SpeechPackage): Promise<SpeechFetch> {
  const kept = await readStored(source.name);
  if (kept !== undefined) return { kind: 'stored', speech: kept };
  try {
    return { kind: 'stored', speech: await makeSpeech(source) };
  } catch (error) {
    return { kind: 'missing', packageName: source.name, reason: reasonOf(error) };
  }
}

/** The first `recordings` of one package, end to end, at -15 dBm0 each. */
export async function readSpeechSamples(speech: StoredSpeech, recordings: number): Promise<Int16Array> {
  const count = speech.lengthsSamples.slice(0, recordings).reduce((sum, length) => sum + length, 0);
  const samples = new Int16Array(count);
  const file = await open(samplesPath(speech.packageName));
  try {
    const { bytesRead } = await file.read(new Uint8Array(samples.buffer), 0, samples.byteLength, 0);
    if (bytesRead !== samples.byteLength) throw new Error(`${samplesPath(speech.packageName)} is too short: delete it`);
  } finally {
    await file.close();
  }
  return samples;
}

function samplesPath(packageName: string): string {
  return join(SPEECH_FOLDER, `${packageName}.raw`);
}

function manifestPath(packageName: string): string {
  return join(SPEECH_FOLDER, `${packageName}.json`);
}

async function readStored(packageName: string): Promise<StoredSpeech | undefined> {
  try {
    // Written by this file; an older form of it has another number.
    const stored: StoredSpeech = JSON.parse(await readFile(manifestPath(packageName), 'utf8'));
    return stored.storeVersion === STORE_VERSION ? stored : undefined;
  } catch {
    return undefined;
  }
}

async function makeSpeech(source: SpeechPackage): Promise<StoredSpeech> {
  const folder = resolve(SPEECH_FOLDER, `unpack-${source.name}`);
  // What an interrupted run left behind.
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    await run('apt-get', ['-q', 'download', source.name], { cwd: folder, timeout: DOWNLOAD_TIMEOUT_MS });
    const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get brought no package');
    const unpacked = join(folder, 'root');
    await run('dpkg-deb', ['-x', join(folder, archive), unpacked], { timeout: UNPACK_TIMEOUT_MS });
    const files = await recordingsBelow(unpacked, source);
    const decoded = await decodeAll(files, source);
    const recordings = decoded.filter((recording) => recording !== undefined);
    if (recordings.length === 0) throw new Error('sox could not decode any recording');
    const speech: StoredSpeech = {
      storeVersion: STORE_VERSION,
      packageName: source.name,
      packageVersion: versionOf(archive),
      languages: source.languages,
      lengthsSamples: recordings.map(({ length }) => length),
      leftOut: files.length - recordings.length,
    };
    await keep(speech, recordings);
    return speech;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Links are left alone: they say the same again, or lead out of the package. */
async function recordingsBelow(folder: string, source: SpeechPackage): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const recordings = paths.filter((path) => source.recordings.test(path)).sort();
  if (recordings.length === 0) throw new Error('the package holds no recording where they used to be');
  return recordings;
}

/** The manifest comes last: without it, nothing is taken to be there. */
async function keep(speech: StoredSpeech, recordings: readonly Int16Array[]): Promise<void> {
  const buffers = recordings.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  await writeFile(samplesPath(speech.packageName), buffers);
  const unfinished = `${manifestPath(speech.packageName)}.part`;
  await writeFile(unfinished, JSON.stringify(speech));
  await rename(unfinished, manifestPath(speech.packageName));
}

/** In the order of the files; undefined for those that are left out. Ends with the first mistake, when none is being decoded. */
async function decodeAll(files: readonly string[], source: SpeechPackage): Promise<(Int16Array | undefined)[]> {
  const decoded: (Int16Array | undefined)[] = new Array(files.length).fill(undefined);
  let next = 0;
  const decoder = async (): Promise<void> => {
    try {
      while (next < files.length) {
        const index = next;
        next += 1;
        decoded[index] = await decode(files[index], source);
      }
    } finally {
      // The others are not to begin another one.
      next = files.length;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: DECODERS }, decoder));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return decoded;
}

/** A file that sox cannot read is left out and counted; without sox, or without an answer, there is nothing to count. */
async function decode(file: string, source: SpeechPackage): Promise<Int16Array | undefined> {
  const output = ['-t', 'raw', '-e', 'floating-point', '-b', '32', '-L', '-c', '1', '-r', String(SAMPLE_RATE_HZ), '-'];
  const decoded = await runSox([...source.soxInput, file, ...output], DECODE_LIMITS);
  switch (decoded.kind) {
    case 'done': {
      const { buffer, byteOffset, length } = decoded.output;
      const samples = new Float32Array(buffer.slice(byteOffset, byteOffset + length));
      return samples.length < LEAST_RECORDING_SAMPLES ? undefined : leveled(samples);
    }
    case 'unreadable':
      return undefined;
    case 'unavailable':
      throw new Error(decoded.reason);
  }
}

/** `name_version_architecture.deb`, the version with `:` as `%3a`. */
function versionOf(archive: string): string {
  return decodeURIComponent(archive.split('_')[1] ?? 'unknown');
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isMissingProgram(error) && 'path' in error) return `${String(error.path)} is not installed`;
  const apt = /^E: (.+)$/m.exec(error.message);
  return apt === null ? error.message.split('\n')[0] : apt[1];
}
