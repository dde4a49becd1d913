/**
 * The `UdpEngine` on node:dgram: one socket a port, a batch of one for each datagram. Works everywhere; costs twice the
 * CPU of a native engine.
 *
 * The sockets stay unconnected. A connected one would let the kernel drop strangers, but uncounted, and what they sent
 * before connect() would still be in the queue: the source rule has to be ours in any case.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { ADDRESS_WORDS, readAddress, SOURCE_WORDS, writeAddress } from './ip-address.js';
import {
  NO_SOCKET,
  OUT_OFFSET,
  OUT_SIZE,
  OUT_SOCKET,
  ROW_LENGTH,
  SIZE,
  SLOT_SIZE_BYTES,
  SOCKET,
  SOURCE,
  type UdpEngine,
} from './udp-engine.js';

/**
 * Slots are used in turn, so that the kernel has long taken a datagram when its slot comes round again. One datagram
 * makes at most a dozen (a hole of 200 ms being filled), a sweep a few for each call.
 */
const SLOT_COUNT = 4096;
/** Holds 100 ms of a sender's packets while this process is busy. */
const RECEIVE_BUFFER_SIZE_BYTES = 65_536;

/** The way to a leg that has no UDP socket of this engine's. `send` copies what it is given. */
export type OtherWay = { readonly send: (packet: Buffer) => void };

type Leg = {
  readonly udp: Socket;
  /** Where a packet last came from, its address as text too: it is the same one nearly always. */
  sourceText: string;
  readonly source: Int32Array;
  destination: string;
  destinationPort: number;
};

type OtherLeg = OtherWay & { readonly destination: Int32Array };

export type DgramEngineOptions = {
  readonly address: string;
  /** Called for each datagram that could not be sent. */
  readonly onSendFailed: () => void;
};

export class DgramEngine implements UdpEngine {
  readonly slab = Buffer.alloc(SLOT_COUNT * SLOT_SIZE_BYTES);
  readonly rows = new Int32Array(SLOT_COUNT * ROW_LENGTH);
  readonly #address: string;
  readonly #onSendFailed: () => void;
  readonly #onSent: (error: Error | null) => void;
  readonly #legs = new Map<number, Leg>();
  readonly #otherWays = new Map<number, OtherLeg>();
  #handle: (first: number, count: number) => void = () => {};
  /** Slots from here, `#used` of them, are in use until the next flush. */
  #first = 0;
  #used = 0;

