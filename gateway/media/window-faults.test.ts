/**
 * Nothing leaks from a window whatever becomes of the caller's stream: lost, overtaken and doubled packets, other lengths and
 * payload types, pauses, clocks and numbers that jump, stand still or begin anew, in the middle of a press or at its edge.
 */
import { describe, expect, test } from '@jest/globals';
import { encodeG711 } from '../../dsp/g711.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { renderPress } from '../../dsp/tone-generator.js';
import {
  CALLER_ADDRESS,
  CALLER_PORT,
  EVENT_PAYLOAD_TYPE,
  eventPayload,
  legMedia,
  rtpPacket,
  SimulatedCall,
} from '../../test/media/simulated-call.js';
import { EVENT_TAIL_MS } from './event-mask.js';

/** G.711 makes ±8 of the smallest sample. */
const LEAK = 8;
const PACKET = 160;
const PTIME_MS = 20;
const KEYS = 16;

type Numbers = { readonly sequence: number; readonly timestamp: number; readonly payloadType?: number };
type Sent = Numbers & { readonly atMs: number; readonly samples: Int16Array };
type Secrecy = 'window' | 'no window';

function send(call: SimulatedCall, numbers: Numbers, samples: Int16Array): void {
  const payload = Buffer.alloc(samples.length);
  encodeG711(numbers.payloadType === 8 ? 'PCMA' : 'PCMU', samples, payload, 0, samples.length);
  call.fromCaller(rtpPacket(numbers, payload));
}

async function callWith(secrecy: Secrecy): Promise<SimulatedCall> {
  const call = await SimulatedCall.create({ replacement: 'silence', recordingMode: 'masked-continuous' });
  if (secrecy === 'window') {
    call.openWindow();
    call.arm();
  }
  return call;
}

/** The loudest sample that the agent or the recorder got of the packets. */
async function peakOf(packets: readonly Sent[], secrecy: Secrecy = 'window'): Promise<number> {
  const call = await callWith(secrecy);
  const startMs = call.nowMs;
  for (const { atMs, samples, ...numbers } of packets) {
    call.advanceTo(Math.max(call.nowMs, startMs + atMs));
    send(call, numbers, samples);
  }
  call.advanceTo(call.nowMs + 200);
  let peak = 0;
  for (const { samples } of call.toAgent()) for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  for (const sample of call.recorder.heard.caller) peak = Math.max(peak, Math.abs(sample));
  return peak;
}

describe('a press in the middle of which packets are lost', () => {
  const ON_MS = 60;
  const FIRST_LOST = 10;
  const LOST = 3;
  const clocks: Readonly<Record<string, number>> = {
    'counts on': 0,
    'stands still': -LOST * PACKET,
    'steps back by 100 ms': -LOST * PACKET - 800,
    'steps back by 300 ms': -2400,
    'steps back by 12 s': -96_000,
    'jumps ahead by 300 ms': 2400,
    'jumps ahead by 12 s': 96_000,
  };

  async function peakAt(clock: string, phaseMs: number, key: number, secrecy: Secrecy): Promise<number> {
    const sound = new Int16Array(PACKET * 30);
    const startSample = PACKET * 9 + phaseMs * 8;
    renderPress(sound, { key, startSample, lengthSamples: ON_MS * 8, lowLevelDbm0: -8 });
    const packets: Sent[] = [];
    for (let at = 0; at * PACKET < sound.length; at += 1) {
      if (at >= FIRST_LOST && at < FIRST_LOST + LOST) continue;
      const timestamp = 100_000 + at * PACKET + (at < FIRST_LOST ? 0 : clocks[clock]);
      const samples = sound.subarray(at * PACKET, (at + 1) * PACKET);
      packets.push({ atMs: (at + 1) * PTIME_MS, sequence: 65_530 + at, timestamp, samples });
    }
    return peakOf(packets, secrecy);
  }

  test.each(Object.keys(clocks))('whose sender’s clock %s', async (clock) => {
    for (let phaseMs = 0; phaseMs < 2 * PTIME_MS; phaseMs += 1) {
      for (const key of [phaseMs % KEYS, (phaseMs + 7) % KEYS]) {
        expect([phaseMs, key, (await peakAt(clock, phaseMs, key, 'window')) > LEAK]).toEqual([phaseMs, key, false]);
      }
    }
    // The control: what did come of the press is heard where no window is open.
    expect(await peakAt(clock, 5, 5, 'no window')).toBeGreaterThan(1000);
  });
});

