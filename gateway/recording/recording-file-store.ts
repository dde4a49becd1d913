import * as fs from 'node:fs';
import { setWavLength, WAV_FRAME_SIZE_BYTES, WAV_HEADER_SIZE_BYTES, wavHeader } from './wav-file.js';

/** Samples in one write: two seconds, so that one write empties what the hold and the flush interval leave. */
export const BLOCK_SAMPLES = 16_384;

/**
 * One WAV file being written, one write at a time, never waited for. After each block the header is patched to promise
 * exactly what has been written, so that a crash at any moment leaves a file that plays. Spans that nobody writes are
 * holes, which read as digital silence.
 *
 * The recorder owns it; it owns its descriptor and closes it in `finish`, also after a failure.
 */
export class RecordingFile {
  /** Interleaved samples for the next `write`; the recorder fills it only while the file is not busy. */
  readonly block: Int16Array;
  readonly #blockBytes: Buffer;
  readonly #header = wavHeader(0);
  readonly #onIdle: () => void;
  readonly #onFailed: (problem: string) => void;
  #descriptor: number | undefined;
  #busy = true;
  #failed = false;
  #writingTo = 0;
  #fileOffset = 0;
  #blockOffset = 0;
  #blockEnd = 0;
  #waiting: (() => void) | undefined;

  /**
   * Creates `path` (mode 0600; an existing file is never overwritten) in the background. `onIdle` follows each finished
   * write; `onFailed` comes at most once, and nothing is written after it.
   */
  constructor(path: string, onIdle: () => void, onFailed: (problem: string) => void) {
    this.#onIdle = onIdle;
    this.#onFailed = onFailed;
    this.#blockBytes = Buffer.alloc(BLOCK_SAMPLES * WAV_FRAME_SIZE_BYTES);
    this.block = new Int16Array(this.#blockBytes.buffer, this.#blockBytes.byteOffset, this.#blockBytes.length / 2);
    fs.open(path, 'wx', 0o600, (error, descriptor) => {
      if (error) {
        this.#fail(error);
        return;
      }
      this.#descriptor = descriptor;
      this.#patchHeader(0);
    });
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Samples that the header promises; all of them have been written. */
  get lengthSamples(): number {
    return this.#header.readUInt32LE(40) / WAV_FRAME_SIZE_BYTES;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** Writes the first `count` samples of `block` at sample `position`. Call it only while not busy. */
  write(position: number, count: number): void {
    if (this.#busy || this.#descriptor === undefined) throw new Error('the recording file is busy');
    this.#busy = true;
    this.#fileOffset = WAV_HEADER_SIZE_BYTES + position * WAV_FRAME_SIZE_BYTES;
    this.#blockOffset = 0;
    this.#blockEnd = count * WAV_FRAME_SIZE_BYTES;
    this.#writingTo = position + count;
    this.#writeRest(this.#descriptor);
  }

  /**
   * Brings the file to `lengthSamples` (never less than what is in it), makes it durable and closes it. Resolves to
   * false when the disk refused; what had been written before still plays.
   */
  async finish(lengthSamples: number): Promise<boolean> {
    // The recorder may start another write as soon as one ends; only the last end counts.
    while (this.#busy) await this.#idle();
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return false;
    this.#descriptor = undefined;
    this.#busy = true;
    const length = this.#failed ? this.lengthSamples : Math.max(lengthSamples, this.lengthSamples);
    const done = await finishFile(descriptor, this.#header, length);
    return done && !this.#failed;
  }

  #writeRest(descriptor: number): void {
    fs.write(
      descriptor,
      this.#blockBytes,
      this.#blockOffset,
      this.#blockEnd - this.#blockOffset,
      this.#fileOffset + this.#blockOffset,
      this.#onBlockWritten,
    );
  }

  readonly #onBlockWritten = (error: Error | null, writtenBytes: number): void => {
    if (error || this.#descriptor === undefined) {
      this.#fail(error ?? new Error('closed'));
      return;
    }
    this.#blockOffset += writtenBytes;
    // A short write is followed by the error that explains it, or by the rest.
    if (this.#blockOffset < this.#blockEnd) this.#writeRest(this.#descriptor);
    else this.#patchHeader(this.#writingTo);
  };

  #patchHeader(lengthSamples: number): void {
    if (this.#descriptor === undefined) return;
    setWavLength(this.#header, lengthSamples);
    fs.write(this.#descriptor, this.#header, 0, WAV_HEADER_SIZE_BYTES, 0, this.#onHeaderWritten);
  }

  readonly #onHeaderWritten = (error: Error | null): void => {
    if (error) {
      this.#fail(error);
      return;
    }
    this.#busy = false;
    this.#release();
    this.#onIdle();
  };

  #fail(error: Error): void {
    this.#busy = false;
    this.#failed = true;
    this.#release();
    this.#onFailed(error.message);
  }

  #idle(): Promise<void> {
    if (!this.#busy) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #release(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

async function finishFile(descriptor: number, header: Buffer, lengthSamples: number): Promise<boolean> {
  const sizeBytes = WAV_HEADER_SIZE_BYTES + lengthSamples * WAV_FRAME_SIZE_BYTES;
  setWavLength(header, lengthSamples);
  const steps: readonly ((done: (error: Error | null) => void) => void)[] = [
    (done) => fs.ftruncate(descriptor, sizeBytes, done),
    (done) => fs.write(descriptor, header, 0, header.length, 0, done),
    (done) => fs.fdatasync(descriptor, done),
  ];
  let ok = true;
  for (const step of steps) ok = ok && (await succeeded(step));
  return (await succeeded((done) => fs.close(descriptor, done))) && ok;
}

function succeeded(step: (done: (error: Error | null) => void) => void): Promise<boolean> {
  return new Promise((resolve) => step((error) => resolve(!error)));
}
