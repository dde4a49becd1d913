/**
 * What listeners find of a caller's keys in a stream that came from the caller: telephone-events, spandsp's receiver,
 * and the maximum-likelihood listener, which is told where each press was. The same listeners go over what the caller
 * sent: who finds nothing there proves nothing elsewhere.
 */
import { countFound } from '../../dsp/likelihood-listener.js';
import type { SentPress } from './keypad-talker.js';
import { keyNames } from './keys.js';
import type { RtpReport } from './rtp-report.js';
import { decodeWithSpandsp } from './spandsp.js';

/** A fifth of a second of speech and line noise, equal to the last bit, is no chance. */
const PROBE_SAMPLES = 1600;
/** A press is looked for a packet to either side of its place. */
const SEARCH_MARGIN_SAMPLES = 160;

/**
 * Where the sender's sample 0 stands in a stream. `before` and `after` differ where time was put in or left out in
 * between; a press is then looked for over all of the difference.
 */
export type Place = number | { readonly before: number; readonly after: number };

/** A press as a listener is told of it. */
export type ToldPress = Pick<SentPress, 'key' | 'tone'>;

export type Heard = {
  /** Presses that the likelihood listener read rightly and with confidence. */
  readonly likelihood: number;
  /** What spandsp decoded, as key names. */
  readonly spandsp: string;
  /** What came as telephone-events, as key names. */
  readonly events: string;
};

/**
 * Where the sender's sample 0 is in `heard`: found by a piece of it that came through untouched, sought among the
 * samples sent from `from` to `to`. Undefined when none came through.
 */
export function placeIn(heard: Int16Array, sent: Int16Array, from = 0, to = sent.length): number | undefined {
  for (let probe = from; probe + PROBE_SAMPLES <= to; probe += PROBE_SAMPLES / 2) {
    const at = indexOf(heard, sent.subarray(probe, probe + PROBE_SAMPLES));
    if (at !== undefined) return at - probe;
  }
  return undefined;
}

/** Audio that is behind any window by now: the end of a call that went on for a while after it. */
const UNTOUCHED_SAMPLES = 6_400;

/**
 * Where the sender's sample 0 is in `heard` before a window that opened at `windowStart`, and at the end of the call.
 * Throws when the voice did not come through untouched in both.
 */
export function placesIn(
  heard: Int16Array,
  sent: Int16Array,
  windowStart: number,
): { readonly before: number; readonly after: number } {
  const before = placeIn(heard, sent, 0, windowStart);
  const after = placeIn(heard, sent, sent.length - UNTOUCHED_SAMPLES);
  if (before === undefined || after === undefined) throw new Error(`voice untouched: ${before} before, ${after} after`);
  return { before, after };
}

export type PlaceRange = {
  readonly least: number;
  readonly most: number;
  /** Less where a player stretches and squeezes what it plays. */
  readonly leastLikeness?: number;
};

/** A codec that is not the same on both sides leaves nothing untouched; what is that much alike is the same sound. */
const LEAST_LIKENESS = 0.9;

/**
 * Where the sender's sample 0 is in `heard`, by the likeness of `lengthSamples` from `startSample` on: for sound that was
 * coded anew on its way. Places from `least` to `most` are tried.
 */
export function likelyPlaceIn(
  heard: Int16Array,
  sent: Int16Array,
  span: { readonly startSample: number; readonly lengthSamples: number },
  { least, most, leastLikeness = LEAST_LIKENESS }: PlaceRange,
): number {
  let best = { place: Number.NaN, alike: 0 };
  for (let place = least; place <= most; place += 1) {
    const alike = correlation(sent, heard, { ...span, place });
    if (alike > best.alike) best = { place, alike };
  }
  if (best.alike < leastLikeness) throw new Error(`nothing alike was heard: ${best.alike} at ${best.place}`);
  return best.place;
}

/**
 * The same by the first of several pieces that was heard alike: a player that stretches and squeezes what it plays does
 * it somewhere, and the piece in which it did has no place.
 */
export function likelyPlaceByOneOf(
  heard: Int16Array,
  sent: Int16Array,
  spans: readonly { readonly startSample: number; readonly lengthSamples: number }[],
  range: PlaceRange,
): number {
  const problems: unknown[] = [];
  for (const span of spans) {
    try {
      return likelyPlaceIn(heard, sent, span, range);
    } catch (problem) {
      problems.push(problem);
    }
  }
  throw new AggregateError(problems, `none of ${spans.length} pieces was heard: ${problems.join('; ')}`);
}

/** How many presses are read where one of these places says that they are: where time is stretched, each has its own. */
export function countFoundAtOneOf(
  presses: readonly ToldPress[],
  samples: Int16Array,
  places: readonly number[],
  searchMarginSamples = SEARCH_MARGIN_SAMPLES,
): number {
  const isFound = ({ key, tone }: ToldPress) =>
    tone !== undefined &&
    places.some((place) => {
      const known = { key, onsetSample: tone.onsetSample + place, offsetSample: tone.offsetSample + place };
      return countFound(samples, [known], { searchMarginSamples }).found === 1;
    });
  return presses.filter(isFound).length;
}

/** `samples` as every listener reads them. */
export async function listenFor(
  presses: readonly ToldPress[],
  samples: Int16Array,
  place: Place,
  events: RtpReport['events'] = [],
): Promise<Heard> {
  const { before, after } = typeof place === 'number' ? { before: place, after: place } : place;
  const known = presses.flatMap(({ key, tone }) =>
    tone === undefined
      ? []
      : [
          {
            key,
            onsetSample: tone.onsetSample + Math.min(before, after),
            offsetSample: tone.offsetSample + Math.max(before, after),
          },
        ],
  );
  return {
    likelihood: countFound(samples, known, { searchMarginSamples: SEARCH_MARGIN_SAMPLES }).found,
    spandsp: await decodeWithSpandsp(samples),
    events: keyNames(events.map(({ key }) => key)),
  };
}

/** Presses whose way puts a tone into the audio. */
export function toned(presses: readonly SentPress[]): readonly SentPress[] {
  return presses.filter(({ tone }) => tone !== undefined);
}

/** The window holds audio back by 20 ms, and may have filled as much again. */
const MAX_LAG_SAMPLES = 400;

/**
 * Correlation of `length` samples of `sent` from `start` with what is at their place in `heard`, or up to 50 ms behind
 * it; 1 is the same sound.
 */
export function likeness(
  sent: Int16Array,
  heard: Int16Array,
  span: { readonly startSample: number; readonly lengthSamples: number; readonly place: number },
): number {
  let best = 0;
  for (let lag = 0; lag <= MAX_LAG_SAMPLES; lag += 1) {
    best = Math.max(best, correlation(sent, heard, { ...span, place: span.place + lag }));
  }
  return best;
}

function correlation(sent: Int16Array, heard: Int16Array, span: Parameters<typeof likeness>[2]): number {
  let product = 0;
  let sentPower = 0;
  let heardPower = 0;
  for (let index = span.startSample; index < span.startSample + span.lengthSamples; index += 1) {
    const there = heard[index + span.place] ?? 0;
    product += sent[index] * there;
    sentPower += sent[index] ** 2;
    heardPower += there ** 2;
  }
  return sentPower === 0 || heardPower === 0 ? 0 : product / Math.sqrt(sentPower * heardPower);
}

function indexOf(heard: Int16Array, piece: Int16Array): number | undefined {
  for (let at = 0; at + piece.length <= heard.length; at += 1) {
    let index = 0;
    while (index < piece.length && heard[at + index] === piece[index]) index += 1;
    if (index === piece.length) return at;
  }
  return undefined;
}
