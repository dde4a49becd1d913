/** What an agent would hear behind different ways to hide keys. Delays are taken out, so that outputs lie on inputs. */
import type { Replacement } from '../../dsp/replacement-audio.js';
import { ToneSuppressor } from '../../dsp/tone-suppressor.js';
import { squelchByRules } from '../peers/asterisk-rules.js';
import type { ToneSpan } from '../peers/spandsp-output.js';
import type { SpandspPeer } from '../peers/spandsp-process.js';
import { type LineAudio, lostPackets, PACKET_SAMPLES, throughG711, withSilentLosses } from './line-audio.js';

export type Pipeline = {
  readonly name: string;
  readonly run: (audio: LineAudio) => Promise<Int16Array>;
};

const SAMPLES_PER_MS = 8;
/** What a gateway holds back: one usual packet. */
export const OWN_DELAY_SAMPLES = 160;
export const RTPENGINE_DELAYS_MS: readonly number[] = [20, 40, 60, 100];

export const UNTREATED: Pipeline = { name: 'nothing', run: (audio) => Promise.resolve(withSilentLosses(audio)) };

export const ASTERISK_SQUELCH: Pipeline = {
  name: 'Asterisk-style squelch (emulated)',
  run: (audio) => Promise.resolve(squelchByRules(withSilentLosses(audio))),
};

export const OWN_SILENCE: Pipeline = {
  name: 'tonegate, 20 ms, silence',
  run: (audio) => Promise.resolve(suppressOwn(audio, { replacement: 'silence' })),
};

/** As calls have it: comfort noise, and G.711 towards the agent. */
export const OWN_NOISE: Pipeline = {
  name: 'tonegate, 20 ms, comfort noise',
  run: (audio) => Promise.resolve(throughG711(suppressOwn(audio, { replacement: 'comfort-noise' }), 'PCMU')),
};

export const OWN_TONE: Pipeline = {
  name: 'tonegate, 20 ms, flat tone',
  run: (audio) => Promise.resolve(throughG711(suppressOwn(audio, { replacement: 'tone' }), 'PCMU')),
};

/**
 * rtpengine with its DTMF security and a delay buffer: a packet is silenced if it lies within a tone that libspandsp
 * reported while it went on, or closer to one than the delay.
 */
export function rtpengineLike(spandsp: SpandspPeer, delayMs: number): Pipeline {
  return {
    name: `rtpengine-like, delay ${delayMs} ms (emulated)`,
    run: async (audio) => {
      const samples = withSilentLosses(audio);
      return silenceSpans(samples, await spandsp.toneSpans(samples), delayMs * SAMPLES_PER_MS);
    },
  };
}

export function silenceSpans(samples: Int16Array, spans: readonly ToneSpan[], delaySamples: number): Int16Array {
  const output = Int16Array.from(samples);
  for (const { startSample, endSample } of spans) {
    const from = Math.ceil((startSample - delaySamples) / PACKET_SAMPLES) * PACKET_SAMPLES;
    const last = Math.floor((endSample + delaySamples) / PACKET_SAMPLES) * PACKET_SAMPLES;
    output.fill(0, Math.max(0, from), last + PACKET_SAMPLES);
  }
  return output;
}

export type SuppressOptions = {
  readonly replacement: Replacement;
  readonly packetSamples?: number;
  readonly delaySamples?: number;
};

/** Packet by packet through the gateway's suppressor, lost packets concealed. */
export function suppressOwn(audio: LineAudio, options: SuppressOptions): Int16Array {
  const { replacement, packetSamples = PACKET_SAMPLES, delaySamples = OWN_DELAY_SAMPLES } = options;
  const suppressor = new ToneSuppressor({ sampleRateHz: 8_000, delaySamples, replacement });
  const lost = lostPackets(audio, packetSamples);
  // What waits in the line at the end comes out with silence behind it.
  const packets = Math.ceil((audio.samples.length + delaySamples) / packetSamples);
  const input = new Int16Array(packets * packetSamples);
  input.set(audio.samples);
  const output = new Int16Array(input.length);
  for (let packet = 0; packet < packets; packet += 1) {
    const from = packet * packetSamples;
    const into = output.subarray(from, from + packetSamples);
    if (lost[packet]) {
      suppressor.conceal(packetSamples, into);
    } else {
      suppressor.process(input.subarray(from, from + packetSamples), packetSamples, into);
    }
  }
  return output.subarray(delaySamples, delaySamples + audio.samples.length);
}
