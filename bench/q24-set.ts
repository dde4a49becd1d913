/**
 * Seeded DTMF test material after ITU-T Q.24 and the administrations' limits in its annex A: sections of presses that a
 * receiver shall accept, and sections of signals that it shall not. Each section presses all sixteen keys, passes a G.711
 * codec and says exactly when each press sounded. Tests run a part of it, the bench all.
 */
import { columnHzOfKey, KEY_COUNT, SAMPLE_RATE_HZ } from '../dsp/dtmf-keys.js';
import { decodeG711, encodeG711, type G711Encoding } from '../dsp/g711.js';
import { amplitudeOfDbm0, powerOfDbm0, toSample } from '../dsp/level.js';
import type { KnownPress } from '../dsp/likelihood-listener.js';
import { SeededRandom } from '../dsp/seeded-random.js';
import { renderPress, type ToneShape } from '../dsp/tone-generator.js';

/** One press as a section wants it; times in ms, levels per tone. */
type Plan = {
  readonly shape: ToneShape;
  readonly onMs: number;
  readonly offMs: number;
  /** A break of so long in the middle of the press. */
  readonly breakMs?: number;
  /** Tones beside those of the key. */
  readonly extra?: readonly { readonly hz: number; readonly levelDbm0: number }[];
};

export type Section = {
  readonly name: string;
  readonly verdict: 'accept' | 'reject';
  /** `press` counts the section's presses. */
  readonly plan: (random: SeededRandom, key: number, press: number) => Plan;
  /** White noise this far below the power of the two tones, press by press. */
  readonly noiseBelowDb?: number;
  readonly humDbm0?: number;
  /** Clicks a second. */
  readonly impulses?: number;
  /** Leaves the keys' tones out: only `extra` sounds. */
  readonly withoutTones?: true;
};

export type RenderedSection = {
  readonly samples: Int16Array;
  readonly presses: readonly KnownPress[];
  /** Of each press: what its tones were meant to be. */
  readonly shapes: readonly ToneShape[];
};

/** How the sections begin that draw all limits together. */
export const CORNER = 'all limits at once';

/** Kept out of level sections: what a line has anyway. */
const LINE_NOISE_DBM0 = -66;
const HUM_HZ = 50;

function plain(lowLevelDbm0: number, twistDb = 0): ToneShape {
  return { lowLevelDbm0, twistDb };
}

function steady(shape: ToneShape, onMs = 50, offMs = 50): (random: SeededRandom) => Plan {
  return (random) => ({ shape, onMs, offMs: offMs + random.between(0, 20) });
}

function offset(lowPercent: number, highPercent: number, lowHz = 0, highHz = 0): ToneShape {
  return {
    lowLevelDbm0: -14,
    lowOffsetPercent: lowPercent,
    highOffsetPercent: highPercent,
    lowOffsetHz: lowHz,
    highOffsetHz: highHz,
  };
}

/** All of AT&T's limits at once: twist +4 or -8 dB, ±(1.5 % + 2 Hz), the weaker tone at -25 dBm0, 40 ms on and off. */
function corner(random: SeededRandom): Plan {
  const twistDb = random.pick([4, -8]);
  const lowSign = random.pick([1, -1]);
  const highSign = random.pick([1, -1]);
  const lowLevelDbm0 = twistDb > 0 ? -25 : -25 - twistDb;
  const shape = { ...offset(1.5 * lowSign, 1.5 * highSign, 2 * lowSign, 2 * highSign), lowLevelDbm0, twistDb };
  return { shape, onMs: 40, offMs: 40 };
}

const OFFSETS: readonly (readonly [string, ToneShape])[] = [-1, 1].flatMap((sign): [string, ToneShape][] => [
  [`low ${sign * 1.5} %`, offset(sign * 1.5, 0)],
  [`high ${sign * 1.5} %`, offset(0, sign * 1.5)],
  [`both ${sign * 1.5} %`, offset(sign * 1.5, sign * 1.5)],
  [`apart ${sign * 1.5} %`, offset(sign * 1.5, sign * -1.5)],
  [`both ${sign} × (1.5 % + 2 Hz)`, offset(sign * 1.5, sign * 1.5, sign * 2, sign * 2)],
  [`apart ${sign} × (1.5 % + 2 Hz)`, offset(sign * 1.5, sign * -1.5, sign * 2, sign * -2)],
  [`both ${sign * 1.8} % (NTT)`, offset(sign * 1.8, sign * 1.8)],
]);

