/** Calls with G.722 on one leg or both, through the whole media core. */
import { describe, expect, test } from '@jest/globals';
import { G722Decoder, G722Encoder } from '../../dsp/g722.js';
import { HalfBandDecimator, HalfBandInterpolator } from '../../dsp/half-band.js';
import { dbm0OfPower, meanSquare } from '../../dsp/level.js';
import { countFound } from '../../dsp/likelihood-listener.js';
import { SpeechLike } from '../../dsp/speech-like.js';
import {
  type PressWay,
  play,
  type ScriptedPress,
  scriptCaller,
  type TimedPacket,
  throughNetwork,
} from '../../test/media/caller-script.js';
import {
  G722_ONLY,
  G722_PAYLOAD_TYPE,
  type ReceivedRtp,
  rtpPacket,
  SimulatedCall,
} from '../../test/media/simulated-call.js';
import type { AudioFormat, LegName } from './control-wire.js';
import { sequenceDistance, timestampDistance } from './rtp-header.js';

const CARD_KEYS = [4, 2, 4, 2, 4, 4, 4, 4, 0, 0, 9, 9, 11];
const WAYS: readonly PressWay[] = ['in-band', 'event', 'event-beside-audio', 'both', 'tone-then-event'];
/**
 * What G.722 itself makes of silence, at most -57 dBm0, most where a decoder missed something. A tone of -25 dBm0, the
 * softest key there is, has forty times this amplitude: louder, with a silent caller, is a leak.
 */
const LEAK = 32;
const PCMU_ONLY: readonly AudioFormat[] = [{ payloadType: 0, encoding: 'PCMU' }];
const LEGS: readonly (readonly [string, Record<LegName, readonly AudioFormat[]>])[] = [
  ['G.722 on both legs', { caller: G722_ONLY, agent: G722_ONLY }],
  ['a G.722 caller, a PCMU agent', { caller: G722_ONLY, agent: PCMU_ONLY }],
];

function pressesOf(way: PressWay, fromMs = 400): ScriptedPress[] {
  return CARD_KEYS.map((key, index) => ({ key, way, lengthMs: 240, atMs: fromMs + index * 500 }));
}

