/**
 * Presses outside the limits of Q.24, which nobody has to decode and which must not leak all the same: too quiet, too
 * twisted, too far off, in too much noise, too short, with a third tone, through GSM and Speex, with lost packets.
 */
import { columnHzOfKey } from '../../dsp/dtmf-keys.js';
import { encodingOf } from '../detection/q24-detection.js';
import { throughGsm } from '../peers/gsm-process.js';
import { throughSpeex } from '../peers/speex-process.js';
import { type RenderedSection, renderSection, type Section } from '../q24-set.js';
import { joined, type LineAudio } from './line-audio.js';

const ROUNDS = 4;
const LOSS_SHARE = 0.03;
const SEED_OFFSET = 500;

const OFF_MS = 50;

function section(name: string, plan: Section['plan'], rest: Partial<Section> = {}): Section {
  return { name, verdict: 'reject', plan, ...rest };
}

const PLAIN: Section['plan'] = (random) => ({
  shape: { lowLevelDbm0: -14 },
  onMs: 50,
  offMs: OFF_MS + random.between(0, 20),
});

const SECTIONS: readonly Section[] = [
  ...[-29, -33, -38, -42].map((lowLevelDbm0) =>
    section(`level ${lowLevelDbm0} dBm0`, (random, key, press) => ({
      ...PLAIN(random, key, press),
      shape: { lowLevelDbm0 },
    })),
  ),
  ...[14, -14].map((twistDb) =>
    section(`twist ${twistDb} dB`, (random) => ({
      ...PLAIN(random, 0, 0),
      shape: { lowLevelDbm0: twistDb > 0 ? -24 : -10, twistDb },
    })),
  ),
  ...[3, 3.5, 4.5].flatMap((percent) =>
    [1, -1].flatMap((low) =>
      [1, -1].map((high) =>
        section(`${low * percent} % and ${high * percent} % off`, (random) => ({
          ...PLAIN(random, 0, 0),
          shape: { lowLevelDbm0: -14, lowOffsetPercent: low * percent, highOffsetPercent: high * percent },
        })),
      ),
    ),
  ),
  ...[12, 9].map((noiseBelowDb) => section(`S/N ${noiseBelowDb} dB`, PLAIN, { noiseBelowDb })),
  ...[10, 15, 20, 23, 30, 38].map((onMs) =>
    section(`${onMs} ms`, (random) => ({
      ...PLAIN(random, 0, 0),
      onMs,
      shape: { lowLevelDbm0: random.between(-20, -6) },
    })),
  ),
  section('third tone', (random, key, press) => {
    const others = [1_209, 1_336, 1_477, 1_633].filter((hz) => hz !== columnHzOfKey(key));
    return { ...PLAIN(random, key, press), extra: [{ hz: random.pick(others), levelDbm0: -14 }] };
  }),
];

const GSM = section('GSM 06.10', PLAIN);
const SPEEX = section('Speex at 8 kbit/s', PLAIN);
const LOSSY = section(`${100 * LOSS_SHARE} % of packets lost`, (random) => ({ ...PLAIN(random, 0, 0), onMs: 80 }));

const SPEEX_NOTE =
  'Speex at 4 kbit/s and less, from which our detector reads no key either, is not in the set: it bends tones so far that half of the presses left a trace, of which the listener read some, one press in eleven in all';

export type WideSet = {
  readonly audio: LineAudio;
  readonly notes: readonly string[];
  /** Why a part of the set is missing. */
  readonly whyPartial: string | undefined;
};

export async function wideAudio(seed: number): Promise<WideSet> {
  const render = (one: Section, index: number): RenderedSection =>
    renderSection(one, {
      seed: seed * 1_000 + SEED_OFFSET + index,
      rounds: ROUNDS,
      encoding: encodingOf(index),
    });
  const parts = SECTIONS.map(render);
  const notes = [
    `wide: ${SECTIONS.map(({ name }) => name).join('; ')}; ${GSM.name}; ${SPEEX.name}; ${LOSSY.name}`,
    SPEEX_NOTE,
  ];
  const leftOut: string[] = [];
  const coders = [
    { one: GSM, code: throughGsm, toInstall: 'sox' },
    { one: SPEEX, code: throughSpeex, toInstall: 'speex' },
  ];
  for (const [index, { one, code, toInstall }] of coders.entries()) {
    const plain = render(one, SECTIONS.length + index);
    const coded = await code(plain.samples);
    if (coded.kind === 'coded') parts.push({ ...plain, samples: coded.samples });
    else leftOut.push(`${one.name} is left out, ${coded.reason}: apt-get install ${toInstall}`);
  }
  const whyPartial = leftOut.length === 0 ? undefined : leftOut.join('; ');
  if (whyPartial !== undefined) notes.push(`of the wide set ${whyPartial}`);
  const lossy = render(LOSSY, SECTIONS.length + coders.length);
  const all = joined([...parts, lossy]);
  const fromSample = all.samples.length - lossy.samples.length;
  return {
    audio: { ...all, loss: { fromSample, endSample: all.samples.length, share: LOSS_SHARE, seed } },
    notes,
    whyPartial,
  };
}
