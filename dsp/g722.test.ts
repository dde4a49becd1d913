import { describe, expect, test } from '@jest/globals';
import { G722Decoder, G722Encoder } from './g722.js';
import { meanSquare } from './level.js';
import { SeededRandom } from './seeded-random.js';
import { SpeechLike } from './speech-like.js';

const SEED = 722;
const RATE_HZ = 16_000;
/** Two mirror filters of 24 coefficients, one after the other. */
const CODEC_DELAY_SAMPLES = 22;

function encoded(encoder: G722Encoder, samples: Int16Array): Uint8Array {
  const octets = new Uint8Array(samples.length / 2);
  encoder.encode(samples, octets, 0, octets.length);
  return octets;
}

function decoded(decoder: G722Decoder, octets: Uint8Array): Int16Array {
  const samples = new Int16Array(2 * octets.length);
  decoder.decode(octets, 0, samples, octets.length);
  return samples;
}

function tones(lengthSamples: number, ...parts: readonly (readonly [hz: number, amplitude: number])[]): Int16Array {
  return Int16Array.from({ length: lengthSamples }, (_, at) =>
    parts.reduce((sum, [hz, amplitude]) => sum + amplitude * Math.sin((2 * Math.PI * hz * at) / RATE_HZ), 0),
  );
}

function speech(lengthSamples: number): Int16Array {
  const samples = new Int16Array(lengthSamples);
  new SpeechLike({ seed: SEED, levelDbm0: -16 }).render(samples, lengthSamples);
  return samples;
}

/** After the codec's first 100 ms. */
function signalToNoiseDb(sent: Int16Array, heard: Int16Array): number {
  const from = RATE_HZ / 10;
  const count = sent.length - from - CODEC_DELAY_SAMPLES;
  const difference = Int16Array.from(
    { length: count },
    (_, at) => heard[from + at + CODEC_DELAY_SAMPLES] - sent[from + at],
  );
  return 10 * Math.log10(meanSquare(sent, from, count) / meanSquare(difference, 0, count));
}

