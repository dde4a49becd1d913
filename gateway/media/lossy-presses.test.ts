/**
 * What a lossy line does to presses during a capture: whatever is lost, either the keys are those that were pressed or the
 * entry is marked. And a single lost packet of a person's press is no reason to ask the caller again.
 */
import { describe, expect, test } from '@jest/globals';
import { encodeG711 } from '../../dsp/g711.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { renderPress } from '../../dsp/tone-generator.js';
import { type EventHabits, type MixedPress, mixedStream, playMixed } from '../../test/media/mixed-presses.js';
import {
  CALLER_ADDRESS,
  CALLER_PORT,
  CALLER_SSRC,
  EVENT_PAYLOAD_TYPE,
  eventPayload,
  legMedia,
  rtpPacket,
  SimulatedCall,
} from '../../test/media/simulated-call.js';

const EQUAL = [5, 5, 5];
const DIFFERENT = [1, 2, 6];
const FAST = { onMs: 40, offMs: 40 };
const SLOW = { onMs: 120, offMs: 120 };
type Rhythm = typeof FAST;

type Tally = { exact: number; marked: number; readonly wrong: string[] };

function note(tally: Tally, call: SimulatedCall, keys: readonly number[], what: string): void {
  if (call.vault.marksAt.length > 0) tally.marked += 1;
  else if (call.vault.keys.join() === keys.join()) tally.exact += 1;
  else tally.wrong.push(`${what}: ${call.vault.keys}`);
}

async function armedCall(clockRateHz = 8000): Promise<SimulatedCall> {
  const call = await SimulatedCall.create();
  const receiveEvents = [{ payloadType: EVENT_PAYLOAD_TYPE, clockRateHz }];
  const media = legMedia(CALLER_ADDRESS, CALLER_PORT, { receiveEvents });
  call.command({ kind: 'set-leg', callHandle: 1, leg: 'caller', media });
  call.openWindow();
  call.arm();
  return call;
}

describe('keys by tones', () => {
  /** Every hole of so many packets, at every place, with the presses at every phase of the packets. */
  async function holes(
    keys: readonly number[],
    { onMs, offMs }: Rhythm,
    { ptimeMs, lostPackets }: { readonly ptimeMs: number; readonly lostPackets: number },
  ): Promise<Tally> {
    const tally: Tally = { exact: 0, marked: 0, wrong: [] };
    const firstAtMs = 100;
    const lengthMs = firstAtMs + ptimeMs + keys.length * (onMs + offMs) + 100;
    const packetSamples = ptimeMs * 8;
    for (let phaseMs = 0; phaseMs < ptimeMs; phaseMs += 4) {
      const samples = new Int16Array(lengthMs * 8);
      const random = new SeededRandom(phaseMs + 1);
      for (let index = 0; index < samples.length; index += 1) samples[index] = 300 * (random.next() * 2 - 1);
      keys.forEach((key, index) => {
        const startSample = (firstAtMs + phaseMs + index * (onMs + offMs)) * 8;
        renderPress(samples, { key, startSample, lengthSamples: onMs * 8 });
      });
      for (let lostFrom = 3; lostFrom * ptimeMs < lengthMs - 80; lostFrom += 1) {
        const call = await armedCall();
        for (let packet = 0; (packet + 1) * packetSamples <= samples.length; packet += 1) {
          call.advanceTo(call.nowMs + ptimeMs);
          if (packet >= lostFrom && packet < lostFrom + lostPackets) continue;
          const payload = Buffer.alloc(packetSamples);
          const from = packet * packetSamples;
          encodeG711('PCMU', samples.subarray(from, from + packetSamples), payload, 0, packetSamples);
          call.fromCaller(rtpPacket({ sequence: 65_530 + packet, timestamp: from }, payload));
        }
        call.advanceTo(call.nowMs + 300);
        note(tally, call, keys, `phase ${phaseMs} ms, packet ${lostFrom}`);
      }
    }
    return tally;
  }

  test.each([
    [10, 2],
    [20, 1],
    [20, 3],
    [30, 1],
  ])('packets of %i ms, %i lost: never another number', async (ptimeMs, lostPackets) => {
    for (const keys of [EQUAL, DIFFERENT]) {
      for (const rhythm of [FAST, { onMs: 40, offMs: 30 }]) {
        const tally = await holes(keys, rhythm, { ptimeMs, lostPackets });
        expect([keys, rhythm, tally.wrong]).toEqual([keys, rhythm, []]);
        // The control: there is something to mark.
        expect(tally.marked).toBeGreaterThan(0);
      }
    }
  });

  test.each([10, 20])('one lost packet of %i ms in a person’s presses costs nothing', async (ptimeMs) => {
    for (const keys of [EQUAL, DIFFERENT]) {
      const tally = await holes(keys, { onMs: 100, offMs: 60 }, { ptimeMs, lostPackets: 1 });
      expect([tally.marked, tally.wrong]).toEqual([0, []]);
    }
  });
});

