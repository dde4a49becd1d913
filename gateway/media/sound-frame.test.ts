import { describe, expect, test } from '@jest/globals';
import { MAX_PACKET_UNITS, SoundFrame } from './sound-frame.js';

describe('a packet’s sound', () => {
  test.each([
    ['narrow', false, 1],
    ['wide', true, 2],
  ] as const)('is %s where its encoding is', (name, isWide, samplesPerUnit) => {
    const frame = new SoundFrame();
    frame.isWide = isWide;
    expect(frame.samples).toBe(frame[name]);
    expect([frame.samplesPerUnit, frame.samples.length]).toEqual([samplesPerUnit, samplesPerUnit * MAX_PACKET_UNITS]);
  });

  test.each([0, 160])('is wiped to its end, whatever was told of its length: %d units', (units) => {
    const frame = new SoundFrame();
    frame.narrow.fill(1);
    frame.wide.fill(1);
    frame.units = units;
    frame.wipe();
    expect([...frame.narrow, ...frame.wide].filter((sample) => sample !== 0)).toEqual([]);
    expect(frame.units).toBe(0);
  });
});
