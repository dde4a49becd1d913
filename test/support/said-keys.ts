/**
 * Keys that somebody says into a telephone: a sentence, so that its place can be found in what the other side heard, and then
 * the tones, far enough from each other for a search around each.
 */
import { addTones, keysOf, type Press, pressesOf, samplesOf } from './keys.js';
import { countFoundAtOneOf, likelyPlaceByOneOf, type ToldPress } from './listeners.js';
import { speechFor } from './speech.js';

const SPEECH_MS = 1_000;
const RHYTHM = { startMs: SPEECH_MS + 200, onMs: 90, offMs: 220 };
/** Around its place a press is looked for this far, short of the next one. */
const MARGIN_SAMPLES = 700;
/** A jitter buffer stretches and squeezes what it plays, most of all at the beginning: keys may be off by so much from the speech before them. */
const DRIFTS_SAMPLES = [-1600, -800, 0, 800, 1600];
/** Beginnings of pieces of the speech before the keys, by one of which its place is found. */
const PIECES_START_MS = [300, 500, 400, 200, 100];

/** Something said, and how much the other side had heard before it. */
export type Said = { readonly audio: Int16Array; readonly presses: readonly Press[]; readonly from: number };

export async function saidKeys(names: string): Promise<Omit<Said, 'from'>> {
  const presses = pressesOf(keysOf(names), RHYTHM);
  const audio = new Int16Array(samplesOf(RHYTHM.startMs + presses.length * (RHYTHM.onMs + RHYTHM.offMs)));
  audio.set(await speechFor(SPEECH_MS, `These are the keys of ${names.length} presses, number ${names}.`));
  addTones(audio, presses);
  return { audio, presses };
}

export function tonesOf(presses: readonly Press[], place: number): readonly ToldPress[] {
  return presses.map(({ key, startMs, durationMs }) => ({
    key,
    tone: { onsetSample: place + samplesOf(startMs), offsetSample: place + samplesOf(startMs + durationMs) },
  }));
}

/** How many of its keys the maximum-likelihood listener reads, told where they should be, and trying around there. */
export function mostFound(said: Said, heard: Int16Array): number {
  const place = placeOf(said, heard);
  const places = DRIFTS_SAMPLES.map((drift) => place + drift);
  return countFoundAtOneOf(tonesOf(said.presses, 0), heard, places, MARGIN_SAMPLES);
}

/** Where its beginning is in what was heard: by the likeness of the speech before the keys. */
function placeOf({ audio, from }: Said, heard: Int16Array): number {
  const spans = PIECES_START_MS.map((startMs) => ({ startSample: samplesOf(startMs), lengthSamples: samplesOf(400) }));
  const range = { least: from - samplesOf(500), most: from + samplesOf(3_000), leastLikeness: 0.6 };
  return likelyPlaceByOneOf(heard, audio, spans, range);
}
