/** What the page lets one hear: the phone's own beep at a key, or what goes over one of the two lanes. */

/** ITU-T Q.23: low and high frequency of each key. */
const ROWS_HZ = [697, 770, 852, 941] as const;
const COLUMNS_HZ = [1209, 1336, 1477] as const;
const LAYOUT = '123456789*0#';

const PRESS_S = 0.1;
const RAMP_S = 0.005;
const BEEP_GAIN = 0.08;
const LINE_RATE_HZ = 8000;
/** Sound comes ten times a second. */
const BUFFERED_S = 0.15;
/** More than this behind and the picture no longer fits: what came in between is left out. */
const MAX_BEHIND_S = 0.6;

export class PageSound {
  #context: AudioContext | undefined;
  #nextS = 0;

  /** Browsers let a page make sound once a person has clicked something. */
  unlock(): void {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  beep(key: string): void {
    const context = this.#running();
    const place = LAYOUT.indexOf(key);
    if (context === undefined || place < 0) return;
    const fromS = context.currentTime;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, fromS);
    gain.gain.linearRampToValueAtTime(BEEP_GAIN, fromS + RAMP_S);
    gain.gain.setValueAtTime(BEEP_GAIN, fromS + PRESS_S - RAMP_S);
    gain.gain.linearRampToValueAtTime(0, fromS + PRESS_S);
    gain.connect(context.destination);
    for (const hz of [ROWS_HZ[Math.floor(place / 3)], COLUMNS_HZ[place % 3]]) {
      const tone = new OscillatorNode(context, { frequency: hz ?? 0 });
      tone.connect(gain);
      tone.start(fromS);
      tone.stop(fromS + PRESS_S);
    }
  }

  play(samples: Int16Array): void {
    const context = this.#running();
    if (context === undefined || samples.length === 0) return;
    const nowS = context.currentTime;
    if (this.#nextS < nowS || this.#nextS > nowS + MAX_BEHIND_S) this.#nextS = nowS + BUFFERED_S;
    const buffer = context.createBuffer(1, samples.length, LINE_RATE_HZ);
    const channel = buffer.getChannelData(0);
    for (let index = 0; index < samples.length; index += 1) channel[index] = (samples[index] ?? 0) / 32_768;
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    source.start(this.#nextS);
    this.#nextS += buffer.duration;
  }

  #running(): AudioContext | undefined {
    return this.#context?.state === 'running' ? this.#context : undefined;
  }
}
