/**
 * How many of the caller's keys a listener finds in a stream: those it reads in RFC 4733 events, and those the
 * maximum-likelihood listener reads in the audio, told when each key was pressed. Pure.
 */
import { listen } from '../../dsp/likelihood-listener.js';
import type { HeardEvent } from './phone-listener.js';
import type { SentPress } from './phone-talker.js';

export type HeardStream = {
  readonly audio: Int16Array;
  /** Keys that came as events, one entry a press. */
  readonly events: readonly HeardEvent[];
  /** Position in `audio` of the caller's sample 0; negative where the stream began later. */
  readonly startSample: number;
};

/** The packet that a secure window holds back, and as much again. */
export const SEARCH_MARGIN_SAMPLES = 320;
/** An event arrives at its onset or a packet or two later, never so late; presses are twice as far apart. */
const EVENT_MARGIN_SAMPLES = 800;
/** Nothing on one machine is later than a second, even a busy one. */
const MAX_LAG_SAMPLES = 8000;
const NO_DRIFT: readonly number[] = [0];

/** Each press is looked for by itself: one that is not there hides none of the others. */
export function keysFound(stream: HeardStream, presses: readonly SentPress[]): number {
  return presses.filter((press) => isFound(stream, press)).length;
}

/** @param driftsSamples by which the audio may lie beside its place at this press; each is listened for */
export function isFound(stream: HeardStream, press: SentPress, driftsSamples = NO_DRIFT): boolean {
  return (
    stream.events.some((event) => isEventOf(stream, event, press)) ||
    driftsSamples.some((drift) => isHeard(stream.audio, press, stream.startSample + drift))
  );
}

/** Events in the stream that none of these presses accounts for. A press accounts for one: what comes twice is one too many. */
export function eventsBeyond(stream: HeardStream, presses: readonly SentPress[]): number {
  const left = [...stream.events];
  for (const press of presses) {
    const index = left.findIndex((event) => isEventOf(stream, event, press));
    if (index >= 0) left.splice(index, 1);
  }
  return left.length;
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

function isEventOf({ startSample }: HeardStream, event: HeardEvent, press: SentPress): boolean {
  const at = press.onsetSample + startSample;
  return event.key === press.key && Math.abs(event.onsetSample - at) < EVENT_MARGIN_SAMPLES;
}

function isHeard(audio: Int16Array, press: SentPress, startSample: number): boolean {
  const heard = listen(audio, press.onsetSample + startSample, press.offsetSample + startSample, {
    searchMarginSamples: SEARCH_MARGIN_SAMPLES,
  });
  return heard.confident && heard.key === press.key;
}