describe('G.722', () => {
  // A decibel or two below what is measured; spandsp's codec, which makes the same octets, keeps as much.
  test.each([
    ['speech-like sound', speech(2 * RATE_HZ), 18],
    ['a tone of the lower band', tones(RATE_HZ, [1_000, 8_000]), 45],
    ['a tone of the higher band', tones(RATE_HZ, [5_300, 8_000]), 24],
    ['a pair of key tones', tones(RATE_HZ, [770, 5_000], [1_336, 5_000]), 44],
  ])('keeps %s', (_, samples, leastDb) => {
    const heard = decoded(new G722Decoder(), encoded(new G722Encoder(), samples));
    expect(signalToNoiseDb(samples, heard)).toBeGreaterThan(leastDb);
  });

  test('frames of any length, odd ones too, make the same stream', () => {
    const samples = speech(8_000);
    const whole = encoded(new G722Encoder(), samples);
    const heard = decoded(new G722Decoder(), whole);
    for (const frame of [1, 7, 80, 161]) {
      const encoder = new G722Encoder();
      const decoder = new G722Decoder();
      const octets = new Uint8Array(whole.length);
      const piece = new Int16Array(2 * frame);
      for (let at = 0; at < octets.length; at += frame) {
        const count = Math.min(frame, octets.length - at);
        encoder.encode(samples.subarray(2 * at), octets, at, count);
        decoder.decode(octets, at, piece, count);
        expect(piece.subarray(0, 2 * count)).toEqual(heard.subarray(2 * at, 2 * (at + count)));
      }
      expect(octets).toEqual(whole);
    }
  });

  test('writes only where it is told to', () => {
    const octets = new Uint8Array(4).fill(9);
    new G722Encoder().encode(new Int16Array(4), octets, 1, 2);
    expect([octets[0], octets[3]]).toEqual([9, 9]);
    const samples = new Int16Array(6).fill(7);
    new G722Decoder().decode(octets, 1, samples, 2);
    expect([...samples.subarray(4)]).toEqual([7, 7]);
  });

  test('is quiet where silence was, and never ends up louder than what it is told', () => {
    const heard = decoded(new G722Decoder(), encoded(new G722Encoder(), new Int16Array(RATE_HZ)));
    expect(Math.max(...heard.map(Math.abs))).toBeLessThanOrEqual(8);
  });

  test.each([1, 2, 3])('any octets decode, and soon after them all is as if they had not been, seed %i', (seed) => {
    const random = new SeededRandom(seed);
    const decoder = new G722Decoder();
    const noise = decoded(
      decoder,
      Uint8Array.from({ length: RATE_HZ }, () => random.integer(0, 255)),
    );
    // A decoder that has run aground at one value would not move any more.
    expect(new Set(noise).size).toBeGreaterThan(1_000);
    const octets = encoded(new G722Encoder(), speech(2 * RATE_HZ));
    const afterNoise = decoded(decoder, octets);
    const fromStart = decoded(new G722Decoder(), octets);
    expect(afterNoise.subarray(RATE_HZ)).toEqual(fromStart.subarray(RATE_HZ));
    expect(afterNoise.subarray(0, 2_000)).not.toEqual(fromStart.subarray(0, 2_000));
  });

  test.each([0x00, 0x3f, 0xc0, 0xff, 0x04, 0x55, 0xaa])('octets of %i for ever settle to a steady sound', (octet) => {
    const tail = decoded(new G722Decoder(), new Uint8Array(RATE_HZ).fill(octet)).subarray(RATE_HZ);
    const [early, late] = [meanSquare(tail, 0, 4_000), meanSquare(tail, 12_000, 4_000)];
    expect(Math.abs(10 * Math.log10((early + 1) / (late + 1)))).toBeLessThan(1);
  });

  test('a codec that was reset is as new', () => {
    const samples = speech(4_000);
    const encoder = new G722Encoder();
    const decoder = new G722Decoder();
    const first = encoded(encoder, samples);
    const heard = decoded(decoder, first);
    expect(encoded(encoder, samples)).not.toEqual(first);
    expect(decoded(decoder, first)).not.toEqual(heard);
    encoder.reset();
    decoder.reset();
    expect(encoded(encoder, samples)).toEqual(first);
    expect(decoded(decoder, first)).toEqual(heard);
  });
});

describe('an encoder that follows a decoder', () => {
  /** The caller's stream up to `at`, and from there the quiet that a gateway puts in its place; as the agent hears it. */
  function seam(encoder: G722Encoder, follows: 'following' | 'from nothing'): Int16Array {
    const agent = new G722Decoder();
    const gateway = new G722Decoder();
    const octets = encoded(new G722Encoder(), speech(16_000).subarray(0, 12_000));
    decoded(agent, octets);
    decoded(gateway, octets);
    if (follows === 'following') encoder.follow(gateway);
    return decoded(agent, encoded(encoder, new Int16Array(3_200)));
  }

  test('leaves no burst at the seam', () => {
    const peak = (samples: Int16Array) => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    // The mirror filter's memory of the caller's sound rings out within 24 samples.
    const following = peak(seam(new G722Encoder(), 'following').subarray(48));
    const fromNothing = peak(seam(new G722Encoder(), 'from nothing').subarray(48));
    expect(following).toBeLessThan(fromNothing / 4);
  });

  test('holds nothing of what it encoded before', () => {
    const used = new G722Encoder();
    encoded(used, tones(4_000, [697, 8_000], [1_209, 8_000]));
    const source = new G722Decoder();
    decoded(source, encoded(new G722Encoder(), speech(4_000)));
    const fresh = new G722Encoder();
    used.follow(source);
    fresh.follow(source);
    expect(encoded(used, speech(4_000))).toEqual(encoded(fresh, speech(4_000)));
  });
});
