/** The header of an audio packet, as far as the window needs it. */
export type AudioPacket = {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payloadType: number;
};

/** One decoded packet that overtook another and waits for it. */
export class HeldPacket {
  sequence = 0;
  timestamp = 0;
  payloadType = 0;
  samples = new Int16Array(0);
  count = 0;
  arrivedMs = 0;
  isFull = false;

  put(packet: AudioPacket, samples: Int16Array, count: number, nowMs: number): void {
    // Grows to the call's packet size once, then stays.
    if (this.samples.length < count) this.samples = new Int16Array(count);
    for (let index = 0; index < count; index += 1) this.samples[index] = samples[index];
    this.sequence = packet.sequence;
    this.timestamp = packet.timestamp;
    this.payloadType = packet.payloadType;
    this.count = count;
    this.arrivedMs = nowMs;
    this.isFull = true;
  }

  wipe(): void {
    this.samples.fill(0);
    this.count = 0;
    this.isFull = false;
  }
}