/** What an 8 kHz listener makes of packets of any encoding, all of them. */
function listened(packets: readonly ReceivedRtp[]): Int16Array {
  const decoder = new G722Decoder();
  const decimator = new HalfBandDecimator();
  const parts = packets.map(({ payloadType, payload, samples }) => {
    if (payloadType !== G722_PAYLOAD_TYPE) return samples;
    const wide = new Int16Array(2 * payload.length);
    decoder.decode(payload, 0, wide, payload.length);
    decimator.process(wide, 0, payload.length, wide);
    return wide.slice(0, payload.length);
  });
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

function peak(samples: Int16Array | readonly number[]): number {
  let most = 0;
  for (const sample of samples) most = Math.max(most, Math.abs(sample));
  return most;
}

function expectWhole(packets: readonly ReceivedRtp[]): void {
  for (let index = 1; index < packets.length; index += 1) {
    expect(sequenceDistance(packets[index - 1].sequence, packets[index].sequence)).toBe(1);
    const { payload, timestamp } = packets[index - 1];
    expect(timestampDistance(timestamp, packets[index].timestamp)).toBe(payload.length);
  }
}

/** 20 ms packets of speech over G.722, as their payloads. */
function speechPayloads(packets: number, seed = 5): readonly Buffer[] {
  const speech = new Int16Array(packets * 160);
  new SpeechLike({ seed, levelDbm0: -18 }).render(speech, speech.length);
  const wide = new Int16Array(2 * speech.length);
  new HalfBandInterpolator().process(speech, speech.length, wide);
  const octets = Buffer.alloc(speech.length);
  new G722Encoder().encode(wide, octets, 0, octets.length);
  return Array.from({ length: packets }, (_, at) => octets.subarray(at * 160, (at + 1) * 160));
}

function send(call: SimulatedCall, payloads: readonly Buffer[], from: number, to: number): void {
  for (let index = from; index < to; index += 1) {
    call.advanceTo(call.nowMs + 20);
    const fields = { sequence: 700 + index, timestamp: 9_000 + index * 160, payloadType: G722_PAYLOAD_TYPE };
    call.fromCaller(rtpPacket(fields, payloads[index]));
  }
}

describe.each(LEGS)('a secure window with %s', (_, audio) => {
  test.each(WAYS)(
    'AC-4 AC-5 lets nothing of a card keyed as %s reach agent or recorder, and captures each press once',
    async (way) => {
      const call = await SimulatedCall.create({ recordingMode: 'masked-continuous', audio });
      const openAt = 205;
      const startMs = call.nowMs;
      play(call, scriptCaller({ lengthMs: 7_400, presses: pressesOf(way), encoding: 'G722' }), [
        {
          atMs: openAt,
          act: () => {
            call.openWindow();
            call.arm();
          },
        },
      ]);
      expect(call.vault.keys).toEqual(CARD_KEYS);
      const agents = call.toAgent();
      expect(peak(listened(agents).subarray(8 * openAt + 480))).toBeLessThanOrEqual(LEAK);
      expect(peak(call.recorder.heard.caller.slice(8 * openAt + 480))).toBeLessThanOrEqual(LEAK);
      expectWhole(agents);
      const payloadType = audio.agent === G722_ONLY ? G722_PAYLOAD_TYPE : 0;
      expect(new Set(call.toAgent(startMs + openAt).map((packet) => packet.payloadType))).toEqual(
        new Set([payloadType]),
      );
      const released = agents.reduce((sum, { payload }) => sum + payload.length, 0);
      expect(Math.abs(released - 7_400 * 8)).toBeLessThanOrEqual(320);
    },
  );

  test('the control: without a window the same listeners hear every key, at agent and recorder', async () => {
    const call = await SimulatedCall.create({ audio });
    play(call, scriptCaller({ lengthMs: 7_400, presses: pressesOf('in-band'), encoding: 'G722' }));
    const known = CARD_KEYS.map((key, index) => ({
      key,
      onsetSample: 8 * (400 + index * 500),
      offsetSample: 8 * (640 + index * 500),
    }));
    const options = { searchMarginSamples: 160 };
    expect(countFound(listened(call.toAgent()), known, options).found).toBe(CARD_KEYS.length);
    const recorded = Int16Array.from(call.recorder.heard.caller);
    expect(countFound(recorded, known, options).found).toBe(CARD_KEYS.length);
  });

  test('keys over speech are read by no listener, who is told where they are', async () => {
    const call = await SimulatedCall.create({
      replacement: 'comfort-noise',
      recordingMode: 'masked-continuous',
      audio,
    });
    call.openWindow();
    call.arm();
    const presses = pressesOf('in-band');
    play(call, scriptCaller({ lengthMs: 7_400, presses, encoding: 'G722', voiceAmplitude: 300 }));
    expect(call.vault.keys).toEqual(CARD_KEYS);
    const known = presses.map(({ key, atMs, lengthMs }) => ({
      key,
      onsetSample: 8 * (atMs + 20),
      offsetSample: 8 * (atMs + 20 + lengthMs),
    }));
    const options = { searchMarginSamples: 320 };
    expect(countFound(listened(call.toAgent()), known, options).found).toBe(0);
    expect(countFound(Int16Array.from(call.recorder.heard.caller), known, options).found).toBe(0);
    expect(meanSquare(listened(call.toAgent()), 1_600, 1_600)).toBeGreaterThan(1_000);
  });

  test.each([1, 2, 3])(
    'loses no secrecy on a network that loses, doubles, delays and reorders, seed %d',
    async (seed) => {
      for (const way of WAYS) {
        const call = await SimulatedCall.create({ recordingMode: 'masked-continuous', audio });
        call.openWindow();
        call.arm();
        const faults = { lossShare: 0.04, duplicateShare: 0.02, reorderShare: 0.02, jitterMs: 15, seed };
        play(
          call,
          throughNetwork(scriptCaller({ lengthMs: 7_400, presses: pressesOf(way), encoding: 'G722' }), faults),
        );
        expect([way, peak(listened(call.toAgent())) <= LEAK]).toEqual([way, true]);
        expect([way, peak(call.recorder.heard.caller) <= LEAK]).toEqual([way, true]);
        expectWhole(call.toAgent());
      }
    },
  );
});

describe('G.722 outside a window', () => {
  test('passes byte for byte where the other leg takes it', async () => {
    const call = await SimulatedCall.create({ audio: { caller: G722_ONLY, agent: [...PCMU_ONLY, ...G722_ONLY] } });
    const payloads = speechPayloads(100);
    send(call, payloads, 0, 100);
    expect(call.toAgent().map(({ payload }) => payload.toString('hex'))).toEqual(
      payloads.map((payload) => payload.toString('hex')),
    );
    expect(new Set(call.toAgent().map(({ payloadType }) => payloadType))).toEqual(new Set([G722_PAYLOAD_TYPE]));
  });

  test.each([
    ['from G.722 to PCMU', G722_ONLY, PCMU_ONLY],
    ['from PCMU to G.722', PCMU_ONLY, G722_ONLY],
  ] as const)('is transcoded %s, at its level', async (_, caller, agent) => {
    const call = await SimulatedCall.create({ audio: { caller, agent } });
    const presses = pressesOf('in-band');
    const encoding = caller === G722_ONLY ? 'G722' : 'PCMU';
    play(call, scriptCaller({ lengthMs: 7_400, presses, encoding, voiceAmplitude: 500 }));
    const heard = listened(call.toAgent());
    expect(heard).toHaveLength(7_400 * 8);
    expectWhole(call.toAgent());
    const known = presses.map(({ key, atMs, lengthMs }) => ({
      key,
      onsetSample: 8 * atMs,
      offsetSample: 8 * (atMs + lengthMs),
    }));
    expect(countFound(heard, known, { searchMarginSamples: 80 }).found).toBe(CARD_KEYS.length);
    // Two tones of -10 dBm0 each.
    const level = dbm0OfPower(meanSquare(heard, 8 * 450, 8 * 150));
    expect(Math.abs(level - -7)).toBeLessThan(0.5);
    // Noise from -500 to 500 fills the band of 4 kHz evenly; the filters take its upper end.
    const noise = dbm0OfPower(meanSquare(heard, 800, 1_600));
    expect(Math.abs(noise - dbm0OfPower(500 ** 2 / 3))).toBeLessThan(1.5);
  });

  test('of the agent is transcoded for the caller', async () => {
    const call = await SimulatedCall.create({ audio: { caller: PCMU_ONLY, agent: G722_ONLY } });
    for (const [index, payload] of speechPayloads(50).entries()) {
      call.advanceTo(call.nowMs + 20);
      call.fromAgent(
        rtpPacket({ sequence: index, timestamp: index * 160, payloadType: G722_PAYLOAD_TYPE, ssrc: 5 }, payload),
      );
    }
    expect(new Set(call.toCaller().map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
    expect(dbm0OfPower(meanSquare(listened(call.toCaller()), 0, 8_000))).toBeGreaterThan(-30);
  });
});

describe('the seams of a window with G.722 on both legs', () => {
  const audio = { caller: G722_ONLY, agent: G722_ONLY };

  test.each([2, 3])('opening makes no burst of the quiet that follows, seed %d', async (seed) => {
    // Without a recorder that listens, so that what was passed on has to be caught up with.
    const call = await SimulatedCall.create({ replacement: 'silence', audio });
    call.command({ kind: 'record', callHandle: 1, action: 'stop' });
    const payloads = speechPayloads(120, seed);
    send(call, payloads, 0, 60);
    call.openWindow();
    call.fromCaller(
      rtpPacket({ sequence: 760, timestamp: 9_000 + 60 * 160, payloadType: G722_PAYLOAD_TYPE }, payloads[60]),
    );
    const heard = listened(call.toAgent());
    const before = peak(heard.subarray(40 * 160, 60 * 160));
    // What the filters of decoder and listener still hold of the voice rings out within 4 ms.
    const after = peak(heard.subarray(60 * 160 + 32));
    expect(before).toBeGreaterThan(500);
    expect(after).toBeLessThan(before / 50);
  });

  test.each([2, 3])('closing makes no burst, and then octets pass untouched again, seed %d', async (seed) => {
    const call = await SimulatedCall.create({ replacement: 'comfort-noise', audio });
    const payloads = speechPayloads(250, seed);
    send(call, payloads, 0, 60);
    call.openWindow();
    send(call, payloads, 60, 120);
    call.closeWindow();
    send(call, payloads, 120, 250);
    expect(call.events).toContainEqual({ kind: 'window-closed', callHandle: 1 });
    const sent = listened(payloads.map((payload) => ({ payload, payloadType: G722_PAYLOAD_TYPE }) as ReceivedRtp));
    const heard = listened(call.toAgent());
    expectWhole(call.toAgent());
    expect(peak(heard)).toBeLessThan(1.5 * peak(sent));
    const last = call.toAgent().slice(-50);
    expect(last.map(({ payload }) => payload.toString('hex'))).toEqual(
      payloads.slice(-50).map((payload) => payload.toString('hex')),
    );
  });

  test.each([
    ['goes on', 'lasts', 'G722', 0],
    ['changes to PCMU', 'is over', 'PCMU', 0],
    ['is silent for a second', 'is over', 'nothing', 1_000],
  ] as const)('the handover to a caller who %s %s', async (_, outcome, between, pauseMs) => {
    const both = { caller: [...G722_ONLY, ...PCMU_ONLY], agent: [...G722_ONLY, ...PCMU_ONLY] };
    const call = await SimulatedCall.create({ audio: both });
    // Never quiet, so that nothing else ends it.
    const [wide, narrow] = (['G722', 'PCMU'] as const).map((encoding) =>
      scriptCaller({ lengthMs: 4_000, presses: [], encoding, voiceAmplitude: 3_000 }),
    );
    const startMs = call.nowMs;
    const isClosed = () => call.events.some(({ kind }) => kind === 'window-closed');
    const deliver = ({ atMs, bytes }: TimedPacket, lateMs = 0) => {
      call.advanceTo(startMs + atMs + lateMs);
      call.fromCaller(Buffer.from(bytes));
    };
    const payloads = (packets: readonly TimedPacket[]) =>
      packets.map(({ bytes }) => bytes.subarray(12).toString('hex'));
    const told = (packets: readonly ReceivedRtp[]) => packets.map(({ payload }) => payload.toString('hex'));
    call.openWindow();
    let at = 0;
    for (; at < 20; at += 1) deliver(wide[at]);
    call.closeWindow();
    for (; !isClosed(); at += 1) deliver(wide[at]);
    // The handover has begun: these are encoded anew.
    for (const end = at + 5; at < end; at += 1) deliver(wide[at]);
    expect(told(call.toAgent().slice(-5))).not.toEqual(payloads(wide.slice(at - 5, at)));
    if (between !== 'nothing') deliver((between === 'PCMU' ? narrow : wide)[at]);
    if (between !== 'nothing') at += 1;
    call.recorder.heard.caller.length = 0;
    const from = at;
    for (; at < from + 5; at += 1) deliver(wide[at], pauseMs);
    const isUntouched = told(call.toAgent().slice(-5)).join() === payloads(wide.slice(from, at)).join();
    // What the recorder hears is what a decoder makes of these packets that has heard no others.
    const fresh = listened(call.toAgent().slice(-5));
    expect(isUntouched).toBe(outcome === 'is over');
    if (outcome === 'is over') expect(call.recorder.heard.caller).toEqual([...fresh]);
  });

  test('a press under way at the opening leaks nothing more, though nobody decoded before', async () => {
    for (let atMs = 40; atMs <= 200; atMs += 20) {
      const call = await SimulatedCall.create({ audio });
      call.command({ kind: 'record', callHandle: 1, action: 'stop' });
      const presses = [{ key: 6, way: 'in-band', atMs: 400, lengthMs: 400 }] as const;
      const openAt = 400 + atMs;
      play(call, scriptCaller({ lengthMs: 1_400, presses, encoding: 'G722' }), [
        { atMs: openAt, act: () => call.openWindow() },
      ]);
      const heard = listened(call.toAgent());
      const opened = 8 * (openAt - (openAt % 20));
      expect(peak(heard.subarray(8 * 400, opened))).toBeGreaterThan(3_000);
      expect({ atMs, leak: peak(heard.subarray(opened + 64)) > 100 }).toEqual({ atMs, leak: false });
      expect(call.vault.keys).toEqual([]);
    }
  });
});

describe('a caller who changes between G.722 and PCMU in a window', () => {
  const both = [...G722_ONLY, ...PCMU_ONLY];

  test.each(LEGS.map(([name, { agent }]) => [name, agent] as const))(
    'leaks nothing of the press in which it changes: %s',
    async (_, agent) => {
      for (let changeAt = 14; changeAt < 40; changeAt += 3) {
        const call = await SimulatedCall.create({ audio: { caller: both, agent } });
        call.openWindow();
        call.arm();
        const presses = [{ key: 3, way: 'in-band', atMs: 400, lengthMs: 300 }] as const;
        const [wide, narrow] = (['G722', 'PCMU'] as const).map((encoding) =>
          scriptCaller({ lengthMs: 1_000, presses, encoding }),
        );
        play(call, [...wide.slice(0, changeAt), ...narrow.slice(changeAt, changeAt + 8), ...wide.slice(changeAt + 8)]);
        expect([changeAt, peak(listened(call.toAgent())) <= LEAK]).toEqual([changeAt, true]);
        expectWhole(call.toAgent());
      }
    },
  );

  test('is mute in both encodings while a capture is armed, where the route is strict', async () => {
    const [wide, narrow] = (['G722', 'PCMU'] as const).map((encoding) =>
      scriptCaller({ lengthMs: 3_000, presses: [], encoding, voiceAmplitude: 3_000 }),
    );
    const changing = [...narrow.slice(0, 40), ...wide.slice(40, 80), ...narrow.slice(80)];
    for (const suppression of ['strict', 'tones'] as const) {
      const call = await SimulatedCall.create({ suppression, audio: { caller: both, agent: PCMU_ONLY } });
      const startMs = call.nowMs;
      call.openWindow();
      call.arm();
      play(call, changing, [{ atMs: 2_405, act: () => call.disarm() }]);
      const isHeard = (fromMs: number, toMs: number) => {
        const packets = call.toAgent(startMs + fromMs).filter(({ atMs }) => atMs < startMs + toMs);
        return peak(listened(packets)) > 1_000;
      };
      const isPassed = suppression === 'tones';
      expect([isHeard(0, 805), isHeard(805, 1_605), isHeard(1_605, 2_405), isHeard(2_500, 3_000)]).toEqual([
        isPassed,
        isPassed,
        isPassed,
        true,
      ]);
    }
  });
});
