/**
 * What the load generator sends, and how it knows it again: speech-like audio in G.711, ever the same round, in which
 * each stream stands somewhere else.
 *
 * A relay may hold audio back and still send packet for packet, so the time of a packet says nothing of the delay of
 * what is in it. Which frame a packet holds is therefore told by its sound: one packet whose bytes are those of a frame,
 * or some whose audio is like that of frames, say how timestamps and frames belong together; from then on each packet's
 * audio is held against the frame that it should be. Likeness, as a relay that filters leaves no byte as it was.
 */
import { decodeG711, encodeG711 } from '../dsp/g711.js';
import { SpeechLike } from '../dsp/speech-like.js';

export const FRAME_SAMPLES = 160;
/** Ten seconds: phrases and pauses. */
export const ROUND_FRAMES = 500;
/** Streams stand so many frames apart; coprime to the round, so that 500 of them stand at different places. */
const STREAM_STEP_FRAMES = 37;
/** Five seconds. What comes later than that is as good as lost. */
const REMEMBERED_FRAMES = 250;
/** Half a second in which a relay may still be starting up. */
const FRAMES_BEFORE_LEARNING = 25;
/** One frame of speech may be like its neighbour; a second of it is not. */
const LEARNING_PACKETS = 50;
/** By then a stream is known, if nothing was lost. */
export const LEARNT_BY_FRAME = FRAMES_BEFORE_LEARNING + LEARNING_PACKETS;
/** Delays at which audio is looked for by likeness: 300 ms. */
const LARGEST_DELAY_FRAMES = 15;
/** And by its bytes: a second. */
const LARGEST_EXACT_DELAY_FRAMES = 50;
/** Mean correlation over the last packets: filtered speech has 0.7 to 0.9, other places of it 0.2 to 0.6. */
const LEAST_MEAN_LIKENESS = 0.6;
/** Correlation of one frame: filtered speech lies above this nearly always, noise and silence never. */
const LEAST_LIKENESS = 0.3;

export const UNKNOWN = -1;

/** A round of PCMU frames, one after the other. */
export function speechRound(seed: number): Uint8Array {
  const samples = new Int16Array(ROUND_FRAMES * FRAME_SAMPLES);
  new SpeechLike({ seed }).render(samples, samples.length);
  const codes = new Uint8Array(samples.length);
  encodeG711('PCMU', samples, codes, 0, samples.length);
  return codes;
}

/** The frames sent on some streams, and when. */
export class SentAudio {
  readonly #codes: Buffer;
  readonly #samples: Int16Array;
  readonly #heard = new Int16Array(FRAME_SAMPLES);
  readonly #lastFrame: Int32Array;
  readonly #sentMs: Float64Array;
  readonly #mappings: readonly StreamMapping[];

