/** Our G.722 beside spandsp's, which passes the Recommendation's own test sequences: the same octets, the same samples. */
import { describe, expect, test } from '@jest/globals';
import { G722Decoder, G722Encoder } from '../dsp/g722.js';
import { SeededRandom } from '../dsp/seeded-random.js';
import { SpeechLike } from '../dsp/speech-like.js';
import { decodeG722WithSpandsp, encodeG722WithSpandsp } from './support/spandsp.js';

const SEED = 722;
const RATE_HZ = 16_000;
/** Four seconds. */
const LENGTH_SAMPLES = 4 * RATE_HZ;

const random = new SeededRandom(SEED);
const made = (sample: (index: number) => number) => Int16Array.from({ length: LENGTH_SAMPLES }, (_, at) => sample(at));
const sine = (hz: number, at: number) => Math.sin((2 * Math.PI * hz * at) / RATE_HZ);

/** Its sounds lie an octave higher when played at 16 kHz; both bands get their share. */
function speechLike(): Int16Array {
  const samples = new Int16Array(LENGTH_SAMPLES);
  new SpeechLike({ seed: SEED, levelDbm0: -18 }).render(samples, samples.length);
  return samples;
}

const SIGNALS: readonly (readonly [string, Int16Array])[] = [
  ['speech-like sound', speechLike()],
  ['tones of both bands', made((at) => 6_000 * sine(440, at) + 4_000 * sine(1_477, at) + 5_000 * sine(5_500, at))],
  ['a key that is pressed and let go', made((at) => ((at >> 10) & 1) * 9_000 * (sine(697, at) + sine(1_209, at)))],
  ['clipped tones', made((at) => (sine(310, at) > 0 ? 32_767 : -32_768))],
  ['silence', made(() => 0)],
  ['the quietest noise', made(() => random.integer(-2, 2))],
  ['random samples', made(() => random.integer(-32_768, 32_767))],
];

describe('G.722 beside spandsp', () => {
  test.each(SIGNALS)('%s: the same octets', async (_, samples) => {
    const octets = new Uint8Array(LENGTH_SAMPLES / 2);
    new G722Encoder().encode(samples, octets, 0, octets.length);
    expect(Buffer.from(octets).equals(await encodeG722WithSpandsp(samples))).toBe(true);
  });

  test.each([
    ...SIGNALS.map(([name, samples]) => {
      const octets = new Uint8Array(LENGTH_SAMPLES / 2);
      new G722Encoder().encode(samples, octets, 0, octets.length);
      return [name, octets] as const;
    }),
    ['random octets', Uint8Array.from({ length: LENGTH_SAMPLES / 2 }, () => random.integer(0, 255))] as const,
  ])('%s: the same samples, but where spandsp overflows', async (name, octets) => {
    const samples = new Int16Array(LENGTH_SAMPLES);
    new G722Decoder().decode(octets, 0, samples, octets.length);
    const theirs = await decodeG722WithSpandsp(octets);
    expect(theirs).toHaveLength(samples.length);
    // §5.2.2 saturates at full scale; this version of spandsp wraps round there.
    const differing = [...samples].filter((sample, at) => sample !== theirs[at]);
    expect(differing.filter((sample) => sample !== 32_767 && sample !== -32_768)).toEqual([]);
    const isLoud = ['clipped tones', 'random samples', 'random octets'].includes(name);
    expect(isLoud || differing.length === 0).toBe(true);
  });
});