const ACCEPT: readonly Section[] = [
  ...[0, -3, -10, -20, -25].map(
    (dbm0): Section => ({
      name: `level ${dbm0} dBm0`,
      verdict: 'accept',
      plan: steady(plain(dbm0)),
    }),
  ),
  ...(
    [
      [-10, 4],
      [-21, 4],
      [-10, -8],
      [-17, -8],
      [-19, 5],
      [-19, -5],
    ] as const
  ).map(
    ([low, twist]): Section => ({
      name: `twist ${twist} dB, low ${low} dBm0`,
      verdict: 'accept',
      plan: steady(plain(low, twist)),
    }),
  ),
  ...OFFSETS.map(([name, shape]): Section => ({ name, verdict: 'accept', plan: steady(shape) })),
  ...(
    [
      [40, 40],
      [40, 30],
      [40, 53],
      [65, 35],
      [250, 60],
      [900, 100],
    ] as const
  ).map(
    ([on, off]): Section => ({
      name: `${on} ms on, ${off} ms off`,
      verdict: 'accept',
      plan: (random) => ({ shape: plain(-12), onMs: on, offMs: off + random.between(0, 5) }),
    }),
  ),
  {
    name: 'break of 10 ms',
    verdict: 'accept',
    plan: (random) => ({ shape: plain(-12), onMs: random.between(70, 110), offMs: 60, breakMs: 10 }),
  },
  {
    name: 'break of 5 ms',
    verdict: 'accept',
    plan: (random) => ({ shape: plain(-12), onMs: random.between(66, 110), offMs: 60, breakMs: 5 }),
  },
  { name: 'slow ramps', verdict: 'accept', plan: steady({ lowLevelDbm0: -12, rampSamples: 56 }, 55, 50) },
  { name: 'S/N 15 dB', verdict: 'accept', plan: steady(plain(-14)), noiseBelowDb: 15 },
  { name: 'S/N 15 dB, twist 4 dB', verdict: 'accept', plan: steady(plain(-16, 4)), noiseBelowDb: 15 },
  { name: 'S/N 15 dB, twist -8 dB', verdict: 'accept', plan: steady(plain(-10, -8)), noiseBelowDb: 15 },
  { name: 'S/N 15 dB, 1.5 % off', verdict: 'accept', plan: steady(offset(1.5, -1.5)), noiseBelowDb: 15 },
  { name: 'mains hum', verdict: 'accept', plan: steady(plain(-12)), humDbm0: -19 },
  { name: 'impulse noise', verdict: 'accept', plan: steady(plain(-12), 60, 60), impulses: 10 },
  { name: CORNER, verdict: 'accept', plan: corner },
  { name: `${CORNER}, S/N 24 dB`, verdict: 'accept', plan: corner, noiseBelowDb: 24 },
  { name: `${CORNER}, S/N 18 dB`, verdict: 'accept', plan: corner, noiseBelowDb: 18 },
];

/** Dial, ringing and busy tones, and those of fax machines. */
const PROGRESS_TONES: readonly (readonly number[])[] = [[350, 440], [440, 480], [480, 620], [425], [1_100, 2_100]];

const R1_HZ = [700, 900, 1_100, 1_300, 1_500, 1_700];
/** All pairs of ITU-T Q.320 but one: 700 and 1500 Hz are within the limits of a 3. */
const R1_TONES: readonly (readonly number[])[] = R1_HZ.flatMap((low, index) =>
  R1_HZ.slice(index + 1).map((high) => [low, high]),
).filter(([low, high]) => low !== 700 || high !== 1_500);

/** In turn, so that each of them sounds. */
function soundingTogether(name: string, together: readonly (readonly number[])[]): Section {
  return {
    name,
    verdict: 'reject',
    withoutTones: true,
    plan: (_random, _key, press) => ({
      shape: plain(-14),
      onMs: 100,
      offMs: 60,
      extra: together[press % together.length].map((hz) => ({ hz, levelDbm0: -12 })),
    }),
  };
}

const REJECT: readonly Section[] = [
  ...[10, 20, 23].map(
    (on): Section => ({
      name: `tone of ${on} ms`,
      verdict: 'reject',
      plan: (random) => ({ shape: { ...plain(random.between(-20, -6)), rampSamples: 0 }, onMs: on, offMs: 60 }),
    }),
  ),
  { name: 'level -55 dBm0', verdict: 'reject', plan: steady(plain(-55)) },
  ...[-3.5, -3, 3, 3.5].flatMap((percent): Section[] => [
    { name: `low ${percent} %`, verdict: 'reject', plan: steady(offset(percent, 0)) },
    { name: `high ${percent} %`, verdict: 'reject', plan: steady(offset(0, percent)) },
  ]),
  { name: 'twist 12 dB', verdict: 'reject', plan: steady(plain(-18, 12)) },
  { name: 'twist -16 dB', verdict: 'reject', plan: steady(plain(-6, -16)) },
  {
    name: 'third tone',
    verdict: 'reject',
    plan: (random, key) => {
      const others = [1_209, 1_336, 1_477, 1_633].filter((hz) => hz !== columnHzOfKey(key));
      return { shape: plain(-14), onMs: 60, offMs: 50, extra: [{ hz: random.pick(others), levelDbm0: -14 }] };
    },
  },
  soundingTogether('call progress tones', PROGRESS_TONES),
  soundingTogether('R1 tones', R1_TONES),
];

export const Q24_SECTIONS: readonly Section[] = [...ACCEPT, ...REJECT];

