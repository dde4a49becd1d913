import type { AudioEncoding } from './control-wire.js';

/** The header of an audio packet, as far as the window needs it. */
export type AudioPacket = {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
  readonly payloadStart: number;
};

/** One packet that overtook another and waits for it, not decoded yet: G.722 can only be decoded in its order. */
export class HeldPacket {
  sequence = 0;
  timestamp = 0;
  payloadType = 0;
  readonly payloadStart = 0;
  encoding: AudioEncoding = 'PCMU';
  bytes = new Uint8Array(0);
  count = 0;
  arrivedMs = 0;
  isFull = false;

  put(packet: AudioPacket, encoding: AudioEncoding, bytes: Uint8Array, count: number, nowMs: number): void {
    // Grows to the call's packet size once, then stays.
    if (this.bytes.length < count) this.bytes = new Uint8Array(count);
    for (let index = 0; index < count; index += 1) this.bytes[index] = bytes[packet.payloadStart + index];
    this.sequence = packet.sequence;
    this.timestamp = packet.timestamp;
    this.payloadType = packet.payloadType;
    this.encoding = encoding;
    this.count = count;
    this.arrivedMs = nowMs;
    this.isFull = true;
  }

  wipe(): void {
    this.bytes.fill(0);
    this.count = 0;
    this.isFull = false;
  }
}
