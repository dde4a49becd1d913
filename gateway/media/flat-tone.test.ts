/** `replacement: tone` through a whole call: agent and recording hear one flat tone where keys were, whatever the key. */
import { expect, test } from '@jest/globals';
import { powerOfDbm0 } from '../../dsp/level.js';
import { countFound, type KnownPress } from '../../dsp/likelihood-listener.js';
import { playMixed } from '../../test/media/mixed-presses.js';
import { SimulatedCall } from '../../test/media/simulated-call.js';

const PRESS_MS = 80;
const FIRST_MS = 200;
const PERIOD_MS = 200;
const SAMPLES_PER_MS = 8;
/** The caller's sound comes one packet later. */
const DELAY_MS = 20;
const FLAT_TONE_HZ = 400;
const FLAT_TONE_DBM0 = -22;

/** Every key once, none in its place. */
const KEYS = Array.from({ length: 16 }, (_, index) => (index * 7 + 3) & 15);

function powerAtFlatTone(samples: readonly number[]): number {
  let re = 0;
  let im = 0;
  for (const [index, sample] of samples.entries()) {
    const radians = (2 * Math.PI * FLAT_TONE_HZ * index) / 8_000;
    re += sample * Math.cos(radians);
    im += sample * Math.sin(radians);
  }
  return (2 * (re * re + im * im)) / samples.length ** 2;
}

async function played(replacement: 'tone' | 'silence') {
  const call = await SimulatedCall.create({ replacement, recordingMode: 'masked-continuous' });
  call.openWindow();
  call.arm();
  const presses = KEYS.map((key, index) => {
    const fromMs = FIRST_MS + index * PERIOD_MS;
    return { key, tone: { fromMs, toMs: fromMs + PRESS_MS } };
  });
  playMixed(call, { lengthMs: FIRST_MS + KEYS.length * PERIOD_MS + 300, presses, noiseAmplitude: 8 });
  return { call, agent: call.toAgent().flatMap(({ samples }) => [...samples]), recording: call.recorder.heard.caller };
}

test('the agent and the recording hear the flat tone for each key, and the listener reads none', async () => {
  const { call, agent, recording } = await played('tone');
  expect(call.vault.keys).toEqual(KEYS);
  const presses = KEYS.map((key, index): KnownPress => {
    const onsetSample = (FIRST_MS + index * PERIOD_MS + DELAY_MS) * SAMPLES_PER_MS;
    return { key, onsetSample, offsetSample: onsetSample + PRESS_MS * SAMPLES_PER_MS };
  });
  for (const heard of [agent, recording]) {
    const samples = Int16Array.from(heard);
    expect(samples.length).toBeGreaterThan(presses[15].offsetSample);
    const { found, guessedRight } = countFound(samples, presses, { searchMarginSamples: 160 });
    expect(found).toBe(0);
    // One flat tone is one guess: right for that one key.
    expect(guessedRight).toBeLessThanOrEqual(2);
    for (const { onsetSample, offsetSample } of presses) {
      const part = heard.slice(onsetSample, offsetSample);
      const total = part.reduce((sum, sample) => sum + sample * sample, 0) / part.length;
      const flat = powerAtFlatTone(part);
      expect(Math.abs(10 * Math.log10(flat / powerOfDbm0(FLAT_TONE_DBM0)))).toBeLessThan(0.5);
      // What else there is, is what the code of G.711 adds.
      expect(10 * Math.log10(flat / Math.max(1, total - flat))).toBeGreaterThan(25);
    }
  }
});

test('where the route says silence, there is no flat tone', async () => {
  const { agent } = await played('silence');
  expect(powerAtFlatTone(agent)).toBeLessThan(1);
});
