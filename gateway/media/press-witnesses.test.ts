/** One press, one key: every order, distance and habit in which presses are told by more than one way. */
import { describe, expect, test } from '@jest/globals';
import { encodeG711 } from '../../dsp/g711.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { type EventHabits, type MixedOptions, type MixedPress, playMixed } from '../../test/media/mixed-presses.js';
import { CALLER_ADDRESS, CALLER_PORT, legMedia, rtpPacket, SimulatedCall } from '../../test/media/simulated-call.js';

const EQUAL = [5, 5, 5];
const PAIRS = [4, 4, 2, 2, 4];
const DIFFERENT = [1, 2, 6];
const FIRST_AT_MS = 200;
/** The fastest that Q.24 allows, and a person's. */
const RHYTHMS = [
  { onMs: 40, offMs: 40 },
  { onMs: 80, offMs: 60 },
  { onMs: 240, offMs: 260 },
];
type Rhythm = (typeof RHYTHMS)[number];
type Telling = { readonly keys: readonly number[]; readonly marks: number };

async function tell(
  options: MixedOptions,
  clocks: readonly (readonly [number, number])[] = [[101, 8000]],
): Promise<Telling> {
  const call = await SimulatedCall.create();
  const receiveEvents = clocks.map(([payloadType, clockRateHz]) => ({ payloadType, clockRateHz }));
  const media = legMedia(CALLER_ADDRESS, CALLER_PORT, { receiveEvents });
  call.command({ kind: 'set-leg', callHandle: 1, leg: 'caller', media });
  call.openWindow();
  call.arm();
  playMixed(call, options);
  return { keys: call.vault.keys, marks: call.vault.marksAt.length };
}

function presses(
  keys: readonly number[],
  { onMs, offMs }: Rhythm,
  heardAs: (fromMs: number, toMs: number) => Omit<MixedPress, 'key'>,
): readonly MixedPress[] {
  return keys.map((key, index) => {
    const fromMs = FIRST_AT_MS + index * (onMs + offMs);
    return { key, ...heardAs(fromMs, fromMs + onMs) };
  });
}

function lengthOf(keys: readonly number[], { onMs, offMs }: Rhythm): number {
  return FIRST_AT_MS + keys.length * (onMs + offMs) + 800;
}

const OFFSETS_MS = Array.from({ length: 32 }, (_, index) => -120 + index * 20);
/** Where the second witness is, of a first one from `fromMs` to `toMs`. */
const SECONDS: Readonly<
  Record<string, (fromMs: number, toMs: number, offsetMs: number) => { fromMs: number; toMs: number }>
> = {
  'as long, from the beginning': (fromMs, toMs, offsetMs) => ({ fromMs: fromMs + offsetMs, toMs: toMs + offsetMs }),
  'a short one, from the beginning': (fromMs, _toMs, offsetMs) => ({
    fromMs: fromMs + offsetMs,
    toMs: fromMs + offsetMs + 40,
  }),
  'a short one, from the end': (_fromMs, toMs, offsetMs) => ({ fromMs: toMs + offsetMs, toMs: toMs + offsetMs + 40 }),
};

describe('a second witness at any distance from -120 to +500 ms', () => {
  const cases = [EQUAL, PAIRS].flatMap((keys) =>
    RHYTHMS.flatMap((rhythm) => Object.keys(SECONDS).map((second) => [keys.join(''), second, rhythm, keys] as const)),
  );
  test.each(cases)('%s, %s, %o', async (_name, second, rhythm, keys) => {
    for (const first of ['event', 'tone'] as const) {
      for (const offsetMs of OFFSETS_MS) {
        const heard = presses(keys, rhythm, (fromMs, toMs) => {
          const spans = [{ fromMs, toMs }, SECONDS[second](fromMs, toMs, offsetMs)];
          return first === 'event' ? { event: spans[0], tone: spans[1] } : { tone: spans[0], event: spans[1] };
        });
        const told = await tell({ lengthMs: lengthOf(keys, rhythm), presses: heard });
        expect([first, offsetMs, told]).toEqual([first, offsetMs, { keys, marks: 0 }]);
      }
    }
  });

  test.each([0, 400])('and an INFO %i ms behind the release', async (delayMs) => {
    for (const keys of [EQUAL, DIFFERENT]) {
      for (const rhythm of RHYTHMS) {
        for (const way of ['event', 'tone', 'both'] as const) {
          const heard = presses(keys, rhythm, (fromMs, toMs) => ({
            ...(way === 'tone' ? {} : { event: { fromMs, toMs } }),
            ...(way === 'event' ? {} : { tone: { fromMs: fromMs + 20, toMs: toMs + 20 } }),
            infoAtMs: toMs + delayMs,
          }));
          const told = await tell({ lengthMs: lengthOf(keys, rhythm), presses: heard });
          expect([way, rhythm, told]).toEqual([way, rhythm, { keys, marks: 0 }]);
        }
      }
    }
  });
});

