/** What has to be left of keys, and of speech. */
import { atLeast, atMost, type Target, unlessPartial } from '../targets.js';
import { meanStoi, type PacketLeak, type SpeechRatio } from './leak-tables.js';
import { OWN_NOISE, OWN_SILENCE, UNTREATED } from './pipelines.js';
import type { SpeechCost } from './speech-cost.js';
import { guessedPercent, type SpyResult } from './spies.js';
import type { ChangedBytes } from './untouched.js';
import { WIDEBAND_SILENCE, WIDEBAND_UNTREATED } from './wideband-line.js';

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
  readonly closed: ChangedBytes;
  readonly open: ChangedBytes;
  /** Why there is no speech, or not all of it. */
  readonly whyNot: string | undefined;
};

export function leakTargets(results: LeakResults): Target[] {
  const { packets, accept, wide, whyWidePartial, wideband, overSpeech, cost, closed, open, whyNot } = results;
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
    onSpeech(atLeast({ what: 'STOI of speech while armed', limit: 0.96, unit: '', value: cost && meanStoi(cost) })),
    atMost({ what: 'bytes changed outside a window', limit: 0, unit: '', value: closed.changed + closed.lostPackets }),
    atLeast({ what: 'control: bytes changed in a window', limit: 1, unit: '', value: open.changed }),
  ];
}

function leakyPercent(all: readonly SpyResult[], pipeline: { readonly name: string }): number | undefined {
  const found = all.find((one) => one.pipeline === pipeline.name);
  return found && (100 * found.leak.leaky) / found.leak.presses;
}
