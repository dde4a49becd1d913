/** The sounds of the telephone itself, made on the spot: no file has to be loaded before it can ring. */

export type Ring = 'none' | 'incoming' | 'call-waiting' | 'ringing-there';

type Cadence = {
  readonly frequenciesHz: readonly number[];
  /** Sounding and pausing in turn. */
  readonly patternMs: readonly number[];
  readonly gain: number;
};

const CADENCES: Readonly<Record<Exclude<Ring, 'none'>, Cadence>> = {
  incoming: { frequenciesHz: [587.33, 739.99], patternMs: [400, 200, 400, 2000], gain: 0.22 },
  // Beside a voice: short, and low enough not to cover it.
  'call-waiting': { frequenciesHz: [587.33], patternMs: [150, 4000], gain: 0.06 },
  // ITU-T E.180: one second of 425 Hz, four of silence.
  'ringing-there': { frequenciesHz: [425], patternMs: [1000, 4000], gain: 0.08 },
};

/** Neither begin nor end may click. */
const EDGE_SECONDS = 0.02;

export class Ringer {
  readonly #context: AudioContext;
  #ring: Ring = 'none';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopTone: () => void = () => {};

  constructor(context: AudioContext) {
    this.#context = context;
  }

  set(ring: Ring): void {
    if (ring === this.#ring) return;
    this.#ring = ring;
    clearTimeout(this.#timer);
    this.#stopTone();
    if (ring !== 'none') this.#sound(CADENCES[ring], 0);
  }

  #sound(cadence: Cadence, place: number): void {
    const durationMs = cadence.patternMs[place % cadence.patternMs.length] ?? 0;
    if (place % 2 === 0) this.#stopTone = this.#tone(cadence, durationMs / 1000);
    this.#timer = setTimeout(() => this.#sound(cadence, place + 1), durationMs);
  }

  #tone({ frequenciesHz, gain }: Cadence, seconds: number): () => void {
    const context = this.#context;
    const startsAt = context.currentTime;
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, startsAt);
    volume.gain.linearRampToValueAtTime(gain / frequenciesHz.length, startsAt + EDGE_SECONDS);
    volume.gain.setValueAtTime(gain / frequenciesHz.length, startsAt + seconds - EDGE_SECONDS);
    volume.gain.linearRampToValueAtTime(0, startsAt + seconds);
    volume.connect(context.destination);
    const tones = frequenciesHz.map((frequency) => new OscillatorNode(context, { frequency }));
    for (const tone of tones) {
      tone.connect(volume);
      tone.start(startsAt);
      tone.stop(startsAt + seconds);
    }
    return () => volume.disconnect();
  }
}
