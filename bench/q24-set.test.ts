import { describe, expect, test } from '@jest/globals';
import { dbm0OfPower, meanSquare } from '../dsp/level.js';
import { SeededRandom } from '../dsp/seeded-random.js';
import { renderPress } from '../dsp/tone-generator.js';
import { CORNER, Q24_SECTIONS, renderSection, type Section } from './q24-set.js';

const SEED = 31;

function sectionCalled(name: string): Section {
  const section = Q24_SECTIONS.find((one) => one.name === name);
  if (section === undefined) throw new Error(`no section is called ${name}`);
  return section;
}

/** Square of the amplitude at a frequency. */
function powerAt(samples: Int16Array, hz: number): number {
  let re = 0;
  let im = 0;
  for (const [index, sample] of samples.entries()) {
    re += sample * Math.cos((2 * Math.PI * hz * index) / 8_000);
    im += sample * Math.sin((2 * Math.PI * hz * index) / 8_000);
  }
  return (4 * (re * re + im * im)) / samples.length ** 2;
}

describe('all limits at once', () => {
  test.each([24, 18])('has noise %i dB below the tones of each press, whichever its twist', (ratioDb) => {
    const options = { seed: SEED, rounds: 8, encoding: 'PCMU' } as const;
    const { samples, presses, shapes } = renderSection(sectionCalled(`${CORNER}, S/N ${ratioDb} dB`), options);
    for (const twistDb of [4, -8]) {
      let noise = 0;
      let tones = 0;
      for (const [index, { key, onsetSample, offsetSample }] of presses.entries()) {
        if (shapes[index].twistDb !== twistDb) continue;
        // Half a pause on either side has the noise of this press.
        noise += (meanSquare(samples, onsetSample - 140, 120) + meanSquare(samples, offsetSample + 20, 120)) / 2;
        const clean = new Int16Array(offsetSample - onsetSample);
        renderPress(clean, { ...shapes[index], key, startSample: 0, lengthSamples: clean.length });
        tones += meanSquare(clean, 8, clean.length - 16);
      }
      expect(Math.abs(dbm0OfPower(tones) - dbm0OfPower(noise) - ratioDb)).toBeLessThan(0.5);
    }
  });

  test('draws both twists, and both signs of both offsets', () => {
    const { shapes } = renderSection(sectionCalled(CORNER), { seed: SEED, rounds: 8, encoding: 'PCMU' });
    const drawn = shapes.map(({ twistDb, lowOffsetHz, highOffsetHz }) => [twistDb, lowOffsetHz, highOffsetHz].join());
    expect(new Set(drawn).size).toBe(8);
  });
});

test.each([
  ['call progress tones', 5],
  ['R1 tones', 14],
])('of %s all %i are heard, each whole', (name, count) => {
  const section = sectionCalled(name);
  const { samples, presses } = renderSection(section, { seed: SEED, rounds: 1, encoding: 'PCMA' });
  const heard = presses.map(({ key, onsetSample, offsetSample }, press) => {
    const { extra = [] } = section.plan(new SeededRandom(SEED), key, press);
    const part = samples.subarray(onsetSample, offsetSample);
    for (const { hz, levelDbm0 } of extra) {
      expect(Math.abs(dbm0OfPower(powerAt(part, hz) / 2) - levelDbm0)).toBeLessThan(1);
    }
    return extra.map(({ hz }) => hz).join('+');
  });
  expect(new Set(heard).size).toBe(count);
  expect(heard).not.toContain('700+1500');
});
