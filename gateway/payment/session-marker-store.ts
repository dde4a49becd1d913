/**
 * One empty file an open payment session, named by session and call: what a crashed gateway leaves behind, so that the
 * next start can record the session's end. A marker is on disk before anything is captured.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export type SessionMarker = { readonly sessionId: string; readonly callId: string };

const SEPARATOR = '@';

export class SessionMarkerStore {
  readonly #directory: string;
  readonly #files = new Map<string, string>();

  /** @param directory made with mode 0700 when missing */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** The markers a run before this one left, which are removed: ask once, at start. */
  takeLeftOver(): readonly SessionMarker[] {
    return readdirSync(this.#directory).map((name) => {
      rmSync(join(this.#directory, name));
      const [sessionId = '', callId = ''] = name.split(SEPARATOR).map(decodeURIComponent);
      return { sessionId, callId };
    });
  }

  /** Durable on return. */
  add(sessionId: string, callId: string): void {
    const file = join(this.#directory, [sessionId, callId].map(encodeURIComponent).join(SEPARATOR));
    closeSync(openSync(file, 'w', 0o600));
    const directory = openSync(this.#directory, 'r');
    fsyncSync(directory);
    closeSync(directory);
    this.#files.set(sessionId, file);
  }

  remove(sessionId: string): void {
    const file = this.#files.get(sessionId);
    if (file === undefined) return;
    this.#files.delete(sessionId);
    rmSync(file, { force: true });
  }
}
