/** What has to be left of keys, and of speech. */
import { atLeast, atMost, type Target, unlessPartial } from '../targets.js';
import type { AddedDelay } from './added-delay.js';
import { meanStoi, type PacketLeak, type SpeechRatio, worstStoi } from './leak-tables.js';
import { OWN_NOISE, OWN_SILENCE, OWN_TONE, UNTREATED } from './pipelines.js';
import type { SpeechCost } from './speech-cost.js';
import { chancePercent, foundPercent, guessedPercent, type SpyResult } from './spies.js';
import type { ChangedBytes } from './untouched.js';
import { WIDEBAND_NOISE, WIDEBAND_SILENCE, WIDEBAND_UNTREATED } from './wideband-line.js';

export type LeakResults = {
  readonly packets: readonly PacketLeak[];
  readonly accept: readonly SpyResult[];
  readonly wide: readonly SpyResult[];
  /** Why a part of the wide set is missing. */
  readonly whyWidePartial: string | undefined;
  /** The accept set over G.722. */
  readonly wideband: readonly SpyResult[];
  readonly overSpeech: readonly SpeechRatio[];
  readonly cost: SpeechCost | undefined;
  readonly delays: readonly AddedDelay[];
  readonly closed: ChangedBytes;
  readonly open: ChangedBytes;
  /** Why there is no speech, or not all of it. */
  readonly whyNot: string | undefined;
};

export function leakTargets(results: LeakResults): Target[] {
  const { packets, accept, wide, whyWidePartial, wideband, overSpeech, cost, delays, closed, open, whyNot } = results;
  const percent = (all: readonly SpyResult[], pipeline: { readonly name: string }): number | undefined => {
    const found = all.find((one) => one.pipeline === pipeline.name);
    return found && guessedPercent(found);
  };
  const onSpeech = (target: Target): Target => unlessPartial(target, whyNot);
  return [
    atLeast({
      what: 'control: ML right on untreated accept set',
      limit: 99,
      unit: '%',
      value: percent(accept, UNTREATED),
    }),
    atLeast({ what: 'control: ML right on untreated wide set', limit: 90, unit: '%', value: percent(wide, UNTREATED) }),
    atLeast({
      what: 'control: ML right on untreated accept set over G.722',
      limit: 99,
      unit: '%',
      value: percent(wideband, WIDEBAND_UNTREATED),
    }),
    atLeast({
      what: 'control: untreated accept presses leaking',
      limit: 100,
      unit: '%',
      value: leakyPercent(accept, UNTREATED),
    }),
    ...packets.map(({ packetMs, accept: leak }) =>
      atMost({ what: `accept presses leaking, packets of ${packetMs} ms`, limit: 0, unit: '', value: leak.leaky }),
    ),
    atMost({
      what: 'accept presses leaking, G.722, packets of 20 ms',
      limit: 0,
      unit: '',
      value: wideband.find(({ pipeline }) => pipeline === WIDEBAND_SILENCE.name)?.leak.leaky,
    }),
    atMost({ what: 'ML right, accept set, silence', limit: 0, unit: '%', value: percent(accept, OWN_SILENCE) }),
    atMost({
      what: 'ML right, accept set over G.722, silence',
      limit: 0,
      unit: '%',
      value: percent(wideband, WIDEBAND_SILENCE),
    }),
    unlessPartial(
      atMost({ what: 'ML right, wide set, silence', limit: 1, unit: '%', value: percent(wide, OWN_SILENCE) }),
      whyWidePartial,
    ),
    atLeast({
      what: 'control: ML sure and right on untreated accept set',
      limit: 99,
      unit: '%',
      value: foundPercentOf(accept, UNTREATED),
    }),
    ...chanceTargets('accept set, comfort noise', accept, OWN_NOISE),
    ...chanceTargets('accept set, flat tone', accept, OWN_TONE),
    ...chanceTargets('accept set over G.722, comfort noise', wideband, WIDEBAND_NOISE),
    ...overSpeech.map(({ ratioDb, results: spied }) =>
      atLeast({
        what: `control: ML right, untreated tones ${ratioDb} dB over speech`,
        limit: 95,
        unit: '%',
        value: percent(spied, UNTREATED),
      }),
    ),
    ...overSpeech.map(({ ratioDb, results: spied }) => {
      const worst = Math.max(percent(spied, OWN_SILENCE) ?? 100, percent(spied, OWN_NOISE) ?? 100);
      return onSpeech(
        atMost({ what: `ML right, tones ${ratioDb} dB over speech`, limit: 10, unit: '%', value: worst }),
      );
    }),
    ...(overSpeech.length > 0
      ? []
      : [onSpeech(atMost({ what: 'ML right, tones over speech', limit: 10, unit: '%', value: undefined }))]),
    onSpeech(atMost({ what: 'speech muted while armed', limit: 0.6, unit: '%', value: cost?.mutedPercent })),
    onSpeech(
      atMost({ what: 'speech muted while armed, times a minute', limit: 8, unit: '', value: cost?.episodesPerMinute }),
    ),
    onSpeech(
      withWorst(
        cost,
        atLeast({
          what: 'STOI of speech while armed, mean of packages',
          limit: 0.96,
          unit: '',
          value: cost && meanStoi(cost),
        }),
      ),
    ),
    ...delayTargets(delays),
    atMost({ what: 'bytes changed outside a window', limit: 0, unit: '', value: closed.changed + closed.lostPackets }),
    atLeast({ what: 'control: bytes changed in a window', limit: 1, unit: '', value: open.changed }),
  ];
}

