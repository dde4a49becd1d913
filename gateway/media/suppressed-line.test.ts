import { beforeEach, describe, expect, test } from '@jest/globals';
import { encodeG711 } from '../../dsp/g711.js';
import { G722Encoder } from '../../dsp/g722.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { renderPress } from '../../dsp/tone-generator.js';
import type { AudioEncoding } from './control-wire.js';
import { LegEar } from './leg-ear.js';
import { SoundFrame } from './sound-frame.js';
import { SuppressedLine, WINDOW_DELAY_UNITS } from './suppressed-line.js';

const UNITS = 160;
/** What the encodings make of silence. */
const LEAK = 32;
const VOICE = 3_000;

let line: SuppressedLine;
let sequence: number;
const random = new SeededRandom(4);
const g722 = new G722Encoder();

beforeEach(() => {
  const scratch = { heard: new SoundFrame(), released: new SoundFrame() };
  line = new SuppressedLine({ ear: new LegEar(), replacement: 'silence', ...scratch });
  sequence = 0;
});

/** The next packet of the caller; returns the loudest sample that may leave, at 8 kHz. */
function take(encoding: AudioEncoding, sound: 'voice' | 'silence' | Int16Array, units = UNITS): number {
  const samplesPerUnit = encoding === 'G722' ? 2 : 1;
  const samples = new Int16Array(units * samplesPerUnit);
  if (sound instanceof Int16Array) samples.set(sound);
  else if (sound === 'voice')
    samples.forEach((_, at) => {
      samples[at] = VOICE * (random.next() * 2 - 1);
    });
  const octets = new Uint8Array(units + 3);
  if (encoding === 'G722') g722.encode(samples, octets, 3, units);
  else encodeG711(encoding, samples, octets, 3, units);
  line.process({ sequence, payloadStart: 3 }, encoding, octets, units);
  sequence += 1;
  expect([line.released.units, line.released.isWide]).toEqual([units, encoding === 'G722']);
  return peak();
}

function peak(): number {
  const { narrow, units } = line.released;
  return narrow.subarray(0, units).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}

/** Takes so many packets of voice; tells of the last whether it was heard. */
function isHeard(encoding: AudioEncoding, packets: number): boolean {
  let last = 0;
  for (let packet = 0; packet < packets; packet += 1) last = take(encoding, 'voice');
  return last > LEAK;
}

describe('the caller’s line in a window', () => {
  test.each<AudioEncoding>(['PCMU', 'PCMA'])('lets a %s voice out one packet later', (encoding) => {
    const peaks = [
      take(encoding, 'silence'),
      take(encoding, 'voice'),
      take(encoding, 'silence'),
      take(encoding, 'silence'),
    ];
    expect(peaks.map((most) => most > VOICE / 2)).toEqual([false, false, true, false]);
  });

  test('lets a G.722 voice out once its decoder can be trusted', () => {
    const heard = Array.from({ length: 12 }, () => take('G722', 'voice') > LEAK);
    // 120 ms, in which all is masked, and the packet that waits.
    expect(heard.indexOf(true)).toBe(6);
    expect(heard.slice(6)).toEqual(Array.from({ length: 6 }, () => true));
  });

  test.each<[AudioEncoding, AudioEncoding]>([
    ['PCMU', 'G722'],
    ['G722', 'PCMU'],
  ])('is emptied when the caller changes from %s to %s', (before, after) => {
    expect(isHeard(before, 10)).toBe(true);
    expect(take(after, 'voice')).toBeLessThanOrEqual(LEAK);
    expect(take(after, 'silence')).toBeLessThanOrEqual(LEAK);
    expect(isHeard(after, 10)).toBe(true);
  });

  test('does not change for the other kind of G.711', () => {
    expect(isHeard('PCMU', 4)).toBe(true);
    expect(take('PCMA', 'silence')).toBeGreaterThan(LEAK);
  });

  test.each<[string, () => void]>([
    ['nothing more', () => {}],
    ['a wipe', () => line.wipe()],
    ['G.722', () => take('G722', 'voice')],
    ['G.722 and back', () => [take('G722', 'voice'), take('PCMU', 'voice')]],
    ['a hole', () => line.conceal(UNITS)],
  ])('ordered to mute all, does so after %s, until the order ends', (_, act) => {
    expect(isHeard('PCMU', 4)).toBe(true);
    line.muteAll();
    act();
    const encoding = line.released.isWide ? 'G722' : 'PCMU';
    for (let packet = 0; packet < 20; packet += 1) expect(take(encoding, 'voice')).toBeLessThanOrEqual(LEAK);
    line.stopMutingAll();
    // What came in until then stays masked.
    expect(take(encoding, 'silence')).toBeLessThanOrEqual(LEAK);
    expect(isHeard(encoding, 3)).toBe(true);
  });

  test('masks what was ordered, and what waits', () => {
    expect(isHeard('PCMU', 4)).toBe(true);
    line.maskNewest(UNITS);
    expect([take('PCMU', 'voice') > LEAK, take('PCMU', 'voice') > LEAK]).toEqual([false, false]);
    expect(isHeard('PCMU', 2)).toBe(true);
  });

  test('tells how long ago a tone was, in units whatever the rate, and in which hops it was seen', () => {
    const press = new Int16Array(UNITS);
    renderPress(press, { key: 5, startSample: 80, lengthSamples: 80 });
    expect(line.unitsSinceFlag).toBe(Number.POSITIVE_INFINITY);
    take('PCMU', 'silence');
    const flags: boolean[] = [];
    const octets = new Uint8Array(UNITS);
    encodeG711('PCMU', press, octets, 0, UNITS);
    const watch = { hearHop: (isFlagged: boolean) => flags.push(isFlagged) };
    line.process({ sequence, payloadStart: 0 }, 'PCMU', octets, UNITS, watch);
    sequence += 1;
    expect(flags).toHaveLength(10);
    // The first half holds none of it.
    expect([flags.slice(0, 5).includes(true), flags.slice(5).includes(true)]).toEqual([false, true]);
    for (let packet = 0; packet < 3; packet += 1) take('PCMU', 'silence');
    const past = line.unitsSinceFlag;
    take('PCMU', 'silence');
    expect([line.unitsSinceFlag - past, line.unitsSinceTone]).toEqual([UNITS, line.unitsSinceFlag]);
    for (let packet = 0; packet < 10; packet += 1) take('G722', 'silence');
    const wide = line.unitsSinceTone;
    take('G722', 'silence');
    expect(line.unitsSinceTone - wide).toBe(UNITS);
  });

  test.each<AudioEncoding>(['PCMU', 'G722'])('leaves out the first units of a %s packet', (encoding) => {
    isHeard(encoding, 12);
    const { released } = line;
    const rest = [...released.narrow.subarray(40, UNITS)];
    const wideRest = [...released.wide.subarray(80, 2 * UNITS)];
    line.dropFirst(40);
    expect(released.units).toBe(UNITS - 40);
    expect([...released.narrow.subarray(0, UNITS - 40)]).toEqual(rest);
    if (released.isWide) expect([...released.wide.subarray(0, 2 * (UNITS - 40))]).toEqual(wideRest);
  });

  test('holds nothing of what it heard once it is wiped', () => {
    expect(isHeard('PCMU', 4)).toBe(true);
    line.wipe();
    line.conceal(WINDOW_DELAY_UNITS);
    expect(peak()).toBe(0);
  });
});
