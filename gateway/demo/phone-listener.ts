/** What a telephone receives: the audio laid out on the sender's RTP clock, and every key event that came. Pure. */
import { decodeG711 } from '../../dsp/g711.js';
import { RtpHeader, timestampDistance } from '../media/rtp-header.js';

/** Ten minutes: a demo call with a person at the keys. */
export const MAX_KEPT_SAMPLES = 10 * 60 * 8000;
const EVENT_PAYLOAD_SIZE_BYTES = 4;

/** A press that came as an RFC 4733 event, on the clock of the audio. */
export type HeardEvent = { readonly key: number; readonly onsetSample: number };

export class PhoneListener {
  readonly #header = new RtpHeader();
  readonly #kept = new Int16Array(MAX_KEPT_SAMPLES);
  readonly #decoded = new Int16Array(1024);
  readonly #events: HeardEvent[] = [];
  #firstTimestamp: number | undefined;
  #heardSamples = 0;
  #lastEventTimestamp: number | undefined;

  /** One entry a press. */
  get events(): readonly HeardEvent[] {
    return this.#events;
  }

  audio(): Int16Array {
    return this.#kept.subarray(0, this.#heardSamples);
  }

  receive(packet: Buffer): void {
    if (this.#header.parse(packet, 0, packet.length) !== undefined) return;
    const payload = packet.subarray(this.#header.payloadStart, this.#header.payloadEnd);
    if (this.#header.payloadType === 0) this.#audio(payload);
    else if (payload.length === EVENT_PAYLOAD_SIZE_BYTES) this.#event(payload);
  }

  #audio(payload: Buffer): void {
    this.#firstTimestamp ??= this.#header.timestamp;
    const at = timestampDistance(this.#firstTimestamp, this.#header.timestamp);
    const count = payload.length;
    if (at < 0 || count > this.#decoded.length || at + count > MAX_KEPT_SAMPLES) return;
    decodeG711('PCMU', payload, 0, this.#decoded, count);
    this.#kept.set(this.#decoded.subarray(0, count), at);
    this.#heardSamples = Math.max(this.#heardSamples, at + count);
  }

  #event(payload: Buffer): void {
    // RFC 4733 §2.5.1.2: all packets of one press bear the timestamp of its beginning.
    if (this.#header.timestamp === this.#lastEventTimestamp) return;
    this.#lastEventTimestamp = this.#header.timestamp;
    const { timestamp } = this.#header;
    const onsetSample = timestampDistance(this.#firstTimestamp ?? timestamp, timestamp);
    this.#events.push({ key: payload[0] ?? 0, onsetSample });
  }
}
