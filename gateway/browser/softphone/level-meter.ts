/** How loud a stream is, for a bar on the page. */

const WINDOW_SAMPLES = 1024;
/** Speech lies between these; quieter is an empty bar, louder a full one. */
const QUIET_DB = -60;
const LOUD_DB = -6;

export class LevelMeter {
  readonly #context: AudioContext;
  readonly #analyser: AnalyserNode;
  readonly #samples = new Float32Array(WINDOW_SAMPLES);
  #source: MediaStreamAudioSourceNode | undefined;

  constructor(context: AudioContext) {
    this.#context = context;
    this.#analyser = new AnalyserNode(context, { fftSize: WINDOW_SAMPLES });
  }

  follow(stream: MediaStream | undefined): void {
    if (this.#source?.mediaStream === stream) return;
    this.#source?.disconnect();
    this.#source = undefined;
    if (stream === undefined || stream.getAudioTracks().length === 0) return;
    this.#source = new MediaStreamAudioSourceNode(this.#context, { mediaStream: stream });
    this.#source.connect(this.#analyser);
  }

  /** From 0 to 1. */
  level(): number {
    if (this.#source === undefined) return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return barOf(this.#samples);
  }
}

export function barOf(samples: Float32Array): number {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  const levelDb = 10 * Math.log10(power / samples.length + Number.MIN_VALUE);
  return Math.min(1, Math.max(0, (levelDb - QUIET_DB) / (LOUD_DB - QUIET_DB)));
}
