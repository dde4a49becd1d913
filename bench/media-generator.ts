/** The load generator of `media-generator-process.ts`, from the bench's side. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { within } from '../test/support/deadline.js';
import type { CallPorts, GeneratorCommand, GeneratorReply, LoadResult } from './media-load.js';

const SCRIPT = join(import.meta.dirname, 'media-generator-process.js');
const BIND_LIMIT_MS = 20_000;
/** Beyond the time of the load itself: a busy machine. */
const RUN_GRACE_MS = 20_000;
const STOP_LIMIT_MS = 3_000;

type RunCommand = Extract<GeneratorCommand, { kind: 'run' }>;
type BindCommand = Extract<GeneratorCommand, { kind: 'bind' }>;

export class LoadGenerator {
  readonly #child: ChildProcess = fork(SCRIPT, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

  /** @throws when there are not enough ports. */
  async bind(command: Omit<BindCommand, 'kind'>): Promise<readonly CallPorts[]> {
    const reply = await this.#request({ kind: 'bind', ...command }, BIND_LIMIT_MS);
    if (reply.kind !== 'bound') throw new Error(reasonOf(reply));
    return reply.ports;
  }

  async run(command: Omit<RunCommand, 'kind'>): Promise<LoadResult> {
    const limitMs = command.warmUpMs + command.measureMs + RUN_GRACE_MS;
    const reply = await this.#request({ kind: 'run', ...command }, limitMs);
    if (reply.kind !== 'measured') throw new Error(reasonOf(reply));
    return reply.result;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    if (this.#child.connected) this.#child.disconnect();
    await exited;
    clearTimeout(timer);
  }

  async #request(command: GeneratorCommand, limitMs: number): Promise<GeneratorReply> {
    const over = new AbortController();
    const { signal } = over;
    const replied = once(this.#child, 'message', { signal }) as Promise<[GeneratorReply]>;
    const ended = once(this.#child, 'exit', { signal }).then((): never => {
      throw new Error('the load generator ended');
    });
    // The one that is not waited for any more ends with an AbortError that nobody needs.
    replied.catch(() => {});
    ended.catch(() => {});
    this.#child.send(command);
    try {
      const [reply] = await within(
        limitMs,
        `the load generator's answer to ${command.kind}`,
        Promise.race([replied, ended]),
      );
      return reply;
    } finally {
      over.abort();
    }
  }
}

function reasonOf(reply: GeneratorReply): string {
  return reply.kind === 'failed' ? reply.reason : `the load generator answered ${reply.kind}`;
}
