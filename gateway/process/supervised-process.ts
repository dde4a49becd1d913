/**
 * One child process under watch: started, spoken to over the socket pair on its file descriptor 3, restarted when it
 * dies. A child that exits is noticed at once; one that no longer answers is killed after HUNG_AFTER_PINGS.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { encodeFrame, encodeJsonFrame, FrameDecoder, JSON_FRAME } from '../../vault-client/wire-frames.js';

const PING_INTERVAL_MS = 500;
/**
 * Five seconds: far above any pause of a healthy child. Pings are counted, not time: after a pause of our own (a machine
 * suspended, a disk that hangs) not one of them is due yet.
 */
const HUNG_AFTER_PINGS = 10;
const REQUEST_TIMEOUT_MS = 5_000;
/** The first restart is immediate; a child that keeps dying is given time. */
const RESTART_DELAYS_MS = [0, 200, 1_000, 5_000] as const;
/** A child that lived so long starts with a clean record again. */
const HEALTHY_AFTER_MS = 30_000;
const STOP_TIMEOUT_MS = 3_000;

type Message = { readonly kind: string };
type Reply = Message & { readonly requestId: number };

/** A command as its caller writes it: the request id is ours to add. */
export type Request<Command> = Command extends { readonly requestId: number } ? Omit<Command, 'requestId'> : never;

export type SupervisedProcessOptions<Event extends Message> = {
  readonly script: string;
  /** The child is up and listens; it must be configured anew, as it remembers nothing. */
  readonly onStarted: () => void;
  readonly onEvent: (event: Event) => void;
  /** The child is gone. Whatever it held is lost; requests under way have been answered `undefined`. */
  readonly onLost: (reason: string) => void;
  /** One line a child wrote to its standard error. */
  readonly onErrorOutput: (line: string) => void;
  /** A handler of ours threw; the child goes on, or is started again. */
  readonly onFault: (error: unknown) => void;
};

export class SupervisedProcess<Command extends Message, Event extends Message> {
  readonly #options: SupervisedProcessOptions<Event>;
  readonly #pending = new Map<number, (reply: Event | undefined) => void>();
  #child: ChildProcess | undefined;
  #channel: Duplex | undefined;
  #nextRequestId = 1;
  #restarts = 0;
  #startedAtMs = 0;
  #unansweredPings = 0;
  #stopping = false;
  #pingTimer: NodeJS.Timeout | undefined;
  #restartTimer: NodeJS.Timeout | undefined;

  constructor(options: SupervisedProcessOptions<Event>) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    // The shell only forbids core dumps, which could hold card data, and is replaced by node.
    const child = spawn('/bin/sh', ['-c', 'ulimit -c 0; exec "$@"', 'sh', process.execPath, this.#options.script], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', TZ: process.env.TZ ?? 'UTC' },
    });
    this.#child = child;
    this.#startedAtMs = performance.now();
    this.#unansweredPings = 0;
    const channel = child.stdio[3] as Duplex;
    this.#channel = channel;
    const decoder = new FrameDecoder();
    channel.on('data', (chunk: Buffer) => {
      const messages: Message[] = [];
      try {
        decoder.push(chunk, (frame) => {
          if (frame.type === JSON_FRAME) messages.push(parsedMessage(frame.payload));
        });
      } catch {
        // It speaks something else than we do: nothing it says can be trusted any more.
        child.kill('SIGKILL');
        return;
      }
      for (const message of messages) this.#take(message);
    });
    // Writing to a child that has just died is answered by its exit.
    channel.on('error', () => {});
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line !== '') this.#options.onErrorOutput(line.slice(0, 2000));
    });
    child.once('error', () => this.#lost(child, 'could not be started'));
    child.once('exit', (code, signal) => this.#lost(child, signal ?? `exit code ${code}`));
    this.#pingTimer = setInterval(() => this.#ping(child), PING_INTERVAL_MS);
    this.#options.onStarted();
  }

  send(command: Command): void {
    this.#channel?.write(encodeJsonFrame(command));
  }

  /** Hands bytes over without looking at them; the copy made for the way is wiped once it has left. */
  sendBytes(frameType: number, payload: Uint8Array): void {
    const frame = encodeFrame(frameType, payload);
    if (this.#channel) this.#channel.write(frame, () => frame.fill(0));
    else frame.fill(0);
  }

  /** Resolves with the reply, or with undefined when the child died or did not answer in time. */
  request(command: Request<Command>): Promise<Event | undefined> {
    const channel = this.#channel;
    if (!channel) return Promise.resolve(undefined);
    const requestId = this.#nextRequestId;
    this.#nextRequestId += 1;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(requestId, undefined), REQUEST_TIMEOUT_MS);
      this.#pending.set(requestId, (reply) => {
        clearTimeout(timer);
        resolve(reply);
      });
      channel.write(encodeJsonFrame({ ...command, requestId }));
    });
  }

  /** Asks the child to end, and ends it if it does not. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (!child) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#channel?.write(encodeJsonFrame({ kind: 'shut-down' }));
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
  }

  #take(message: Message): void {
    this.#guarded(() => {
      if (isReply(message)) this.#settle(message.requestId, message as unknown as Event);
      else this.#options.onEvent(message as unknown as Event);
    });
  }

  /** A fault of whoever listens to us is none of the child's. */
  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  #settle(requestId: number, reply: Event | undefined): void {
    const settle = this.#pending.get(requestId);
    this.#pending.delete(requestId);
    settle?.(reply);
  }

  #ping(child: ChildProcess): void {
    if (this.#unansweredPings >= HUNG_AFTER_PINGS) {
      child.kill('SIGKILL');
      return;
    }
    this.#unansweredPings += 1;
    const requestId = this.#nextRequestId;
    this.#nextRequestId += 1;
    this.#pending.set(requestId, (reply) => {
      if (reply) this.#unansweredPings = 0;
    });
    this.#channel?.write(encodeJsonFrame({ kind: 'ping', requestId }));
  }

  #lost(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    clearInterval(this.#pingTimer);
    this.#child = undefined;
    this.#channel?.destroy();
    this.#channel = undefined;
    const pending = [...this.#pending.keys()];
    // Whatever we cannot carry out now, such as a record on a full disk, the child is needed all the more.
    for (const requestId of pending) this.#guarded(() => this.#settle(requestId, undefined));
    this.#guarded(() => this.#options.onLost(reason));
    if (this.#stopping) return;
    if (performance.now() - this.#startedAtMs > HEALTHY_AFTER_MS) this.#restarts = 0;
    const delayMs = RESTART_DELAYS_MS[Math.min(this.#restarts, RESTART_DELAYS_MS.length - 1)] ?? 0;
    this.#restarts += 1;
    this.#restartTimer = setTimeout(() => this.start(), delayMs);
  }
}

/** @throws Error on what is no message of ours */
function parsedMessage(payload: Buffer): Message {
  const message: unknown = JSON.parse(payload.toString('utf8'));
  if (!isMessage(message)) throw new Error('a child sent what is no message');
  return message;
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}

function isReply(message: Message): message is Reply {
  return 'requestId' in message && typeof message.requestId === 'number';
}
