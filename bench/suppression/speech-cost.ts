/** What suppression does to speech in which nobody presses a key: how often it mutes, and how well one understands it. */
import { ToneSuppressor } from '../../dsp/tone-suppressor.js';
import { readSpeech, type SpeechCorpus } from '../speech/speech-corpus.js';
import { stoi } from '../stoi/stoi.js';
import { OWN_DELAY_SAMPLES, suppressOwn } from './pipelines.js';

const HOP_SAMPLES = 16;
const SAMPLES_PER_MINUTE = 480_000;
/** After arming everything is masked until a window is full; that is no mistake about speech. */
const START_SAMPLES = 800;
/** Of each package; half an hour in all. */
const STOI_SECONDS = 120;

export type SpeechCost = {
  readonly minutes: number;
  readonly mutedPercent: number;
  readonly episodesPerMinute: number;
  readonly meanEpisodeMs: number;
  /** One value a package. */
  readonly stoi: readonly { readonly packageName: string; readonly value: number }[];
};

export async function measureSpeechCost(
  corpus: SpeechCorpus,
  onProgress: (line: string) => void,
): Promise<SpeechCost | undefined> {
  let samples = 0;
  let muted = 0;
  let episodes = 0;
  const values: { readonly packageName: string; readonly value: number }[] = [];
  for (const speech of corpus.stored) {
    onProgress(`speech while armed: ${speech.packageName}`);
    const audio = await readSpeech(speech);
    const one = countMuted(audio);
    samples += audio.length;
    muted += one.muted;
    episodes += one.episodes;
    const clean = audio.subarray(0, STOI_SECONDS * 8_000);
    const armed = suppressOwn({ samples: clean, presses: [], loss: undefined }, { replacement: 'comfort-noise' });
    const value = stoi(clean, armed);
    if (value !== undefined) values.push({ packageName: speech.packageName, value });
  }
  if (samples === 0) return undefined;
  return {
    minutes: samples / SAMPLES_PER_MINUTE,
    mutedPercent: (100 * muted) / samples,
    episodesPerMinute: episodes / (samples / SAMPLES_PER_MINUTE),
    meanEpisodeMs: episodes === 0 ? 0 : muted / episodes / 8,
    stoi: values,
  };
}

/** Samples muted, and how many times muting began, hop by hop. */
export function countMuted(audio: Int16Array): { readonly muted: number; readonly episodes: number } {
  const suppressor = new ToneSuppressor({
    sampleRateHz: 8_000,
    delaySamples: OWN_DELAY_SAMPLES,
    replacement: 'comfort-noise',
  });
  const hop = new Int16Array(HOP_SAMPLES);
  let muted = 0;
  let episodes = 0;
  let before = 0;
  let wasMuted = false;
  for (let at = 0; at + HOP_SAMPLES <= audio.length; at += HOP_SAMPLES) {
    for (let index = 0; index < HOP_SAMPLES; index += 1) hop[index] = audio[at + index];
    suppressor.process(hop, HOP_SAMPLES, hop);
    const now = suppressor.mutedSamples;
    const isMuted = now > before;
    if (at >= START_SAMPLES) {
      muted += now - before;
      if (isMuted && !wasMuted) episodes += 1;
    }
    before = now;
    wasMuted = isMuted;
  }
  return { muted, episodes };
}
