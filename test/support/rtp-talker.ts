/**
 * A leg that talks in real time from a socket of ours, for calls in which the test decides while they run when a key
 * is pressed. The signalling of such a call is another program's, told to put this socket's port into its description.
 */
import type { Socket } from 'node:dgram';
import { eventPayload } from './caller-stream.js';
import { pause } from './deadline.js';
import { encodeG711, type G711Encoding, g711PayloadType } from './g711.js';
import { addTones, samplesOf } from './keys.js';
import { type RtpPacket, writeRtp } from './rtp.js';

const PTIME_MS = 20;
const PACKET_SAMPLES = samplesOf(PTIME_MS);
/** RFC 4733 §2.5.1.4. */
const END_PACKETS = 3;

export type KeyStyle = 'telephone-event' | 'telephone-event-among-audio' | 'in-band';

export type TalkerOptions = {
  readonly socket: Socket;
  readonly remotePort: number;
  readonly encoding: G711Encoding;
  /** 8 kHz, said over and over. */
  readonly audio: Int16Array;
  readonly eventPayloadType?: number;
};

type RunningPress = {
  readonly key: number;
  readonly style: KeyStyle;
  readonly lengthPackets: number;
  readonly timestamp: number;
  sentPackets: number;
};

export class RtpTalker {
  readonly #options: TalkerOptions;
  readonly #ssrc = Math.floor(Math.random() * 0xffffffff);
  #sequenceNumber = Math.floor(Math.random() * 0xffff);
  #timestamp = Math.floor(Math.random() * 0xffffffff);
  readonly #startedAtMs = performance.now();
  #sentTicks = 0;
  #timer: NodeJS.Timeout | undefined;
  #press: RunningPress | undefined;
  #position = 0;

  /** Starts talking at once. */
  constructor(options: TalkerOptions) {
    if (options.audio.length < PACKET_SAMPLES) throw new Error('a talker needs at least one packet of audio');
    this.#options = options;
    this.#tick();
  }

  /**
   * Presses keys one after another and resolves when the last pause is over. Lengths are rounded to packets of 20 ms.
   * Events are sent once a packet time, as softphones do, with the audio resting or among it.
   */
  async keyIn(
    keys: readonly number[],
    style: KeyStyle,
    rhythm: { readonly onMs: number; readonly offMs: number } = { onMs: 100, offMs: 100 },
  ): Promise<void> {
    for (const key of keys) {
      const lengthPackets = Math.max(1, Math.round(rhythm.onMs / PTIME_MS));
      this.#press = { key, style, lengthPackets, timestamp: this.#timestamp, sentPackets: 0 };
      const pauseMs = Math.max(rhythm.offMs, style === 'in-band' ? 0 : (END_PACKETS + 1) * PTIME_MS);
      await pause(lengthPackets * PTIME_MS + pauseMs);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tick(): void {
    // Packets are due at multiples of 20 ms after the start; a late timer sends what is due and keeps the pace.
    const dueTicks = Math.floor((performance.now() - this.#startedAtMs) / PTIME_MS) + 1;
    while (this.#sentTicks < dueTicks) {
      this.#sentTicks += 1;
      this.#sendTick();
    }
    const nextMs = this.#startedAtMs + this.#sentTicks * PTIME_MS - performance.now();
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, nextMs));
  }

  #sendTick(): void {
    const audio = this.#nextAudio();
    const press = this.#press;
    if (press !== undefined && press.style === 'in-band') {
      const startMs = -press.sentPackets * PTIME_MS;
      // Each packet carries its own slice of one continuous tone.
      const tone = new Int16Array((press.sentPackets + 1) * PACKET_SAMPLES);
      addTones(tone, [{ key: press.key, startMs: 0, durationMs: press.lengthPackets * PTIME_MS }]);
      const offset = samplesOf(-startMs);
      for (let index = 0; index < PACKET_SAMPLES; index += 1) {
        audio[index] = (audio[index] ?? 0) / 4 + (tone[offset + index] ?? 0);
      }
      press.sentPackets += 1;
      if (press.sentPackets === press.lengthPackets) this.#press = undefined;
    } else if (press !== undefined) {
      this.#sendEvent(press);
    }
    const eventRunning = press !== undefined && press.sentPackets <= press.lengthPackets;
    if (press?.style !== 'telephone-event' || !eventRunning) this.#sendAudio(audio);
    this.#timestamp = (this.#timestamp + PACKET_SAMPLES) >>> 0;
  }

  #sendEvent(press: RunningPress): void {
    press.sentPackets += 1;
    const end = press.sentPackets >= press.lengthPackets;
    this.#send({
      payloadType: this.#options.eventPayloadType ?? 101,
      marker: press.sentPackets === 1,
      timestamp: press.timestamp,
      payload: eventPayload(press.key, end, Math.min(press.sentPackets, press.lengthPackets) * PACKET_SAMPLES),
    });
    if (press.sentPackets === press.lengthPackets + END_PACKETS - 1) this.#press = undefined;
  }

  #sendAudio(audio: Int16Array): void {
    const { encoding } = this.#options;
    this.#send({
      payloadType: g711PayloadType[encoding],
      marker: this.#sentTicks === 1,
      timestamp: this.#timestamp,
      payload: encodeG711(audio, encoding),
    });
  }

  #send(packet: Omit<RtpPacket, 'ssrc' | 'sequenceNumber'>): void {
    const datagram = writeRtp({ ...packet, ssrc: this.#ssrc, sequenceNumber: this.#sequenceNumber });
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#options.socket.send(datagram, this.#options.remotePort, '127.0.0.1');
  }

  #nextAudio(): Int16Array {
    const { audio } = this.#options;
    const packet = Int16Array.from(
      { length: PACKET_SAMPLES },
      (_unused, index) => audio[(this.#position + index) % audio.length] ?? 0,
    );
    this.#position = (this.#position + PACKET_SAMPLES) % audio.length;
    return packet;
  }
}