describe('keys by events', () => {
  const WAYS: Readonly<Record<string, (fromMs: number, toMs: number) => Omit<MixedPress, 'key'>>> = {
    'events alone': (fromMs, toMs) => ({ event: { fromMs, toMs } }),
    'tone and event': (fromMs, toMs) => ({ event: { fromMs, toMs }, tone: { fromMs, toMs } }),
    'a head of tone': (fromMs, toMs) => ({
      tone: { fromMs, toMs: fromMs + 40 },
      event: { fromMs: fromMs + 20, toMs: toMs + 20 },
    }),
    'a tail of tone': (fromMs, toMs) => ({ event: { fromMs, toMs }, tone: { fromMs: toMs + 10, toMs: toMs + 50 } }),
  };
  const HABITS: Readonly<Record<string, EventHabits>> = {
    'as RFC 4733 recommends': {},
    'updates every 50 ms': { updateMs: 50, endSpacingMs: 50 },
    'no marker': { marker: 'never' },
    'a single end packet': { endCopies: 1 },
    'no end packet': { endCopies: 0 },
    'no end packet and no marker': { endCopies: 0, marker: 'never' },
    'no end packet, moving timestamps': { endCopies: 0, movesTimestamp: true, marker: 'never' },
    'end packets in one instant': { endSpacingMs: 0 },
    'moving timestamps': { movesTimestamp: true, marker: 'never' },
    'moving timestamps every 50 ms': { movesTimestamp: true, updateMs: 50, marker: 'never' },
    'an update every 100 ms': { updateMs: 100 },
    'one packet, at the release': { onePacket: 'at-end' },
    'one packet, at the press': { onePacket: 'at-start' },
    'a clock of 16 kHz': { clockRateHz: 16_000 },
  };

  async function bursts(
    habits: EventHabits,
    way: string,
    { rhythm, lostPackets, rests }: { readonly rhythm: Rhythm; readonly lostPackets: number; readonly rests: boolean },
  ): Promise<Tally> {
    const tally: Tally = { exact: 0, marked: 0, wrong: [] };
    const { onMs, offMs } = rhythm;
    for (const keys of [EQUAL, DIFFERENT]) {
      const presses = keys.map((key, index) => {
        const fromMs = 120 + index * (onMs + offMs);
        return { key, ...WAYS[way](fromMs, fromMs + onMs) };
      });
      const audioDuringEvents = rests ? ('rests' as const) : ('goes-on' as const);
      const options = { lengthMs: 120 + keys.length * (onMs + offMs) + 160, presses, habits, audioDuringEvents };
      const packets = mixedStream(options).length;
      for (let lostFrom = 3; lostFrom + lostPackets < packets - 3; lostFrom += 1) {
        const call = await armedCall(habits.clockRateHz);
        playMixed(call, options, (_packet, index) => index >= lostFrom && index < lostFrom + lostPackets);
        note(tally, call, keys, `${rhythm.onMs}/${rhythm.offMs} ms, ${lostPackets} from ${lostFrom}`);
      }
    }
    return tally;
  }

  // By every habit alone, and in every mixture by those that differ most.
  const mixed = ['as RFC 4733 recommends', 'moving timestamps every 50 ms', 'one packet, at the press'];
  const cases = Object.keys(HABITS).flatMap((habit) =>
    Object.keys(WAYS).flatMap((way) =>
      way === 'events alone' || mixed.includes(habit) ? [[habit, way] as const] : [],
    ),
  );
  test.each(cases)('%s, %s: bursts of loss never make another number', async (habit, way) => {
    let marked = 0;
    for (const lostPackets of way === 'events alone' ? [1, 3, 8] : [1, 5]) {
      const tally = await bursts(HABITS[habit], way, { rhythm: FAST, lostPackets, rests: false });
      expect(tally.wrong).toEqual([]);
      marked += tally.marked;
    }
    expect(marked).toBeGreaterThan(0);
  });

  test.each(Object.keys(HABITS))('%s, while audio rests: bursts of loss never make another number', async (habit) => {
    for (const lostPackets of [1, 4]) {
      const tally = await bursts(HABITS[habit], 'events alone', { rhythm: FAST, lostPackets, rests: true });
      expect(tally.wrong).toEqual([]);
    }
  });

  /** Whether what is told of a stream with two bursts lost in it is right, marked or wrong. */
  async function playLossy(
    line: { readonly keys: readonly number[]; readonly rhythm: Rhythm; readonly firstAtMs: number },
    sender: { readonly habits: EventHabits; readonly way: string; readonly rests: boolean; readonly noise?: number },
    lost: (packets: number) => readonly { readonly from: number; readonly count: number }[],
  ): Promise<SimulatedCall> {
    const { onMs, offMs } = line.rhythm;
    const options = {
      lengthMs: line.firstAtMs + line.keys.length * (onMs + offMs) + 200,
      presses: line.keys.map((key, index) => {
        const fromMs = line.firstAtMs + index * (onMs + offMs);
        return { key, ...WAYS[sender.way](fromMs, fromMs + onMs) };
      }),
      habits: sender.habits,
      audioDuringEvents: sender.rests ? ('rests' as const) : ('goes-on' as const),
      noiseAmplitude: sender.noise ?? 0,
    };
    const bursts = lost(mixedStream(options).length);
    const call = await armedCall(sender.habits.clockRateHz);
    playMixed(call, options, (_packet, index) =>
      bursts.some(({ from, count }) => index >= from && index < from + count),
    );
    return call;
  }

  test('the head of a tone and the first packet of the next press, of a sender that sends no end packet', async () => {
    const line = { keys: EQUAL, rhythm: { onMs: 45, offMs: 47 }, firstAtMs: 207 };
    const sender = { habits: { endCopies: 0 }, way: 'a head of tone', rests: false };
    const call = await playLossy(line, sender, () => [
      { from: 11, count: 1 },
      { from: 25, count: 1 },
    ]);
    expect(call.vault.marksAt.length).toBeGreaterThan(0);
  });

  test('all of a press but the last copy of its end, which the next press has overtaken', async () => {
    const line = { keys: [4, 4, 2, 2, 4], rhythm: { onMs: 45, offMs: 40 }, firstAtMs: 217 };
    const sender = { habits: { updateMs: 50, endSpacingMs: 50 }, way: 'a head of tone', rests: false };
    const call = await playLossy(line, sender, () => [
      { from: 14, count: 8 },
      { from: 24, count: 2 },
    ]);
    expect(call.vault.marksAt.length).toBeGreaterThan(0);
  });

  test.each([1, 2])('any habit, way and rhythm, two bursts of loss anywhere, seed %i', async (seed) => {
    const random = new SeededRandom(seed);
    const tally: Tally = { exact: 0, marked: 0, wrong: [] };
    for (let at = 0; at < 300; at += 1) {
      const rhythm = { onMs: random.integer(40, 120), offMs: random.integer(40, 100) };
      const keys = random.pick([EQUAL, [4, 4, 2, 2, 4], DIFFERENT]);
      const habit = random.pick(Object.keys(HABITS));
      const way = random.pick(Object.keys(WAYS));
      const rests = way === 'events alone' && random.next() < 0.5;
      const line = { keys, rhythm, firstAtMs: random.integer(200, 239) };
      const sender = { habits: HABITS[habit], way, rests, noise: random.pick([0, 200]) };
      const bursts: { from: number; count: number }[] = [];
      const call = await playLossy(line, sender, (packets) => {
        // Behind the last packet of the stream, nobody can tell that something was lost.
        for (const most of [8, 4]) {
          bursts.push({ from: random.integer(3, packets - 12), count: random.integer(1, most) });
        }
        return bursts;
      });
      note(tally, call, keys, JSON.stringify({ habit, way, rests, ...line, bursts, noise: sender.noise }));
    }
    expect(tally.wrong).toEqual([]);
    // The control: there is something to mark, and not everything is.
    expect(Math.min(tally.marked, tally.exact)).toBeGreaterThan(20);
  });

  test.each([
    ['as RFC 4733 recommends', 'events alone'],
    ['updates every 50 ms', 'events alone'],
    ['as RFC 4733 recommends', 'tone and event'],
  ])('%s, %s: one lost packet costs nothing', async (habit, way) => {
    for (const rests of [false, true].slice(0, way === 'events alone' ? 2 : 1)) {
      const tally = await bursts(HABITS[habit], way, { rhythm: SLOW, lostPackets: 1, rests });
      expect([tally.marked, tally.wrong]).toEqual([0, []]);
    }
  });
});

