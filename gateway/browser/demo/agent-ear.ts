/**
 * At the agent's ear: listens to what the softphone in the frame plays, and hands on the very samples. What the gateway let
 * through is here, whatever WebRTC did to it on the way.
 */

/** That of the telephone's line: the browser resamples what it plays to it. */
const LINE_RATE_HZ = 8000;
/** Nobody tells when a call's sound begins; this often is soon enough. */
const LOOK_INTERVAL_MS = 100;
const RETRY_MS = 1_000;

export class AgentEar {
  readonly #page: () => Document | null;
  readonly #onHeard: (samples: ArrayBuffer) => void;
  #context: Promise<AudioContext> | undefined;
  #stream: MediaStream | undefined;
  #listening: { readonly source: MediaStreamAudioSourceNode; readonly ear: AudioWorkletNode } | undefined;

  /** @param page the softphone's, whichever is in the frame */
  constructor(page: () => Document | null, onHeard: (samples: ArrayBuffer) => void) {
    this.#page = page;
    this.#onHeard = onHeard;
    setInterval(() => this.#look(), LOOK_INTERVAL_MS);
  }

  #look(): void {
    const stream = this.#playing();
    if (stream === this.#stream) return;
    this.#stream = stream;
    this.#listening?.source.disconnect();
    this.#listening?.ear.port.postMessage('end');
    this.#listening = undefined;
    if (stream !== undefined) void this.#listen(stream).catch(() => this.#forgetSoon(stream));
  }

  /** It could not be heard, most likely because the worklet could not be fetched: seen again, it is tried again. */
  #forgetSoon(stream: MediaStream): void {
    setTimeout(() => {
      if (stream === this.#stream) this.#stream = undefined;
    }, RETRY_MS);
  }

  #playing(): MediaStream | undefined {
    for (const player of this.#page()?.querySelectorAll('audio') ?? []) {
      const stream = player.srcObject;
      // The frame's classes are not ours; what has tracks is no recording or file.
      if (stream !== null && !player.muted && 'getAudioTracks' in stream) return stream;
    }
    return undefined;
  }

  async #listen(stream: MediaStream): Promise<void> {
    this.#context ??= contextWithEar().catch((error: unknown) => {
      this.#context = undefined;
      throw error;
    });
    const context = await this.#context;
    await context.resume();
    if (stream !== this.#stream) return;
    const ear = new AudioWorkletNode(context, 'ear', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    ear.port.addEventListener('message', ({ data }) => {
      if (data instanceof ArrayBuffer && stream === this.#stream) this.#onHeard(data);
    });
    ear.port.start();
    const source = context.createMediaStreamSource(stream);
    source.connect(ear);
    this.#listening = { source, ear };
  }
}

/** Ready once the worklet is known to it: before that no node of its kind can be made. */
async function contextWithEar(): Promise<AudioContext> {
  const context = new AudioContext({ sampleRate: LINE_RATE_HZ });
  try {
    await context.audioWorklet.addModule('ear-worklet.js');
    return context;
  } catch (error) {
    await context.close();
    throw error;
  }
}
