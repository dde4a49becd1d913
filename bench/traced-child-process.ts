/** A Node program under `--trace-gc`, with what it prints kept, and ended by its own process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CollectionLog } from './media-contender.js';

const STOP_LIMIT_MS = 3_000;
/** A collection is a line of 150 bytes; a minute of ten a second is far less. */
const MAX_OUTPUT_LENGTH = 4 * 1024 * 1024;

export class TracedChild {
  readonly child: ChildProcess;
  readonly #startedEpochMs = Date.now();
  #output = '';

  /** `fourth`: what the child finds as file descriptor 3. */
  constructor(script: string, fourth: 'pipe' | 'ipc') {
    // The child has nothing to say on error output but its end: a broken invariant is shown to who runs the bench.
    this.child = spawn(process.execPath, ['--trace-gc', script], {
      env: { PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'pipe', 'inherit', fourth],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (this.#output.length < MAX_OUTPUT_LENGTH) this.#output += text;
    });
    // Told by `pid`, and by the request that is never answered.
    this.child.on('error', () => {});
  }

  /** @throws when the program could not be started. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error('node could not be started');
    return this.child.pid;
  }

  /** Calls `ask`, which makes the child end; kills it when it does not. */
  async stop(ask: () => void): Promise<CollectionLog> {
    const { child } = this;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      // What it printed is whole when its end of the pipe is closed. The event `close` of the child itself would wait for
      // an IPC channel too, which never tells when it was we who disconnected it.
      const printed = child.stdout === null ? [] : [once(child.stdout, 'close')];
      const ended = Promise.all([once(child, 'exit'), ...printed]);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      ask();
      await ended;
      clearTimeout(timer);
    }
    return { startedEpochMs: this.#startedEpochMs, output: this.#output };
  }
}
