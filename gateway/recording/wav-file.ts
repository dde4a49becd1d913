/**
 * The one shape of sound file that the recorder writes: RIFF/WAVE, linear PCM, two channels (caller left, agent right),
 * 16 bits, 8 kHz. Pure: bytes in, bytes out.
 *
 * ```
 *  0      4        8      12      16    20    22    24     28      32    34    36     40      44
 * +------+--------+------+-------+-----+-----+-----+------+-------+-----+-----+------+-------+------
 * | RIFF | size-8 | WAVE | fmt_  | 16  |  1  |  2  | 8000 | 32000 |  4  | 16  | data | size  | L R L R
 * +------+--------+------+-------+-----+-----+-----+------+-------+-----+-----+------+-------+------
 * ```
 */

export const RECORDING_SAMPLE_RATE_HZ = 8000;
export const RECORDING_CHANNELS = 2;
export const WAV_HEADER_SIZE_BYTES = 44;
/** One sample of both channels. */
export const WAV_FRAME_SIZE_BYTES = 2 * RECORDING_CHANNELS;

/** The data size is an unsigned 32-bit number of bytes: 37 hours of call. */
export const MAX_WAV_SAMPLES = Math.floor((0xffff_ffff - WAV_HEADER_SIZE_BYTES) / WAV_FRAME_SIZE_BYTES);

/** A header that promises `lengthSamples` samples a channel. */
export function wavHeader(lengthSamples: number): Buffer {
  const header = Buffer.alloc(WAV_HEADER_SIZE_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(RECORDING_CHANNELS, 22);
  header.writeUInt32LE(RECORDING_SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(RECORDING_SAMPLE_RATE_HZ * WAV_FRAME_SIZE_BYTES, 28);
  header.writeUInt16LE(WAV_FRAME_SIZE_BYTES, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  setWavLength(header, lengthSamples);
  return header;
}

/** Patches both sizes of a header in place. @throws RangeError over MAX_WAV_SAMPLES. */
export function setWavLength(header: Buffer, lengthSamples: number): void {
  if (lengthSamples < 0 || lengthSamples > MAX_WAV_SAMPLES) throw new RangeError('a recording cannot be that long');
  const dataSizeBytes = lengthSamples * WAV_FRAME_SIZE_BYTES;
  header.writeUInt32LE(WAV_HEADER_SIZE_BYTES - 8 + dataSizeBytes, 4);
  header.writeUInt32LE(dataSizeBytes, 40);
}

export type WavAudio = { readonly caller: Int16Array; readonly agent: Int16Array };
export type WavProblem = 'not-a-recording' | 'truncated';
export type WavResult =
  | { readonly ok: true; readonly audio: WavAudio }
  | { readonly ok: false; readonly code: WavProblem };

/** Reads back a file of this shape; any other WAVE file is refused. */
export function parseRecording(bytes: Buffer): WavResult {
  if (bytes.length < WAV_HEADER_SIZE_BYTES) return { ok: false, code: 'not-a-recording' };
  const dataSizeBytes = bytes.readUInt32LE(40);
  const lengthSamples = Math.floor(dataSizeBytes / WAV_FRAME_SIZE_BYTES);
  if (lengthSamples > MAX_WAV_SAMPLES || dataSizeBytes % WAV_FRAME_SIZE_BYTES !== 0) {
    return { ok: false, code: 'not-a-recording' };
  }
  const expected = wavHeader(lengthSamples);
  if (!bytes.subarray(0, WAV_HEADER_SIZE_BYTES).equals(expected)) return { ok: false, code: 'not-a-recording' };
  if (bytes.length < WAV_HEADER_SIZE_BYTES + dataSizeBytes) return { ok: false, code: 'truncated' };
  const caller = new Int16Array(lengthSamples);
  const agent = new Int16Array(lengthSamples);
  for (let sample = 0, at = WAV_HEADER_SIZE_BYTES; sample < lengthSamples; sample++, at += WAV_FRAME_SIZE_BYTES) {
    caller[sample] = bytes.readInt16LE(at);
    agent[sample] = bytes.readInt16LE(at + 2);
  }
  return { ok: true, audio: { caller, agent } };
}
