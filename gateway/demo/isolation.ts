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

/** Time stamps of two sockets, a packet of jitter, and the packet that a secure window holds back. */
const SEARCH_MARGIN_SAMPLES = 480;

export function keysFound(stream: HeardStream, presses: readonly SentPress[]): number {
  const shifted = presses.map(({ key, onsetSample, offsetSample }) => ({
    key,
    onsetSample: onsetSample + stream.startSample,
    offsetSample: offsetSample + stream.startSample,
  }));
  const inAudio = countFound(stream.audio, shifted, { searchMarginSamples: SEARCH_MARGIN_SAMPLES });
  return Math.max(inAudio.found, inOrder(stream.eventKeys, presses));
}

/** Presses that are there as events, in the order they were pressed. */
function inOrder(eventKeys: readonly number[], presses: readonly SentPress[]): number {
  let next = 0;
  for (const key of eventKeys) if (key === presses[next]?.key) next += 1;
  return next;
}
