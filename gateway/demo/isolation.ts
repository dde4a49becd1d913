/**
 * How many of the caller's keys a listener finds in a stream: those it reads in RFC 4733 events, and those the
 * maximum-likelihood listener reads in the audio, told when each key was pressed. Pure.
 */
import { countFound } from '../../dsp/likelihood-listener.js';
import type { SentPress } from './phone-talker.js';

export type HeardStream = {
  readonly audio: Int16Array;
  /** Keys that came as events, one entry a press. */
  readonly eventKeys: readonly number[];
  /** Position in `audio` of the caller's sample 0; negative where the stream began later. */
  readonly startSample: number;
};

/** The packet that a secure window holds back, and as much again. */
export const SEARCH_MARGIN_SAMPLES = 320;
/** Nothing on one machine is later than a second, even a busy one. */
const MAX_LAG_SAMPLES = 8000;

export function keysFound(stream: HeardStream, presses: readonly SentPress[]): number {
  const shifted = presses.map(({ key, onsetSample, offsetSample }) => ({
    key,
    onsetSample: onsetSample + stream.startSample,
    offsetSample: offsetSample + stream.startSample,
  }));
  const inAudio = countFound(stream.audio, shifted, { searchMarginSamples: SEARCH_MARGIN_SAMPLES });
  return Math.max(inAudio.found, inOrder(stream.eventKeys, presses));
}

/**
 * Where the caller's sample 0 is in what somebody else heard, by the likeness of the two and by no clock.
 *
 * @param lengthSamples of the beginning of `sent` that is compared: it must have passed untouched
 */
export function startOf(sent: Int16Array, heard: Int16Array, lengthSamples: number): number {
  let best = 0;
  let bestLikeness = Number.NEGATIVE_INFINITY;
  for (let lag = -MAX_LAG_SAMPLES; lag <= MAX_LAG_SAMPLES; lag += 1) {
    const likeness = likenessAt(sent, heard, lag, lengthSamples);
    if (likeness > bestLikeness) {
      bestLikeness = likeness;
      best = lag;
    }
  }
  return best;
}

/** Correlation over the samples that both have; not normalised, so a short overlap does not win by chance. */
function likenessAt(sent: Int16Array, heard: Int16Array, lag: number, lengthSamples: number): number {
  const from = Math.max(0, -lag);
  const end = Math.min(lengthSamples, sent.length, heard.length - lag);
  let sum = 0;
  for (let index = from; index < end; index += 1) sum += (sent[index] ?? 0) * (heard[index + lag] ?? 0);
  return sum;
}

/** Presses that are there as events, in the order they were pressed. */
function inOrder(eventKeys: readonly number[], presses: readonly SentPress[]): number {
  let next = 0;
  for (const key of eventKeys) if (key === presses[next]?.key) next += 1;
  return next;
}
