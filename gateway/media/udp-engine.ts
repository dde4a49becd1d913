/**
 * Datagrams in and out, in batches: packets lie in the slots of one slab, what is known of each in a row of Int32
 * numbers. Nothing above this seam knows a socket, so a native engine that reads a batch with one call can take the place
 * of the one built on node:dgram, and tests drive the whole media core without any network.
 *
 * A received packet is edited in its slot and sent from it: whoever handles it sets OUT_SOCKET, OUT_OFFSET and
 * OUT_SIZE of its row. Packets of our own making go into slots from `takeSlot`. `flush` sends and frees them all.
 */
import type { WebRtcIdentity, WebRtcPeer } from './control-wire.js';

/** Holds any datagram of an Ethernet path; G.711 of 60 ms needs 492 bytes. */
export const SLOT_SIZE_BYTES = 1536;

/** Columns of a row. */
export const SOCKET = 0;
/** Size of what was received; larger than the slot when the datagram was cut. */
export const SIZE = 1;
/** Four words of address, then the port: as `SourceLatch` compares them. */
export const SOURCE = 2;
/** NO_SOCKET when nothing is to be sent from this slot. */
export const OUT_SOCKET = 7;
/** From the start of the slot. */
export const OUT_OFFSET = 8;
export const OUT_SIZE = 9;
export const ROW_LENGTH = 10;

export const NO_SOCKET = -1;

export interface UdpEngine {
  readonly slab: Uint8Array;
  readonly rows: Int32Array;
  /** Binds socket number `socket` to a port of the engine's address. Resolves to false when the port is not to be had. */
  addLeg(socket: number, port: number): Promise<boolean>;
  /** Where packets of this socket go from now on: address and port in SOURCE_WORDS words from `at`. */
  connectLeg(socket: number, words: Int32Array, at: number): void;
  removeLeg(socket: number): void;
  /** `handle` gets the slots `first` to `first + count - 1`, with OUT_SOCKET set to NO_SOCKET, and calls `flush`. */
  onBatch(handle: (first: number, count: number) => void): void;
  /** A slot until the next `flush`, with OUT_SOCKET set to NO_SOCKET. When all are in use, it flushes first. */
  takeSlot(): number;
  flush(): void;
}

/**
 * The port could not be opened: another program has it, as a rule; or the process may have no more sockets or threads.
 * Another port may do.
 */
export const PORT_REFUSED = 'port-refused';

/** Legs whose packets come through ICE and DTLS-SRTP. Opened and connected here, they use the engine's slots like any leg. */
export interface WebRtcWay {
  /** Legs open now. */
  readonly size: number;
  /**
   * Opens socket number `socket`, at `port` of the engine's address, to carry a leg's RTP and RTCP.
   * @returns what our own description of it is to say; undefined where no such leg is to be had, whatever the port
   */
  open(socket: number, port: number): Promise<WebRtcIdentity | typeof PORT_REFUSED | undefined>;
  /** @returns false where the leg is not of that kind, cannot be connected to the peer, or has another peer already */
  connect(socket: number, peer: WebRtcPeer | undefined): boolean;
  close(socket: number): void;
}