describe('a second witness at any millisecond, of presses in any rhythm, with or without an INFO', () => {
  /** Half of the second witnesses begin close to the first ones of the presses behind them, which are easily confused. */
  function randomCase(random: SeededRandom) {
    const rhythm = { onMs: random.integer(40, 160), offMs: random.integer(40, 260) };
    const keys = random.pick([EQUAL, PAIRS, PAIRS, DIFFERENT]);
    const second = random.pick(Object.keys(SECONDS));
    const periodMs = rhythm.onMs + rhythm.offMs;
    const nextMs = second.endsWith('the end') ? rhythm.offMs : periodMs;
    const isNearNext = random.next() < 0.5;
    const offsetMs = isNearNext ? random.integer(nextMs - 70, nextMs + 70) : random.integer(-120, 500);
    const delayMs = random.pick([undefined, undefined, random.integer(0, 400)]);
    return {
      rhythm,
      keys,
      second,
      offsetMs,
      delayMs,
      firstAtMs: random.integer(200, 239),
      noise: random.pick([0, 200]),
    };
  }

  test.each([1, 2, 3])('seed %i', async (seed) => {
    const random = new SeededRandom(seed);
    const wrong: unknown[] = [];
    for (let at = 0; at < 250; at += 1) {
      const { rhythm, keys, second, offsetMs, delayMs, firstAtMs, noise } = randomCase(random);
      if (offsetMs > 500) continue;
      for (const first of ['event', 'tone'] as const) {
        const heard = keys.map((key, index) => {
          const fromMs = firstAtMs + index * (rhythm.onMs + rhythm.offMs);
          const spans = [{ fromMs, toMs: fromMs + rhythm.onMs }];
          spans.push(SECONDS[second](fromMs, spans[0].toMs, offsetMs));
          const [event, tone] = first === 'event' ? spans : [...spans].reverse();
          // No later behind one witness than an INFO may come, and behind the other.
          const infoAtMs = delayMs === undefined ? undefined : Math.min(spans[0].toMs, spans[1].toMs) + delayMs;
          return { key, event, tone, ...(infoAtMs === undefined ? {} : { infoAtMs }) };
        });
        const told = await tell({ lengthMs: lengthOf(keys, rhythm), presses: heard, noiseAmplitude: noise });
        if (told.keys.join() === keys.join() && told.marks === 0) continue;
        wrong.push({ first, rhythm, keys: keys.join(), second, offsetMs, delayMs, firstAtMs, noise, told });
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('a line that stands still for 120 ms, anywhere', () => {
  test.each([
    ['event', 'tone'],
    ['tone', 'event'],
  ] as const)('%s first, and %s half a second behind it', async (first, second) => {
    const [key] = EQUAL;
    const spans = [
      { fromMs: 200, toMs: 260 },
      { fromMs: 740, toMs: 800 },
    ];
    const heard = [{ key, [first]: spans[0], [second]: spans[1] }];
    for (let fromMs = 0; fromMs < 1000; fromMs += 5) {
      const told = await tell({ lengthMs: 1400, presses: heard, stall: { fromMs, toMs: fromMs + 120 } });
      expect([fromMs, told]).toEqual([fromMs, { keys: [key], marks: 0 }]);
    }
  });
});

describe('senders with habits of their own', () => {
  const HABITS: Readonly<Record<string, EventHabits>> = {
    'as RFC 4733 recommends': {},
    'a first packet without a duration': { beginsAtZero: true },
    'no durations at all': { hasNoDuration: true },
    'no marker': { marker: 'never' },
    'a marker on every packet': { marker: 'always' },
    'a single end packet': { endCopies: 1 },
    'no end packet': { endCopies: 0 },
    'no end packet and no marker': { endCopies: 0, marker: 'never' },
    'end packets in one instant': { endSpacingMs: 0 },
    'end packets 50 ms apart': { endSpacingMs: 50, updateMs: 50 },
    'moving timestamps': { movesTimestamp: true },
    'moving timestamps without a marker': { movesTimestamp: true, marker: 'never' },
    'moving timestamps every 50 ms': { movesTimestamp: true, updateMs: 50, marker: 'never' },
    'moving timestamps every 50 ms from zero': {
      movesTimestamp: true,
      updateMs: 50,
      beginsAtZero: true,
      marker: 'never',
    },
    'moving timestamps every 200 ms': { movesTimestamp: true, updateMs: 200, marker: 'never' },
    'shrinking durations': { shrinks: true },
    'shrinking durations every 50 ms': { shrinks: true, updateMs: 50 },
    'an update every 100 ms': { updateMs: 100 },
    'an update every 250 ms': { updateMs: 250 },
    'an update every 400 ms': { updateMs: 400, beginsAtZero: true },
    'one packet, at the release': { onePacket: 'at-end' },
    'one packet, at the press': { onePacket: 'at-start' },
    'one packet, at the press, without a marker': { onePacket: 'at-start', marker: 'never' },
    'a clock of 16 kHz': { clockRateHz: 16_000 },
    'a clock of 48 kHz': { clockRateHz: 48_000, updateMs: 50 },
    'several payload types': { payloadTypes: [101, 102, 103] },
  };
  const rhythms = [...RHYTHMS, { onMs: 900, offMs: 200 }];

  async function expectKeys(habits: EventHabits, clocks: readonly (readonly [number, number])[]): Promise<void> {
    for (const keys of [EQUAL, DIFFERENT]) {
      for (const rhythm of rhythms) {
        for (const beside of ['rests', 'goes-on', 'has the tone'] as const) {
          const heard = presses(keys, rhythm, (fromMs, toMs) => ({
            event: { fromMs, toMs },
            ...(beside === 'has the tone' ? { tone: { fromMs, toMs } } : {}),
          }));
          const audioDuringEvents = beside === 'rests' ? 'rests' : 'goes-on';
          const lengthMs = lengthOf(keys, rhythm);
          const told = await tell({ lengthMs, presses: heard, habits, audioDuringEvents }, clocks);
          expect([beside, rhythm, told]).toEqual([beside, rhythm, { keys, marks: 0 }]);
        }
      }
    }
  }

  test.each(Object.entries(HABITS))('%s', async (_name, habits) => {
    const clockRateHz = habits.clockRateHz ?? 8000;
    await expectKeys(
      habits,
      (habits.payloadTypes ?? [101]).map((payloadType) => [payloadType, clockRateHz]),
    );
  });

  // Our SDP takes telephone-event at 8 kHz alone; this is what a sender does that has another clock in it all the same.
  test.each([16_000, 48_000])('a clock of %i Hz under the type of 8000 Hz', async (clockRateHz) => {
    await expectKeys({ clockRateHz }, [[101, 8000]]);
  });
});

describe('a press at the moment of Start', () => {
  const PACKETS_BEFORE = 10;
  const START_MS = PACKETS_BEFORE * 20;

  /** Keys told of a tone that begins so long after the first audio of the window. */
  async function keysOf(key: number, onsetMs: number, noiseAmplitude: number): Promise<readonly number[]> {
    const samples = new Int16Array(8000);
    const random = new SeededRandom(1000 + onsetMs);
    for (let index = 0; index < samples.length; index += 1) samples[index] = noiseAmplitude * (random.next() * 2 - 1);
    renderPress(samples, { key, startSample: (START_MS + onsetMs) * 8, lengthSamples: 800 });
    const call = await SimulatedCall.create();
    for (let packet = 0; packet < 40; packet += 1) {
      if (packet === PACKETS_BEFORE) {
        call.openWindow();
        call.arm();
      }
      call.advanceTo(call.nowMs + 20);
      const payload = Buffer.alloc(160);
      encodeG711('PCMU', samples.subarray(packet * 160, packet * 160 + 160), payload, 0, 160);
      call.fromCaller(rtpPacket({ sequence: packet, timestamp: packet * 160 }, payload));
    }
    return call.vault.keys;
  }

  test.each([0, 1500])('is a key from the first millisecond of what has not passed on, noise %i', async (noise) => {
    for (const key of [1, 5, 11]) {
      for (let onsetMs = -70; onsetMs <= 24; onsetMs += onsetMs < -8 ? 7 : 1) {
        expect([key, onsetMs, await keysOf(key, onsetMs, noise)]).toEqual([key, onsetMs, onsetMs > 0 ? [key] : []]);
      }
    }
  });
});