type PlacedPress = { readonly key: number; readonly plan: Plan; readonly startSample: number };

export type RenderOptions = {
  readonly seed: number;
  /** Times each of the sixteen keys is pressed. */
  readonly rounds: number;
  readonly encoding: G711Encoding;
};

export function renderSection(section: Section, options: RenderOptions): RenderedSection {
  const random = new SeededRandom(options.seed);
  const plans: PlacedPress[] = [];
  let position = 800;
  for (let round = 0; round < options.rounds; round += 1) {
    for (let key = 0; key < KEY_COUNT; key += 1) {
      const plan = section.plan(random, key, plans.length);
      // Any phase against packets and hops.
      const startSample = position + random.integer(0, 15);
      plans.push({ key, plan, startSample });
      position = startSample + samplesOf(plan.onMs) + samplesOf(plan.offMs);
    }
  }
  const samples = background(section, random, plans, position + 800);
  for (const { key, plan, startSample } of plans) {
    addPress(samples, section, key, plan, startSample, random);
  }
  passCodec(samples, options.encoding);
  return {
    samples,
    presses: plans.map(({ key, plan, startSample }) => ({
      key,
      onsetSample: startSample,
      offsetSample: startSample + samplesOf(plan.onMs),
    })),
    shapes: plans.map(({ plan }) => plan.shape),
  };
}

function samplesOf(durationMs: number): number {
  return Math.round((durationMs * SAMPLE_RATE_HZ) / 1_000);
}

function background(section: Section, random: SeededRandom, plans: readonly PlacedPress[], count: number): Int16Array {
  const deviations = noiseDeviations(section, plans, count);
  const hum = section.humDbm0 === undefined ? 0 : amplitudeOfDbm0(section.humDbm0);
  const clickShare = (section.impulses ?? 0) / SAMPLE_RATE_HZ;
  const samples = new Int16Array(count);
  for (let index = 0; index < count; index += 1) {
    const humNow = hum * Math.sin((2 * Math.PI * HUM_HZ * index) / SAMPLE_RATE_HZ);
    const click = random.next() < clickShare ? random.pick([-1, 1]) * amplitudeOfDbm0(-6) : 0;
    samples[index] = toSample(deviations[index] * random.gaussian() + humNow + click);
  }
  return samples;
}

/** Sample by sample: around each press, to the middle of the pauses, the noise that belongs to its own tones. */
function noiseDeviations(section: Section, plans: readonly PlacedPress[], count: number): Float64Array {
  const deviations = new Float64Array(count).fill(Math.sqrt(powerOfDbm0(LINE_NOISE_DBM0)));
  const { noiseBelowDb } = section;
  if (noiseBelowDb === undefined) return deviations;
  let from = 0;
  for (const [index, { plan, startSample }] of plans.entries()) {
    const low = plan.shape.lowLevelDbm0 ?? -10;
    const pairPower = powerOfDbm0(low) + powerOfDbm0(low + (plan.shape.twistDb ?? 0));
    const endSample = startSample + samplesOf(plan.onMs);
    const next = plans[index + 1];
    const end = next === undefined ? count : (endSample + next.startSample) >> 1;
    deviations.fill(Math.sqrt(pairPower / 10 ** (noiseBelowDb / 10)), from, end);
    from = end;
  }
  return deviations;
}

function addPress(
  samples: Int16Array,
  section: Section,
  key: number,
  plan: Plan,
  startSample: number,
  random: SeededRandom,
): void {
  const lengthSamples = samplesOf(plan.onMs);
  const phases = { lowPhaseRadians: random.between(0, 6.28), highPhaseRadians: random.between(0, 6.28) };
  if (section.withoutTones === undefined) {
    const tones = new Int16Array(lengthSamples);
    renderPress(tones, { ...plan.shape, ...phases, key, startSample: 0, lengthSamples });
    const breakSamples = samplesOf(plan.breakMs ?? 0);
    const breakStart = Math.floor((lengthSamples - breakSamples) / 2);
    tones.fill(0, breakStart, breakStart + breakSamples);
    for (let index = 0; index < lengthSamples; index += 1) {
      samples[startSample + index] = toSample(samples[startSample + index] + tones[index]);
    }
  }
  for (const { hz, levelDbm0 } of plan.extra ?? []) {
    const amplitude = amplitudeOfDbm0(levelDbm0);
    const phaseRadians = random.between(0, 6.28);
    for (let index = 0; index < lengthSamples; index += 1) {
      const tone = amplitude * Math.sin((2 * Math.PI * hz * index) / SAMPLE_RATE_HZ + phaseRadians);
      samples[startSample + index] = toSample(samples[startSample + index] + tone);
    }
  }
}

function passCodec(samples: Int16Array, encoding: G711Encoding): void {
  const codes = new Uint8Array(samples.length);
  encodeG711(encoding, samples, codes, 0, samples.length);
  decodeG711(encoding, codes, 0, samples, samples.length);
}
