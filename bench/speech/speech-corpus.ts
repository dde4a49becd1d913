/**
 * Hours of human speech for talk-off, false suppression and tones over speech: what a caller says while nobody presses a
 * key. Each recording at -15 dBm0 and through G.711, both laws in turn, with a short pause behind it.
 */
import { SAMPLE_RATE_HZ } from '../../dsp/dtmf-keys.js';
import { decodeG711, encodeG711, type G711Encoding } from '../../dsp/g711.js';
import { SPEECH_PACKAGES } from './speech-packages.js';
import { fetchSpeech, readSpeechSamples, type SpeechFetch, type StoredSpeech } from './speech-store.js';

/** No key may be made up of the end of one recording and the beginning of the next. */
const PAUSE_SAMPLES = SAMPLE_RATE_HZ / 10;

export type SpeechCorpus = {
  readonly stored: readonly StoredSpeech[];
  readonly missing: readonly { readonly packageName: string; readonly reason: string }[];
  /** Of recordings, pauses in between not counted. */
  readonly hours: number;
};

/** Fetches what is not here yet; `onProgress` is told of every package. */
export async function openSpeechCorpus(onProgress: (line: string) => void): Promise<SpeechCorpus> {
  const fetched: SpeechFetch[] = [];
  for (const source of SPEECH_PACKAGES) {
    onProgress(`speech: ${source.name}`);
    fetched.push(await fetchSpeech(source));
  }
  const stored = fetched.flatMap((one) => (one.kind === 'stored' ? [one.speech] : []));
  const missing = fetched.flatMap((one) => (one.kind === 'missing' ? [one] : []));
  return { stored, missing, hours: stored.reduce((sum, speech) => sum + hoursOf(speech), 0) };
}

export function hoursOf({ lengthsSamples }: StoredSpeech): number {
  return lengthsSamples.reduce((sum, length) => sum + length, 0) / SAMPLE_RATE_HZ / 3_600;
}

/**
 * One package's recordings as one stream, as a gateway would receive it; with `atMostS` only so many of the first ones that
 * they surely make up that many seconds, if the package has them.
 */
export async function readSpeech(speech: StoredSpeech, atMostS = Number.POSITIVE_INFINITY): Promise<Int16Array> {
  const lengths = firstOf(speech.lengthsSamples, atMostS * SAMPLE_RATE_HZ);
  const samples = await readSpeechSamples(speech, lengths.length);
  const stream = new Int16Array(samples.length + PAUSE_SAMPLES * lengths.length);
  const codes = new Uint8Array(stream.length);
  let from = 0;
  let at = 0;
  for (const [index, length] of lengths.entries()) {
    const encoding: G711Encoding = index % 2 === 0 ? 'PCMU' : 'PCMA';
    stream.set(samples.subarray(from, from + length), at);
    const recording = stream.subarray(at, at + length + PAUSE_SAMPLES);
    encodeG711(encoding, recording, codes, at, recording.length);
    decodeG711(encoding, codes, at, recording, recording.length);
    from += length;
    at += recording.length;
  }
  return atMostS === Number.POSITIVE_INFINITY ? stream : stream.slice(0, atMostS * SAMPLE_RATE_HZ);
}

function firstOf(lengths: readonly number[], samples: number): readonly number[] {
  let sum = 0;
  const enough = lengths.findIndex((length) => {
    sum += length;
    return sum >= samples;
  });
  return enough < 0 ? lengths : lengths.slice(0, enough + 1);
}
