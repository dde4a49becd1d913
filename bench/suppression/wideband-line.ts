/**
 * The same presses as they come in a call of G.722, and what suppression at 16 kHz leaves of them. Every filter's and
 * codec's delay is taken out, so that a press lies at 16 kHz at twice its place at 8 kHz.
 */
import { G722_SAMPLE_RATE_HZ, G722Decoder, G722Encoder } from '../../dsp/g722.js';
import {
  DECIMATOR_DELAY_SAMPLES,
  HalfBandDecimator,
  HalfBandInterpolator,
  INTERPOLATOR_DELAY_SAMPLES,
} from '../../dsp/half-band.js';
import type { KnownPress } from '../../dsp/likelihood-listener.js';
import type { Replacement } from '../../dsp/replacement-audio.js';
import { ToneSuppressor } from '../../dsp/tone-suppressor.js';
import type { LineAudio } from './line-audio.js';

/** 20 ms at 16 kHz. */
const PACKET_SAMPLES = 320;
/** Both mirror filters of the codec, at 16 kHz. */
const CODEC_DELAY_SAMPLES = 22;

export type WidebandAudio = { readonly samples: Int16Array; readonly presses: readonly KnownPress[] };

export type WidebandPipeline = {
  readonly name: string;
  readonly run: (samples: Int16Array) => Int16Array;
};

export const WIDEBAND_UNTREATED: WidebandPipeline = { name: 'G.722: nothing', run: (samples) => samples };

export const WIDEBAND_SILENCE: WidebandPipeline = {
  name: 'G.722: tonegate, 20 ms, silence',
  run: (samples) => suppressWideband(samples, 'silence'),
};

/** As calls have it: comfort noise, and G.722 towards the agent. */
export const WIDEBAND_NOISE: WidebandPipeline = {
  name: 'G.722: tonegate, 20 ms, comfort noise',
  run: (samples) => throughG722(suppressWideband(samples, 'comfort-noise')),
};

export const WIDEBAND_PIPELINES: readonly WidebandPipeline[] = [WIDEBAND_UNTREATED, WIDEBAND_SILENCE, WIDEBAND_NOISE];

/** As a telephone with G.722 sends it and the gateway decodes it. */
export function widebandOf({ samples, presses }: LineAudio): WidebandAudio {
  const source = withRoomFor(samples, Math.ceil(INTERPOLATOR_DELAY_SAMPLES / 2));
  const wide = new Int16Array(2 * source.length);
  new HalfBandInterpolator().process(source, source.length, wide);
  const aligned = wide.slice(INTERPOLATOR_DELAY_SAMPLES, INTERPOLATOR_DELAY_SAMPLES + 2 * samples.length);
  return {
    samples: throughG722(aligned),
    presses: presses.map(({ key, onsetSample, offsetSample }) => ({
      key,
      onsetSample: 2 * onsetSample,
      offsetSample: 2 * offsetSample,
    })),
  };
}

/** Of an even number of samples at 16 kHz, what one hears of them at 8 kHz. */
export function narrowed(wide: Int16Array): Int16Array {
  const source = withRoomFor(wide, DECIMATOR_DELAY_SAMPLES);
  const narrow = new Int16Array(source.length / 2);
  new HalfBandDecimator().process(source, 0, narrow.length, narrow);
  return narrow.subarray(DECIMATOR_DELAY_SAMPLES / 2);
}

function throughG722(wide: Int16Array): Int16Array {
  const source = withRoomFor(wide, CODEC_DELAY_SAMPLES);
  const octets = new Uint8Array(source.length / 2);
  const heard = new Int16Array(source.length);
  new G722Encoder().encode(source, octets, 0, octets.length);
  new G722Decoder().decode(octets, 0, heard, octets.length);
  return heard.subarray(CODEC_DELAY_SAMPLES);
}

/** Packet by packet through the gateway's suppressor, one packet held back. */
function suppressWideband(samples: Int16Array, replacement: Replacement): Int16Array {
  const delaySamples = PACKET_SAMPLES;
  const suppressor = new ToneSuppressor({ sampleRateHz: G722_SAMPLE_RATE_HZ, delaySamples, replacement });
  // What waits in the line at the end comes out with silence behind it.
  const input = withRoomFor(
    samples,
    Math.ceil(samples.length / PACKET_SAMPLES) * PACKET_SAMPLES + delaySamples - samples.length,
  );
  const output = new Int16Array(input.length);
  for (let from = 0; from < input.length; from += PACKET_SAMPLES) {
    const end = from + PACKET_SAMPLES;
    suppressor.process(input.subarray(from, end), PACKET_SAMPLES, output.subarray(from, end));
  }
  return output.subarray(delaySamples, delaySamples + samples.length);
}

/** With silence behind it. */
function withRoomFor(samples: Int16Array, moreSamples: number): Int16Array {
  const longer = new Int16Array(samples.length + moreSamples);
  longer.set(samples);
  return longer;
}
