/** How fast what a call's audio passes is, detector aside. */
import { decodeG711, encodeG711, type G711Encoding } from '../../dsp/g711.js';
import { HOP_SAMPLES } from '../../dsp/hop-bank.js';
import { ReferenceAnalysis } from '../../dsp/reference-analysis.js';
import type { ToneAnalysis } from '../../dsp/tone-analysis.js';
import { openToneAnalysis } from '../../dsp/tone-kernel.js';
import { ToneSuppressor } from '../../dsp/tone-suppressor.js';
import type { BenchTable } from '../table.js';
import { fastest } from './cpu-speed.js';
import { PACKET_SAMPLES, packetsOf } from './own-detector.js';
import { throughputMaterial } from './throughput.js';

const PASSES = 10;
/** So many calls in turn, as a process of a gateway has them: what one call left in the caches the next ones push out. */
const CHANNELS = 16;
/** A pass of all channels of the reference takes as long as all ten of the others. */
const REFERENCE_PASSES = 2;
const PACKET_HOPS = PACKET_SAMPLES / HOP_SAMPLES;

export function speedTable(seed: number): BenchTable {
  const samples = throughputMaterial(seed);
  const packets = packetsOf(samples);
  const output = new Int16Array(PACKET_SAMPLES);
  const codes = new Uint8Array(PACKET_SAMPLES);
  const suppressor = new ToneSuppressor({
    sampleRateHz: 8_000,
    delaySamples: PACKET_SAMPLES,
    replacement: 'comfort-noise',
  });
  const eachPacket = (handle: (packet: Int16Array) => void): number =>
    fastest(samples, PASSES, () => {
      for (const packet of packets) handle(packet);
    });
  const bothWays = (encoding: G711Encoding): number =>
    eachPacket((packet) => {
      encodeG711(encoding, packet, codes, 0, PACKET_SAMPLES);
      decodeG711(encoding, codes, 0, output, PACKET_SAMPLES);
    });
  /** Each channel hears the same minute from another packet on. */
  const channelsInTurn = (passes: number, open: () => ToneAnalysis): number => {
    const channels = Array.from({ length: CHANNELS }, open);
    const apart = Math.floor(packets.length / CHANNELS);
    const minutes = fastest(samples, passes, () => {
      for (let at = 0; at < packets.length; at += 1) {
        for (let channel = 0; channel < CHANNELS; channel += 1) {
          channels[channel].takeHops(packets[(at + channel * apart) % packets.length], 0, PACKET_HOPS);
        }
      }
    });
    return CHANNELS * minutes;
  };
  return {
    title: 'Speed of what else the audio passes, s of audio per CPU s',
    columns: ['what', 'tonegate'],
    rows: [
      ['suppressor', eachPacket((packet) => suppressor.process(packet, PACKET_SAMPLES, output))],
      ['PCMU both ways', bothWays('PCMU')],
      ['PCMA both ways', bothWays('PCMA')],
      [`tone analysis, ${CHANNELS} channels in turn`, channelsInTurn(PASSES, openToneAnalysis)],
      ['the same by its reference in TypeScript', channelsInTurn(REFERENCE_PASSES, () => new ReferenceAnalysis())],
    ],
    notes: [`best of ${PASSES} passes over a minute, of the reference ${REFERENCE_PASSES}; packets of 20 ms`],
  };
}
