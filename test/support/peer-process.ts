/** A program started for a test: its output is kept, its life is bounded, and it is ended by its own process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { eventually, within } from './deadline.js';

/** Enough for a gateway at debug level through a thousand calls; older lines are let go. */
const MAX_LINES = 200_000;
const KILL_LIMIT_MS = 5_000;

export type PeerOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The program is killed after so long, whatever it does. */
  readonly limitMs: number;
};

export type PeerExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export class PeerProcess {
  readonly name: string;
  /** Lines of standard output and of standard error, in the order they came, without line ends. */
  readonly outputLines: string[] = [];
  readonly errorLines: string[] = [];
  readonly exited: Promise<PeerExit>;
  readonly #child: ChildProcess;
  readonly #killTimer: NodeJS.Timeout;
  #exit: PeerExit | undefined;

  constructor(options: PeerOptions) {
    this.name = options.command;
    // The kernel kills the program when this process dies, also when a test runner is killed itself.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', options.command, ...options.args], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    keepLines(this.#child.stdout, this.outputLines);
    keepLines(this.#child.stderr, this.errorLines);
    // A program that ends early closes its input; the next write then fails, which its exit already tells.
    this.#child.stdin?.on('error', () => {});
    this.#killTimer = setTimeout(() => this.#child.kill('SIGKILL'), options.limitMs);
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        clearTimeout(this.#killTimer);
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
    // Who never asks for the exit must not get an unhandled rejection; who asks still gets the error.
    this.exited.catch(() => {});
  }

  /** Throws when the program could not be started. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} was not started`);
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#exit === undefined;
  }

  write(text: string | Buffer): void {
    this.#child.stdin?.write(text);
  }

  /** Writes all of `data` and closes the program's input. */
  end(data?: Buffer): void {
    this.#child.stdin?.end(data);
  }

  /** The first line of output or error output that matches; rejects when the program ends without it. */
  async line(pattern: RegExp, limitMs: number): Promise<string> {
    const what = `${this.name}: a line like ${pattern}`;
    return eventually(
      limitMs,
      () => `${what}\n${this.tail()}`,
      () => {
        const found =
          this.outputLines.find((line) => pattern.test(line)) ?? this.errorLines.find((l) => pattern.test(l));
        if (found === undefined && this.#exit !== undefined) {
          throw new Error(
            `${this.name} ended (${describeExit(this.#exit)}) before a line like ${pattern}\n${this.tail()}`,
          );
        }
        return found;
      },
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Asks the program to end, kills it when it has not after `graceMs`, and waits until it is gone. */
  async stop(graceMs = 2_000, signal: NodeJS.Signals = 'SIGTERM'): Promise<PeerExit> {
    if (this.#exit !== undefined) return this.#exit;
    this.#child.kill(signal);
    try {
      return await within(graceMs, `${this.name}'s end`, this.exited);
    } catch {
      this.#child.kill('SIGKILL');
      return within(KILL_LIMIT_MS, `${this.name}'s end after SIGKILL`, this.exited);
    }
  }

  /** The last lines of both outputs, for error messages. */
  tail(count = 20): string {
    return [...this.outputLines.slice(-count), ...this.errorLines.slice(-count)].join('\n');
  }
}

export function describeExit(exit: PeerExit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}

/** Runs a program to its end and gives its standard output; throws with its error output when it fails. */
export async function runToEnd(options: PeerOptions & { readonly input?: Buffer }): Promise<string> {
  const peer = new PeerProcess(options);
  peer.end(options.input);
  const exit = await peer.exited;
  if (exit.code !== 0) throw new Error(`${options.command} failed (${describeExit(exit)})\n${peer.tail()}`);
  return peer.outputLines.join('\n');
}

function keepLines(stream: NodeJS.ReadableStream | null, lines: string[]): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream?.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    if (lines.length > MAX_LINES) lines.splice(0, lines.length - MAX_LINES);
  });
  stream?.on('end', () => {
    if (rest !== '') lines.push(rest);
  });
}
