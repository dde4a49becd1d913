/**
 * Port numbers for a test. Below 32768, because other programs draw their own ports from above; and reserved across
 * processes, because a port that was free when it was looked at may be another test's a moment later.
 */
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';

const FIRST_PORT = 10_000;
const END_PORT = 32_700;
/** Reservations are whole blocks; each is held by a listening TCP socket on its first port, freed by the kernel at exit. */
const BLOCK_SIZE = 50;

export class PortRange {
  readonly first: number;
  /** The last port of the range, included. */
  readonly last: number;
  readonly #guards: readonly Server[];
  #following: number;

  constructor(first: number, last: number, guards: readonly Server[]) {
    this.first = first;
    this.last = last;
    this.#guards = guards;
    this.#following = first;
  }

  /** The next port on which neither UDP nor TCP is bound. */
  next(): Promise<number> {
    return this.consecutive(1);
  }

  /** The first of `count` free ports in a row; an even one when they are several, as RTP and RTCP want it. */
  async consecutive(count: number): Promise<number> {
    for (;;) {
      const first = this.#following + (count > 1 ? this.#following % 2 : 0);
      if (first + count - 1 > this.last) throw new Error(`no ${count} ports are left in ${this.first}-${this.last}`);
      this.#following = first + count;
      if (await areFree(first, count)) return first;
    }
  }

  /** Gives the whole range back. */
  release(): void {
    for (const guard of this.#guards) guard.close();
  }
}

/** Reserves at least `count` ports in a row. */
export async function reservePorts(count: number): Promise<PortRange> {
  const blocks = Math.ceil((count + 1) / BLOCK_SIZE);
  const places = Math.floor((END_PORT - FIRST_PORT) / BLOCK_SIZE) - blocks + 1;
  // Runs at the same time start looking at different places.
  const start = process.pid % places;
  for (let step = 0; step < places; step += 1) {
    const first = FIRST_PORT + ((start + step) % places) * BLOCK_SIZE;
    const guards = await guardBlocks(first, blocks);
    if (guards !== undefined) return new PortRange(first + 1, first + blocks * BLOCK_SIZE - 1, guards);
  }
  throw new Error(`no ${count} free ports in a row between ${FIRST_PORT} and ${END_PORT}`);
}

async function guardBlocks(first: number, blocks: number): Promise<readonly Server[] | undefined> {
  const guards: Server[] = [];
  for (let block = 0; block < blocks; block += 1) {
    const guard = await listen(first + block * BLOCK_SIZE);
    if (guard === undefined) {
      for (const held of guards) held.close();
      return undefined;
    }
    guard.unref();
    guards.push(guard);
  }
  return guards;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

async function areFree(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port += 1) {
    if (!(await isFree(port))) return false;
  }
  return true;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
