/** Recordings that were made, by their file's name: what stands beside each, and its bytes. Reads only. */
import { createReadStream } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WAV_FRAME_SIZE_BYTES, WAV_HEADER_SIZE_BYTES } from './wav-file.js';

/** As the recorder names its files; nothing that fits it leads out of a folder. */
const FILE_NAME = /^[A-Za-z0-9_-]{1,100}-\d{1,6}\.wav$/;

export type ArchivedFile = {
  readonly sizeBytes: number;
  /** Both bytes are part of it. */
  read(firstByte: number, lastByte: number): NodeJS.ReadableStream;
};

export class RecordingArchive {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What stands beside it, unchecked; undefined when there is no such recording. */
  async notes(name: string): Promise<unknown> {
    if (!FILE_NAME.test(name)) return undefined;
    try {
      return JSON.parse(await readFile(join(this.#directory, `${name}.json`), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** Samples in the file of a recording that has not been finished; undefined when there is no file. */
  async lengthSamples(name: string): Promise<number | undefined> {
    const file = await this.open(name);
    if (file === undefined) return undefined;
    return Math.max(0, Math.floor((file.sizeBytes - WAV_HEADER_SIZE_BYTES) / WAV_FRAME_SIZE_BYTES));
  }

  /** The file as it is now: what is recorded while it is read is not part of it. */
  async open(name: string): Promise<ArchivedFile | undefined> {
    if (!FILE_NAME.test(name)) return undefined;
    const path = join(this.#directory, name);
    try {
      const status = await lstat(path);
      if (!status.isFile()) return undefined;
      return { sizeBytes: status.size, read: (start, end) => createReadStream(path, { start, end }) };
    } catch {
      return undefined;
    }
  }
}
