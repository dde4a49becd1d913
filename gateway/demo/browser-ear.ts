/** What the agent's browser plays, as its page sends it on: the samples that went to the loudspeaker. */
import { type HeardEvent, MAX_KEPT_SAMPLES } from './phone-listener.js';

export class BrowserEar {
  /** A browser plays no RFC 4733 events. */
  readonly events: readonly HeardEvent[] = [];
  readonly #kept = new Int16Array(MAX_KEPT_SAMPLES);
  #heardSamples = 0;

  audio(): Int16Array {
    return this.#kept.subarray(0, this.#heardSamples);
  }

  /** @param samples 16-bit, 8 kHz; those that have no room any more are let go */
  hear(samples: Int16Array): void {
    const room = MAX_KEPT_SAMPLES - this.#heardSamples;
    this.#kept.set(samples.subarray(0, room), this.#heardSamples);
    this.#heardSamples += Math.min(room, samples.length);
  }
}