function leakyPercent(all: readonly SpyResult[], pipeline: { readonly name: string }): number | undefined {
  const found = all.find((one) => one.pipeline === pipeline.name);
  return found && (100 * found.leak.leaky) / found.leak.presses;
}

function foundPercentOf(all: readonly SpyResult[], pipeline: { readonly name: string }): number | undefined {
  const found = all.find((one) => one.pipeline === pipeline.name);
  return found && foundPercent(found);
}

/**
 * Where something takes the key's place, the listener always guesses, and is right once in sixteen times by chance. That it
 * is never sure, and not right more often than one run in a thousand would be by chance, is all there is to be had.
 */
function chanceTargets(
  what: string,
  all: readonly SpyResult[],
  pipeline: { readonly name: string },
): readonly Target[] {
  const found = all.find((one) => one.pipeline === pipeline.name);
  const limit = Number(chancePercent(found?.leak.presses ?? Number.NaN).toFixed(2));
  return [
    atMost({ what: `ML sure and right, ${what}`, limit: 0, unit: '', value: found?.found }),
    atMost({ what: `ML right, ${what} (chance 6.25 %)`, limit, unit: '%', value: found && guessedPercent(found) }),
  ];
}

function withWorst(cost: SpeechCost | undefined, target: Target): Target {
  const worst = cost && worstStoi(cost);
  if (worst === undefined) return target;
  return { ...target, measured: `${target.measured} (worst ${worst.value.toFixed(3)}, ${worst.packageName})` };
}

function delayTargets(delays: readonly AddedDelay[]): readonly Target[] {
  const longest = (times: readonly (number | undefined)[]): number | undefined =>
    times.some((time) => time === undefined) ? undefined : Math.max(...times.map((time) => time ?? 0));
  const lost = 'a click was lost';
  return [
    atMost({
      what: 'delay added, not armed, packets of any length',
      limit: 0,
      unit: 'ms',
      value: longest(delays.map(({ closedMs }) => closedMs)),
      whyNot: lost,
    }),
    atMost({
      what: 'delay added, armed, packets of any length',
      limit: 20,
      unit: 'ms',
      value: longest(delays.map(({ openMs }) => openMs)),
      whyNot: lost,
    }),
  ];
}
