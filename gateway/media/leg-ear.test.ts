import { describe, expect, test } from '@jest/globals';
import { G722Encoder } from '../../dsp/g722.js';
import { SpeechLike } from '../../dsp/speech-like.js';
import { LegEar } from './leg-ear.js';
import { SoundFrame } from './sound-frame.js';

const PACKET_OCTETS = 160;
const SETTLING_PACKETS = 6;

/** 20 ms packets of G.722. */
function packets(count: number): readonly Uint8Array[] {
  const samples = new Int16Array(count * 2 * PACKET_OCTETS);
  new SpeechLike({ seed: 9, levelDbm0: -15 }).render(samples, samples.length);
  const octets = new Uint8Array(count * PACKET_OCTETS);
  new G722Encoder().encode(samples, octets, 0, octets.length);
  return Array.from({ length: count }, (_, at) => octets.subarray(at * PACKET_OCTETS, (at + 1) * PACKET_OCTETS));
}

function heard(ear: LegEar, packet: Uint8Array, sequence: number): Int16Array {
  const frame = new SoundFrame();
  ear.decode(sequence, 'G722', packet, 0, packet.length, frame);
  expect([frame.isWide, frame.units]).toEqual([true, PACKET_OCTETS]);
  return frame.wide.slice(0, 2 * frame.units);
}

describe('the ear of a leg', () => {
  test.each([1, 5, 12])('catches up with %i packets that nobody listened to', (passed) => {
    const sent = packets(20);
    const listening = new LegEar();
    const catchingUp = new LegEar();
    for (let at = 0; at < passed; at += 1) {
      heard(listening, sent[at], at);
      catchingUp.pass(at, 'G722', sent[at], 0, PACKET_OCTETS);
    }
    expect(heard(catchingUp, sent[passed], passed)).toEqual(heard(listening, sent[passed], passed));
  });

  test('leaves nothing of what it caught up with in the scratch', () => {
    const sent = packets(6);
    const ear = new LegEar();
    const frame = new SoundFrame();
    for (let at = 0; at < 5; at += 1) ear.pass(at, 'G722', sent[at], 0, PACKET_OCTETS);
    expect(ear.decoder(frame)).toBeDefined();
    expect(frame.wide.some((sample) => sample !== 0)).toBe(false);
    // A packet shorter than those before it, which have to be decoded first.
    ear.pass(5, 'G722', sent[5], 0, PACKET_OCTETS);
    ear.decode(6, 'G722', sent[0], 0, 40, frame);
    expect(frame.wide.subarray(0, 80).some((sample) => sample !== 0)).toBe(true);
    expect(frame.wide.subarray(80).some((sample) => sample !== 0)).toBe(false);
  });

  test('of more than it keeps it hears the newest, and that is soon the same', () => {
    const sent = packets(60);
    const listening = new LegEar();
    const catchingUp = new LegEar();
    for (let at = 0; at < 50; at += 1) {
      heard(listening, sent[at], at);
      catchingUp.pass(at, 'G722', sent[at], 0, PACKET_OCTETS);
    }
    expect(catchingUp.isSettled).toBe(true);
    const [one, other] = [heard(listening, sent[50], 50), heard(catchingUp, sent[50], 50)];
    const apart = one.reduce((most, sample, at) => Math.max(most, Math.abs(sample - other[at])), 0);
    expect(apart).toBeLessThan(one.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / 100 + 4);
  });

  test('is settled after 120 ms, and not after a gap, a repetition, a miss, another encoding or a wipe', () => {
    const sent = packets(40);
    const hearPcmu = (ear: LegEar) => ear.decode(10, 'PCMU', sent[0], 0, 10, new SoundFrame());
    const nothing = () => {};
    // What happens after packet 9, and the number of the packet that comes then.
    const unsettling: readonly (readonly [string, (ear: LegEar) => void, number])[] = [
      ['nothing', nothing, 10],
      ['a gap', nothing, 11],
      ['a repetition', nothing, 9],
      ['a miss', (ear) => ear.miss(), 10],
      ['another encoding', hearPcmu, 11],
      ['a wipe', (ear) => ear.wipe(), 10],
    ];
    for (const [name, act, next] of unsettling) {
      const ear = new LegEar();
      const settled: boolean[] = [];
      for (let at = 0; at < 10; at += 1) {
        heard(ear, sent[at], at);
        settled.push(ear.isSettled);
      }
      expect(settled.indexOf(true)).toBe(SETTLING_PACKETS - 1);
      act(ear);
      for (let at = 0; at < SETTLING_PACKETS; at += 1) {
        heard(ear, sent[10 + at], next + at);
        const isSettled = name === 'nothing' || at === SETTLING_PACKETS - 1;
        expect([name, at, ear.isSettled]).toEqual([name, at, isSettled]);
      }
    }
  });

  test('of G.711 every sample counts at once', () => {
    const ear = new LegEar();
    const frame = new SoundFrame();
    ear.decode(5, 'PCMU', Uint8Array.of(0x00, 0x80), 0, 2, frame);
    expect([frame.isWide, frame.narrow[0], frame.narrow[1], ear.isSettled]).toEqual([false, -32_124, 32_124, true]);
    expect(ear.decoder(frame)).toBeUndefined();
  });

  test('holds nothing of what it heard or kept once it is wiped', () => {
    const sent = packets(12);
    const ear = new LegEar();
    for (let at = 0; at < 6; at += 1) heard(ear, sent[at], at);
    for (let at = 6; at < 12; at += 1) ear.pass(at, 'G722', sent[at], 0, PACKET_OCTETS);
    ear.wipe();
    const probe = packets(1)[0];
    expect(heard(ear, probe, 0)).toEqual(heard(new LegEar(), probe, 0));
  });
});
