/**
 * What is drawn of a recording's sound: for each column the lowest and highest sample of each channel, and for each gap
 * how loud the loudest sample in it is. Pure; fed with the file's bytes piece by piece, so that hours of call need no
 * more memory than a second.
 */

/** As `wav-file.ts` of the recorder writes it: 16-bit PCM, two channels, caller first, a header of 44 bytes. */
export const WAV_HEADER_SIZE_BYTES = 44;
export const FRAME_SIZE_BYTES = 4;
const FULL_SCALE = 32_768;

export type WavShape =
  | { readonly ok: true; readonly lengthSamples: number; readonly sampleRateHz: number }
  | { readonly ok: false };

/**
 * The file's own header counts nothing while the recording goes on: the size of the file does.
 * @param header the first bytes of the file
 */
export function wavShapeOf(header: DataView, fileSizeBytes: number): WavShape {
  if (header.byteLength < WAV_HEADER_SIZE_BYTES) return { ok: false };
  const isOurs =
    header.getUint32(0) === 0x52494646 && // RIFF
    header.getUint32(8) === 0x57415645 && // WAVE
    header.getUint16(20, true) === 1 &&
    header.getUint16(22, true) === 2 &&
    header.getUint16(34, true) === 16 &&
    header.getUint32(36) === 0x64617461; // data
  const sampleRateHz = header.getUint32(24, true);
  if (!isOurs || sampleRateHz === 0) return { ok: false };
  const lengthSamples = Math.floor((fileSizeBytes - WAV_HEADER_SIZE_BYTES) / FRAME_SIZE_BYTES);
  return { ok: true, lengthSamples, sampleRateHz };
}

export type Span = { readonly startSample: number; readonly endSample: number };

/** Lowest and highest of each column, -1 to 1. */
export type Lane = { readonly low: Float32Array; readonly high: Float32Array };

export type WaveformOptions = {
  readonly lengthSamples: number;
  readonly columns: number;
  readonly gaps: readonly Span[];
};

export class Waveform {
  readonly caller: Lane;
  readonly agent: Lane;
  readonly #options: WaveformOptions;
  /** Of the loudest sample of either channel in each gap. */
  readonly #gapPeaks: number[];
  #position = 0;

  constructor(options: WaveformOptions) {
    this.#options = options;
    this.caller = newLane(options.columns);
    this.agent = newLane(options.columns);
    this.#gapPeaks = options.gaps.map(() => 0);
  }

  /** The loudest sample of all, 0 to 1. */
  get peak(): number {
    const lanes = [this.caller.low, this.caller.high, this.agent.low, this.agent.high];
    return lanes.reduce((peak, lane) => lane.reduce((most, value) => Math.max(most, Math.abs(value)), peak), 0);
  }

  get lengthSamples(): number {
    return this.#options.lengthSamples;
  }

  /** Whole frames, in their order. */
  add(frames: DataView): void {
    const { lengthSamples, columns, gaps } = this.#options;
    const count = Math.min(Math.floor(frames.byteLength / FRAME_SIZE_BYTES), lengthSamples - this.#position);
    const near = gaps
      .map((gap, index) => ({ ...gap, index }))
      .filter(({ startSample, endSample }) => startSample < this.#position + count && endSample > this.#position);
    for (let frame = 0; frame < count; frame += 1) {
      const sample = this.#position + frame;
      const column = Math.floor((sample * columns) / lengthSamples);
      const caller = frames.getInt16(frame * FRAME_SIZE_BYTES, true) / FULL_SCALE;
      const agent = frames.getInt16(frame * FRAME_SIZE_BYTES + 2, true) / FULL_SCALE;
      widen(this.caller, column, caller);
      widen(this.agent, column, agent);
      for (const { startSample, endSample, index } of near) {
        if (sample < startSample || sample >= endSample) continue;
        this.#gapPeaks[index] = Math.max(this.#gapPeaks[index] ?? 0, Math.abs(caller), Math.abs(agent));
      }
    }
    this.#position += count;
  }

  /** For each gap whether every sample in it is zero. */
  silences(): readonly boolean[] {
    return this.#gapPeaks.map((peak) => peak === 0);
  }
}

function newLane(columns: number): Lane {
  return { low: new Float32Array(columns), high: new Float32Array(columns) };
}

function widen({ low, high }: Lane, column: number, value: number): void {
  if (value < (low[column] ?? 0)) low[column] = value;
  if (value > (high[column] ?? 0)) high[column] = value;
}