  constructor({ address, onSendFailed }: DgramEngineOptions) {
    this.#address = address;
    this.#onSendFailed = onSendFailed;
    // ECONNREFUSED and their like: the peer may not be listening yet.
    this.#onSent = (error) => {
      if (error !== null) onSendFailed();
    };
  }

  addLeg(socket: number, port: number): Promise<boolean> {
    const udp = createSocket({
      type: isIPv6(this.#address) ? 'udp6' : 'udp4',
      // Destinations are IP addresses: nothing is ever looked up.
      lookup: (address, _options, done) => done(null, address, isIPv6(address) ? 6 : 4),
      recvBufferSize: RECEIVE_BUFFER_SIZE_BYTES,
    });
    const leg: Leg = {
      udp,
      sourceText: '',
      source: new Int32Array(SOURCE_WORDS),
      destination: '',
      destinationPort: 0,
    };
    return new Promise((resolve) => {
      udp.once('error', () => {
        udp.close();
        resolve(false);
      });
      udp.bind({ address: this.#address, port, exclusive: true }, () => {
        udp.removeAllListeners('error');
        udp.on('error', () => this.#onSendFailed());
        udp.on('message', (datagram, remote) => this.#receiveFrom(socket, leg, datagram, remote));
        this.#legs.set(socket, leg);
        resolve(true);
      });
    });
  }

  /** Lets packets of socket number `socket` come and go by `way`; they use the same slots as all others. */
  addWay(socket: number, way: OtherWay): void {
    this.#otherWays.set(socket, { ...way, destination: new Int32Array(SOURCE_WORDS) });
  }

  /**
   * A packet that came by another way. Whoever brings it has made sure whose it is, so it comes from where the leg is sent to.
   * `packet` holds zeros afterwards.
   */
  take(socket: number, packet: Uint8Array): void {
    const way = this.#otherWays.get(socket);
    if (way === undefined) packet.fill(0);
    else this.#receive(socket, packet, way.destination);
  }

  connectLeg(socket: number, words: Int32Array, at: number): void {
    this.#otherWays.get(socket)?.destination.set(words.subarray(at, at + SOURCE_WORDS));
    const leg = this.#legs.get(socket);
    if (leg === undefined) return;
    leg.destination = readAddress(words, at);
    leg.destinationPort = words[at + ADDRESS_WORDS];
  }

  removeLeg(socket: number): void {
    this.#legs.get(socket)?.udp.close();
    this.#legs.delete(socket);
    this.#otherWays.delete(socket);
  }

  onBatch(handle: (first: number, count: number) => void): void {
    this.#handle = handle;
  }

  takeSlot(): number {
    const slot = (this.#first + this.#used) % SLOT_COUNT;
    // A sweep over many calls may need more slots than there are: what is ready goes out first.
    if (this.#used === SLOT_COUNT - 1) this.flush();
    this.#used += 1;
    this.rows[slot * ROW_LENGTH + OUT_SOCKET] = NO_SOCKET;
    return slot;
  }

  flush(): void {
    for (let used = 0; used < this.#used; used += 1) this.#send((this.#first + used) % SLOT_COUNT);
    this.#first = (this.#first + this.#used) % SLOT_COUNT;
    this.#used = 0;
  }

  #receiveFrom(socket: number, leg: Leg, datagram: Buffer, remote: { address: string; port: number }): void {
    if (leg.sourceText !== remote.address) {
      leg.sourceText = remote.address;
      writeAddress(remote.address, leg.source, 0);
    }
    leg.source[ADDRESS_WORDS] = remote.port;
    this.#receive(socket, datagram, leg.source);
  }

  #receive(socket: number, datagram: Uint8Array, source: Int32Array): void {
    const slot = this.takeSlot();
    const row = slot * ROW_LENGTH;
    this.rows[row + SOCKET] = socket;
    this.rows[row + SIZE] = datagram.length;
    this.slab.set(
      datagram.length > SLOT_SIZE_BYTES ? datagram.subarray(0, SLOT_SIZE_BYTES) : datagram,
      slot * SLOT_SIZE_BYTES,
    );
    // An event packet is a card digit, and node's receive buffers wait long for the garbage collector.
    datagram.fill(0);
    for (let word = 0; word < SOURCE_WORDS; word += 1) this.rows[row + SOURCE + word] = source[word];
    this.#handle(slot, 1);
  }

  #send(slot: number): void {
    const row = slot * ROW_LENGTH;
    const socket = this.rows[row + OUT_SOCKET];
    if (socket === NO_SOCKET) return;
    this.rows[row + OUT_SOCKET] = NO_SOCKET;
    const at = slot * SLOT_SIZE_BYTES + this.rows[row + OUT_OFFSET];
    const size = this.rows[row + OUT_SIZE];
    const way = this.#otherWays.get(socket);
    if (way !== undefined) {
      way.send(this.slab.subarray(at, at + size));
      return;
    }
    const leg = this.#legs.get(socket);
    // Port 0 and no address: the peer has not said where it listens.
    if (leg === undefined || leg.destinationPort === 0) return;
    // A socket that cannot send at once keeps a pointer to the slot: real-time media is dropped rather than queued.
    if (leg.udp.getSendQueueCount() > 0) {
      this.#onSendFailed();
      return;
    }
    leg.udp.send(this.slab, at, size, leg.destinationPort, leg.destination, this.#onSent);
  }
}
