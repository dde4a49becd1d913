/** Reads and writes 16-bit PCM WAV files: what recorders and other programs leave behind. */
import { readFileSync } from 'node:fs';

const PCM = 1;
/** The format tag of files whose real format stands in a sub-format field; its first two bytes are the tag meant. */
const EXTENSIBLE = 0xfffe;

export type WavAudio = { readonly sampleRateHz: number; readonly channels: readonly Int16Array[] };

export function readWavFile(path: string): WavAudio {
  return readWav(readFileSync(path));
}

/**
 * Throws when this is no 16-bit PCM WAV file. A data chunk whose length is wrong because the writer is still at work
 * or was killed (0, or more than there is) is read to the end of the file.
 */
export function readWav(file: Buffer): WavAudio {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    throw new Error('not a WAV file');
  }
  let format: { channelCount: number; sampleRateHz: number } | undefined;
  let position = 12;
  while (position + 8 <= file.length) {
    const chunk = file.toString('latin1', position, position + 4);
    const sizeBytes = file.readUInt32LE(position + 4);
    const start = position + 8;
    if (chunk === 'fmt ') format = readFormat(file, start);
    if (chunk === 'data') {
      if (format === undefined) throw new Error('WAV data before its format');
      const present = file.length - start;
      const length = sizeBytes === 0 || sizeBytes > present ? present : sizeBytes;
      return { sampleRateHz: format.sampleRateHz, channels: split(file.subarray(start, start + length), format) };
    }
    // Chunks are padded to an even length.
    position = start + sizeBytes + (sizeBytes % 2);
  }
  throw new Error('WAV file without data');
}

export function writeWav(audio: WavAudio): Buffer {
  const channelCount = audio.channels.length;
  const lengthSamples = audio.channels[0]?.length ?? 0;
  const dataBytes = lengthSamples * channelCount * 2;
  const file = Buffer.alloc(44 + dataBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + dataBytes, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(PCM, 20);
  file.writeUInt16LE(channelCount, 22);
  file.writeUInt32LE(audio.sampleRateHz, 24);
  file.writeUInt32LE(audio.sampleRateHz * channelCount * 2, 28);
  file.writeUInt16LE(channelCount * 2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  audio.channels.forEach((samples, channel) => {
    for (let index = 0; index < lengthSamples; index += 1) {
      file.writeInt16LE(samples[index] ?? 0, 44 + (index * channelCount + channel) * 2);
    }
  });
  return file;
}

function readFormat(file: Buffer, start: number): { channelCount: number; sampleRateHz: number } {
  const tag = file.readUInt16LE(start);
  const meant = tag === EXTENSIBLE ? file.readUInt16LE(start + 24) : tag;
  const bits = file.readUInt16LE(start + 14);
  if (meant !== PCM || bits !== 16) throw new Error(`WAV format ${meant} with ${bits} bits, not 16-bit PCM`);
  return { channelCount: file.readUInt16LE(start + 2), sampleRateHz: file.readUInt32LE(start + 4) };
}

function split(data: Buffer, format: { channelCount: number }): readonly Int16Array[] {
  const lengthSamples = Math.floor(data.length / (2 * format.channelCount));
  return Array.from({ length: format.channelCount }, (_unused, channel) =>
    Int16Array.from({ length: lengthSamples }, (_value, index) =>
      data.readInt16LE((index * format.channelCount + channel) * 2),
    ),
  );
}
