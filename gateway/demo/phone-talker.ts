/**
 * What a telephone sends: speech-like audio in 20 ms packets of PCMU, and keys as RFC 4733 events or as tones. Pure: one
 * `tick` is 20 ms.
 */
import { encodeG711 } from '../../dsp/g711.js';
import { amplitudeOfDbm0 } from '../../dsp/level.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { SpeechLike } from '../../dsp/speech-like.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { RTP_HEADER_SIZE_BYTES, RtpHeader } from '../media/rtp-header.js';
import type { KeyCodes, KeyTransport } from './key-transport.js';

/** One press on the sender's own clock. */
export type SentPress = {
  readonly key: number;
  readonly transport: KeyTransport;
  readonly onsetSample: number;
  readonly offsetSample: number;
};

export const PACKET_SAMPLES = 160;
const PAYLOAD_TYPE_PCMU = 0;
const PRESS_PACKETS = 5;
const PAUSE_PACKETS = 5;
/** RFC 4733 §2.5.1.4: the end is said three times. */
const END_PACKETS = 3;
const EVENT_VOLUME_DBM0 = 10;
/** More than the longest card with all of its fields: who clicks faster than a phone keys is not owed more. */
const MAX_QUEUED_KEYS = 64;
/** A quiet line is not digital silence. */
const LINE_NOISE_DBM0 = -65;

export type PhoneTalkerOptions = {
  readonly seed: number;
  readonly ssrc: number;
  readonly speechLevelDbm0?: number;
  /** As people are wont to be; a phone that talks on between its keys is harder on the gateway. */
  readonly quietWhileKeying?: boolean;
};

type Press = { readonly key: number; readonly transport: KeyTransport; packet: number; timestamp: number };

export class PhoneTalker {
  readonly #options: PhoneTalkerOptions;
  readonly #speech: SpeechLike;
  readonly #header = new RtpHeader();
  readonly #frame = new Int16Array(PACKET_SAMPLES);
  readonly #tone = new Int16Array(PRESS_PACKETS * PACKET_SAMPLES);
  readonly #queue: { readonly key: number; readonly transport: KeyTransport }[] = [];
  readonly #presses: SentPress[] = [];
  readonly #lineNoise: SeededRandom;
  /** Whether the person speaks; the line's noise is always there. */
  talking = true;
  #press: Press | undefined;
  #pauseLeft = 0;
  #sequence = 1;
  #sentSamples = 0;

  constructor(options: PhoneTalkerOptions) {
    this.#options = options;
    this.#speech = new SpeechLike({ seed: options.seed, levelDbm0: options.speechLevelDbm0 ?? -20 });
    this.#lineNoise = new SeededRandom(options.seed);
  }

  get idle(): boolean {
    return this.#queue.length === 0 && this.#press === undefined && this.#pauseLeft === 0;
  }

  get sentSamples(): number {
    return this.#sentSamples;
  }

  get presses(): readonly SentPress[] {
    return this.#presses;
  }

  /** Keys the caller will press, one after the other: 100 ms down, 100 ms up. */
  key(keys: KeyCodes, transport: KeyTransport): void {
    for (const key of keys) if (this.#queue.length < MAX_QUEUED_KEYS) this.#queue.push({ key, transport });
  }

  /** @param eventPayloadType what the other side calls telephone-event @returns the packets of the next 20 ms */
  tick(eventPayloadType: number): readonly Buffer[] {
    this.#nextPress();
    const packets: Buffer[] = [];
    if (this.#speaks) this.#speech.render(this.#frame, PACKET_SAMPLES);
    else this.#renderLineNoise();
    const press = this.#press;
    if (press !== undefined && press.transport !== 'telephone-event') {
      const start = press.packet * PACKET_SAMPLES;
      this.#frame.set(this.#tone.subarray(start, start + PACKET_SAMPLES));
    }
    // Like many phones this one goes on sending audio beside its events.
    packets.push(this.#audioPacket());
    if (press !== undefined && press.transport !== 'in-band') {
      packets.push(...this.#eventPackets(press, eventPayloadType));
    }
    this.#advance();
    return packets;
  }

  get #speaks(): boolean {
    return this.talking && (this.idle || this.#options.quietWhileKeying !== true);
  }

  #nextPress(): void {
    if (this.#press || this.#pauseLeft > 0) return;
    const next = this.#queue.shift();
    if (!next) return;
    this.#press = { ...next, packet: 0, timestamp: this.#sentSamples };
    this.#tone.fill(0);
    if (next.transport !== 'telephone-event') {
      renderPress(this.#tone, { key: next.key, startSample: 0, lengthSamples: this.#tone.length });
    }
    const offsetSample = this.#sentSamples + this.#tone.length;
    this.#presses.push({ ...next, onsetSample: this.#sentSamples, offsetSample });
  }

  #advance(): void {
    this.#sentSamples += PACKET_SAMPLES;
    if (this.#pauseLeft > 0) this.#pauseLeft -= 1;
    if (!this.#press) return;
    this.#press.packet += 1;
    if (this.#press.packet < PRESS_PACKETS) return;
    this.#press = undefined;
    this.#pauseLeft = PAUSE_PACKETS;
  }

  #renderLineNoise(): void {
    const deviation = amplitudeOfDbm0(LINE_NOISE_DBM0) / Math.SQRT2;
    for (let index = 0; index < PACKET_SAMPLES; index += 1) {
      this.#frame[index] = deviation * this.#lineNoise.gaussian();
    }
  }

  #audioPacket(): Buffer {
    const packet = Buffer.alloc(RTP_HEADER_SIZE_BYTES + PACKET_SAMPLES);
    encodeG711('PCMU', this.#frame, packet, RTP_HEADER_SIZE_BYTES, PACKET_SAMPLES);
    this.#writeHeader(packet, { payloadType: PAYLOAD_TYPE_PCMU, timestamp: this.#sentSamples, marker: false });
    return packet;
  }

  #eventPackets(press: Press, payloadType: number): readonly Buffer[] {
    const durationSamples = (press.packet + 1) * PACKET_SAMPLES;
    const isLast = press.packet === PRESS_PACKETS - 1;
    return Array.from({ length: isLast ? END_PACKETS : 1 }, () => {
      const packet = Buffer.alloc(RTP_HEADER_SIZE_BYTES + 4);
      this.#writeHeader(packet, { payloadType, timestamp: press.timestamp, marker: press.packet === 0 });
      // RFC 4733 §2.3: event, end bit and volume, duration.
      packet[RTP_HEADER_SIZE_BYTES] = press.key;
      packet[RTP_HEADER_SIZE_BYTES + 1] = (isLast ? 0x80 : 0) | EVENT_VOLUME_DBM0;
      packet.writeUInt16BE(durationSamples, RTP_HEADER_SIZE_BYTES + 2);
      return packet;
    });
  }

  #writeHeader(
    packet: Buffer,
    fields: { readonly payloadType: number; readonly timestamp: number; readonly marker: boolean },
  ): void {
    this.#header.payloadType = fields.payloadType;
    this.#header.timestamp = fields.timestamp >>> 0;
    this.#header.marker = fields.marker;
    this.#header.sequence = this.#sequence & 0xffff;
    this.#header.ssrc = this.#options.ssrc;
    this.#header.write(packet, 0);
    this.#sequence += 1;
  }
}