describe('what is no hole', () => {
  const SILENCE = Buffer.alloc(160, 0xff);

  function talk(call: SimulatedCall, packets: number, from: number, changes: { readonly ssrc?: number } = {}): void {
    for (let packet = from; packet < from + packets; packet += 1) {
      call.advanceTo(call.nowMs + 20);
      call.fromCaller(rtpPacket({ sequence: packet, timestamp: packet * 160, ...changes }, SILENCE));
    }
  }

  test('a pause of the sender, with its numbers unbroken, and comfort noise in it that was not negotiated', async () => {
    const call = await armedCall();
    talk(call, 10, 0);
    call.advanceTo(call.nowMs + 900);
    call.fromCaller(rtpPacket({ sequence: 10, timestamp: 8000 }, SILENCE));
    call.advanceTo(call.nowMs + 500);
    call.fromCaller(rtpPacket({ sequence: 11, timestamp: 9000, payloadType: 13 }, Buffer.alloc(1)));
    call.advanceTo(call.nowMs + 500);
    call.fromCaller(rtpPacket({ sequence: 12, timestamp: 13_000 }, SILENCE));
    call.advanceTo(call.nowMs + 500);
    expect(call.vault.marksAt).toEqual([]);
    // The control: the same with one number left out.
    call.fromCaller(rtpPacket({ sequence: 14, timestamp: 25_000 }, SILENCE));
    call.advanceTo(call.nowMs + 500);
    expect(call.vault.marksAt).toEqual([0]);
  });

  test('what is lost while no capture is armed; and what is lost before it is not held against it', async () => {
    const call = await armedCall();
    talk(call, 10, 0);
    call.disarm();
    talk(call, 10, 30);
    call.arm();
    talk(call, 10, 40);
    expect(call.vault.marksAt).toEqual([]);
    talk(call, 10, 70);
    expect(call.vault.marksAt).toEqual([0]);
  });

  test('new numbers of the same sender without a break; with one they are', async () => {
    const call = await armedCall();
    talk(call, 10, 0);
    talk(call, 10, 20_000);
    expect(call.vault.marksAt).toEqual([]);
    call.advanceTo(call.nowMs + 200);
    talk(call, 10, 40_000);
    expect(call.vault.marksAt).toEqual([0]);
  });

  test('packets of a foreign SSRC beside the caller’s; in place of the caller’s they are', async () => {
    const call = await armedCall();
    talk(call, 10, 0);
    for (let packet = 10; packet < 20; packet += 1) {
      talk(call, 1, packet);
      call.fromCaller(rtpPacket({ sequence: 500 + packet, timestamp: packet, ssrc: CALLER_SSRC + 1 }, SILENCE));
    }
    expect(call.vault.marksAt).toEqual([]);
    talk(call, 10, 20, { ssrc: CALLER_SSRC + 1 });
    expect(call.vault.marksAt).toEqual([0]);
  });

  test('the mark goes to the vault before the keys that were pressed after the hole', async () => {
    const call = await armedCall();
    talk(call, 10, 0);
    const press = (key: number, sequence: number, timestamp: number): void => {
      const header = { sequence, timestamp, payloadType: EVENT_PAYLOAD_TYPE, marker: true };
      call.fromCaller(rtpPacket(header, eventPayload(key, 160, true)));
    };
    press(4, 10, 1600);
    talk(call, 10, 20);
    press(2, 30, 4800);
    expect([call.vault.keys, call.vault.marksAt]).toEqual([[4, 2], [1]]);
    expect(call.counter('disturbances')).toBe(1);
  });
});
