import { describe, expect, test } from '@jest/globals';
import { decodeG711 } from '../../dsp/g711.js';
import { G722Decoder, G722Encoder } from '../../dsp/g722.js';
import { dbm0OfPower, meanSquare } from '../../dsp/level.js';
import { SpeechLike } from '../../dsp/speech-like.js';
import type { AudioEncoding } from './control-wire.js';
import { LegMouth } from './leg-mouth.js';
import { SoundFrame } from './sound-frame.js';

const UNITS = 160;
const PACKETS = 40;
const LEVEL_DBM0 = -18;

type Rate = 'narrow' | 'wide';

/** 20 ms pieces of one speech-like sound. */
function frames(rate: Rate): readonly SoundFrame[] {
  const samplesPerUnit = rate === 'wide' ? 2 : 1;
  const samples = new Int16Array(PACKETS * UNITS * samplesPerUnit);
  new SpeechLike({ seed: 3, levelDbm0: LEVEL_DBM0 }).render(samples, samples.length);
  return Array.from({ length: PACKETS }, (_, packet) => {
    const frame = new SoundFrame();
    frame.isWide = rate === 'wide';
    frame.units = UNITS;
    frame.samples.set(samples.subarray(packet * UNITS * samplesPerUnit, (packet + 1) * UNITS * samplesPerUnit));
    return frame;
  });
}

function said(mouth: LegMouth, frame: SoundFrame, encoding: AudioEncoding): Uint8Array {
  const octets = new Uint8Array(UNITS + 2);
  mouth.encode(frame, encoding, octets, 1);
  // Neither before nor behind its place.
  expect([octets[0], octets[UNITS + 1]]).toEqual([0, 0]);
  return octets.slice(1, UNITS + 1);
}

/** What a peer hears who has followed from the first packet. */
function heard(packets: readonly Uint8Array[], encoding: AudioEncoding): Int16Array {
  const decoder = new G722Decoder();
  const parts = packets.map((octets) => {
    const samples = new Int16Array(encoding === 'G722' ? 2 * octets.length : octets.length);
    if (encoding === 'G722') decoder.decode(octets, 0, samples, octets.length);
    else decodeG711(encoding, octets, 0, samples, octets.length);
    return [...samples];
  });
  return Int16Array.from(parts.flat());
}

const levelOf = (samples: Int16Array) => dbm0OfPower(meanSquare(samples, 0, samples.length));

describe('the mouth of a leg', () => {
  test.each<[Rate, AudioEncoding]>([
    ['narrow', 'PCMU'],
    ['narrow', 'PCMA'],
    ['narrow', 'G722'],
    ['wide', 'G722'],
  ])('says %s sound as %s, at its level', (rate, encoding) => {
    const sounds = frames(rate);
    const mouth = new LegMouth();
    const level = levelOf(
      Int16Array.from(sounds.flatMap(({ samples }) => [...samples.subarray(0, sounds[0].samplesPerUnit * UNITS)])),
    );
    expect(level).toBeGreaterThan(LEVEL_DBM0 - 10);
    const octets = sounds.map((frame) => said(mouth, frame, encoding));
    expect(Math.abs(levelOf(heard(octets, encoding)) - level)).toBeLessThan(1);
  });

  test('goes on from where a decoder stands that has heard the same packets as the peer', () => {
    const sounds = frames('wide');
    const caller = new G722Encoder();
    const decoder = new G722Decoder();
    const following = new LegMouth();
    const beginning = new LegMouth();
    const scratch = new Int16Array(2 * UNITS);
    for (let packet = 0; packet < 30; packet += 1) {
      const octets = new Uint8Array(UNITS);
      caller.encode(sounds[packet].wide, octets, 0, UNITS);
      decoder.decode(octets, 0, scratch, UNITS);
    }
    following.follow(decoder);
    const offBy = (mouth: LegMouth) => {
      const peer = new G722Encoder();
      peer.follow(decoder);
      const expected = new Uint8Array(UNITS);
      peer.encode(sounds[30].wide, expected, 0, UNITS);
      return said(mouth, sounds[30], 'G722').filter((octet, at) => octet !== expected[at]).length;
    };
    expect(offBy(following)).toBe(0);
    expect(offBy(beginning)).toBeGreaterThan(UNITS / 4);
  });

  test.each<Rate>(['narrow', 'wide'])('holds nothing of what it said once it is wiped: %s', (rate) => {
    const sounds = frames(rate);
    const mouth = new LegMouth();
    const fresh = said(new LegMouth(), sounds[20], 'G722');
    for (const frame of sounds.slice(0, 20)) said(mouth, frame, 'G722');
    expect(said(mouth, sounds[20], 'G722')).not.toEqual(fresh);
    mouth.wipe();
    expect(said(mouth, sounds[20], 'G722')).toEqual(fresh);
  });
});