describe('the head of a press at the end of a packet, too short to be seen in it', () => {
  /** What the next packet, of silence, is numbered: distances from what it would be in an unbroken stream. */
  const breaks: Readonly<Record<string, readonly [sequence: number, timestamp: number]>> = {
    'a pause of 100 ms': [0, 800],
    'a pause of a second': [0, 8000],
    'a clock that jumps ahead by 12 s': [0, 96_000],
    'numbers that begin anew': [20_000, 0],
    'numbers and a clock that begin anew': [20_000, 1_000_000],
  };

  test.each(Object.entries(breaks))('before %s', async (_name, [sequenceJump, timestampJump]) => {
    for (let headMs = 2; headMs <= 14; headMs += 1) {
      for (let key = 0; key < KEYS; key += 3) {
        const head = new Int16Array(PACKET);
        const startSample = PACKET - headMs * 8;
        renderPress(head, { key, startSample, lengthSamples: 100 + headMs * 8, lowLevelDbm0: -8 });
        const packets = Array.from({ length: 20 }, (_unused, at): Sent => {
          const isBehind = at > 10;
          return {
            atMs: at * PTIME_MS,
            sequence: 100 + at + (isBehind ? sequenceJump : 0),
            timestamp: 8000 + at * PACKET + (isBehind ? timestampJump : 0),
            samples: at === 10 ? head : new Int16Array(PACKET),
          };
        });
        expect([headMs, key, (await peakOf(packets)) > LEAK]).toEqual([headMs, key, false]);
        // The control.
        expect(await peakOf(packets, 'no window')).toBeGreaterThan(LEAK);
      }
    }
  });
});

describe('a voice in a window is masked', () => {
  const VOICE = 4000;
  const FROM = 20;

  /** Packets of voice, told by a callback what to send beside or instead; which of them are heard, by their number. */
  async function heardPackets(
    sendAt: (call: SimulatedCall, at: number, voice: Int16Array) => void,
  ): Promise<boolean[]> {
    const random = new SeededRandom(3);
    const call = await callWith('window');
    for (let at = 0; at < 50; at += 1) {
      call.advanceTo(call.nowMs + PTIME_MS);
      sendAt(
        call,
        at,
        Int16Array.from({ length: PACKET }, () => VOICE * (random.next() * 2 - 1)),
      );
    }
    // All of the caller's time is released, 20 ms behind.
    const released = call.toAgent().flatMap(({ samples }) => [...samples]);
    return Array.from({ length: 49 }, (_unused, at) => {
      const sound = released.slice((at + 1) * PACKET, (at + 2) * PACKET);
      return sound.some((sample) => Math.abs(sample) > LEAK);
    });
  }

  const numbers = (at: number): Numbers => ({ sequence: 500 + at, timestamp: 4000 + at * PACKET });
  const unheard = (heard: readonly boolean[]) => heard.flatMap((isHeard, at) => (isHeard || at < 2 ? [] : [at]));

  test('nowhere while nothing happens: the control', async () => {
    expect(unheard(await heardPackets((call, at, voice) => send(call, numbers(at), voice)))).toEqual([]);
  });

  test('from the packet before another payload type to the end of its first packet', async () => {
    const heard = await heardPackets((call, at, voice) =>
      send(call, { ...numbers(at), payloadType: at < FROM ? 0 : 8 }, voice),
    );
    expect(unheard(heard)).toEqual([FROM - 1, FROM]);
  });

  test('from the packet before an event to 60 ms behind it', async () => {
    const PACKETS = 5;
    const heard = await heardPackets((call, at, voice) => {
      if (at >= FROM && at < FROM + PACKETS) {
        const isLast = at === FROM + PACKETS - 1;
        const header = { sequence: 500 + 2 * at - FROM, timestamp: 4000 + FROM * PACKET, marker: at === FROM };
        const payload = eventPayload(5, (at - FROM + 1) * PACKET, isLast);
        call.fromCaller(rtpPacket({ ...header, payloadType: EVENT_PAYLOAD_TYPE }, payload));
      }
      const eventsBefore = Math.min(Math.max(0, at - FROM + 1), PACKETS);
      send(call, { ...numbers(at), sequence: 500 + at + eventsBefore }, voice);
    });
    const masked = PACKETS + EVENT_TAIL_MS / PTIME_MS;
    expect(unheard(heard)).toEqual(Array.from({ length: masked + 1 }, (_unused, at) => FROM - 1 + at));
  });

  test('in the packet before an event, also where nothing is masked behind it', async () => {
    const media = legMedia(CALLER_ADDRESS, CALLER_PORT, {
      receiveEvents: [{ payloadType: EVENT_PAYLOAD_TYPE, clockRateHz: 16_000 }],
    });
    const heard = await heardPackets((call, at, voice) => {
      if (at === 0) call.command({ kind: 'set-leg', callHandle: 1, leg: 'caller', media });
      if (at === FROM) {
        // A press in one packet, on a clock of its own, for which the audio rests with its clock.
        const header = { sequence: 500 + at, timestamp: 77, payloadType: EVENT_PAYLOAD_TYPE };
        call.fromCaller(rtpPacket(header, eventPayload(5, 1600, true)));
        call.advanceTo(call.nowMs + EVENT_TAIL_MS + PTIME_MS);
      }
      send(call, { ...numbers(at), sequence: 500 + at + (at < FROM ? 0 : 1) }, voice);
    });
    expect(unheard(heard)).toEqual([FROM - 1]);
  });
});

