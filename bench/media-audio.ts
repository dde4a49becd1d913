/**
 * What the load generator sends, and how it knows it again: speech-like audio in G.711, ever the same round, in which
 * each stream stands somewhere else. No two frames of the round are alike, so a received frame tells by its sound which
 * one it is, whatever sequence numbers and timestamps a relay gave it, and however long a delay line held it.
 */
import { encodeG711 } from '../dsp/g711.js';
import { SpeechLike } from '../dsp/speech-like.js';

export const FRAME_SAMPLES = 160;
/** Ten seconds: phrases and pauses. */
export const ROUND_FRAMES = 500;
/** Streams stand so many frames apart; coprime to the round, so that 500 of them stand at different places. */
const STREAM_STEP_FRAMES = 37;
/** A second. What is held longer than that is as good as lost. */
const LOOK_BACK_FRAMES = 50;

export const NOT_FOUND = -1;

/** A round of PCMU frames, one after the other. */
export function speechRound(seed: number): Uint8Array {
  const samples = new Int16Array(ROUND_FRAMES * FRAME_SAMPLES);
  new SpeechLike({ seed }).render(samples, samples.length);
  const codes = new Uint8Array(samples.length);
  encodeG711('PCMU', samples, codes, 0, samples.length);
  return codes;
}

/** The frames sent on some streams, and when. */
export class SentFrames {
  readonly #round: Buffer;
  readonly #lastFrame: Int32Array;
  readonly #sentMs: Float64Array;
  /** By how many frames the last one found was behind: the next one is looked for there first. */
  readonly #behind: Uint8Array;

  constructor(streams: number, round: Uint8Array) {
    this.#round = Buffer.from(round.buffer, round.byteOffset, round.byteLength);
    this.#lastFrame = new Int32Array(streams).fill(-1);
    this.#sentMs = new Float64Array(streams * (LOOK_BACK_FRAMES + 1));
    this.#behind = new Uint8Array(streams);
  }

  /** Writes the stream's next frame to `target` and notes the time. Returns its number, from zero. */
  write(stream: number, target: Uint8Array, offset: number, nowMs: number): number {
    const frame = this.#lastFrame[stream] + 1;
    this.#lastFrame[stream] = frame;
    const start = this.#startOf(stream, frame);
    this.#round.copy(target, offset, start, start + FRAME_SAMPLES);
    this.#sentMs[this.#noteOf(stream, frame)] = nowMs;
    return frame;
  }

  /** Which frame of the last second `payload` holds from `offset` on; NOT_FOUND when none, or not all of it. */
  find(stream: number, payload: Buffer, offset: number): number {
    if (payload.length - offset !== FRAME_SAMPLES) return NOT_FOUND;
    const last = this.#lastFrame[stream];
    const likely = last - this.#behind[stream];
    if (this.#isFrame(stream, likely, payload, offset)) return likely;
    for (let behind = 0; behind <= LOOK_BACK_FRAMES; behind += 1) {
      if (!this.#isFrame(stream, last - behind, payload, offset)) continue;
      this.#behind[stream] = behind;
      return last - behind;
    }
    return NOT_FOUND;
  }

  /** Of a frame that `find` has just found. */
  sentMs(stream: number, frame: number): number {
    return this.#sentMs[this.#noteOf(stream, frame)];
  }

  #isFrame(stream: number, frame: number, payload: Buffer, offset: number): boolean {
    if (frame < 0) return false;
    const start = this.#startOf(stream, frame);
    return payload.compare(this.#round, start, start + FRAME_SAMPLES, offset, offset + FRAME_SAMPLES) === 0;
  }

  #startOf(stream: number, frame: number): number {
    return ((stream * STREAM_STEP_FRAMES + frame) % ROUND_FRAMES) * FRAME_SAMPLES;
  }

  #noteOf(stream: number, frame: number): number {
    return stream * (LOOK_BACK_FRAMES + 1) + (frame % (LOOK_BACK_FRAMES + 1));
  }
}
