/** In the sound's own thread: hands on what goes through it, as 16-bit samples. */

/** Of the AudioWorkletGlobalScope, which the DOM's types do not have. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

/** Three packets' worth: seldom enough for a socket, and soon enough for a plot. */
const CHUNK_SAMPLES = 480;

class EarProcessor extends AudioWorkletProcessor {
  #chunk = new Int16Array(CHUNK_SAMPLES);
  #filled = 0;
  #isOver = false;

  constructor() {
    super();
    // Whatever is said to it is that its stream is over.
    this.port.onmessage = () => {
      this.#isOver = true;
    };
  }

  process([input]: readonly (readonly Float32Array[])[]): boolean {
    for (const value of input?.[0] ?? []) {
      this.#chunk[this.#filled] = Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768)));
      this.#filled += 1;
      if (this.#filled < CHUNK_SAMPLES) continue;
      this.port.postMessage(this.#chunk.buffer, [this.#chunk.buffer]);
      this.#chunk = new Int16Array(CHUNK_SAMPLES);
      this.#filled = 0;
    }
    // As long as this is true the browser keeps the node, connected or not.
    return !this.#isOver;
  }
}

registerProcessor('ear', EarProcessor);

// A module, so that its test can load it.
export {};
