/** The shell around a SIP machine: sockets, the clock, and one timer. One turn is one input and all of its outputs. */
import type { LocalAddress } from './local-addresses.js';
import type { Flow, Transport } from './message.js';
import { type TransportListener, TransportSockets } from './transport/transport-sockets.js';

export type SipListener = TransportListener & {
  /** Written into Via and Contact; the bind address if missing. */
  readonly publicAddress?: string | undefined;
};

export type BoundListener = {
  readonly name: string;
  readonly transport: Transport;
  readonly port: number;
};

type TransportInput =
  | { readonly kind: 'received'; readonly flow: Flow; readonly bytes: Buffer }
  | { readonly kind: 'flow-failed'; readonly flow: Flow }
  | { readonly kind: 'deadline' };

type Sending = { readonly kind: 'send'; readonly flow: Flow; readonly bytes: Buffer };

/** `News` is all of its outputs that are not to be sent. */
type Machine<Input, News> = {
  readonly deadlineMs: number;
  handle(input: Input | TransportInput, nowMs: number): readonly (News | Sending)[];
};

export type MachineSocketOptions<Input, News> = {
  readonly listeners: readonly SipListener[];
  /** Made when the ports are known. */
  readonly makeMachine: (addresses: readonly LocalAddress[]) => Machine<Input, News>;
  /** May call `handle`; what it puts in waits for the end of the turn. */
  readonly onOutput: (output: News) => void;
  /** See `TransportSocketsOptions`. */
  readonly isOriginAllowed?: ((origin: string, listener: string) => boolean) | undefined;
  /** See `TransportSocketsOptions`. */
  readonly isProven?: ((connectionId: number, listener: string) => boolean) | undefined;
  readonly proofTimeoutMs?: number | undefined;
  /** A fault that the machine did not lay to a call, or one of `onOutput`: the process goes on. */
  readonly onError?: ((error: unknown) => void) | undefined;
};

/** Above this `setTimeout` fires at once; waking up once a day too often is harmless. */
const MAX_SLEEP_MS = 86_400_000;

/** What may come between the binding of the first port and of the last, or after closing: milliseconds of messages. */
const MAX_EARLY_INPUTS = 1_000;

export class MachineSocket<Input, News extends { readonly kind: string }> {
  readonly #options: MachineSocketOptions<Input, News>;
  readonly #sockets: TransportSockets;
  #machine: Machine<Input, News> | undefined;
  /** Grows only within a turn, by what `onOutput` puts in, and while there is no machine. */
  #waiting: (Input | TransportInput)[] = [];
  #isInTurn = false;
  #timer: NodeJS.Timeout | undefined;
  #wakeAtMs = Infinity;

  constructor(options: MachineSocketOptions<Input, News>) {
    this.#options = options;
    this.#sockets = new TransportSockets({
      listeners: options.listeners,
      onMessage: (flow, bytes) => this.handle({ kind: 'received', flow, bytes }),
      onFlowFailed: (flow) => this.handle({ kind: 'flow-failed', flow }),
      isOriginAllowed: options.isOriginAllowed,
      isProven: options.isProven,
      proofTimeoutMs: options.proofTimeoutMs,
    });
  }

  /** @throws what the system says where an address cannot be bound. */
  async start(): Promise<readonly BoundListener[]> {
    const ports = await this.#sockets.start();
    const bound = this.#options.listeners.flatMap(({ name, transports }) =>
      transports.map((transport) => ({ name, transport, port: ports.get(name) ?? 0 })),
    );
    this.#machine = this.#options.makeMachine(
      this.#options.listeners.flatMap(({ name, transports, address, publicAddress }) =>
        transports.map((transport) => ({
          listener: name,
          transport,
          host: publicAddress ?? address,
          port: ports.get(name) ?? 0,
        })),
      ),
    );
    this.#runTurns();
    return bound;
  }

  handle(input: Input | TransportInput): void {
    if (this.#machine === undefined && this.#waiting.length >= MAX_EARLY_INPUTS) {
      return;
    }
    this.#waiting.push(input);
    this.#runTurns();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#machine = undefined;
    this.#waiting = [];
    await this.#sockets.close();
  }

  #runTurns(): void {
    if (this.#isInTurn) {
      return;
    }
    this.#isInTurn = true;
    for (let input = this.#next(); input !== undefined; input = this.#next()) {
      try {
        this.#runTurn(input);
      } catch (error) {
        this.#options.onError?.(error);
      }
    }
    this.#isInTurn = false;
    this.#setTimer();
  }

  #next(): Input | TransportInput | undefined {
    return this.#machine === undefined ? undefined : this.#waiting.shift();
  }

  #runTurn(input: Input | TransportInput): void {
    for (const output of this.#machine?.handle(input, performance.now()) ?? []) {
      try {
        this.#perform(output);
      } catch (error) {
        // The other outputs are of other calls, perhaps.
        this.#options.onError?.(error);
      }
    }
  }

  #perform(output: News | Sending): void {
    if (isSending(output)) {
      this.#sockets.send(output.flow, output.bytes);
    } else {
      this.#options.onOutput(output);
    }
  }

  /** A timer that fires too early costs a turn; moving it for each message would cost more. */
  #setTimer(): void {
    const deadlineMs = this.#machine?.deadlineMs ?? Infinity;
    if (deadlineMs >= this.#wakeAtMs) {
      return;
    }
    clearTimeout(this.#timer);
    this.#wakeAtMs = deadlineMs;
    const sleepMs = Math.min(Math.max(Math.ceil(deadlineMs - performance.now()), 1), MAX_SLEEP_MS);
    this.#timer = setTimeout(() => {
      this.#wakeAtMs = Infinity;
      this.handle({ kind: 'deadline' });
    }, sleepMs);
  }
}

function isSending(output: { readonly kind: string }): output is Sending {
  return output.kind === 'send';
}
