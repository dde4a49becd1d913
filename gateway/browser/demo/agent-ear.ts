/**
 * At the agent's ear: listens to what the softphone in the frame plays, and hands on the very samples. What the gateway let
 * through is here, whatever WebRTC did to it on the way.
 */

/** That of the telephone's line: the browser resamples what it plays to it. */
const LINE_RATE_HZ = 8000;
/** Nobody tells when a call's sound begins; this often is soon enough. */
const LOOK_INTERVAL_MS = 100;

export class AgentEar {
  readonly #page: () => Document | null;
  readonly #onHeard: (samples: ArrayBuffer) => void;
  #context: AudioContext | undefined;
  #stream: MediaStream | undefined;
  #source: MediaStreamAudioSourceNode | undefined;

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
    this.#source?.disconnect();
    this.#source = undefined;
    if (stream !== undefined) void this.#listen(stream);
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
    const known = this.#context;
    const context = known ?? new AudioContext({ sampleRate: LINE_RATE_HZ });
    this.#context = context;
    if (known === undefined) await context.audioWorklet.addModule('ear-worklet.js');
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
    this.#source = context.createMediaStreamSource(stream);
    this.#source.connect(ear);
  }
}
