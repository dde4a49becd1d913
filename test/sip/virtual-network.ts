/**
 * A network in one process and in virtual time: seeded loss, duplication and reordering for datagrams, order and
 * certainty for streams. Minutes of calls take milliseconds, and a seed is a bug report.
 */
import type { Flow } from '../../sip/message.js';
import { DeadlineQueue } from '../../sip/transaction/deadline-queue.js';

export type Weather = {
  /** Share of datagrams that never arrive. */
  readonly loss?: number;
  /** Share that arrives twice. */
  readonly duplication?: number;
  /** Each datagram is late by up to this much, so that later ones overtake it. */
  readonly jitterMs?: number;
};

export type Listener = { readonly name: string; readonly address: string; readonly port: number };

export type NetworkNode = {
  readonly listeners: readonly Listener[];
  deadlineMs(): number;
  receive(flow: Flow, bytes: Buffer, nowMs: number): void;
  expire(nowMs: number): void;
};

class Scheduled {
  queuePosition = -1;
  deadlineMs: number;
  readonly run: () => void;

  constructor(deadlineMs: number, run: () => void) {
    this.deadlineMs = deadlineMs;
    this.run = run;
  }
}

/** Latency without jitter. */
const LATENCY_MS = 5;

/** mulberry32: small, fast, and the same everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function seededBytes(seed: number): (sizeBytes: number) => Buffer {
  const random = seededRandom(seed);
  return (sizeBytes) => Buffer.from(Array.from({ length: sizeBytes }, () => Math.floor(random() * 256)));
}

export class VirtualNetwork {
  nowMs = 0;
  sent = 0;
  /** Called with every datagram before it is lost or not; return false to lose it. */
  filter: (text: string, from: Listener) => boolean = () => true;
  readonly #random: () => number;
  readonly #weather: Weather;
  readonly #queue = new DeadlineQueue<Scheduled>();
  readonly #nodes = new Map<string, { readonly node: NetworkNode; readonly listener: Listener }>();
  readonly #wakeups = new Map<NetworkNode, Scheduled>();

  constructor(seed: number, weather: Weather = {}) {
    this.#random = seededRandom(seed);
    this.#weather = weather;
  }

  add(node: NetworkNode): void {
    for (const listener of node.listeners) {
      this.#nodes.set(`${listener.address}:${listener.port}`, { node, listener });
    }
    this.#wakeups.set(node, new Scheduled(Infinity, () => node.expire(this.nowMs)));
  }

  at(atMs: number, run: () => void): void {
    this.#queue.update(new Scheduled(atMs, run));
  }

  /** The node's deadline may have moved. */
  touch(node: NetworkNode): void {
    const wakeup = this.#wakeups.get(node);
    if (wakeup !== undefined) {
      wakeup.deadlineMs = Math.max(node.deadlineMs(), this.nowMs);
      this.#queue.update(wakeup);
    }
  }

  send(from: Listener, flow: Flow, bytes: Buffer): void {
    this.sent += 1;
    if (!this.filter(bytes.toString('latin1'), from)) {
      return;
    }
    if (flow.transport === 'tcp') {
      this.#deliver(from, flow, bytes, LATENCY_MS);
      return;
    }
    const { loss = 0, duplication = 0, jitterMs = 0 } = this.#weather;
    const copies = this.#random() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (this.#random() >= loss) {
        this.#deliver(from, flow, bytes, LATENCY_MS + this.#random() * jitterMs);
      }
    }
  }

  /** Moves time on, as far as anything is due. */
  run(untilMs: number): void {
    for (let due = this.#queue.peekDue(untilMs); due !== undefined; due = this.#queue.peekDue(untilMs)) {
      this.nowMs = Math.max(this.nowMs, due.deadlineMs);
      due.deadlineMs = Infinity;
      this.#queue.remove(due);
      due.run();
    }
    this.nowMs = untilMs;
  }

  #deliver(from: Listener, flow: Flow, bytes: Buffer, delayMs: number): void {
    const target = this.#nodes.get(`${flow.remoteAddress}:${flow.remotePort}`);
    if (target === undefined) {
      return;
    }
    // A copy in memory of its own: the receiver wipes what it got, the sender what it sent.
    const copy = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(copy);
    const arrival: Flow = {
      listener: target.listener.name,
      transport: flow.transport,
      remoteAddress: from.address,
      remotePort: from.port,
      ...(flow.transport === 'tcp' ? { connectionId: 1 } : undefined),
    };
    this.at(this.nowMs + delayMs, () => target.node.receive(arrival, copy, this.nowMs));
  }
}
