/** Material for suppression: audio as it comes from a line, with what is known about it. */
import { decodeG711, encodeG711, type G711Encoding } from '../../dsp/g711.js';
import type { KnownPress } from '../../dsp/likelihood-listener.js';
import { SeededRandom } from '../../dsp/seeded-random.js';
import { encodingOf, roundsOf } from '../detection/q24-detection.js';
import { Q24_SECTIONS, renderSection } from '../q24-set.js';

export type LossyStretch = {
  readonly fromSample: number;
  readonly endSample: number;
  readonly share: number;
  /** Draws which packets they are. */
  readonly seed: number;
};

export type LineAudio = {
  readonly samples: Int16Array;
  readonly presses: readonly KnownPress[];
  /** Stretch of which packets get lost, and how many of them. */
  readonly loss: LossyStretch | undefined;
};

/** The presses that Q.24 wants accepted, all sections in a row. */
export function acceptAudio(seed: number): LineAudio {
  const parts = Q24_SECTIONS.flatMap((section, index) =>
    section.verdict === 'reject'
      ? []
      : [
          renderSection(section, {
            seed: seed * 1_000 + index,
            rounds: roundsOf(section),
            encoding: encodingOf(index),
          }),
        ],
  );
  return joined(parts);
}

/** One behind the other. */
export function joined(
  parts: readonly { readonly samples: Int16Array; readonly presses: readonly KnownPress[] }[],
): LineAudio {
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.samples.length, 0));
  const presses: KnownPress[] = [];
  let at = 0;
  for (const part of parts) {
    samples.set(part.samples, at);
    for (const { key, onsetSample, offsetSample } of part.presses) {
      presses.push({ key, onsetSample: at + onsetSample, offsetSample: at + offsetSample });
    }
    at += part.samples.length;
  }
  return { samples, presses, loss: undefined };
}

/** By packet, whether it is lost; the same for everybody who takes packets of this length. */
export function lostPackets({ samples, loss }: LineAudio, packetSamples: number): readonly boolean[] {
  const random = new SeededRandom((loss?.seed ?? 0) + packetSamples);
  return Array.from({ length: Math.ceil(samples.length / packetSamples) }, (_, packet) => {
    const at = packet * packetSamples;
    const isLost = loss !== undefined && random.next() < loss.share;
    return isLost && at >= loss.fromSample && at + packetSamples <= loss.endSample;
  });
}

/** As receivers have it that fill up a lost packet of 20 ms with silence. */
export function withSilentLosses(audio: LineAudio): Int16Array {
  if (audio.loss === undefined) return audio.samples;
  const samples = Int16Array.from(audio.samples);
  for (const [packet, isLost] of lostPackets(audio, PACKET_SAMPLES).entries()) {
    if (isLost) samples.fill(0, packet * PACKET_SAMPLES, (packet + 1) * PACKET_SAMPLES);
  }
  return samples;
}

export const PACKET_SAMPLES = 160;

export function throughG711(samples: Int16Array, encoding: G711Encoding): Int16Array {
  const codes = new Uint8Array(samples.length);
  const decoded = new Int16Array(samples.length);
  encodeG711(encoding, samples, codes, 0, samples.length);
  decodeG711(encoding, codes, 0, decoded, samples.length);
  return decoded;
}