describe('keys one after another on a line with every fault', () => {
  const FAULTS = [
    'loss',
    'reorder',
    'payload-type',
    'length',
    'pause',
    'ahead',
    'back',
    'restart',
    'doubles',
    'all',
  ] as const;
  type Fault = (typeof FAULTS)[number];
  const SHARE = 0.06;

  function keyedSound(random: SeededRandom): Int16Array {
    const sound = new Int16Array(8000 * 3);
    for (let at = 800; at < sound.length - 3000; ) {
      const lengthSamples = random.integer(160, 1600);
      const levels = { lowLevelDbm0: random.between(-22, -5), twistDb: random.between(-6, 3) };
      renderPress(sound, { key: random.integer(0, KEYS - 1), startSample: at, lengthSamples, ...levels });
      at += lengthSamples + random.integer(240, 1600);
    }
    return sound;
  }

  function sentWith(fault: Fault, random: SeededRandom): readonly Sent[] {
    const sound = keyedSound(random);
    const happens = (one: Fault, share = SHARE) => (fault === one || fault === 'all') && random.next() < share;
    const packets: Sent[] = [];
    let sequence = random.integer(0, 65_535);
    let timestamp = random.integer(0, 2 ** 31);
    let length = PACKET;
    for (let at = 0; at + length <= sound.length; ) {
      const payloadType = happens('payload-type') ? 8 : 0;
      if (happens('ahead')) timestamp += random.integer(1, 200_000);
      if (happens('back')) timestamp -= random.integer(1, 20_000);
      if (happens('restart', SHARE / 3)) sequence += random.integer(2000, 30_000);
      const isPause = happens('pause');
      const samples = sound.subarray(at, at + length);
      const numbers = { sequence: sequence & 0xffff, timestamp: timestamp >>> 0, payloadType };
      if (!isPause && !happens('loss')) packets.push({ ...numbers, atMs: (at + length) / 8, samples });
      const last = packets.at(-1);
      if (last !== undefined && happens('doubles')) packets.push(last);
      if (packets.length > 2 && happens('reorder')) packets.push(...packets.splice(-2).reverse());
      if (!isPause) sequence += 1;
      timestamp += length;
      at += length;
      if (happens('length')) length = random.pick([80, 133, 160, 240, 320, 480]);
    }
    return packets;
  }

  test.each(FAULTS.flatMap((fault) => [1, 2].map((seed) => [fault, seed] as const)))(
    '%s, seed %i',
    async (fault, seed) => {
      const random = new SeededRandom(100 * seed + FAULTS.indexOf(fault));
      const leaks: (readonly [number, number])[] = [];
      for (let round = 0; round < 15; round += 1) {
        const packets = sentWith(fault, random);
        const peak = await peakOf(packets);
        if (peak > LEAK) leaks.push([round, peak]);
        // The control.
        if (round === 0) expect(await peakOf(packets, 'no window')).toBeGreaterThan(1000);
      }
      expect(leaks).toEqual([]);
    },
  );
});
