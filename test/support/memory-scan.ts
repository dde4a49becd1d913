/**
 * Searches the memory of processes, and files, for digits in every form of `digit-forms.ts`, and for runs of at least
 * eight of a number's digits at a fixed distance: what left-over packets look like. It runs in a thread of its own, so
 * that legs which talk in this process go on talking.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { within } from './deadline.js';
import { type Pattern, patternsOf, type Secret } from './digit-forms.js';
import { findRuns, longestRunBytes, MIN_RUN_DIGITS, PatternSearch, tellingWindows } from './pattern-search.js';
import { readMemory } from './process-memory.js';

export type Hit = {
  readonly secret: string;
  readonly form: string;
  /** Region of memory or path of the file. */
  readonly where: string;
  readonly offset: number;
};

export type ScanReport = {
  readonly hits: readonly Hit[];
  readonly scannedBytes: number;
  /** What was too short to be searched for; a clean report says nothing of these. */
  readonly notSearched: readonly string[];
};

export type ScanTarget =
  | { readonly kind: 'process'; readonly pid: number }
  | { readonly kind: 'files'; readonly paths: readonly string[] };

export type ScanRequest = { readonly target: ScanTarget; readonly secrets: readonly Secret[] };

const SCAN_LIMIT_MS = 120_000;
/** A control that finds its secret everywhere needs no more of them. */
const MAX_HITS = 1_000;
const FILE_CHUNK_BYTES = 8 << 20;

/** Memory of one process. Rejects when it cannot be read. */
export function scanProcess(pid: number, secrets: readonly Secret[]): Promise<ScanReport> {
  return scanInThread({ target: { kind: 'process', pid }, secrets });
}

/** Files, and folders with all that is below them. A path that does not exist is an error of the test. */
export async function scanFiles(paths: readonly string[], secrets: readonly Secret[]): Promise<ScanReport> {
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length > 0) throw new Error(`nothing to scan at ${missing.join(', ')}`);
  return scanInThread({ target: { kind: 'files', paths }, secrets });
}

/** Bytes that a test holds itself, such as the traffic of a socket. */
export function scanBytes(bytes: Buffer, secrets: readonly Secret[], where = 'bytes'): ScanReport {
  const scanner = new Scanner(secrets);
  scanner.look({ bytes, where, address: 0, runs: true });
  return scanner.report();
}

/**
 * The first candidate of which none of the processes shows a trace now: what is found of it later is no chance. Runs of
 * eight small numbers at some distance do turn up by chance, for some numbers more than for others.
 */
export async function chooseQuiet(pids: readonly number[], candidates: readonly Secret[]): Promise<Secret> {
  for (const candidate of candidates) {
    const reports = await Promise.all(pids.map((pid) => scanProcess(pid, [candidate])));
    if (reports.every(({ hits }) => hits.length === 0)) return candidate;
  }
  throw new Error('every candidate is found before it was ever keyed');
}

async function scanInThread(request: ScanRequest): Promise<ScanReport> {
  for (const secret of request.secrets) requireTelling(secret);
  const worker = new Worker(new URL('./memory-scan-worker.js', import.meta.url), { workerData: request });
  const answer = new Promise<ScanReport>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the scan ended without a report')));
  });
  return within(SCAN_LIMIT_MS, 'the scan', answer).finally(() => worker.terminate());
}

/** A long number in which no run of eight digits is telling would make every report worthless. */
function requireTelling({ name, digits }: Secret): void {
  if (digits.length >= MIN_RUN_DIGITS && tellingWindows(digits).length === 0) {
    throw new Error(`${name}: too few different digits to be told from chance; take another one`);
  }
}

/** The scan itself, in the thread that calls it. */
export function scanNow(request: ScanRequest): ScanReport {
  const scanner = new Scanner(request.secrets);
  if (request.target.kind === 'files') {
    for (const path of filesBelow(request.target.paths)) scanner.lookIntoFile(path);
    return scanner.report();
  }
  for (const chunk of readMemory(request.target.pid, scanner.overlapBytes)) {
    const { region, address, bytes } = chunk;
    scanner.look({ bytes, where: region.name, address, runs: region.anonymous });
  }
  return scanner.report();
}

type Piece = {
  readonly bytes: Buffer;
  readonly where: string;
  readonly address: number;
  /** Whether runs at a distance are looked for too. */
  readonly runs: boolean;
};

class Scanner {
  readonly overlapBytes: number;
  readonly #longSecrets: readonly Secret[];
  readonly #search: PatternSearch;
  readonly #notSearched: readonly string[];
  readonly #hits = new Map<string, Hit>();
  #scannedBytes = 0;

  constructor(secrets: readonly Secret[]) {
    const { patterns, notSearched } = patternsOf(secrets);
    this.#search = new PatternSearch(patterns);
    this.#notSearched = notSearched;
    this.#longSecrets = secrets.filter((secret) => secret.digits.length >= MIN_RUN_DIGITS);
    const runBytes = this.#longSecrets.map((secret) => longestRunBytes(secret.digits));
    this.overlapBytes = Math.max(this.#search.longestBytes, ...runBytes);
  }

  look(piece: Piece): void {
    this.#scannedBytes += piece.bytes.length;
    for (const { pattern, offset } of this.#search.search(piece.bytes)) this.#hit(piece, pattern, offset);
    if (!piece.runs) return;
    for (const secret of this.#longSecrets) {
      for (const run of findRuns(piece.bytes, secret.digits)) {
        this.#hit(piece, { secret: secret.name, form: run.form }, run.offset);
      }
    }
  }

  lookIntoFile(path: string): void {
    const buffer = Buffer.allocUnsafe(FILE_CHUNK_BYTES + this.overlapBytes);
    const file = openSync(path, 'r');
    try {
      for (let address = 0; ; address += FILE_CHUNK_BYTES) {
        const length = readSync(file, buffer, 0, buffer.length, address);
        if (length > 0) this.look({ bytes: buffer.subarray(0, length), where: path, address, runs: true });
        if (length < buffer.length) return;
      }
    } finally {
      closeSync(file);
    }
  }

  report(): ScanReport {
    return {
      hits: [...this.#hits.values()],
      scannedBytes: this.#scannedBytes,
      notSearched: this.#notSearched,
    };
  }

  /** Overlapping chunks see a place twice; it counts once. */
  #hit(piece: Piece, what: Pick<Pattern, 'secret' | 'form'>, at: number): void {
    const offset = piece.address + at;
    const identity = `${what.secret}/${what.form}/${piece.where}/${offset}`;
    if (this.#hits.size < MAX_HITS) {
      this.#hits.set(identity, { secret: what.secret, form: what.form, where: piece.where, offset });
    }
  }
}

function filesBelow(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    const status = statSync(path);
    if (status.isDirectory()) return filesBelow(readdirSync(path).map((name) => join(path, name)));
    // Sockets and pipes hold nothing that can be read again.
    return status.isFile() ? [path] : [];
  });
}
