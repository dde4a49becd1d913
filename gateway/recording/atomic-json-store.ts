import { rename, rm, writeFile } from 'node:fs/promises';
import { types } from 'node:util';

/**
 * One JSON file (mode 0600) that always holds a whole document: each version is written beside it and renamed over it.
 * Saves that come while one is being written are folded into the newest.
 */
export class AtomicJsonFile {
  readonly #path: string;
  readonly #onFailed: (problem: string) => void;
  #newest: string | undefined;
  #running: Promise<void> | undefined;

  constructor(path: string, onFailed: (problem: string) => void) {
    this.#path = path;
    this.#onFailed = onFailed;
  }

  save(document: object): void {
    this.#newest = `${JSON.stringify(document, null, 2)}\n`;
    this.#running ??= this.#drain();
  }

  /** Resolves when everything saved so far is on its way no more: written, or reported as failed. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    const scratch = `${this.#path}.new`;
    try {
      while (this.#newest !== undefined) {
        const document = this.#newest;
        this.#newest = undefined;
        await writeFile(scratch, document, { mode: 0o600, flush: true });
        await rename(scratch, this.#path);
      }
    } catch (error) {
      this.#newest = undefined;
      await rm(scratch, { force: true }).catch(() => undefined);
      this.#onFailed(types.isNativeError(error) ? error.message : 'unknown');
    } finally {
      this.#running = undefined;
    }
  }
}