  constructor(streams: number, round: Uint8Array) {
    this.#codes = Buffer.from(round.buffer, round.byteOffset, round.byteLength);
    this.#samples = new Int16Array(round.length);
    decodeG711('PCMU', round, 0, this.#samples, round.length);
    this.#lastFrame = new Int32Array(streams).fill(-1);
    this.#sentMs = new Float64Array(streams * REMEMBERED_FRAMES);
    this.#mappings = Array.from({ length: streams }, () => new StreamMapping());
  }

  /** Writes the stream's next frame to `target` and notes the time. Returns its number, from zero. */
  write(stream: number, target: Uint8Array, offset: number, nowMs: number): number {
    const frame = this.#lastFrame[stream] + 1;
    this.#lastFrame[stream] = frame;
    const start = startOf(stream, frame);
    this.#codes.copy(target, offset, start, start + FRAME_SAMPLES);
    this.#sentMs[noteOf(stream, frame)] = nowMs;
    return frame;
  }

  /**
   * Which frame a packet holds from `offset` on, by its RTP timestamp and its sound. UNKNOWN when that is none, or not
   * learnt yet.
   */
  hear(stream: number, timestamp: number, packet: Buffer, offset: number): number {
    if (packet.length - offset !== FRAME_SAMPLES) return UNKNOWN;
    const mapping = this.#mappings[stream];
    const last = this.#lastFrame[stream];
    if (mapping.foundBy === undefined) {
      if (last >= FRAMES_BEFORE_LEARNING) this.#learn(stream, timestamp, packet, offset);
      return UNKNOWN;
    }
    const frame = mapping.frameAt(timestamp, 0);
    const isRemembered = frame >= 0 && frame <= last && frame > last - REMEMBERED_FRAMES;
    const likeness = isRemembered ? this.#likenessBy(mapping.foundBy, stream, frame, packet, offset) : 0;
    mapping.noteLikeness(likeness);
    return likeness >= LEAST_LIKENESS ? frame : UNKNOWN;
  }

  /** Of a frame that `hear` has just told. */
  sentMs(stream: number, frame: number): number {
    return this.#sentMs[noteOf(stream, frame)];
  }

  #learn(stream: number, timestamp: number, packet: Buffer, offset: number): void {
    const mapping = this.#mappings[stream];
    const last = this.#lastFrame[stream];
    for (let frame = last; frame >= 0 && frame >= last - LARGEST_EXACT_DELAY_FRAMES; frame -= 1) {
      if (!this.#isSame(stream, frame, packet, offset)) continue;
      mapping.find('bytes', timestamp, frame);
      return;
    }
    mapping.begin(timestamp, last);
    for (let delay = 0; delay <= LARGEST_DELAY_FRAMES; delay += 1) {
      const frame = mapping.frameAt(timestamp, delay);
      if (frame >= 0 && frame <= last) mapping.vote(delay, this.#likeness(stream, frame, packet, offset));
    }
    mapping.endVote();
  }

  /** Where a relay leaves bytes as they are, speech that is merely alike is another place of it. */
  #likenessBy(way: 'bytes' | 'sound', stream: number, frame: number, packet: Buffer, offset: number): number {
    if (way === 'bytes') return this.#isSame(stream, frame, packet, offset) ? 1 : 0;
    return this.#likeness(stream, frame, packet, offset);
  }

  #isSame(stream: number, frame: number, packet: Buffer, offset: number): boolean {
    const start = startOf(stream, frame);
    return packet.compare(this.#codes, start, start + FRAME_SAMPLES, offset, offset + FRAME_SAMPLES) === 0;
  }

  /** Correlation of the packet's audio with a frame's, 1 for the same. */
  #likeness(stream: number, frame: number, packet: Buffer, offset: number): number {
    const start = startOf(stream, frame);
    decodeG711('PCMU', packet, offset, this.#heard, FRAME_SAMPLES);
    let both = 0;
    let heard = 0;
    let sent = 0;
    for (let index = 0; index < FRAME_SAMPLES; index += 1) {
      const a = this.#heard[index];
      const b = this.#samples[start + index];
      both += a * b;
      heard += a * a;
      sent += b * b;
    }
    return heard === 0 || sent === 0 ? 0 : both / Math.sqrt(heard * sent);
  }
}

/** How a received stream's timestamps and the sent frames belong together. */
class StreamMapping {
  readonly #votes = new Float64Array(LARGEST_DELAY_FRAMES + 1);
  #packets = 0;
  #meanLikeness = 1;
  #baseTimestamp = 0;
  #baseFrame = 0;
  foundBy: 'bytes' | 'sound' | undefined;

  /** Before the votes of a packet. The first one sets what delays are counted from. */
  begin(timestamp: number, lastFrame: number): void {
    if (this.#packets > 0) return;
    this.#votes.fill(0);
    this.#baseTimestamp = timestamp;
    this.#baseFrame = lastFrame;
  }

  vote(delayFrames: number, likeness: number): void {
    this.#votes[delayFrames] += likeness;
  }

  endVote(): void {
    this.#packets += 1;
    if (this.#packets < LEARNING_PACKETS) return;
    this.#packets = 0;
    const most = Math.max(...this.#votes);
    if (most < LEARNING_PACKETS * LEAST_MEAN_LIKENESS) return;
    this.find('sound', this.#baseTimestamp, this.#baseFrame - this.#votes.indexOf(most));
  }

  /** A packet of this timestamp holds this frame. */
  find(way: 'bytes' | 'sound', timestamp: number, frame: number): void {
    this.foundBy = way;
    this.#baseTimestamp = timestamp;
    this.#baseFrame = frame;
    this.#packets = 0;
    this.#meanLikeness = 1;
  }

  /** Packets that are not what they should be, for half a second: the machine stood still, all is learnt anew. */
  noteLikeness(likeness: number): void {
    this.#meanLikeness += (likeness - this.#meanLikeness) / LEARNING_PACKETS;
    if (this.#meanLikeness < LEAST_MEAN_LIKENESS) this.foundBy = undefined;
  }

  frameAt(timestamp: number, delayFrames: number): number {
    const frames = Math.round(((timestamp - this.#baseTimestamp) | 0) / FRAME_SAMPLES);
    return this.#baseFrame - delayFrames + frames;
  }
}

function startOf(stream: number, frame: number): number {
  return ((stream * STREAM_STEP_FRAMES + frame) % ROUND_FRAMES) * FRAME_SAMPLES;
}

function noteOf(stream: number, frame: number): number {
  return stream * REMEMBERED_FRAMES + (frame % REMEMBERED_FRAMES);
}
